"""Passes the records of a table's stream to a function: at least once, in order within a shard.

As an event source mapping does: a batch whose function fails is tried again, one record at a time, with
growing pauses; other shards go on meanwhile. A record that failed `TRIES` times is put aside, by its keys,
into the file of dead letters, and said in the log.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from local.front.gateway import LambdaContext
from local.pump.events import stream_event
from local.pump.failures import describe
from local.pump.positions import Positions

BATCH_RECORDS_MAX: Final = 100
TRIES: Final = 6
PAUSE_SECONDS: Final = 0.5
PAUSE_SECONDS_MAX: Final = 30.0
SHARDS_SECONDS: Final = 30.0

Function = Callable[[dict[str, Any], Any], Any]
"""A Lambda function: event and context in; what it returns may name records that failed."""

log = logging.getLogger("fernamt.pump")


@dataclass(slots=True)
class _Shard:
    iterator: str | None = None
    tries: int = 0
    wait_until: float = 0.0
    """Monotonic seconds before which nothing is tried."""
    singly: bool = False
    """After a failure records go one at a time, so that one bad record costs nobody else their letter."""


class StreamPump:
    """Reads one stream; `poll` is one round over its shards."""

    def __init__(
        self,
        client: Any,
        function: Function,
        *,
        stream: str,
        positions: Positions,
        dead_letters: Path,
    ) -> None:
        self._client = client
        self._function = function
        self._stream = stream
        self._region = stream.split(":")[3]  # arn:aws:dynamodb:REGION:…
        self._positions = positions
        self._dead_letters = dead_letters
        self._shards: dict[str, _Shard] = {}
        self._shards_until = 0.0

    def poll(self, now: float) -> int:
        """Pass on what is there; `now` is monotonic seconds. Returns the number of records passed on.

        Raises BotoCoreError and ClientError when the stream cannot be read; the next round starts afresh.
        """
        try:
            if now >= self._shards_until:
                self._find_shards()
                self._shards_until = now + SHARDS_SECONDS
            return sum(
                self._poll_shard(name, shard, now)
                for name, shard in list(self._shards.items())
                if now >= shard.wait_until
            )
        except (BotoCoreError, ClientError):
            for shard in self._shards.values():
                shard.iterator = None
            self._shards_until = now
            raise

    def _find_shards(self) -> None:
        arguments: dict[str, str] = {}
        while True:
            found = self._client.describe_stream(StreamArn=self._stream, **arguments)["StreamDescription"]
            for shard in found["Shards"]:
                self._shards.setdefault(shard["ShardId"], _Shard())
            if "LastEvaluatedShardId" not in found:
                return
            arguments = {"ExclusiveStartShardId": found["LastEvaluatedShardId"]}

    def _poll_shard(self, name: str, shard: _Shard, now: float) -> int:
        if shard.iterator is None:
            shard.iterator = self._iterator(name)
        limit = 1 if shard.singly else BATCH_RECORDS_MAX
        got = self._client.get_records(ShardIterator=shard.iterator, Limit=limit)
        records = got["Records"]
        if not records:
            shard.singly = False
            shard.iterator = got.get("NextShardIterator") or shard.iterator
            return 0
        passed, failure = self._call(records)
        if passed:
            self._positions.advance(name, _sequence_number(records[passed - 1]))
            shard.tries = 0
        if failure is None:
            shard.iterator = got.get("NextShardIterator")
            return passed
        self._failed(name, shard, records[passed], failure, now)
        return passed

    def _call(self, records: list[dict[str, Any]]) -> tuple[int, str | None]:
        """Call the function; returns how many records are done, and what failed after them."""
        event = stream_event(records, stream=self._stream, region=self._region)
        try:
            result = self._function(event, LambdaContext(function_name="on_stream"))
        except Exception as error:  # noqa: BLE001  whatever a function raises, the records stay
            log.error("on_stream failed: %s", describe(error))  # noqa: TRY400  no text of people
            return 0, type(error).__name__
        refused = _refused(result)
        for number, record in enumerate(records):
            if _sequence_number(record) in refused:
                return number, "batchItemFailures"
        return len(records), None

    def _failed(self, name: str, shard: _Shard, record: dict[str, Any], failure: str, now: float) -> None:
        shard.iterator = None
        if not shard.singly:
            shard.singly = True
            return
        shard.tries += 1
        if shard.tries < TRIES:
            pause = min(PAUSE_SECONDS * 2 ** (shard.tries - 1), PAUSE_SECONDS_MAX)
            shard.wait_until = now + pause
            log.warning("on_stream: try %d of %d failed, again in %.1f s", shard.tries, TRIES, pause)
            return
        self._put_aside(name, record, failure)
        self._positions.advance(name, _sequence_number(record))
        shard.tries = 0

    def _put_aside(self, shard: str, record: dict[str, Any], failure: str) -> None:
        letter = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "shard": shard,
            "sequence_number": _sequence_number(record),
            "keys": record["dynamodb"]["Keys"],
            "failure": failure,
        }
        self._dead_letters.parent.mkdir(parents=True, exist_ok=True)
        with self._dead_letters.open("a", encoding="utf-8") as file:
            file.write(json.dumps(letter) + "\n")
        log.error("on_stream: a record was put aside after %d tries, see %s", TRIES, self._dead_letters)

    def _iterator(self, shard: str) -> str:
        after = self._positions.after(shard)
        place = (
            {"ShardIteratorType": "TRIM_HORIZON"}
            if after is None
            else {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
        )
        try:
            got = self._client.get_shard_iterator(StreamArn=self._stream, ShardId=shard, **place)
        except ClientError as refusal:
            if refusal.response["Error"]["Code"] != "TrimmedDataAccessException":
                raise
            # Older than the stream remembers: what is still there comes again rather than not at all.
            self._positions.forget(shard)
            return self._iterator(shard)
        iterator: str = got["ShardIterator"]
        return iterator


def _sequence_number(record: Mapping[str, Any]) -> str:
    number: str = record["dynamodb"]["SequenceNumber"]
    return number


def _refused(result: Any) -> frozenset[str]:
    """The records that a function reports as failed (Lambda's partial batch response)."""
    failures = result.get("batchItemFailures") if isinstance(result, Mapping) else None
    return frozenset(failure["itemIdentifier"] for failure in failures or ())
