"""Store requests and consumed units per step of the journey; the free-slot week at growing numbers of bookings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.figures import Figures
from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.codec import to_item
from chalicelib.adapters.dynamodb.files import DynamoFiles
from chalicelib.adapters.dynamodb.requests import CLIENT_CONFIG
from chalicelib.adapters.dynamodb.table import OFFICE_TABLE_NAME
from chalicelib.adapters.office_files import read_offices
from chalicelib.composition import OFFICES
from chalicelib.domain.access import Bearer, Clerk, Role
from chalicelib.domain.bookings import Booking as Record
from chalicelib.domain.bookings import BookingState, Details
from chalicelib.domain.calls import MediaTicketClaims
from chalicelib.domain.case_acts import Closing, Outcome
from chalicelib.domain.ids import FileKey, new_id
from chalicelib.domain.offices import Delivery
from chalicelib.domain.slots import bookable_weeks, week_days
from chalicelib.domain.visits import Presence
from chalicelib.services.acting import Acting
from chalicelib.services.anterooms import Anterooms
from chalicelib.services.booking import Booking
from chalicelib.services.calling import Calling
from chalicelib.services.casework import Casework
from chalicelib.services.joining import Joining
from local.aws.process import AwsProcess
from tests.doubles.chance import PlainSigner, SeededChance, SetClock
from tests.doubles.house import LivingWorker

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
MATTER = ["heidelberg-pass"]
DETAILS = Details("Ada Beispiel", "ada@example.org", "de")
FILLS = (0, 1_000, 10_000, 100_000)
BATCH = 25  # BatchWriteItem takes no more


@dataclass
class Meter:
    """Counts requests of one client and the capacity units that the store says they cost."""

    requests: Counter[str] = field(default_factory=Counter)
    units: float = 0

    def attach(self, client: Any) -> None:
        """Listen to the client; ask the store for its bill."""
        client.meta.events.register("provide-client-params.dynamodb.*", self._ask_for_bill)
        client.meta.events.register("after-call.dynamodb.*", self._count)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Print what the requests inside cost."""
        requests, spent = self.requests.total(), self.units
        yield
        print(f"  {name:<56} {self.requests.total() - requests:>3} requests {self.units - spent:>6.1f} units")

    @staticmethod
    def _ask_for_bill(params: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**params, "ReturnConsumedCapacity": "TOTAL"}

    def _count(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        self.requests[model.name] += 1
        bill = parsed.get("ConsumedCapacity", [])
        for line in bill if isinstance(bill, list) else [bill]:
            self.units += line.get("CapacityUnits", 0)


def measure(figures: Figures, folder: Path) -> None:
    """Over the stand-in, at a real socket."""
    with AwsProcess(folder) as aws:
        client = aws.client("dynamodb", config=CLIENT_CONFIG)
        meter = Meter()
        meter.attach(client)
        acting = Acting(DynamoFiles(client, OFFICE_TABLE_NAME), SeededChance(), PlainSigner())
        _journey(figures, meter, acting)
        for fill in FILLS:
            _week_at(figures, meter, acting, client, fill)


def _journey(figures: Figures, meter: Meter, acting: Acting) -> None:
    office = read_offices(OFFICES)["heidelberg"]
    booking, joining, clock = Booking(acting), Joining(acting, b"k" * 32), SetClock(NOW)
    calling = Calling(acting, LivingWorker(clock), _FreeTickets())
    casework, clerk = Casework(acting), Clerk("hd-1", "heidelberg", Role.CLERK, "")
    with meter.step("free slots of a week"):
        slot = booking.week(office, MATTER, week=None, now=NOW).slots[0]
    before = meter.requests.total()
    with meter.step("hold"):
        key = booking.hold(office, MATTER, slot.start, booker="browser", now=NOW)
    held = meter.requests.total() - before
    with meter.step("details"):
        booking.give_details(key, DETAILS, booker="browser", now=NOW)
    before = meter.requests.total()
    with meter.step("confirm"):
        booking.confirm(key, booker="browser", now=NOW)
    figures.add("store.requests.booking", held + meter.requests.total() - before, "requests", goal="<=4")
    day, bearer = keys.berlin_date(slot.start), Bearer(key, 1, "phone")
    at = clock.forward(seconds=(slot.start - NOW).total_seconds())
    presence = Presence("phone", at)
    with meter.step("enter the waiting room"):
        file = joining.enter(office, bearer, presence, take_over=False, now=at)
    with meter.step("state while waiting"):
        joining.vouch(bearer)
        joining.ahead(file, day, now=at)
    anterooms = Anterooms(calling.placing)
    with meter.step("try the line (beside the workers' table)"):
        anterooms.preflight(joining.admit(office, bearer, now=at), now=at)
    for time in ("first", "again"):
        with meter.step(f"anteroom, {time} (beside the workers' table)"):
            anterooms.of_citizen(office, bearer, now=at)
    with meter.step("the clerk's lobby (beside the workers' table)"):
        anterooms.of_clerk(clerk, date=day, now=at)
    with meter.step("the day's list"):
        casework.day(clerk, day)
    with meter.step("next citizen, with ticket (beside the workers' table)"):
        calling.first_ticket(calling.call_next(clerk, date=day, now=at), now=at)
    with meter.step("state in the call"):
        joining.vouch(bearer)
    with meter.step("tick a step"):
        step = f"{MATTER[0]}/{office.service(MATTER[0]).steps[0].key}"
        calling.tick(clerk, office, key, step=step, done=True, now=at)
    with meter.step("close"):
        closing = Closing(Outcome.DONE, Delivery.NONE)
        casework.close(clerk, office, key, closing, today=day, now=at)
    with meter.step("cancel another"):
        other = booking.hold(office, MATTER, slot.end + timedelta(0), booker="browser", now=NOW)
        booking.give_details(other, DETAILS, booker="browser", now=NOW)
        booking.confirm(other, booker="browser", now=NOW)
        before = meter.requests.total()
        booking.cancel(office, other, actor="citizen", now=NOW)
        print(f"  {'  of which cancelling':<56} {meter.requests.total() - before:>3} requests")


def _week_at(figures: Figures, meter: Meter, acting: Acting, client: Any, fill: int) -> None:
    """A city of its own for each fill, with as many bookings in one week; then one look at the week."""
    office = read_offices(OFFICES)["heidelberg"]
    week = bookable_weeks(office, NOW)[1]
    city = f"city-{fill}"
    _fill(client, city, week, fill)
    before, spent = meter.requests.total(), meter.units
    taken = acting.files.taken(city, week)
    requests = meter.requests.total() - before
    counted = sum(taken.values())
    if counted != fill:
        raise RuntimeError(f"{counted} units are taken, not {fill}")
    print(f"  week with {fill:>7} bookings: {requests} requests, {meter.units - spent:.1f} units")
    figures.add(f"store.requests.slots_week.{fill}", requests, "requests", goal="=1")


def _fill(client: Any, city: str, week: str, fill: int) -> None:
    """Write bookings of one unit each, spread evenly over the week's working hours."""
    days = week_days(week)[:5]
    starts = [
        datetime(day.year, day.month, day.day, 7, tzinfo=UTC) + timedelta(minutes=10 * number)
        for day in days
        for number in range(60)
    ]
    counts = Counter(starts[number % len(starts)] for number in range(fill))
    chance = SeededChance(fill)
    puts = [_booking(FileKey(city, new_id(chance.token(16))), starts[i % len(starts)]) for i in range(fill)]
    puts += [
        {
            "pk": {"S": keys.unit_pk(city, start)},
            "sk": {"S": keys.unit_sk(start)},
            "taken": {"N": str(count)},
        }
        for start, count in counts.items()
    ]
    for place in range(0, len(puts), BATCH):
        batch = [{"PutRequest": {"Item": item}} for item in puts[place : place + BATCH]]
        client.batch_write_item(RequestItems={OFFICE_TABLE_NAME: batch})


def _booking(key: FileKey, start: datetime) -> dict[str, Any]:
    record = Record(
        key=key,
        reference="XX-0000-0000",
        state=BookingState.CONFIRMED,
        services=("meldebescheinigung",),
        start=start,
        minutes=10,
        booker="",
        made_at=NOW,
        details=DETAILS,
    )
    index = {
        "day_pk": {"S": keys.day_pk(key.office, keys.berlin_date(start))},
        "day_sk": {"S": keys.day_sk(start, key.booking_id, keys.BOOKING)},
    }
    return {"pk": {"S": keys.file_pk(key)}, "sk": {"S": keys.BOOKING}} | to_item(record) | index


class _FreeTickets:
    """Tickets are signed without the store."""

    def mint(self, claims: MediaTicketClaims) -> str:
        return claims.ticket_id
