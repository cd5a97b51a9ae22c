"""The guest's link, seat and light in any order of events: three devices that got hold of links, one booking.

What must never be: a good guest's ticket with a device outside of the seat; light for a guest whom the clerk of this
very call did not admit; anything opened by a link that was ended, by whatever ended it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chalicelib.domain import guest_acts
from chalicelib.domain.access import Clerk, Invited
from chalicelib.domain.bookings import BookingState
from chalicelib.domain.calls import MediaTicketClaims, Seat
from chalicelib.domain.case_acts import Closing, Outcome
from chalicelib.domain.errors import FernamtError
from chalicelib.domain.files import Changes, File
from chalicelib.domain.guests import HERE, GuestRole
from chalicelib.domain.ids import FileKey
from chalicelib.domain.offices import Delivery, Office
from chalicelib.domain.visits import Presence, VisitState
from chalicelib.services.guests import Guests
from tests.services.stage import DAY, EVA, FIRST, FREE, HEIDELBERG, JAN, LINK_KEY, SECOND, Stage

DEVICES: Final = ("interpreter", "tablet", "stranger")
device_names = st.sampled_from(DEVICES)
clerks = st.sampled_from([EVA, JAN])
QUICK: Final = settings(
    max_examples=80,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=True,
)


class GuestLives(RuleBasedStateMachine):
    """Refusals are as good as acts here: what counts is what is true afterwards."""

    defence: type[Guests] = Guests

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage()
        self.stage.guests = self.defence(self.stage.acting, LINK_KEY)
        self.key = self.stage.waiting(self.stage.slots(FREE)[4], FREE)
        self.links: list[str] = []
        self.sessions: dict[str, Invited] = {}
        self.tickets: dict[str, list[MediaTicketClaims]] = {name: [] for name in DEVICES}
        self.admitted_by: Clerk | None = None

    @property
    def file(self) -> File:
        return self.stage.file(self.key)

    @rule(clerk=clerks)
    def invite(self, clerk: Clerk) -> None:
        before = self.file.visit
        try:
            link = self.stage.guests.invite(clerk, self.key, GuestRole.INTERPRETER, now=self.stage.now)
        except FernamtError:
            return
        assert before.state is not VisitState.IN_CALL or before.clerk == clerk.actor
        self.links.append(link)
        self.admitted_by = None

    @rule(name=device_names, older=st.integers(0, 2))
    def open_link(self, name: str, older: int) -> None:
        if len(self.links) <= older:
            return
        try:
            invited = self.stage.guests.open_link(HEIDELBERG, self.links[-1 - older], device=name, now=self.stage.now)
        except FernamtError:
            return
        assert older == 0, "an ended link opened the door"
        assert self.file.booking.state is BookingState.CONFIRMED
        self.sessions[name] = invited

    @rule(name=device_names, take_over=st.booleans())
    def arrive(self, name: str, take_over: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
        if name not in self.sessions:
            return
        before = self.file
        try:
            after = self.stage.arrive(self.sessions[name], take_over=take_over).visit.guest
        except FernamtError:
            return
        assert after.device == name
        if before.visit.guest.device != name:
            assert not after.admitted, "another device came in by the admission of the one before"
            presence = before.guest_presence
            heard = presence is not None and presence.present(self.stage.now)
            assert take_over or not heard or before.visit.guest.state not in HERE

    @rule(name=device_names)
    def leave(self, name: str) -> None:
        if name in self.sessions:
            sat = self.file.visit.guest
            self._tried(lambda: self.stage.guests.leave(self.sessions[name], now=self.stage.now))
            assert sat.device == name or self.file.visit.guest == sat, "somebody else emptied the seat"

    @rule(name=device_names)
    def ask_for_a_ticket(self, name: str) -> None:
        if name in self.sessions:
            kept = len(self.stage.tickets.claims)
            self._tried(lambda: self.stage.calling.guest_ticket(self.sessions[name], now=self.stage.now))
            self.tickets[name] += self.stage.tickets.claims[kept:]

    @rule(name=device_names)
    def come_in(self, name: str) -> None:
        """What guests do: the newest link, the seat, the way in."""
        self.open_link(name, 0)
        self.arrive(name, take_over=True)
        self.ask_for_a_ticket(name)

    @rule(clerk=clerks, guest=st.booleans())
    def admit(self, clerk: Clerk, guest: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
        if self._tried(lambda: self.stage.guests.admit(clerk, self.key, guest=guest, now=self.stage.now)):
            visit = self.file.visit
            assert (visit.state, visit.clerk) == (VisitState.IN_CALL, clerk.actor)
            self.admitted_by = clerk if guest else None

    @rule(clerk=clerks)
    def call(self, clerk: Clerk) -> None:
        self._tried(lambda: self.stage.calling.call(clerk, self.key, date=DAY, now=self.stage.now))

    @rule(clerk=clerks)
    def hang_up(self, clerk: Clerk) -> None:
        if self._tried(lambda: self.stage.calling.hang_up_clerk(clerk, self.key, now=self.stage.now)):
            self.admitted_by = None

    @rule()
    def the_citizen_enters(self) -> None:
        self._tried(lambda: self.stage.enter(self.key))

    @rule(sure=st.integers(0, 5))
    def move(self, sure: int) -> None:
        """Seldom, as the next two."""
        if not sure:
            start = self.stage.slots(FREE)[2]
            self._tried(
                lambda: self.stage.booking.move(HEIDELBERG, self.key, start, actor="citizen", now=self.stage.now)
            )
            self.stage.clock.moment = max(self.stage.now, self.file.booking.start)

    @rule(sure=st.integers(0, 9))
    def end(self, sure: int) -> None:
        if sure == 0:
            self._tried(lambda: self.stage.booking.cancel(HEIDELBERG, self.key, actor="citizen", now=self.stage.now))
        if sure == 1:
            closing = Closing(Outcome.INCOMPLETE, Delivery.NONE)
            self._tried(
                lambda: self.stage.casework.close(EVA, HEIDELBERG, self.key, closing, today=DAY, now=self.stage.now)
            )

    @rule(seconds=st.sampled_from([5, 45, 20 * 60]))
    def wait(self, seconds: int) -> None:
        self.stage.clock.forward(seconds=seconds)

    @rule(dead=st.sampled_from([set(), {FIRST}, {SECOND}]))
    def lose_a_worker(self, dead: set[str]) -> None:
        self.stage.workers.dead = dead

    @invariant()
    def good_tickets_lie_in_the_seat_alone(self) -> None:
        """Good is what a worker takes that knows the call as it is placed: this generation, not yet over."""
        visit = self.file.visit
        if visit.state is not VisitState.IN_CALL:
            return
        good = {
            name
            for name, tickets in self.tickets.items()
            for claims in tickets
            if claims.generation >= visit.generation and claims.expires_at > self.stage.now
        }
        assert good <= {visit.guest.device}, (good, visit)

    @invariant()
    def only_this_calls_clerk_lights_the_guest(self) -> None:
        visit = self.file.visit
        if visit.state is not VisitState.IN_CALL:
            assert not visit.guest.admitted
            return
        clerk = EVA if visit.clerk == EVA.actor else JAN
        if not self._tried(lambda: self.stage.calling.clerk_ticket(clerk, self.key, now=self.stage.now)):
            return
        if Seat.GUEST in self.stage.tickets.claims[-1].opens:
            assert self.admitted_by == clerk
            assert visit.guest.admitted

    @invariant()
    def sessions_of_ended_links_see_nothing(self) -> None:
        version, open_ = self.file.visit.guest.version, self.file.booking.state is BookingState.CONFIRMED
        for invited in self.sessions.values():
            if invited.version != version or not open_:
                assert not self._tried(lambda invited=invited: self.stage.guests.vouch(invited))  # type: ignore[misc]  # bound now

    def _tried(self, act: object) -> bool:
        """Whether it was done; a refusal is no failure."""
        assert callable(act)
        try:
            act()
        except FernamtError:
            return False
        return True


TestGuestLives = GuestLives.TestCase
TestGuestLives.settings = QUICK


class ForgetfulGuests(Guests):
    """Lets links of every age in: the defence of the version taken out."""

    def open_link(self, office: Office, text: str, *, device: str, now: datetime) -> Invited:
        key = FileKey(office.key, text.partition(".")[0])
        return Invited(key, self.acting.files.load(key).visit.guest.version, device)


class CarelessGuests(Guests):
    """Gives the seat to another device without a new generation: the defence of the ticket taken out."""

    def arrive(self, office: Office, invited: Invited, presence: Presence, *, take_over: bool, now: datetime) -> File:
        def decide(file: File) -> Changes:
            changes = guest_acts.arrive(file, office, invited, take_over=take_over, now=now)
            if changes.visit is None:
                return changes
            return replace(changes, visit=replace(changes.visit, generation=file.visit.generation))

        return self.acting.act(invited.key, decide, now=now)


def told(defence: type[Guests], story: Callable[[GuestLives], None]) -> None:
    """One story, and what must never be at its end."""

    class Told(GuestLives):
        pass

    Told.defence = defence
    machine = Told()
    story(machine)
    machine.good_tickets_lie_in_the_seat_alone()
    machine.only_this_calls_clerk_lights_the_guest()
    machine.sessions_of_ended_links_see_nothing()


def an_ended_link(machine: GuestLives) -> None:
    """The clerk mistook the first address, and makes a new link; the first is opened nevertheless."""
    machine.invite(EVA)
    machine.invite(EVA)
    machine.open_link("stranger", older=1)


def a_forwarded_link(machine: GuestLives) -> None:
    """A stranger is first, by a link that was passed on; the interpreter takes the seat, and is admitted."""
    machine.call(EVA)
    machine.invite(EVA)
    machine.come_in("stranger")
    assert machine.tickets["stranger"]
    machine.come_in("interpreter")
    machine.admit(EVA, guest=True)
    assert machine.tickets["interpreter"]


@pytest.mark.parametrize(("story", "broken"), [(an_ended_link, ForgetfulGuests), (a_forwarded_link, CarelessGuests)])
def test_control_the_machine_finds_a_missing_defence(
    story: Callable[[GuestLives], None], broken: type[Guests]
) -> None:
    """The same story holds with the defence, and ends in a failure without it."""
    told(Guests, story)
    with pytest.raises(AssertionError):
        told(broken, story)
