"""The ledger kept on disk: one change at a time, each on disk before it is answered, repeats recognised."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.atomic import write_atomically
from local.payments.errors import other_parameters
from local.payments.ledger import PLURALS, Ledger
from local.payments.shapes import Object

KEPT = (*PLURALS.values(), "orders")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a repeat with the same idempotency key gets again."""

    body: Object
    replayed: bool = False


@dataclass
class Book:
    """A ledger, the answers given by idempotency key, and the notices still to be sent.

    `path` None keeps all of it in memory. Whoever reads or changes holds `lock`; `save` ends a change.
    """

    ledger: Ledger
    path: Path | None = None
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    sendings: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        """Take up where the last process stopped, however it stopped."""
        if self.path is None or not self.path.exists():
            return
        kept = json.loads(self.path.read_bytes())
        for name in KEPT:
            getattr(self.ledger, name).update(kept["ledger"][name])
        self.answers.update(kept["answers"])
        self.sendings.extend(kept["sendings"])

    def save(self) -> None:
        """Write everything in one step: a kill leaves the state before or after a change, never between."""
        if self.path is None:
            return
        kept = {
            "ledger": {name: getattr(self.ledger, name) for name in KEPT},
            "answers": self.answers,
            "sendings": self.sendings,
        }
        write_atomically(self.path, json.dumps(kept, ensure_ascii=False).encode())

    def once(self, key: str | None, request: str, do: Callable[[], Object]) -> Answer:
        """Do it once for each key. Raise idempotency_error if the key came with another request before."""
        asked = hashlib.sha256(request.encode()).hexdigest()
        if key is not None and key in self.answers:
            if self.answers[key]["request"] != asked:
                raise other_parameters(key)
            return Answer(self.answers[key]["body"], replayed=True)
        body = json.loads(json.dumps(do()))  # a copy as of now: the object goes on changing
        if key is not None:
            self.answers[key] = {"request": asked, "body": body}
        return Answer(body)
