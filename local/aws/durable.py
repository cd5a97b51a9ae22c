"""Keeps ministack's DynamoDB over `kill -9`: the only file that names ministack's private members.

ministack saves on a clean stop only, and copies everything when it does. Here each write is noted in a
journal and lies there before its answer is sent; starting reads it back, items and stream alike, so that
the event pump finds what it has not yet passed on. `tests/local/test_aws.py` is the contract with the
pinned ministack: it kills and restarts.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import dynamodb

from local.aws.journal import Entry, Journal

ACCOUNT: Final = "000000000000"
STREAM_KEPT_SECONDS: Final = 24 * 3600  # as long as DynamoDB keeps a stream's records
_NO_SORT_KEY: Final = "__no_sort__"


class TableRefused(Exception):
    """ministack did not create a table; the text is its answer."""


def restore(journal: Journal, *, tables: Iterable[Mapping[str, Any]], region: str, now: float | None = None) -> int:
    """Create `tables`, put back what the journal holds, compact it. Returns the number of items."""
    with request_scope(ACCOUNT, region):
        for table in tables:
            status, _, body = dynamodb._create_table(dict(table))  # noqa: SLF001  see the module's docstring
            if status != 200:  # noqa: PLR2004  HTTP
                raise TableRefused(f"{table['TableName']}: {body!r}")
        _replay(journal.read(), oldest=(time.time() if now is None else now) - STREAM_KEPT_SECONDS)
        for table in dynamodb._tables.values():  # noqa: SLF001
            dynamodb._update_counts(table)  # noqa: SLF001
        journal.rewrite(_everything())
        return sum(table["ItemCount"] for table in dynamodb._tables.values())  # noqa: SLF001


def attach(journal: Journal, *, region: str) -> None:
    """Note every write to `region` from now on; whoever sends answers flushes the journal first."""
    emit = dynamodb._emit_stream_event  # noqa: SLF001

    def emit_and_note(
        name: str, event: str, old_item: dict[str, Any] | None, new_item: dict[str, Any] | None
    ) -> None:
        emit(name, event, old_item, new_item)
        if (get_account_id(), get_region()) != (ACCOUNT, region):
            return  # a stranger's tables live as long as the process
        table = dynamodb._tables[name]  # noqa: SLF001
        journal.note(["item", name, *_key_of(table, new_item or old_item or {}), new_item])
        if (table.get("StreamSpecification") or {}).get("StreamEnabled"):
            journal.note(["record", name, dynamodb._stream_records[name][-1]])  # noqa: SLF001

    dynamodb._emit_stream_event = emit_and_note  # noqa: SLF001


def _key_of(table: Mapping[str, Any], item: Mapping[str, Any]) -> tuple[str, str]:
    """Both parts of an item's key as ministack files it; our keys are strings."""
    partition = item[table["pk_name"]]["S"]
    return partition, item[table["sk_name"]]["S"] if table["sk_name"] else _NO_SORT_KEY


def _replay(entries: Iterable[Entry], *, oldest: float) -> None:
    for kind, name, *rest in entries:
        table = dynamodb._tables.get(name)  # noqa: SLF001
        if table is None:
            continue  # a table that is not declared any more
        if kind == "item":
            partition, sort, item = rest
            if item is None:
                table["items"].get(partition, {}).pop(sort, None)
            else:
                table["items"][partition][sort] = item
        elif kind == "stream":
            table["LatestStreamLabel"], table["LatestStreamArn"] = rest
        elif kind == "trimmed":
            dynamodb._stream_trimmed[name] = rest[0]  # noqa: SLF001
        elif rest[0]["dynamodb"]["ApproximateCreationDateTime"] >= oldest:
            dynamodb._stream_records.setdefault(name, []).append(rest[0])  # noqa: SLF001
        else:
            # Shard iterators count from the stream's first record: what goes has to be counted.
            dynamodb._stream_trimmed[name] = dynamodb._stream_trimmed.get(name, 0) + 1  # noqa: SLF001


def _everything() -> Iterator[Entry]:
    """The shortest journal that gives the present state."""
    for name, table in dynamodb._tables.items():  # noqa: SLF001
        if table.get("LatestStreamArn"):
            # A stream that changed its name would make the pump start over.
            yield ["stream", name, table["LatestStreamLabel"], table["LatestStreamArn"]]
            yield ["trimmed", name, dynamodb._stream_trimmed.get(name, 0)]  # noqa: SLF001
        for partition, items in table["items"].items():
            for sort, item in items.items():
                yield ["item", name, partition, sort, item]
        for record in dynamodb._stream_records.get(name, []):  # noqa: SLF001
            yield ["record", name, record]
