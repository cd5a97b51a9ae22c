"""What one commit writes: the items of its transaction, each with what its refusal means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.codec import to_item
from chalicelib.domain.bookings import DRAFT_KEPT, Booking, BookingState
from chalicelib.services.ports import Commit, Due

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from chalicelib.domain.ids import FileKey
    from chalicelib.domain.visits import Presence

Item = dict[str, Any]


class Refusal(Enum):
    """What it means when the condition of a write fails."""

    CHANGED = auto()
    TAKEN = auto()
    NOTICE = auto()
    NEVER = auto()


@dataclass(frozen=True, slots=True)
class Write:
    """One item of a transaction."""

    request: dict[str, Any]
    refusal: Refusal = Refusal.NEVER


def writes(table: str, commit: Commit) -> list[Write]:
    """All writes of a commit, the head first."""
    if commit.changes.forget:
        return [_head(table, commit), _delete(table, commit.key, keys.BOOKING), *_units(table, commit)]
    return [
        _head(table, commit),
        *(_put(table, item) for item in _file_items(commit)),
        *_notice(table, commit),
        *_units(table, commit),
    ]


def presence_item(key: FileKey, presence: Presence, *, start: datetime) -> Item:
    """A heartbeat, listed on the day of the booking."""
    return _keyed(key, keys.PRESENCE) | to_item(presence) | _on_day(key, keys.PRESENCE, start)


def guest_presence_item(key: FileKey, presence: Presence) -> Item:
    """A heartbeat of the guest: no list shows it."""
    return _keyed(key, keys.GUEST_PRESENCE) | to_item(presence)


def due(row: Item) -> Due:
    """A row of index `due`."""
    moment, _, rest = row["due_sk"]["S"].partition("|")
    item, _, _ = rest.rpartition("|")
    return Due(keys.file_key(row["pk"]["S"]), item, keys.parse_second(moment))


def _file_items(commit: Commit) -> Iterator[Item]:
    key, booking, changes = commit.key, commit.booking, commit.changes
    if changes.booking:
        yield _keyed(key, keys.BOOKING) | to_item(booking) | _booking_indexes(booking)
    if changes.visit:
        yield _keyed(key, keys.VISIT) | to_item(changes.visit) | _on_day(key, keys.VISIT, booking.start)
    for payment in changes.payments:
        yield (
            _keyed(key, keys.PAYMENT + payment.id)
            | to_item(payment)
            | _due(key, keys.PAYMENT + payment.id, payment.look_again_at)
        )
    for paper in changes.papers:
        yield _keyed(key, keys.PAPER + paper.id) | to_item(paper)
    for letter in changes.letters:
        yield (
            _keyed(key, keys.LETTER + letter.id) | to_item(letter) | _due(key, keys.LETTER + letter.id, letter.due_at)
        )
    if changes.dispatch:
        yield (
            _keyed(key, keys.DISPATCH)
            | to_item(changes.dispatch)
            | {
                "day_pk": {"S": keys.dispatch_pk(key.office, changes.dispatch.due_on)},
                "day_sk": {"S": keys.day_sk(booking.start, key.booking_id, keys.DISPATCH)},
            }
        )
    for entry in commit.entries:
        yield _keyed(key, keys.entry_sk(entry.seq)) | to_item(entry)
    for payload in commit.payloads:
        yield _keyed(key, keys.payload_sk(payload.seq)) | to_item(payload)


def _booking_indexes(booking: Booking) -> Item:
    """Confirmed bookings stand on the day's list; drafts wait for the tick."""
    if booking.state in (BookingState.CONFIRMED, BookingState.CLOSED):
        return _on_day(booking.key, keys.BOOKING, booking.start)
    if booking.state is BookingState.HELD:
        return _due(booking.key, "HOLD", booking.hold_until)
    if booking.state is BookingState.EXPIRED and booking.hold_until:
        return _due(booking.key, "HOLD", booking.hold_until + DRAFT_KEPT)
    return {}


def _head(table: str, commit: Commit) -> Write:
    if commit.before_rev is None:
        condition: Item = {"ConditionExpression": "attribute_not_exists(pk)"}
    else:
        condition = {
            "ConditionExpression": "rev = :before",
            "ExpressionAttributeValues": {":before": {"N": str(commit.before_rev)}},
        }
    if commit.changes.forget:
        deletion = {"TableName": table, "Key": _keyed(commit.key, keys.HEAD)} | condition
        return Write({"Delete": deletion}, Refusal.CHANGED)
    put = {"TableName": table, "Item": _keyed(commit.key, keys.HEAD) | to_item(commit.head)} | condition
    return Write({"Put": put}, Refusal.CHANGED)


def _notice(table: str, commit: Commit) -> Iterator[Write]:
    if commit.changes.notice:
        item = {"pk": {"S": keys.notice_pk(commit.key.office, commit.changes.notice)}, "sk": {"S": "NOTICE"}}
        put = {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
        yield Write({"Put": put}, Refusal.NOTICE)


def _units(table: str, commit: Commit) -> Iterator[Write]:
    """Capacity taken and given back. A unit may stand in a transaction once: the domain sends differences."""
    office = commit.key.office
    for claim in commit.changes.take:
        update = _unit(table, office, claim.start) | {
            "UpdateExpression": "ADD taken :one",
            "ConditionExpression": "attribute_not_exists(taken) OR taken < :capacity",
            "ExpressionAttributeValues": {":one": {"N": "1"}, ":capacity": {"N": str(claim.capacity)}},
        }
        yield Write({"Update": update}, Refusal.TAKEN)
    for start in commit.changes.release:
        update = _unit(table, office, start) | {
            "UpdateExpression": "ADD taken :less",
            "ConditionExpression": "taken > :none",
            "ExpressionAttributeValues": {":less": {"N": "-1"}, ":none": {"N": "0"}},
        }
        yield Write({"Update": update}, Refusal.CHANGED)


def _unit(table: str, office: str, start: datetime) -> Item:
    key = {"pk": {"S": keys.unit_pk(office, start)}, "sk": {"S": keys.unit_sk(start)}}
    return {"TableName": table, "Key": key}


def _keyed(key: FileKey, sk: str) -> Item:
    return {"pk": {"S": keys.file_pk(key)}, "sk": {"S": sk}}


def _on_day(key: FileKey, item: str, start: datetime) -> Item:
    return {
        "day_pk": {"S": keys.day_pk(key.office, keys.berlin_date(start))},
        "day_sk": {"S": keys.day_sk(start, key.booking_id, item)},
    }


def _due(key: FileKey, item: str, at: datetime | None) -> Item:
    if at is None:
        return {}
    return {
        "due_pk": {"S": keys.due_pk(key.office)},
        "due_sk": {"S": keys.due_sk(at, f"{item}|{key.booking_id}")},
    }


def _put(table: str, item: Item) -> Write:
    return Write({"Put": {"TableName": table, "Item": item}})


def _delete(table: str, key: FileKey, sk: str) -> Write:
    return Write({"Delete": {"TableName": table, "Key": _keyed(key, sk)}})
