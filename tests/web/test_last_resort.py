"""When not even a page can be made, the answer is still ours, and the log still tells nothing of anybody."""

from __future__ import annotations

import pytest
from chalice.test import Client

import app as application
from chalicelib import composition
from tests.doubles.browser import Browser
from tests.doubles.house import House

CANARY = "Ada Kanarienvogel"


class BrokenHouse(House):
    """An installation whose office files cannot be read."""

    @property
    def offices(self) -> dict[str, object]:  # type: ignore[override]  # broken on purpose
        raise RuntimeError(CANARY)


def test_a_broken_installation_answers_and_keeps_quiet(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="fernamt")
    composition.install(BrokenHouse())
    with Client(application.app) as client:
        answer = Browser(client).get("/heidelberg")
    assert answer.status == 500
    assert answer.json()["type"] == "/problems/unexpected"
    said = "".join(capfd.readouterr()) + caplog.text
    assert [record.message for record in caplog.records if record.name == "fernamt"] == ["request-failed"]
    assert [record.__dict__["error"] for record in caplog.records if record.name == "fernamt"] == ["RuntimeError"]
    assert CANARY not in said + answer.body.decode()
