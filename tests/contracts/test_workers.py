"""The port Workers: what a media worker's heart beats into the table is what the office reads."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from chalicelib.adapters.dynamodb.requests import CLIENT_CONFIG
from chalicelib.adapters.dynamodb.table import WORKERS_TABLE, WORKERS_TABLE_NAME
from chalicelib.adapters.dynamodb.workers import DynamoWorkers
from chalicelib.domain.calls import WORKER_SILENCE_MAX_MS, WorkerBeat, place_call
from chalicelib.services.ports import Workers
from tests.doubles.chance import SetClock
from tests.services.stage import FIRST, SECOND, SetWorkers

LEAVING = "http://10.0.0.0:8080"  # before the others by address: only its draining keeps calls from it


def row(beat: WorkerBeat) -> dict[str, dict[str, object]]:
    return {
        "pk": {"S": beat.worker_id},
        "address": {"S": beat.address},
        "calls": {"N": str(beat.calls)},
        "beat_ms": {"N": str(beat.beat_ms)},
        **({"draining": {"BOOL": True}} if beat.draining else {}),
    }


@pytest.fixture(params=["double", "table"])
def workers(request: pytest.FixtureRequest) -> Iterator[Workers]:
    double = SetWorkers(SetClock(), calls={FIRST: 0, SECOND: 1, LEAVING: 0}, draining={LEAVING})
    if request.param == "double":
        yield double
        return
    with mock_aws():
        session = boto3.Session("test", "test", region_name="eu-central-1")
        client = session.client("dynamodb", config=CLIENT_CONFIG)
        client.create_table(**WORKERS_TABLE)
        for beat in double.beats():
            client.put_item(TableName=WORKERS_TABLE_NAME, Item=row(beat))
        yield DynamoWorkers(client, WORKERS_TABLE_NAME)


def test_every_workers_last_heartbeat_is_told(workers: Workers) -> None:
    told = {(beat.address, beat.calls) for beat in workers.beats()}
    assert told == {(FIRST, 0), (SECOND, 1), (LEAVING, 0)}


def test_a_worker_that_is_leaving_says_so(workers: Workers) -> None:
    assert [beat.address for beat in workers.beats() if beat.draining] == [LEAVING]


def test_the_call_goes_to_the_worker_with_the_fewest(workers: Workers) -> None:
    now_ms = int(SetClock().now().timestamp() * 1000)
    chosen = place_call(workers.beats(), now_ms=now_ms)
    assert chosen is not None
    assert chosen.address == FIRST


def test_three_seconds_of_silence_are_a_worker_lost(workers: Workers) -> None:
    now_ms = int(SetClock().now().timestamp() * 1000)
    assert place_call(workers.beats(), now_ms=now_ms + WORKER_SILENCE_MAX_MS) is not None
    assert place_call(workers.beats(), now_ms=now_ms + WORKER_SILENCE_MAX_MS + 1) is None
