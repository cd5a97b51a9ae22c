"""The machine of links told at random, and single stories of it with a defence taken out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings

from chalicelib.domain import visit_acts
from chalicelib.domain.access import Bearer
from chalicelib.domain.calls import Seat
from chalicelib.domain.errors import StepNotAllowed
from chalicelib.domain.ids import FileKey, new_id
from chalicelib.domain.links import Purpose
from chalicelib.domain.visits import VisitState
from chalicelib.services.calling import Calling
from chalicelib.services.joining import Joining
from chalicelib.services.placing import Ticket
from tests.doubles.house import House
from tests.security.link_machine import LinkLives

QUICK: Final = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=True,
)

TestLinkLives = LinkLives.TestCase
TestLinkLives.settings = QUICK


class ForgetfulJoining(Joining):
    """Lets links of every age in: the defence of versions and cancelling taken out."""

    def open_link(self, office: Any, fragment: str, *, purpose: Purpose, device: str = "") -> Bearer:
        key = FileKey(office.key, fragment.partition(".")[0])
        return Bearer(key, self.acting.files.load(key).booking.link_version, device or new_id(bytes(16)))


class CarelessCalling(Calling):
    """Gives a ticket to whoever has a session: the defence of the seat taken out."""

    def citizen_ticket(self, bearer: Bearer, *, now: datetime) -> Ticket:
        file = self.acting.files.load(bearer.key)
        visit_acts.check_bearer(file, bearer)
        if file.visit.state is not VisitState.IN_CALL:
            raise StepNotAllowed(file.visit.state, "join the call")
        return self.placing.into_call(file, Seat.CITIZEN, now=now)


class ForgetfulHouse(House):
    """Without the check of links."""

    @cached_property
    def joining(self) -> Joining:
        return ForgetfulJoining(self.acting, self.settings.link_key)


class CarelessHouse(House):
    """Without the check of the seat."""

    @cached_property
    def calling(self) -> Calling:
        real = super().calling
        return CarelessCalling(real.acting, real.workers, real.tickets)


def tell(house: type[House], story: Callable[[LinkLives], None]) -> None:
    """One story of the machine, with its own rules and what they assert."""

    class Told(LinkLives):
        @staticmethod
        def house() -> House:
            return house()

    machine = Told()
    machine.book()
    try:
        story(machine)
    finally:
        machine.teardown()


def an_old_link(machine: LinkLives) -> None:
    """Moved, and then opened by what was mailed before."""
    machine.move(older=0, sure=0)
    machine.go_to_the_appointment()
    machine.open_link("stranger", older=1)


def a_cancelled_link(machine: LinkLives) -> None:
    """Cancelled, and then opened: the way into the room, and the way to move what is no more."""
    machine.cancel(sure=0)
    machine.open_link("stranger", older=0)
    machine.move(older=0, sure=0)


def a_ticket_beside_the_seat(machine: LinkLives) -> None:
    """One sits, another has the same link; the clerk calls, both ask for the way in."""
    machine.arrive("phone", take_over=False)
    machine.arrive("stranger", take_over=False)
    machine.talk()


def a_ticket_that_outlives_its_seat(machine: LinkLives) -> None:
    """In the call the seat moves to another device; what the first holds must be worth nothing."""
    machine.arrive("stranger", take_over=False)
    machine.talk()
    assert machine.devices["stranger"].tickets
    machine.arrive("phone", take_over=True)
    machine.talk()
    assert machine.devices["phone"].tickets
    machine.good_tickets_lie_in_the_seat_alone()


def an_anteroom_that_outlives_its_seat(machine: LinkLives) -> None:
    """Before the call already: whoever waited first, and lost the seat, waits in a room that is no more."""
    machine.arrive("stranger", take_over=False)
    machine.wait_at_the_door("stranger")
    assert machine.devices["stranger"].tickets
    machine.arrive("phone", take_over=True)
    machine.talk()
    assert machine.devices["phone"].tickets
    machine.good_tickets_lie_in_the_seat_alone()


STORIES = (
    (an_old_link, ForgetfulHouse),
    (a_cancelled_link, ForgetfulHouse),
    (a_ticket_beside_the_seat, CarelessHouse),
)


@pytest.mark.parametrize(("story", "broken"), STORIES)
def test_control_the_machine_finds_a_missing_defence(story: Callable[[LinkLives], None], broken: type[House]) -> None:
    """The same story holds with the defence, and ends in a failure without it."""
    tell(House, story)
    with pytest.raises(AssertionError):
        tell(broken, story)


def test_taking_the_seat_over_ends_the_tickets_of_the_device_that_had_it() -> None:
    """A stolen link that was first in loses the call when its owner takes the seat."""
    tell(House, a_ticket_that_outlives_its_seat)


def test_taking_the_seat_over_ends_the_anteroom_of_the_device_that_had_it() -> None:
    tell(House, an_anteroom_that_outlives_its_seat)
