"""What the table's stream says, read: which letters have just been written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.adapters.dynamodb import keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalicelib.domain.ids import FileKey


def new_letters(event: Mapping[str, Any]) -> Iterator[tuple[FileKey, str]]:
    """File and id of every letter that a batch of stream records put into the outbox."""
    for record in event.get("Records", ()):
        if record.get("eventName") != "INSERT":
            continue
        sk = record["dynamodb"]["Keys"]["sk"]["S"]
        if sk.startswith(keys.LETTER):
            yield keys.file_key(record["dynamodb"]["Keys"]["pk"]["S"]), sk.removeprefix(keys.LETTER)
