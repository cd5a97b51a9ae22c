"""Who gets a pass for the TURN server: whoever gets a media ticket, where an office has such a server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.blueprints.words import told_ticket
from chalicelib.composition import Fernamt
from chalicelib.domain.turn import LASTS, turn_pass
from chalicelib.services.placing import Ticket
from chalicelib.settings import SettingsWrong, turn_urls_of
from tests.doubles.house import House

URLS = ("turn:turn.example:3478?transport=udp", "turns:turn.example:443?transport=tcp")


def test_without_a_server_nothing_is_told() -> None:
    assert "ice_servers" not in told_ticket(Ticket("t", 1), House())


def test_with_each_ticket_comes_a_pass_of_its_own() -> None:
    house = House()
    office = Fernamt(replace(house.settings, turn_urls=URLS, turn_secret="north"), house.clock, house.chance)
    [first], [second] = (told_ticket(Ticket("t", 1), office)["ice_servers"] for _ in range(2))
    assert first["urls"] == list(URLS)
    assert first["username"] != second["username"], "nobody's calls can be told to be of one person"
    until, _, name = first["username"].partition(":")
    assert int(until) == int((house.clock.now() + LASTS).timestamp())
    assert (first["username"], first["credential"]) == turn_pass("north", name=name, until=house.clock.now() + LASTS)
    assert "ice_servers" not in told_ticket(None, office)


@pytest.mark.parametrize(
    "environment",
    [{"TURN_URLS": "stun:x"}, {"TURN_URLS": URLS[0]}, {"TURN_SECRET": "north"}],
    ids=["another scheme", "no secret", "no address"],
)
def test_half_a_server_is_refused(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsWrong, match="TURN_URLS"):
        turn_urls_of(environment)
