"""The offices that the product brings along say what the public reports say, and nothing invented."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.adapters.office_files import read_offices
from chalicelib.domain.errors import NoSuchService
from chalicelib.domain.money import Money
from chalicelib.domain.office_file import parse_office
from chalicelib.domain.offices import Channel, Delivery, LocalSpan, Unencrypted
from tests.domain.offices_for_tests import OFFICES, document, real

KEYS = ["heidelberg", "karlsruhe"]
LEIKA_CONFIRMED = {"99115005104000", "99115005104001", "99115003012000"}


def test_both_cities_are_there() -> None:
    offices = read_offices(OFFICES)
    assert list(offices) == KEYS
    assert [office.short for office in offices.values()] == ["HD", "KA"]


@pytest.mark.parametrize("key", KEYS)
def test_fees_are_examples_and_leika_keys_confirmed(key: str) -> None:
    services = real(key).services.values()
    assert [service.key for service in services if service.fee and not service.fee_example] == []
    assert {service.leika for service in services} - {None} <= LEIKA_CONFIRMED


@pytest.mark.parametrize("key", KEYS)
def test_a_fee_is_a_step_of_the_call_and_only_then(key: str) -> None:
    """Clerk and citizen both see that there is something to pay."""
    for service in real(key).services.values():
        pays = "fee-paid" in [step.key for step in service.steps]
        assert pays == bool(service.fee), service.key


@pytest.mark.parametrize("key", KEYS)
def test_everything_speaks_german_and_english(key: str) -> None:
    office = real(key)
    for service in office.services.values():
        texts = [service.name, service.summary, *(paper.text for paper in service.papers)]
        texts += [step.text for step in service.steps] + ([service.advice] if service.advice else [])
        assert all(text["de"] and text["en"] for text in texts), service.key
        assert all(service.words[language] for language in office.languages)


def test_heidelberg_offers_what_was_reported() -> None:
    assert set(real("heidelberg").services) == {
        "wohnung-anmelden",
        "wohnung-ummelden",
        "wohnung-abmelden",
        "fuehrungszeugnis",
        "meldebescheinigung",
        "aufenthaltsbescheinigung",
        "melderegisterauskunft",
        "bewohnerparkausweis",
        "parkausweis-schwerbehinderte",
        "heidelberg-pass",
        "heidelberg-pass-plus",
        "landesfamilienpass",
        "personalausweis",
        "reisepass",
    }


def test_fingerprints_cannot_be_taken_at_home() -> None:
    """Passport and ID card are advice, free of charge, and say what follows on site."""
    for key in ("personalausweis", "reisepass"):
        service = real("heidelberg").service(key)
        assert (service.channel, service.fee, service.delivery) == (Channel.ADVICE, None, frozenset())
        assert service.advice is not None
        assert "Fingerabdrücke" in service.advice["de"]
        assert "fingerprints" in service.advice["en"]


def test_karlsruhe_began_with_two_matters_and_example_hours() -> None:
    office = real("karlsruhe")
    assert set(office.services) == {"wohnung-anmelden", "fuehrungszeugnis"}
    assert [version.example for version in office.hours] == [True]


def test_everyday_words_find_matters() -> None:
    found = [service.key for service in real("heidelberg").services.values() if "umziehen" in service.words["de"]]
    assert found == ["wohnung-anmelden", "wohnung-ummelden"]


def test_several_matters_add_up() -> None:
    office = real("heidelberg")
    keys = ["meldebescheinigung", "fuehrungszeugnis", "wohnung-anmelden"]
    assert office.minutes(keys) == 40
    assert office.fees(keys) == Money(18_50)
    assert [service.key for service in office.matters(keys)] == keys
    assert office.fees(["wohnung-anmelden"]) == Money(0)


@pytest.mark.parametrize("key", KEYS)
def test_both_cities_lead_no_call_without_end_to_end_encryption(key: str) -> None:
    assert real(key).without_encryption is Unencrypted.REFUSED


def test_an_office_that_says_nothing_of_calls_refuses_likewise() -> None:
    said = document(valid_from=date(2026, 1, 1))
    assert parse_office(said, key="small").without_encryption is Unencrypted.REFUSED
    said["calls"] = {"without_encryption": "refused"}
    assert parse_office(said, key="small").without_encryption is Unencrypted.REFUSED


def test_an_unknown_matter_is_absent() -> None:
    with pytest.raises(NoSuchService):
        real("heidelberg").minutes(["bauantrag"])


def test_cards_and_groups_of_the_entry_page() -> None:
    office = real("heidelberg")
    assert [service.most_used for service in office.most_used()] == [1, 2, 3, 4, 5, 6]
    grouped = [service.key for _, services in office.by_group() for service in services]
    assert sorted(grouped) == sorted(office.services)


def test_a_span_is_written_as_in_the_file() -> None:
    assert str(LocalSpan(8 * 60, 24 * 60)) == "08:00-24:00"


def test_delivery_by_post_is_known_for_every_video_matter() -> None:
    services = real("heidelberg").services.values()
    assert all(Delivery.POST in s.delivery for s in services if s.channel is Channel.VIDEO)
