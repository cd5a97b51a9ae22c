"""Signed notices, sent until they are taken; and weather for tests: late, doubled, held, reordered, lost."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from local.payments.book import Book
from local.payments.errors import invalid_request

PAUSE_FIRST_S: Final = 0.5
PAUSE_MAX_S: Final = 30.0
KEPT_TRYING_S: Final = 3 * 24 * 3600.0
"""Stripe tries for three days, too."""
ANSWER_WITHIN_S: Final = 10.0
SUCCESS: Final = range(200, 300)

Sending = dict[str, Any]


def sign(payload: bytes, *, secret: str, at: int) -> str:
    """Return the header Stripe-Signature: HMAC-SHA256 over `at.payload`."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"


def payload_of(event: dict[str, Any]) -> bytes:
    """Return an event's body as it is signed and sent, indented like Stripe's."""
    return json.dumps(event, indent=2, ensure_ascii=False).encode()


@dataclass
class Weather:
    """What goes wrong on the way, until told otherwise."""

    delay_ms: int = 0
    copies: int = 1
    drop_next: int = 0
    drop_kinds: tuple[str, ...] = ()
    hold: bool = False

    def change(self, wishes: dict[str, Any]) -> None:
        """Set what `wishes` names; refuse what it cannot be."""
        for name, value in wishes.items():
            now = getattr(self, name)
            wished = tuple(value) if isinstance(now, tuple) and isinstance(value, list) else value
            if type(wished) is not type(now) or (isinstance(wished, int) and wished < 0):
                raise invalid_request(f"Invalid {name}", param=name)
            setattr(self, name, wished)


@dataclass
class Notices:
    """Sends every event of the book to `url`. `clock` gives seconds since 1970."""

    book: Book
    url: str
    secret: str
    clock: Callable[[], float]
    weather: Weather = field(default_factory=Weather)
    wake: threading.Event = field(default_factory=threading.Event)

    def collect(self) -> None:
        """Queue the notices of new events, each in the weather of the moment. Needs the book's lock."""
        queued = {sending["event"] for sending in self.book.sendings}
        for event in self.book.ledger.events.values():
            if event["id"] not in queued:
                self._queue(event)
        self.wake.set()

    def release(self, order: str | list[str]) -> None:
        """Let held notices go `as_made`, `reversed`, or in the order of the event ids given."""
        held = [sending for sending in self.book.sendings if sending["state"] == "held"]
        if order == "reversed":
            held.reverse()
        elif isinstance(order, list):
            held = [sending for name in order for sending in held if sending["event"] == name]
        elif order != "as_made":
            raise invalid_request("release: as_made, reversed, or event ids", param="release")
        for place, sending in enumerate(held):
            sending.update(state="waiting", due=self.clock() + place * 0.001)
        self.weather.hold = False
        self.wake.set()

    def resend(self, event_id: str) -> None:
        """Send an event once more, whatever became of it before."""
        self.book.ledger.find("event", event_id)
        self.book.sendings.append(_sending(event_id, state="waiting", due=self.clock()))
        self.wake.set()

    def run(self, stop: threading.Event) -> None:
        """Send what is due, in the order in which it came due, until told to stop."""
        while not stop.is_set():
            sending = self._due()
            if sending is None:
                self.wake.wait(0.05 if self._any_waiting() else 1.0)
                self.wake.clear()
                with self.book.lock:
                    before = len(self.book.ledger.events)
                    self.book.ledger.expire_due(now=int(self.clock()))
                    if len(self.book.ledger.events) != before:
                        self.collect()
                        self.book.save()
                continue
            status = self._send(sending)
            with self.book.lock:
                self._note(sending, status)
                self.book.save()

    def _queue(self, event: dict[str, Any]) -> None:
        due = self.clock() + self.weather.delay_ms / 1000
        is_lost = self.weather.drop_next > 0 or event["type"] in self.weather.drop_kinds
        self.weather.drop_next = max(0, self.weather.drop_next - 1)
        state = "lost" if is_lost else "held" if self.weather.hold else "waiting"
        for _ in range(1 if is_lost else max(1, self.weather.copies)):
            self.book.sendings.append(_sending(event["id"], state=state, due=due))

    def _any_waiting(self) -> bool:
        with self.book.lock:
            return any(sending["state"] == "waiting" for sending in self.book.sendings)

    def _due(self) -> Sending | None:
        now = self.clock()
        with self.book.lock:
            due = [s for s in self.book.sendings if s["state"] == "waiting" and s["due"] <= now]
            return min(due, key=lambda sending: float(sending["due"]), default=None)

    def _send(self, sending: Sending) -> int:
        """Post one notice, signed at this moment; return the status, 0 without an answer."""
        with self.book.lock:
            payload = payload_of(self.book.ledger.events[sending["event"]])
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": sign(payload, secret=self.secret, at=int(self.clock())),
            "User-Agent": "Stripe/1.0 (stand-in)",
            "Connection": "close",
        }
        to = urlsplit(self.url)
        connection = http.client.HTTPConnection(to.netloc, timeout=ANSWER_WITHIN_S)
        try:
            connection.request("POST", to.path or "/", body=payload, headers=headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def _note(self, sending: Sending, status: int) -> None:
        sending["attempts"] += 1
        sending["status"] = status
        if status in SUCCESS:
            sending["state"] = "taken"
            return
        if self.clock() - sending["first_due"] > KEPT_TRYING_S:
            sending["state"] = "given up"
            return
        pause = min(PAUSE_MAX_S, PAUSE_FIRST_S * 2.0 ** (sending["attempts"] - 1))
        sending["due"] = self.clock() + pause


def _sending(event_id: str, *, state: str, due: float) -> Sending:
    return {"event": event_id, "state": state, "due": due, "first_due": due, "attempts": 0, "status": None}
