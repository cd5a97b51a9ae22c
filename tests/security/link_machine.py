"""Links, seats and tickets in any order of events: a state machine over the doors, three devices, one booking.

What must never be: two devices in the citizen's seat, a good media ticket with a device outside of it, and
anything opened by a link or a session of a time that has been moved or of an appointment that is cancelled.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from chalice.test import Client
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

import app as application
from chalicelib import composition
from chalicelib.domain.bookings import BookingState, Details
from chalicelib.domain.calls import MediaTicketClaims, Seat
from chalicelib.domain.files import File
from chalicelib.domain.ids import FileKey
from chalicelib.domain.links import Purpose, fragment, secret
from chalicelib.domain.visits import VisitState
from media_worker.rooms import GenerationStale, Rooms
from media_worker.tickets import TicketRefused, TicketVerifier
from tests.doubles.browser import Answer, Browser
from tests.doubles.chance import SetClock
from tests.doubles.house import House

OFFICE: Final = "heidelberg"
MATTER: Final = "meldebescheinigung"
DEVICES: Final = ("phone", "tablet", "stranger")
OPENS: Final = timedelta(minutes=30)
device_names = st.sampled_from(DEVICES)


@dataclass
class Device:
    """A browser with whatever it got hold of."""

    browser: Browser
    session_version: int = 0
    """Of the last join session it was given."""
    tickets: list[str] = field(default_factory=list)


class LinkLives(RuleBasedStateMachine):
    """One confirmed booking, its links of all versions, and the people who have them."""

    @staticmethod
    def house() -> House:
        return House()

    @initialize()
    def book(self) -> None:
        self.its = self.house()
        composition.install(self.its)
        self.client = Client(application.app).__enter__()
        self.clock: SetClock = self.its.clock  # type: ignore[assignment]  # the double's
        now, booking = self.clock.now(), self.its.booking
        office = self.its.offices[OFFICE]
        slot = booking.earliest(office, [MATTER], now=now)
        assert slot
        self.key: FileKey = booking.hold(office, [MATTER], slot.start, booker="browser", now=now)
        booking.give_details(self.key, Details("Ada Beispiel", "ada@example.org", "de"), booker="browser", now=now)
        booking.confirm(self.key, booker="browser", now=now)
        self.devices = {name: Device(Browser(self.client)) for name in DEVICES}
        self.clerk = Browser(self.client, cookies=self.clerk_session())
        self.verifier = TicketVerifier(public_key(self.its), now=self.clock.now)
        self.go_to_the_appointment()

    def teardown(self) -> None:
        if hasattr(self, "client"):
            self.client.__exit__(None, None, None)

    # ---- what is true, read past all doors

    @property
    def file(self) -> File:
        return self.its.acting.files.load(self.key)

    @property
    def revoked(self) -> bool:
        return self.file.booking.state is BookingState.CANCELLED

    def link(self, purpose: Purpose, version: int) -> str:
        derived = secret(
            self.its.settings.link_key,
            office=OFFICE,
            booking_id=self.key.booking_id,
            version=version,
            purpose=purpose,
        )
        return fragment(self.key.booking_id, derived)

    def clerk_session(self) -> dict[str, str]:
        claims = {"id": "hd-1", "office": OFFICE, "role": "clerk", "name": "Sachbearbeitung 1"}
        now = self.clock.now()
        token = self.its.sessions.issue("desk", claims, expires_at=now + timedelta(days=60), now=now)
        return {"__Host-desk": token}

    # ---- what people do

    @rule(name=device_names, older=st.integers(0, 2))
    def open_link(self, name: str, older: int) -> None:
        """Any device, any version that ever was."""
        version = max(1, self.file.booking.link_version - older)
        device, now, booking = self.devices[name], self.clock.now(), self.file.booking
        answer = device.browser.post_json(f"/{OFFICE}/join", {"link": self.link(Purpose.JOIN, version)})
        current = version == booking.link_version and not self.revoked
        if not current:
            assert answer.status == 404, answer.body
        elif now < booking.start - OPENS and booking.closed_at is None:
            assert answer.status == 425, answer.body
        elif booking.state is BookingState.CONFIRMED and now < booking.end + timedelta(hours=3):
            assert answer.status == 200, answer.body  # nobody who may come in is locked out
        if answer.status == 200:
            device.session_version = version

    @rule(name=device_names, take_over=st.booleans())
    def enter(self, name: str, take_over: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
        before = self.file
        answer = self.post(name, "enter", {"camera": "ok", "take_over": take_over})
        if answer.status != 200:
            return
        if before.booking.state is BookingState.CLOSED:
            return
        after = self.file.visit
        assert self.here(name), "entered, and not in the seat"
        presence = before.presence
        held_by_another = before.visit.device not in ("", after.device)
        if held_by_another and presence is not None and presence.present(self.clock.now()):
            assert take_over, "a device that is still there lost its seat without a word"

    @rule(name=device_names, take_over=st.booleans())
    def arrive(self, name: str, take_over: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
        """What most people do: the newest link, and in."""
        self.open_link(name, 0)
        self.enter(name, take_over)

    @rule()
    def talk(self) -> None:
        """The clerk calls; everybody who has the link tries to get into the call."""
        self.call()
        for name in self.devices:
            self.ask_for_a_ticket(name)

    @rule(name=device_names)
    def beat(self, name: str) -> None:
        self.post(name, "presence", {"camera": "ok"})

    @rule(name=device_names)
    def leave(self, name: str) -> None:
        sat = self.file.visit.device
        here = self.here(name)
        self.post(name, "leave", {})
        assert here or self.file.visit.device == sat, "somebody else emptied the seat"

    @rule(name=device_names)
    def ask_for_a_ticket(self, name: str) -> None:
        here, state = self.here(name), self.file.visit.state
        answer = self.post(name, "ticket", {})
        if answer.status == 200:
            assert here, "a ticket for a device outside the seat"
            assert state is VisitState.IN_CALL
            self.devices[name].tickets.append(answer.json()["ticket"])

    @rule(name=device_names)
    def wait_at_the_door(self, name: str) -> None:
        """The anteroom: connected before the call, for the device in the seat alone."""
        here, state = self.here(name), self.file.visit.state
        answer = self.post(name, "anteroom", {})
        if answer.status == 200 and answer.json()["ticket"]:
            assert here, "an anteroom for a device outside the seat"
            assert state is VisitState.WAITING
            self.devices[name].tickets.append(answer.json()["ticket"])

    @rule(name=device_names)
    def hang_up(self, name: str) -> None:
        here, state = self.here(name), self.file.visit.state
        self.post(name, "hangup", {})
        assert here or self.file.visit.state is state, "somebody else hung up"

    @rule()
    def call(self) -> None:
        self.clerk.post_json(f"/desk/files/{self.key.booking_id}/call")

    @rule()
    def the_clerk_hangs_up(self) -> None:
        self.clerk.post_json(f"/desk/files/{self.key.booking_id}/hangup")

    @precondition(lambda self: self.file.visit.state is VisitState.HUNG_UP)
    @rule()
    def close(self) -> None:
        ending = {"outcome": "not_possible", "delivery": "none"}
        self.clerk.post_json(f"/desk/files/{self.key.booking_id}/close", ending)

    @rule(older=st.integers(0, 1), sure=st.integers(0, 2))
    def move(self, older: int, sure: int) -> None:
        """With the manage link of this version, or with one that was revoked; seldom, as below."""
        if sure:
            return
        version = max(1, self.file.booking.link_version - older)
        manager = Browser(self.client)
        opened = manager.post_json(f"/{OFFICE}/manage", {"link": self.link(Purpose.MANAGE, version)})
        if version != self.file.booking.link_version or self.revoked:
            assert opened.status == 404
            return
        before = self.file.booking
        manager.post_json(f"/{OFFICE}/manage/booking/move", {"start": self.another_start().isoformat()})
        if self.file.booking.start != before.start:
            assert self.file.booking.link_version == before.link_version + 1

    @precondition(lambda self: self.clock.now() > self.file.booking.start - OPENS)
    @rule(sure=st.integers(0, 4))
    def cancel(self, sure: int) -> None:
        """Seldom, or every story would end early."""
        if sure:
            return
        manager = Browser(self.client)
        current = self.link(Purpose.MANAGE, self.file.booking.link_version)
        manager.post_json(f"/{OFFICE}/manage", {"link": current})
        manager.post_json(f"/{OFFICE}/manage/booking/cancel")

    @rule(seconds=st.sampled_from([5, 45, 20 * 60]))
    def wait(self, seconds: int) -> None:
        """A heartbeat, three missed ones, a ticket's life."""
        self.clock.forward(seconds=seconds)

    @rule()
    def go_to_the_appointment(self) -> None:
        self.clock.moment = max(self.clock.moment, self.file.booking.start - timedelta(minutes=10))

    @rule(sure=st.integers(0, 9))
    def expire(self, sure: int) -> None:
        if not sure:
            self.clock.forward(hours=5)

    # ---- what must never be

    @invariant()
    def one_device_in_the_seat(self) -> None:
        if hasattr(self, "devices"):
            assert sum(self.here(name) for name in self.devices) <= 1

    @invariant()
    def good_tickets_lie_in_the_seat_alone(self) -> None:
        """A worker that has heard of the call as it is placed lets in no device but the seat's."""
        if not hasattr(self, "devices") or self.file.visit.state is not VisitState.IN_CALL:
            return
        admitted = {
            name for name, device in self.devices.items() if any(self.admits(token) for token in device.tickets)
        }
        assert admitted <= {name for name in self.devices if self.here(name)}, admitted

    @invariant()
    def nothing_old_opens(self) -> None:
        """Sessions of a revoked link read nothing: not the room, not its papers."""
        if not hasattr(self, "devices"):
            return
        for device in self.devices.values():
            if "__Host-visit" not in device.browser.cookies:
                continue
            status = device.browser.get(f"/{OFFICE}/room/state").status
            if self.revoked or device.session_version != self.file.booking.link_version:
                assert status in (401, 404)

    # ---- words used above

    def post(self, name: str, act: str, body: dict[str, Any]) -> Answer:
        """Act in the room; whoever holds a revoked link gets nowhere."""
        device = self.devices[name]
        revoked = self.revoked or device.session_version != self.file.booking.link_version
        before = self.file.head.rev
        answer = device.browser.post_json(f"/{OFFICE}/room/{act}", body)
        if revoked:
            assert answer.status in (401, 404), answer.body
            assert self.file.head.rev == before
        return answer

    def here(self, name: str) -> bool:
        browser = self.devices[name].browser
        sat = self.file.visit.device
        return bool(sat) and browser.cookies.get("__Host-device") == sat

    def admits(self, token: str) -> bool:
        """Whether a media worker that holds the room in its present generation lets the ticket in."""
        rooms = Rooms(new_ssrc=itertools.count(1).__next__, now_ms=lambda: 0, calls_max=1)
        try:
            claims = self.verifier.verify(token)
            rooms.enter(self.as_placed())
            rooms.enter(claims)
        except (TicketRefused, GenerationStale):
            return False
        return True

    def as_placed(self) -> MediaTicketClaims:
        """What the clerk's own ticket says."""
        visit, now = self.file.visit, self.clock.now()
        return MediaTicketClaims(
            ticket_id="clerk", office=OFFICE, room=self.key.booking_id, seat=Seat.CLERK,
            generation=visit.generation, worker=visit.worker, issued_at=now, expires_at=now + timedelta(minutes=1),
        )  # fmt: skip

    def another_start(self) -> datetime:
        now, office, booking = self.clock.now(), self.its.offices[OFFICE], self.its.booking
        slot = booking.earliest(office, [MATTER], now=now)
        assert slot
        return slot.start


def public_key(house: House) -> str:
    private = load_pem_private_key(house.settings.ticket_private_key.encode(), None)
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
