"""Settings and heartbeat: what the worker is told, and what it tells."""

import threading

import boto3
import moto
import pytest

from chalicelib.domain.calls import WorkerBeat
from media_worker.heartbeat import Heartbeat, WorkersTable
from media_worker.settings import SettingsInvalid, from_env

KEY = "-----BEGIN PUBLIC KEY-----\nMFk\n-----END PUBLIC KEY-----\n"


def test_little_must_be_said() -> None:
    settings = from_env({"TICKET_PUBLIC_KEY": KEY})
    assert (settings.host, settings.port) == ("127.0.0.1", 8702)
    assert settings.worker_address == "http://127.0.0.1:8702"
    assert (settings.bind_address, settings.public_address) == ("127.0.0.1", "127.0.0.1")
    assert settings.workers_table is None


def test_everything_may_be_said() -> None:
    settings = from_env(
        {
            "TICKET_PUBLIC_KEY": KEY.replace("\n", "\\n"),
            "MEDIA_HOST": "0.0.0.0",  # noqa: S104  # a task listens for its balancer
            "MEDIA_PORT": "9000",
            "BIND_ADDRESS": "10.0.0.5",
            "PUBLIC_ADDRESS": "203.0.113.9",
            "WORKER_ID": "task-1",
            "WORKER_ADDRESS": "http://10.0.0.5:9000",
            "WORKERS_TABLE": "fernamt-workers",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:8701",
            "CALLS_MAX": "7",
        }
    )
    assert settings.ticket_public_key == KEY
    assert (settings.public_address, settings.calls_max) == ("203.0.113.9", 7)
    assert (settings.workers_table, settings.endpoint_url) == ("fernamt-workers", "http://127.0.0.1:8701")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"TICKET_PUBLIC_KEY": ""}, "TICKET_PUBLIC_KEY"),
        ({"TICKET_PUBLIC_KEY": "-----BEGIN EC PRIVATE KEY-----"}, "TICKET_PUBLIC_KEY"),
        ({"MEDIA_PORT": "web"}, "MEDIA_PORT"),
        ({"MEDIA_PORT": "70000"}, "MEDIA_PORT"),
        ({"MEDIA_PORT": "²"}, "MEDIA_PORT"),
        ({"CALLS_MAX": "0"}, "CALLS_MAX"),
    ],
)
def test_what_cannot_be_meant_is_named(change: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsInvalid, match=named):
        from_env({"TICKET_PUBLIC_KEY": KEY, **change})


class FlakyTable:
    """Fails on the first beat, keeps the next."""

    def __init__(self) -> None:
        self.tries = 0
        self.beats: list[WorkerBeat] = []
        self.written = threading.Event()

    def put(self, beat: WorkerBeat) -> None:
        self.tries += 1
        if self.tries == 1:
            raise ConnectionError
        self.beats.append(beat)
        self.written.set()


def test_a_lost_beat_is_followed_by_the_next() -> None:
    table = FlakyTable()
    acknowledged: list[int] = []
    heartbeat = Heartbeat(
        lambda: table,
        worker_id="w",
        address="http://w",
        calls=lambda: 3,
        draining=lambda: True,
        unix_ms=lambda: 1_234,
        steady_ms=lambda: 77 + table.tries,
        acknowledged=acknowledged.append,
    )
    heartbeat.start()
    assert table.written.wait(10)
    heartbeat.stop()
    assert table.beats[0] == WorkerBeat(worker_id="w", address="http://w", calls=3, beat_ms=1_234, draining=True)
    assert acknowledged[0] == 78, "the first beat was lost; the second counts from the moment it was begun"


def test_a_beat_is_one_row_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with moto.mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        client.create_table(
            TableName="fernamt-workers",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        table = WorkersTable("fernamt-workers", region="eu-central-1", endpoint_url=None)
        for calls in (1, 2):
            table.put(WorkerBeat(worker_id="w", address="http://w", calls=calls, beat_ms=1_234))
        [row] = client.scan(TableName="fernamt-workers")["Items"]
    assert row == {
        "pk": {"S": "w"},
        "address": {"S": "http://w"},
        "calls": {"N": "2"},
        "beat_ms": {"N": "1234"},
        "draining": {"BOOL": False},
    }
