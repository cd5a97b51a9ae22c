"""Files in DynamoDB: one partition a file, one request a method, one transaction a commit."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from random import SystemRandom
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.adapters.dynamodb import items, keys
from chalicelib.adapters.dynamodb.codec import from_item
from chalicelib.adapters.dynamodb.requests import ask, reasons
from chalicelib.domain.bookings import Booking
from chalicelib.domain.cases import Entry, Head, Payload
from chalicelib.domain.errors import FileChanged, NoSuchBooking, NoticeSeen, SlotTaken
from chalicelib.domain.files import Dispatch, File
from chalicelib.domain.letters import Letter
from chalicelib.domain.papers import Paper
from chalicelib.domain.payments import Payment
from chalicelib.domain.visits import Presence, Visit
from chalicelib.services.ports import Commit, DayRow, Due

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from chalicelib.domain.ids import FileKey

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DynamoFiles:
    """The port Files over one table. `client` is boto3's low-level DynamoDB client."""

    client: Any
    table: str
    random: Callable[[], float] = field(default_factory=lambda: SystemRandom().random)

    def load(self, key: FileKey) -> File:
        """One consistent query for all live items; raises NoSuchBooking."""
        rows = self._query(
            KeyConditionExpression="pk = :pk AND sk < :end",
            ExpressionAttributeValues={":pk": {"S": keys.file_pk(key)}, ":end": {"S": keys.LIVE_END}},
            ConsistentRead=True,
        )
        return _file(key, {row["sk"]["S"]: row for row in rows})

    def commit(self, commit: Commit) -> None:
        """One transaction, conditional on the head; see the port for what is raised."""
        writes = items.writes(self.table, commit)
        try:
            self._ask(
                self.client.transact_write_items,
                TransactItems=[write.request for write in writes],
                ClientRequestToken=commit.head.nonce,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            failed = [
                write.refusal
                for write, reason in zip(writes, reasons(error), strict=True)
                if reason == "ConditionalCheckFailed"
            ]
            self._refuse(commit, failed, error)

    def case(self, key: FileKey) -> tuple[Head, list[Entry], list[Payload]]:
        """Head and chain of a file, in order."""
        rows = list(
            self._query(
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": keys.file_pk(key)}},
                ConsistentRead=True,
            )
        )
        heads = [from_item(Head, row) for row in rows if row["sk"]["S"] == keys.HEAD]
        if not heads:
            raise NoSuchBooking(key.booking_id)
        entries = [from_item(Entry, row) for row in rows if row["sk"]["S"].startswith(keys.ENTRY)]
        payloads = [from_item(Payload, row) for row in rows if row["sk"]["S"].startswith(keys.PAYLOAD)]
        return heads[0], entries, payloads

    def beat(self, key: FileKey, presence: Presence, *, start: datetime) -> None:
        """One plain put: the last heartbeat wins."""
        self._ask(self.client.put_item, TableName=self.table, Item=items.presence_item(key, presence, start=start))

    def beat_guest(self, key: FileKey, presence: Presence) -> None:
        """One plain put, as above."""
        self._ask(self.client.put_item, TableName=self.table, Item=items.guest_presence_item(key, presence))

    def taken(self, office: str, week: str) -> Mapping[datetime, int]:
        """One query for the whole week, however many bookings it holds."""
        rows = self._query(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": keys.week_pk(office, week)}},
            ConsistentRead=True,
        )
        return {keys.parse_minute(row["sk"]["S"].removeprefix("UNIT|")): int(row["taken"]["N"]) for row in rows}

    def day(self, office: str, date: str) -> Sequence[DayRow]:
        """One query of index `day`."""
        bookings: dict[str, Booking] = {}
        visits: dict[str, Visit] = {}
        presences: dict[str, Presence] = {}
        for row in self._query_index("day", keys.day_pk(office, date)):
            pk = row["pk"]["S"]
            match row["sk"]["S"]:
                case keys.BOOKING:
                    bookings[pk] = from_item(Booking, row)
                case keys.VISIT:
                    visits[pk] = from_item(Visit, row)
                case keys.PRESENCE:
                    presences[pk] = from_item(Presence, row)
        return [DayRow(booking, visits.get(pk, Visit()), presences.get(pk)) for pk, booking in bookings.items()]

    def dispatches(self, office: str, date: str) -> Sequence[tuple[FileKey, Dispatch]]:
        """One query of index `day`."""
        rows = self._query_index("day", keys.dispatch_pk(office, date))
        return [(keys.file_key(row["pk"]["S"]), from_item(Dispatch, row)) for row in rows]

    def due(self, office: str, *, until: datetime, limit: int = 1000) -> Sequence[Due]:
        """One query of index `due` (a page of it at a time), oldest first."""
        rows = self._query(
            IndexName="due",
            KeyConditionExpression="due_pk = :pk AND due_sk < :until",
            ExpressionAttributeValues={
                ":pk": {"S": keys.due_pk(office)},
                ":until": {"S": keys.due_sk(until, "~")},
            },
        )
        return [items.due(row) for row in islice(rows, limit)]

    def notice_seen(self, office: str, event_id: str) -> bool:
        """One consistent read."""
        key = {"pk": {"S": keys.notice_pk(office, event_id)}, "sk": {"S": "NOTICE"}}
        answer = self._ask(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True)
        return "Item" in answer

    def _refuse(self, commit: Commit, failed: Sequence[items.Refusal], error: ClientError) -> None:
        """Say who was quicker, unless it was this very commit, whose answer got lost."""
        if items.Refusal.CHANGED in failed and self._is_ours(commit):
            return
        if items.Refusal.NOTICE in failed:
            raise NoticeSeen(commit.changes.notice) from error
        if items.Refusal.CHANGED in failed:
            # Before the slot: the units may be full because this very commit took them and was overtaken.
            raise FileChanged(commit.key.booking_id) from error
        raise SlotTaken(commit.booking.start.isoformat()) from error

    def _is_ours(self, commit: Commit) -> bool:
        key = {"pk": {"S": keys.file_pk(commit.key)}, "sk": {"S": keys.HEAD}}
        answer = self._ask(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True)
        return bool(answer.get("Item", {}).get("nonce", {}).get("S") == commit.head.nonce)

    def _query_index(self, index: str, pk: str) -> Iterator[Item]:
        return self._query(
            IndexName=index,
            KeyConditionExpression=f"{index}_pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
        )

    def _query(self, **kwargs: Any) -> Iterator[Item]:
        while True:
            answer = self._ask(self.client.query, TableName=self.table, **kwargs)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            kwargs["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _ask(self, request: Callable[..., Any], **kwargs: Any) -> Any:
        return ask(request, random=self.random, **kwargs)


def _file(key: FileKey, rows: Mapping[str, Item]) -> File:
    if keys.HEAD not in rows or keys.BOOKING not in rows:
        raise NoSuchBooking(key.booking_id)
    return File(
        head=from_item(Head, rows[keys.HEAD]),
        booking=from_item(Booking, rows[keys.BOOKING]),
        visit=from_item(Visit, rows.get(keys.VISIT, {})),
        presence=from_item(Presence, rows[keys.PRESENCE]) if keys.PRESENCE in rows else None,
        guest_presence=from_item(Presence, rows[keys.GUEST_PRESENCE]) if keys.GUEST_PRESENCE in rows else None,
        payments=tuple(from_item(Payment, row) for sk, row in rows.items() if sk.startswith(keys.PAYMENT)),
        papers=tuple(from_item(Paper, row) for sk, row in rows.items() if sk.startswith(keys.PAPER)),
        letters=tuple(from_item(Letter, row) for sk, row in rows.items() if sk.startswith(keys.LETTER)),
        dispatch=from_item(Dispatch, rows[keys.DISPATCH]) if keys.DISPATCH in rows else None,
    )
