"""The worker's heartbeat: once a second one row in the table of workers, from a thread of its own.

boto3 blocks; on the media loop one slow write would stop every call's packets.
"""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from chalicelib.domain.calls import HEARTBEAT_INTERVAL_MS, WorkerBeat

logger = logging.getLogger(__name__)


class Beats(Protocol):
    """Where heartbeats go."""

    def put(self, beat: WorkerBeat) -> None:
        """Write the beat over the former one. Raises whatever the store raises."""


class WorkersTable:
    """The table of workers: one item each, `pk` is the worker's id."""

    def __init__(self, table: str, *, region: str, endpoint_url: str | None) -> None:
        """Build the client now, in the caller's thread: boto3's sessions are not safe to share."""
        import boto3  # noqa: PLC0415  # a worker without a table need not load it
        from botocore.config import Config  # noqa: PLC0415

        patience = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})
        self._table = table
        self._client = boto3.client("dynamodb", region_name=region, endpoint_url=endpoint_url, config=patience)

    def put(self, beat: WorkerBeat) -> None:
        """Write the beat. Raises botocore's errors."""
        self._client.put_item(
            TableName=self._table,
            Item={
                "pk": {"S": beat.worker_id},
                "address": {"S": beat.address},
                "calls": {"N": str(beat.calls)},
                "beat_ms": {"N": str(beat.beat_ms)},
                "draining": {"BOOL": beat.draining},
            },
        )


class Heartbeat:
    """Beats each second, at once when hurried, until stopped; a failed beat is logged once, the next tries again."""

    def __init__(
        self,
        open_table: Callable[[], Beats],
        *,
        worker_id: str,
        address: str,
        calls: Callable[[], int],
        draining: Callable[[], bool],
        unix_ms: Callable[[], int],
        steady_ms: Callable[[], int],
        acknowledged: Callable[[int], None],
    ) -> None:
        """Take how to open the table (in the thread), what a beat says, and who hears of each that was written.

        `acknowledged` gets the steady time at which the beat was begun; it is called from the thread.
        """
        self._open_table = open_table
        self._worker_id = worker_id
        self._address = address
        self._calls = calls
        self._draining = draining
        self._unix_ms = unix_ms
        self._steady_ms = steady_ms
        self._acknowledged = acknowledged
        self._stopped = threading.Event()
        self._hurried = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def hurry(self) -> None:
        """Beat now: what a beat says has changed."""
        self._hurried.set()

    def stop(self, *, timeout_s: float = 2.5) -> None:
        """Stop beating; wait at most `timeout_s` for a beat under way."""
        self._stopped.set()
        self._hurried.set()
        self._thread.join(timeout_s)

    def _beat(self) -> None:
        table: Beats | None = None
        failing = False
        while not self._stopped.is_set():
            self._hurried.clear()
            begun_ms = self._steady_ms()
            try:
                table = table or self._open_table()
                table.put(
                    WorkerBeat(
                        worker_id=self._worker_id,
                        address=self._address,
                        calls=self._calls(),
                        beat_ms=self._unix_ms(),
                        draining=self._draining(),
                    )
                )
            except Exception as error:  # noqa: BLE001  # whatever it is, the next second tries again
                if not failing:
                    logger.warning("heartbeat not written: %s", type(error).__name__)
                failing = True
            else:
                failing = False
                self._acknowledged(begun_ms)
            self._hurried.wait(HEARTBEAT_INTERVAL_MS / 1000)
