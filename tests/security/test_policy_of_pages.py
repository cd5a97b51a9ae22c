"""Where a page's scripts and forms may lead, on AWS as on one machine."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.composition import Fernamt
from tests.doubles.chance import SeededChance, SetClock
from tests.doubles.house import SETTINGS

QUARANTINE = "https://quarantine.s3.eu-central-1.amazonaws.com"
PAPERS = "https://papers.s3.eu-central-1.amazonaws.com"


def policy(endpoint_url: str | None) -> dict[str, list[str]]:
    house = Fernamt(replace(SETTINGS, endpoint_url=endpoint_url), SetClock(), SeededChance())
    lines = house.headers.of("page")["Content-Security-Policy"].split("; ")
    return {name: places for name, *places in (line.split() for line in lines)}


def test_scripts_upload_into_the_quarantine_and_forms_lead_to_the_papers() -> None:
    """Browsers check a form's redirects too: the result's form ends at the bucket of checked papers."""
    found = policy(None)
    assert found["connect-src"] == ["'self'", QUARANTINE]
    assert found["form-action"] == ["'self'", PAPERS]


def test_on_one_machine_both_are_the_stand_in() -> None:
    found = policy("http://127.0.0.1:8701")
    assert found["connect-src"] == found["form-action"] == ["'self'", "http://127.0.0.1:8701"]


def test_nothing_else_is_open() -> None:
    found = policy(None)
    assert found["default-src"] == ["'none'"]
    assert found["script-src"] == found["style-src"] == ["'self'"]
    assert found["frame-ancestors"] == found["base-uri"] == ["'none'"]
    assert not any("unsafe" in place or place == "*" for places in found.values() for place in places)
