"""The pump passes on every record at least once, in order, whatever fails and restarts."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.process import AwsProcess
from local.pump import ticking
from local.pump.events import stream_event, tick_event
from local.pump.positions import Positions
from local.pump.stream import TRIES, StreamPump

STREAM = "arn:aws:dynamodb:eu-central-1:000000000000:table/fernamt-office/stream/1"


def record(number: int) -> dict[str, Any]:
    return {
        "eventID": str(number),
        "eventName": "INSERT",
        "dynamodb": {
            "ApproximateCreationDateTime": datetime(2026, 11, 22, tzinfo=UTC),
            "Keys": {"pk": {"S": str(number)}, "sk": {"S": "HEAD"}},
            "NewImage": {"pk": {"S": str(number)}, "blob": {"B": b"\0"}},
            "SequenceNumber": f"{number:05d}",
        },
    }


class FakeStreams:
    """DynamoDB Streams as far as the pump asks: shards in memory, iterators name a place."""

    def __init__(self, shards: dict[str, list[dict[str, Any]]]) -> None:
        self.shards = shards

    def describe_stream(self, **_: Any) -> dict[str, Any]:
        return {"StreamDescription": {"Shards": [{"ShardId": name} for name in self.shards]}}

    def get_shard_iterator(self, **asked: Any) -> dict[str, Any]:
        records = self.shards[asked["ShardId"]]
        place = 0
        if asked["ShardIteratorType"] == "AFTER_SEQUENCE_NUMBER":
            numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
            if asked["SequenceNumber"] not in numbers:
                raise ClientError({"Error": {"Code": "TrimmedDataAccessException"}}, "GetShardIterator")
            place = numbers.index(asked["SequenceNumber"]) + 1
        return {"ShardIterator": f"{asked['ShardId']}:{place}"}

    def get_records(self, **asked: Any) -> dict[str, Any]:
        shard, _, place = asked["ShardIterator"].partition(":")
        records = self.shards[shard][int(place) : int(place) + asked["Limit"]]
        return {"Records": records, "NextShardIterator": f"{shard}:{int(place) + len(records)}"}


class Receiver:
    """A function that keeps what it did, and fails where it is told to."""

    def __init__(self, fails: Callable[[str], bool] = lambda _: False) -> None:
        self.done: list[str] = []
        self.calls = 0
        self._fails = fails

    def __call__(self, event: dict[str, Any], context: Any) -> None:
        self.calls += 1
        numbers = [record["dynamodb"]["Keys"]["pk"]["S"] for record in event["Records"]]
        if any(self._fails(number) for number in numbers):
            raise ValueError("CANARY of a citizen")
        self.done += numbers


def pump_over(streams: FakeStreams, function: Any, folder: Path) -> StreamPump:
    return StreamPump(
        streams,
        function,
        stream=STREAM,
        positions=Positions(folder / "pump.json", stream=STREAM),
        dead_letters=folder / "dead.jsonl",
    )


def test_all_shards_are_passed_on_in_order_and_once(tmp_path: Path) -> None:
    streams = FakeStreams({"a": [record(1), record(2)], "b": [record(7)]})
    receiver = Receiver()
    pump = pump_over(streams, receiver, tmp_path)
    assert pump.poll(0) == 3
    streams.shards["a"].append(record(3))
    assert [pump.poll(1), pump.poll(2)] == [1, 0]
    assert receiver.done == ["1", "2", "7", "3"]


def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    streams = FakeStreams({"a": [record(1)]})
    receiver = Receiver()
    pump_over(streams, receiver, tmp_path).poll(0)
    streams.shards["a"].append(record(2))
    pump_over(streams, receiver, tmp_path).poll(0)
    assert receiver.done == ["1", "2"]


def test_a_shard_that_appears_later_is_found(tmp_path: Path) -> None:
    streams = FakeStreams({"a": []})
    receiver = Receiver()
    pump = pump_over(streams, receiver, tmp_path)
    pump.poll(0)
    streams.shards["b"] = [record(9)]
    pump.poll(31)
    assert receiver.done == ["9"]


def test_a_position_older_than_the_stream_starts_at_the_oldest_record(tmp_path: Path) -> None:
    Positions(tmp_path / "pump.json", stream=STREAM).advance("a", "00000")
    receiver = Receiver()
    pump_over(FakeStreams({"a": [record(5)]}), receiver, tmp_path).poll(0)
    assert receiver.done == ["5"]


def test_a_stream_of_another_name_starts_from_its_beginning(tmp_path: Path) -> None:
    Positions(tmp_path / "pump.json", stream="another").advance("a", "00001")
    receiver = Receiver()
    pump_over(FakeStreams({"a": [record(1)]}), receiver, tmp_path).poll(0)
    assert receiver.done == ["1"]


def test_one_bad_record_is_put_aside_and_costs_nobody_else_anything(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    streams = FakeStreams({"a": [record(1), record(2), record(3)], "b": [record(8)]})
    receiver = Receiver(fails=lambda number: number == "2")
    pump = pump_over(streams, receiver, tmp_path)
    for second in range(0, 600, 40):
        pump.poll(second)
    assert receiver.done == ["8", "1", "3"]
    (dead,) = [json.loads(line) for line in (tmp_path / "dead.jsonl").read_text().splitlines()]
    assert dead["keys"] == {"pk": {"S": "2"}, "sk": {"S": "HEAD"}}
    assert dead["failure"] == "ValueError"
    assert receiver.calls == 4 + TRIES  # the batch, shard b, records 1 and 3, and the bad one's tries
    assert "CANARY" not in caplog.text
    assert "NewImage" not in json.dumps(dead)


def test_a_failure_that_passes_loses_nothing_and_waits_longer_each_time(tmp_path: Path) -> None:
    down = True
    receiver = Receiver(fails=lambda _: down)
    pump = pump_over(FakeStreams({"a": [record(1), record(2)]}), receiver, tmp_path)
    pump.poll(0.0)
    pump.poll(0.1)
    calls = receiver.calls
    pump.poll(0.3)  # within the pause
    assert receiver.calls == calls
    pump.poll(0.7)
    pump.poll(1.5)  # the second pause is twice as long
    assert receiver.calls == calls + 1
    down = False
    for second in range(2, 6):
        pump.poll(second)
    assert receiver.done == ["1", "2"]
    assert not (tmp_path / "dead.jsonl").exists()


def test_a_partial_answer_is_taken_up_at_the_first_failure(tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def partial(event: dict[str, Any], context: Any) -> dict[str, Any]:
        numbers = [one["dynamodb"]["SequenceNumber"] for one in event["Records"]]
        seen.append(numbers)
        return {"batchItemFailures": [{"itemIdentifier": "00002"}] if len(seen) == 1 else []}

    pump = pump_over(FakeStreams({"a": [record(1), record(2), record(3)]}), partial, tmp_path)
    for second in range(5):
        pump.poll(second)
    assert seen == [["00001", "00002", "00003"], ["00002"], ["00003"]]


def test_the_stream_event_is_what_lambda_gets() -> None:
    (got,) = stream_event([record(1)], stream=STREAM, region="eu-central-1")["Records"]
    assert got["eventSource"] == "aws:dynamodb"
    assert got["eventSourceARN"] == STREAM
    assert got["dynamodb"]["ApproximateCreationDateTime"] == 1795305600.0
    assert got["dynamodb"]["NewImage"]["blob"] == {"B": "AA=="}
    json.dumps(got)


def test_the_tick_is_tried_again_and_then_left(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[str] = []

    def fails_once(event: dict[str, Any], context: Any) -> None:
        calls.append(event["detail-type"])
        if len(calls) == 1:
            raise ValueError("CANARY")

    assert ticking.tick(fails_once, region="eu-central-1", stop=threading.Event())
    assert calls == ["Scheduled Event", "Scheduled Event"]
    assert "CANARY" not in caplog.text


def test_ticks_come_at_once_and_then_regularly() -> None:
    stop = threading.Event()
    times: list[str] = []

    def count(event: dict[str, Any], context: Any) -> None:
        times.append(event["time"])
        if len(times) == 3:
            stop.set()

    ticking.run(count, region="eu-central-1", stop=stop, every_seconds=0.2)
    assert len(times) == 3


def test_the_tick_tells_the_time_in_utc() -> None:
    noon = datetime.fromisoformat("2026-11-22T12:00:00+01:00")
    assert tick_event(noon, region="eu-central-1")["time"] == "2026-11-22T11:00:00Z"


@pytest.mark.aws
def test_over_the_real_stand_in_and_its_death(tmp_path: Path) -> None:
    """What was written before a `kill -9` and not yet passed on is passed on after it, once."""
    with AwsProcess(tmp_path) as aws:
        dynamodb = aws.client("dynamodb")
        stream = dynamodb.describe_table(TableName="fernamt-office")["Table"]["LatestStreamArn"]

        def put(number: int) -> None:
            dynamodb.put_item(TableName="fernamt-office", Item={"pk": {"S": str(number)}, "sk": {"S": "HEAD"}})

        receiver = Receiver()
        pump = StreamPump(
            aws.client("dynamodbstreams"),
            receiver,
            stream=stream,
            positions=Positions(tmp_path / "pump.json", stream=stream),
            dead_letters=tmp_path / "dead.jsonl",
        )
        put(1)
        pump.poll(0)
        put(2)
        aws.kill()
        aws.start()
        put(3)
        pump.poll(1)
        put(4)
        pump.poll(2)
    assert receiver.done == ["1", "2", "3", "4"]
