"""The store's client with one defence taken out: each control run shows that the proof can fail."""

from __future__ import annotations

import copy
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Defence(StrEnum):
    """What keeps a slot from being sold twice, and an acknowledged booking from being lost."""

    UNIT_CONDITION = "unit-condition"  # a unit is taken only while fewer than its counters are taken
    REVISION = "revision"  # a file is changed only as it was read
    NONCE = "nonce"  # a repeat after a lost answer recognises its own commit
    ONE_TRANSACTION = "one-transaction"  # a move gives the old slot back only with the new one
    SWEEP = "sweep"  # holds that are over are given back; not the client's business


@dataclass(slots=True)
class ForgetfulClient:
    """Sends every other transaction without the store's own idempotency token.

    The store remembers tokens for ten minutes only, and while it does, our own recognition has nothing to do.
    """

    client: Any
    _turn: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _with_token: dict[str, bool] = field(default_factory=dict)

    def query(self, **request: Any) -> Any:
        """As boto3's."""
        return self.client.query(**request)

    def get_item(self, **request: Any) -> Any:
        """As boto3's."""
        return self.client.get_item(**request)

    def transact_write_items(self, **request: Any) -> Any:
        """As boto3's; a repeat goes like the first try."""
        with self._lock:
            token = request["ClientRequestToken"]
            if token not in self._with_token:
                self._turn += 1
                self._with_token[token] = self._turn % 2 == 0
            if not self._with_token[token]:
                del request["ClientRequestToken"]
        return self.client.transact_write_items(**request)


@dataclass(slots=True)
class UndefendedClient:
    """Takes one defence out of every request."""

    client: Any
    without: Defence

    def query(self, **request: Any) -> Any:
        """As boto3's."""
        return self.client.query(**request)

    def get_item(self, **request: Any) -> Any:
        """As boto3's; without the nonce, the head that a repeat asks for looks like somebody else's."""
        return {} if self.without is Defence.NONCE else self.client.get_item(**request)

    def transact_write_items(self, **request: Any) -> Any:
        """As boto3's, but for the condition that is missing."""
        writes = copy.deepcopy(request.pop("TransactItems"))
        match self.without:
            case Defence.UNIT_CONDITION:
                for write in filter(_takes, writes):
                    del write["Update"]["ConditionExpression"]
                    del write["Update"]["ExpressionAttributeValues"][":capacity"]
            case Defence.REVISION:
                for write in filter(_changes_head, writes):
                    del write["Put"]["ConditionExpression"]
                    del write["Put"]["ExpressionAttributeValues"]
            case Defence.NONCE:
                request.pop("ClientRequestToken", None)
            case Defence.ONE_TRANSACTION if any(map(_takes, writes)) and any(map(_releases, writes)):
                self.client.transact_write_items(TransactItems=list(filter(_releases, writes)))
                writes = [write for write in writes if not _releases(write)]
        return self.client.transact_write_items(TransactItems=writes, **request)


def _takes(write: dict[str, Any]) -> bool:
    return ":capacity" in write.get("Update", {}).get("ExpressionAttributeValues", {})


def _releases(write: dict[str, Any]) -> bool:
    return ":less" in write.get("Update", {}).get("ExpressionAttributeValues", {})


def _changes_head(write: dict[str, Any]) -> bool:
    return ":before" in write.get("Put", {}).get("ExpressionAttributeValues", {})
