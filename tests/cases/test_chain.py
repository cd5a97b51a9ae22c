"""The chain: what holds, what is erased, and what any change of it looks like."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain import cases
from chalicelib.domain.canonical_json import JSON, canonical
from chalicelib.domain.cases import Break, Entry, Fault, Head, Payload, Record

AT = datetime(2026, 11, 24, 9, 20, 0, 123456, tzinfo=UTC)
EMPTY = Head(rev=0, seq=0, hash=cases.START, signature=None, nonce="")
RECORDS = [
    Record("booked", "citizen", {"matter": "meldebescheinigung", "minutes": 10}),
    Record("called", "clerk:hd-1", {"generation": 1, "note": "Grüße 👋"}),
    Record("fee-asked", "clerk:hd-1", {"amount": 550, "waived": False, "reason": None}),
    Record("closed", "clerk:hd-1", {"delivery": ["post"]}),
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def salt(number: int) -> bytes:
    return number.to_bytes(16, "big")


def chain(records: list[Record] = RECORDS, *, booking: str = "b1") -> tuple[list[Entry], list[Payload], str]:
    salts = [salt(number) for number in range(len(records))]
    return cases.seal(EMPTY, records, at=AT, salts=salts, booking_id=booking)


def test_what_was_sealed_verifies() -> None:
    entries, payloads, end = chain()
    verdict = cases.verify(entries, payloads, booking_id="b1", head_hash=end)
    assert verdict == cases.Verdict(entries=4, breaks=(), erased=())


def test_acts_one_after_another_make_the_same_chain_as_one() -> None:
    """A commit continues where the head stands; nothing of the chain hangs on how it was cut into acts."""
    whole, _, end = chain()
    first, _, middle = cases.seal(EMPTY, RECORDS[:1], at=AT, salts=[salt(0)], booking_id="b1")
    head = Head(rev=1, seq=1, hash=middle, signature=None, nonce="")
    rest, _, other_end = cases.seal(head, RECORDS[1:], at=AT, salts=[salt(n) for n in (1, 2, 3)], booking_id="b1")
    assert ([*first, *rest], other_end) == (whole, end)


def test_an_empty_case_verifies_at_its_start() -> None:
    assert cases.verify([], [], booking_id="b1", head_hash=cases.START).holds


@given(st.sets(st.integers(1, 4)))
def test_erased_payloads_leave_a_chain_that_holds(erased: set[int]) -> None:
    entries, payloads, end = chain()
    kept = [payload for payload in payloads if payload.seq not in erased]
    verdict = cases.verify(entries, kept, booking_id="b1", head_hash=end)
    assert (verdict.holds, verdict.erased) == (True, tuple(sorted(erased)))


@pytest.mark.parametrize("gone", [1, 2, 3])
def test_a_missing_entry_is_named(gone: int) -> None:
    entries, payloads, end = chain()
    del entries[gone - 1]
    verdict = cases.verify(entries, payloads, booking_id="b1", head_hash=end)
    assert Break(gone, Fault.MISSING) in verdict.breaks


def test_a_truncated_chain_does_not_end_at_its_head() -> None:
    entries, payloads, end = chain()
    verdict = cases.verify(entries[:3], payloads[:3], booking_id="b1", head_hash=end)
    assert verdict.breaks == (Break(3, Fault.ENDS_ELSEWHERE),)


def test_swapped_entries_are_named() -> None:
    entries, payloads, end = chain()
    entries[1], entries[2] = entries[2], entries[1]
    faults = cases.verify(entries, payloads, booking_id="b1", head_hash=end).breaks
    assert {Break(2, Fault.MISPLACED), Break(3, Fault.MISPLACED)} <= set(faults)


def test_a_doubled_entry_is_named() -> None:
    entries, payloads, end = chain()
    verdict = cases.verify([*entries, entries[3]], payloads, booking_id="b1", head_hash=end)
    assert Break(4, Fault.REPEATED) in verdict.breaks


def test_the_chain_of_another_case_does_not_hold() -> None:
    entries, payloads, end = chain(booking="b2")
    assert not cases.verify(entries, payloads, booking_id="b1", head_hash=end).holds


def test_a_chain_rewritten_as_a_whole_does_not_end_at_the_signed_head() -> None:
    """What an operator could do who holds the table but not the key."""
    _, _, signed = chain()
    entries, payloads, _ = chain([replace(RECORDS[0], payload={"matter": "another"}), *RECORDS[1:]])
    verdict = cases.verify(entries, payloads, booking_id="b1", head_hash=signed)
    assert verdict.breaks == (Break(4, Fault.ENDS_ELSEWHERE),)


@pytest.mark.parametrize(
    "change",
    [
        {"at": AT + timedelta(microseconds=1)},
        {"actor": "clerk:hd-2"},
        {"kind": "recalled"},
        {"commitment": "1" * 64},
        {"prev": "1" * 64},
        {"hash": "1" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.parametrize("place", range(4))
def test_a_changed_part_of_an_entry_is_found(change: dict[str, Any], place: int) -> None:
    entries, payloads, end = chain()
    entries[place] = replace(entries[place], **change)
    breaks = cases.verify(entries, payloads, booking_id="b1", head_hash=end).breaks
    assert any(found.seq == place + 1 for found in breaks)


@given(json_values, json_values)
@settings(max_examples=300)
def test_a_payload_cannot_be_exchanged(one: JSON, other: JSON) -> None:
    """True is not 1, and no two payloads share an encoding."""
    entries, payloads, end = chain([Record("noted", "citizen", {"value": one})])
    verdict = cases.verify(entries, [replace(payloads[0], payload={"value": other})], booking_id="b1", head_hash=end)
    assert verdict.holds == (repr(one) == repr(other) or canonical(one) == canonical(other))


def test_the_same_payload_shows_another_commitment_each_time() -> None:
    """Or one could guess erased payloads by trying."""
    entries, _, _ = chain([Record("noted", "citizen", {})] * 2)
    assert entries[0].commitment != entries[1].commitment


def test_a_salt_is_never_used_twice() -> None:
    with pytest.raises(ValueError, match="fresh"):
        cases.seal(EMPTY, RECORDS[:2], at=AT, salts=[salt(1), salt(1)], booking_id="b1")


def test_a_salt_has_128_bits() -> None:
    with pytest.raises(ValueError, match="16"):
        cases.seal(EMPTY, RECORDS[:1], at=AT, salts=[b"x" * 15], booking_id="b1")


@pytest.mark.parametrize("at", [AT.replace(tzinfo=None), AT.astimezone(timezone(timedelta(hours=1)))])
def test_time_is_utc(at: datetime) -> None:
    with pytest.raises(ValueError, match="UTC"):
        cases.seal(EMPTY, RECORDS[:1], at=at, salts=[salt(0)], booking_id="b1")


@pytest.mark.parametrize("value", [1.5, float("nan"), 2**53, b"x", {1: 2}, "\ud800", {"\ud800": 1}])
def test_what_has_no_single_encoding_is_refused(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - four reasons, one type
        canonical({"value": value})  # type: ignore[dict-item]  # that is the test


def test_canonical_is_rfc_8785() -> None:
    """The sorting example of RFC 8785, 3.2.3: by UTF-16 code units."""
    keys = ["€", "\r", "\ufb33", "1", "😀", "\u0080", "ö"]
    expected = '{"\\r":0,"1":0,"\u0080":0,"ö":0,"€":0,"😀":0,"\ufb33":0}'
    assert canonical(dict.fromkeys(keys, 0)) == expected.encode()


def test_the_format_stays_what_it_is() -> None:
    """A golden value: whoever changes this needs a new FORMAT, or all old cases break."""
    entries, _, end = chain()
    assert entries[0].commitment == "a473c8ffc7b74d850167f9abf66aa2ceac4077e468454b58388d5e1d2b1105b7"
    assert end == "ea63e0b4cad36015ee3497edd7c5da6071e5e779a7d939cdf15cf9be77c3f52a"
