"""The guide to the API is walked from its first line to its last, in every demo office."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples import citizen_journey
from tests.office import RunningOffice

pytestmark = [pytest.mark.office, pytest.mark.aws]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningOffice]:
    with RunningOffice(Path(tmp_path_factory.mktemp("office"))) as office:
        yield office


@pytest.mark.parametrize("entry", ["/heidelberg", "/karlsruhe?lang=de", "/"], ids=["heidelberg", "karlsruhe", "any"])
def test_a_newcomer_can_follow_it(office: RunningOffice, capsys: pytest.CaptureFixture[str], entry: str) -> None:
    citizen_journey.main(office.front + entry)
    told = capsys.readouterr().out
    assert [str(number) for number in range(1, 11)] == re.findall(r"^(\d+)\.", told, re.MULTILINE)
    assert "PAYED" in told
    reference = re.search(r"([A-Z]{2}-\w{4}-\w{4}) at ", told)
    assert reference
    assert f"{reference[1]} is closed" in told
    assert ".pdf" in told, "the receipt came by mail"
