"""The port Files, told once and held by all: the table over a real socket, the same adapter against moto in process
(fast, but not atomic: nothing parallel is proved there), and the double in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.adapters.dynamodb.files import DynamoFiles
from chalicelib.adapters.dynamodb.requests import CLIENT_CONFIG
from chalicelib.adapters.dynamodb.table import OFFICE_TABLE, OFFICE_TABLE_NAME
from chalicelib.adapters.office_files import read_offices
from chalicelib.composition import OFFICES
from chalicelib.domain import booking_acts, guest_acts, visit_acts
from chalicelib.domain.access import Bearer, Clerk, Role
from chalicelib.domain.bookings import BookingState, Details
from chalicelib.domain.calls import WorkerBeat
from chalicelib.domain.cases import verify
from chalicelib.domain.errors import HoldExpired, NoSuchBooking, NoticeSeen, SlotTaken, StepNotAllowed
from chalicelib.domain.files import Changes, UnitClaim
from chalicelib.domain.guests import GuestRole, GuestState
from chalicelib.domain.ids import FileKey, new_id
from chalicelib.domain.slots import Slot, capacity
from chalicelib.domain.visits import Presence, VisitState
from chalicelib.services.acting import Acting
from chalicelib.services.booking import Booking
from chalicelib.services.ports import Commit, Files
from local.aws.process import AwsProcess
from tests.doubles.chance import PlainSigner, SeededChance
from tests.doubles.files import InMemoryFiles

HEIDELBERG = read_offices(OFFICES)["heidelberg"]
NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # a Tuesday, 8:00 in Heidelberg
DETAILS = Details("Ada Beispiel", "ada@example.org", "de")


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsProcess]:
    with AwsProcess(Path(tmp_path_factory.mktemp("aws"))) as process:
        yield process


@pytest.fixture(params=["memory", "moto", pytest.param("table", marks=pytest.mark.aws)])
def files(request: pytest.FixtureRequest) -> Iterator[Files]:
    if request.param == "memory":
        yield InMemoryFiles()
    elif request.param == "table":
        aws: AwsProcess = request.getfixturevalue("aws")
        yield DynamoFiles(aws.client("dynamodb", config=CLIENT_CONFIG), OFFICE_TABLE_NAME)
    else:
        with mock_aws():
            session = boto3.Session("test", "test", region_name="eu-central-1")
            client = session.client("dynamodb", config=CLIENT_CONFIG)
            client.create_table(**OFFICE_TABLE)
            yield DynamoFiles(client, OFFICE_TABLE_NAME)


@pytest.fixture
def acting(files: Files, request: pytest.FixtureRequest) -> Acting:
    return Acting(files, SeededChance(hash(request.node.nodeid)), PlainSigner())


@pytest.fixture
def start(request: pytest.FixtureRequest) -> datetime:
    """A slot of its own for each test: they share the table."""
    slots = Booking(Acting(InMemoryFiles(), SeededChance(), PlainSigner())).week(
        HEIDELBERG, ["meldebescheinigung"], week="2026-W49", now=NOW
    )
    place = sum(map(ord, request.node.name)) % (len(slots.slots) - 4)
    return slots.slots[place].start


def confirmed(acting: Acting, start: datetime) -> FileKey:
    booking = Booking(acting)
    key = booking.hold(HEIDELBERG, ["meldebescheinigung"], start, booker="browser", now=NOW)
    booking.give_details(key, DETAILS, booker="browser", now=NOW)
    booking.confirm(key, booker="browser", now=NOW)
    return key


def test_a_booking_goes_from_hold_to_the_days_list(acting: Acting, start: datetime) -> None:
    key = confirmed(acting, start)
    file = acting.files.load(key)
    assert file.booking.state is BookingState.CONFIRMED
    assert file.booking.details == DETAILS
    assert [letter.kind for letter in file.letters] == ["confirmed"]
    day = acting.files.day("heidelberg", start.date().isoformat())
    assert key in [row.booking.key for row in day]


def test_confirming_twice_changes_nothing(acting: Acting, start: datetime) -> None:
    key = confirmed(acting, start)
    rev = acting.files.load(key).head.rev
    Booking(acting).confirm(key, booker="browser", now=NOW)
    assert acting.files.load(key).head.rev == rev


def test_the_case_verifies_from_its_first_entry(acting: Acting, start: datetime) -> None:
    key = confirmed(acting, start)
    head, entries, payloads = acting.files.case(key)
    assert [entry.kind for entry in entries] == ["booking-confirmed"]
    assert verify(entries, payloads, booking_id=key.booking_id, head_hash=head.hash).holds


def test_a_slot_is_sold_once(acting: Acting, start: datetime) -> None:
    """As many holds as counters, then none; a cancelled booking gives its units back."""
    booking = Booking(acting)
    counters = capacity(HEIDELBERG, start)
    keys = [
        booking.hold(HEIDELBERG, ["meldebescheinigung"], start, booker="browser", now=NOW) for _ in range(counters)
    ]
    with pytest.raises(SlotTaken):
        booking.hold(HEIDELBERG, ["meldebescheinigung"], start, booker="browser", now=NOW)
    booking.give_details(keys[0], DETAILS, booker="browser", now=NOW)
    booking.confirm(keys[0], booker="browser", now=NOW)
    booking.cancel(HEIDELBERG, keys[0], actor="citizen", now=NOW)
    booking.hold(HEIDELBERG, ["meldebescheinigung"], start, booker="browser", now=NOW)


def test_an_expired_hold_gives_the_slot_back_and_keeps_the_draft(acting: Acting, start: datetime) -> None:
    booking = Booking(acting)
    key = booking.hold(HEIDELBERG, ["meldebescheinigung"], start, booker="browser", now=NOW)
    booking.give_details(key, DETAILS, booker="browser", now=NOW)
    later = NOW + timedelta(minutes=10)
    assert key in [due.key for due in acting.files.due("heidelberg", until=later)]
    booking.expire(HEIDELBERG, key, now=later)
    with pytest.raises(HoldExpired):
        booking.confirm(key, booker="browser", now=later)
    booking.change_slot(HEIDELBERG, key, start, booker="browser", now=later)
    file = booking.confirm(key, booker="browser", now=later)
    assert file.booking.details == DETAILS


def test_a_forgotten_draft_is_gone(acting: Acting, start: datetime) -> None:
    booking = Booking(acting)
    key = booking.hold(HEIDELBERG, ["meldebescheinigung"], start, booker="browser", now=NOW)
    booking.expire(HEIDELBERG, key, now=NOW + timedelta(minutes=10))
    booking.expire(HEIDELBERG, key, now=NOW + timedelta(minutes=71))
    with pytest.raises(NoSuchBooking):
        acting.files.load(key)
    assert key not in [due.key for due in acting.files.due("heidelberg", until=NOW + timedelta(days=1))]


def test_moving_to_a_slot_that_overlaps_swaps_only_the_difference(acting: Acting, start: datetime) -> None:
    key = confirmed(acting, start)
    week = Booking(acting).week(HEIDELBERG, ["meldebescheinigung"], week="2026-W49", now=NOW)
    later = next(slot.start for slot in week.slots if slot.start > start)
    before = acting.files.taken("heidelberg", "2026-W49")
    moved = Booking(acting).move(HEIDELBERG, key, later, actor="citizen", now=NOW)
    after = acting.files.taken("heidelberg", "2026-W49")
    assert moved.booking.start == later
    assert (moved.booking.sequence, moved.booking.link_version) == (1, 2)
    assert sum(after.values()) == sum(before.values())


def test_another_browser_finds_no_draft(acting: Acting, start: datetime) -> None:
    booking = Booking(acting)
    key = booking.hold(HEIDELBERG, ["meldebescheinigung"], start, booker="browser", now=NOW)
    with pytest.raises(NoSuchBooking):
        booking.draft(key, booker="other")
    with pytest.raises(NoSuchBooking):
        booking.confirm(key, booker="other", now=NOW)


def test_a_commit_repeated_after_a_lost_answer_is_recognised(acting: Acting, start: datetime) -> None:
    """The same nonce again is done already; a different one on the same revision lost the race."""
    key = confirmed(acting, start)
    commits: list[Commit] = []
    real = acting.files.commit
    recording: Any = _Recording(acting.files, commits.append)
    Booking(Acting(recording, acting.chance, acting.signer)).cancel(HEIDELBERG, key, actor="citizen", now=NOW)
    taken = acting.files.taken("heidelberg", "2026-W49")
    real(commits[0])
    assert acting.files.taken("heidelberg", "2026-W49") == taken


@pytest.mark.parametrize("files", ["memory", pytest.param("table", marks=pytest.mark.aws)], indirect=True)
def test_of_two_clerks_one_gets_the_citizen(acting: Acting, start: datetime) -> None:
    """Sixteen clerks at once: one commit passes, fifteen are told that the citizen is in a call."""
    key = confirmed(acting, start)
    bearer = Bearer(key, 1, "phone")
    at = start - timedelta(minutes=5)
    acting.act(key, lambda file: visit_acts.enter(file, HEIDELBERG, bearer, take_over=False, now=at), now=at)
    worker = WorkerBeat(worker_id="w", address="http://127.0.0.1:1", calls=0, beat_ms=0)

    def take(number: int) -> str:
        clerk = Clerk(f"hd-{number}", "heidelberg", Role.CLERK, "")
        own = Acting(acting.files, SeededChance(number), PlainSigner())
        try:
            own.act(key, lambda file: visit_acts.call(file, worker, actor=clerk.actor, now=at), now=at)
        except StepNotAllowed:
            return ""
        return clerk.actor

    with ThreadPoolExecutor(16) as pool:
        winners = [name for name in pool.map(take, range(16)) if name]
    visit = acting.files.load(key).visit
    assert winners == [visit.clerk]
    assert (visit.state, visit.generation) == (VisitState.IN_CALL, 1)


def test_a_notice_counts_once(acting: Acting, start: datetime) -> None:
    key = confirmed(acting, start)
    event = f"evt_{key.booking_id}"
    acting.act(key, lambda _: Changes(notice=event), now=NOW)
    assert acting.files.notice_seen("heidelberg", event)
    with pytest.raises(NoticeSeen):
        acting.act(key, lambda _: Changes(notice=event), now=NOW)


def test_heartbeats_show_on_the_day_and_in_the_file(acting: Acting, start: datetime) -> None:
    key = confirmed(acting, start)
    presence = Presence("phone", NOW, camera="ok", microphone="denied", browser="Firefox 140, Android")
    acting.files.beat(key, presence, start=start)
    rows = acting.files.day("heidelberg", start.date().isoformat())
    assert presence in [row.presence for row in rows]
    assert acting.files.load(key).presence == presence


def test_what_the_preflight_measured_comes_back_as_it_was(acting: Acting, start: datetime) -> None:
    """Zero is a measurement, and none is none."""
    key = confirmed(acting, start)
    measured = Presence("phone", NOW, loss_percent=0, round_trip_ms=24, encryption="streams")
    acting.files.beat(key, measured, start=start)
    assert acting.files.load(key).presence == measured


def test_the_guests_heartbeat_is_their_own_and_on_no_list(acting: Acting, start: datetime) -> None:
    key = confirmed(acting, start)
    own, guests = Presence("phone", NOW), Presence("tablet", NOW, camera="ok")
    acting.files.beat(key, own, start=start)
    acting.files.beat_guest(key, guests)
    file = acting.files.load(key)
    assert (file.presence, file.guest_presence) == (own, guests)
    rows = {row.booking.key: row.presence for row in acting.files.day("heidelberg", start.date().isoformat())}
    assert rows[key] == own


def test_the_guest_stands_in_the_visit(acting: Acting, start: datetime) -> None:
    key = confirmed(acting, start)
    acting.act(key, lambda file: guest_acts.invite(file, GuestRole.SIGN_LANGUAGE, actor="clerk:hd-1"), now=NOW)
    guest = acting.files.load(key).visit.guest
    assert (guest.state, guest.role, guest.version) == (GuestState.INVITED, GuestRole.SIGN_LANGUAGE, 1)


def test_forty_units_move_in_one_transaction(acting: Acting) -> None:
    """The longest appointment moves to wholly other units: 80 unit writes and the file's own beside them."""
    key = FileKey("heidelberg", new_id(acting.chance.token(16)))
    midnight = datetime(2027, 3, 1, tzinfo=UTC)
    booking, _ = booking_acts.hold(
        HEIDELBERG, key, services=("meldebescheinigung",), slot=Slot(midnight, 10), booker="b", now=NOW
    )
    first = tuple(midnight + timedelta(minutes=10 * number) for number in range(40))
    second = tuple(midnight + timedelta(days=1, minutes=10 * number) for number in range(40))
    claims = tuple(UnitClaim(unit, 1) for unit in first)
    acting.create(booking, Changes(booking=booking, take=claims), now=NOW)
    acting.act(
        key,
        lambda _: Changes(take=tuple(UnitClaim(unit, 1) for unit in second), release=first),
        now=NOW,
    )
    taken = acting.files.taken("heidelberg", "2027-W09")
    assert [taken.get(unit, 0) for unit in (*first, *second)] == [0] * 40 + [1] * 40


class _Recording:
    """Files that pass everything on and tell of each commit."""

    def __init__(self, files: Files, tell: Callable[..., None]) -> None:
        self._files, self._tell = files, tell

    def commit(self, commit: Commit) -> None:
        self._tell(commit)
        self._files.commit(commit)

    def __getattr__(self, name: str) -> object:
        return getattr(self._files, name)
