"""Browsers that cannot encrypt end to end: turned away by the office, whatever their page says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.errors import CannotEncrypt, GuestCannotEncrypt, LinkTooEarly
from chalicelib.domain.ids import FileKey
from chalicelib.domain.visits import VisitState
from tests.services.stage import DAY, EVA, HEIDELBERG, Stage


def come(stage: Stage, key: FileKey, device: str = "old-phone") -> None:
    presence = replace(stage.presence(device), encryption="none")
    stage.joining.enter(stage.office, stage.bearer(key, device), presence, take_over=False, now=stage.now)


def at_the_door(stage: Stage) -> FileKey:
    key = stage.confirmed()
    stage.clock.moment = stage.file(key).booking.start
    return key


def test_they_take_no_seat_and_the_desk_sees_why(stage: Stage) -> None:
    key = at_the_door(stage)
    with pytest.raises(CannotEncrypt):
        come(stage, key)
    file = stage.file(key)
    assert (file.visit.state, file.visit.device) == (VisitState.EXPECTED, "")
    assert file.presence
    assert file.presence.encryption == "none"
    assert stage.enter(key).visit.state is VisitState.WAITING


def test_whoever_sits_there_is_not_disturbed(stage: Stage) -> None:
    key = stage.waiting()
    with pytest.raises(CannotEncrypt):
        come(stage, key)
    presence = stage.file(key).presence
    assert presence
    assert (presence.device, presence.encryption) == ("phone", "unknown")


def test_a_link_before_its_time_is_told_that_first(stage: Stage) -> None:
    key = stage.confirmed(stage.slots()[-1])
    with pytest.raises(LinkTooEarly):
        come(stage, key)
    assert stage.file(key).presence is None


def test_no_ticket_leads_anywhere_once_the_browser_says_so(stage: Stage) -> None:
    key = stage.waiting()
    bearer = stage.bearer(key)
    stage.joining.beat(bearer, replace(stage.presence(), encryption="none"))
    with pytest.raises(CannotEncrypt):
        stage.anterooms.of_citizen(HEIDELBERG, bearer, now=stage.now)
    stage.calling.call(EVA, key, date=DAY, now=stage.now)
    with pytest.raises(CannotEncrypt):
        stage.calling.citizen_ticket(bearer, now=stage.now)
    assert not stage.tickets.claims
    stage.beat(key)
    assert stage.calling.citizen_ticket(bearer, now=stage.now)


def test_nor_for_a_guest(stage: Stage) -> None:
    invited = stage.invited(stage.in_call())
    cannot = replace(stage.presence(invited.device), encryption="none")
    with pytest.raises(GuestCannotEncrypt):
        stage.guests.arrive(stage.office, invited, cannot, take_over=False, now=stage.now)
    stage.arrive(invited)
    stage.guests.beat(invited, cannot)
    with pytest.raises(GuestCannotEncrypt):
        stage.calling.guest_ticket(invited, now=stage.now)
