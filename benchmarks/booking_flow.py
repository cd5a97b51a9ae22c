"""How fast bookings flow when nothing goes wrong, beside what the store can do at all on this machine."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from benchmarks.booking_load import DETAILS
from benchmarks.booking_office import WEEK, CountingClient, FastClock, bench_office, dynamodb
from chalicelib.adapters.dynamodb.table import OFFICE_TABLE_NAME
from chalicelib.domain.errors import SlotTaken

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.services.booking import Booking

COUNTERS: Final = 64
SLOTS: Final = COUNTERS * 5 * 48  # more than can be booked in the time: nobody waits for a slot


@dataclass(frozen=True, slots=True)
class Flow:
    """What the same threads reached one after the other. All per second."""

    confirmed_per_s: float
    transactions_per_s: float  # of these bookings
    ceiling_per_s: float  # transactions of a hold's size, asked for and nothing else; mean of before and after

    @property
    def share_of_ceiling_pct(self) -> float:
        """Return how much of what the store can write reaches it as bookings, with all their reads."""
        return 100 * self.transactions_per_s / self.ceiling_per_s


def measure_flow(
    endpoint_url: str, *, booking: Callable[[Any], Booking], key: str, threads: int, seconds: float
) -> Flow:
    """Measure the ceiling, the bookings, and the ceiling again: the machine is not alone with us."""
    before = _ceiling_per_s(endpoint_url, threads=threads, seconds=seconds / 2)
    counting = CountingClient(dynamodb(endpoint_url))
    confirmed, took = _book(booking(counting), counting, key=key, threads=threads, seconds=seconds)
    after = _ceiling_per_s(endpoint_url, threads=threads, seconds=seconds / 2)
    return Flow(confirmed / took, counting.requests["committed"] / took, (before + after) / 2)


def _book(booking: Booking, counting: CountingClient, *, key: str, threads: int, seconds: float) -> tuple[int, float]:
    """Read the week, hold, fill in, confirm, over and over; return confirmed bookings and real seconds."""
    office, clock = bench_office(key, slots=SLOTS, counters=COUNTERS), FastClock(1.0)
    done, end = [0] * threads, time.monotonic() + seconds

    def book(number: int) -> None:
        chance = random.Random(number)
        while time.monotonic() < end:
            counting.doing("flow")
            week = booking.week(office, ("short",), week=WEEK, now=clock.now())
            start = chance.choice(week.slots).start
            try:
                file = booking.hold(office, ("short",), start, booker=str(number), now=clock.now())
            except SlotTaken:
                continue
            booking.give_details(file, DETAILS, booker=str(number), now=clock.now())
            booking.confirm(file, booker=str(number), now=clock.now())
            done[number] += 1

    took = _timed(book, threads)
    return sum(done), took


def _ceiling_per_s(endpoint_url: str, *, threads: int, seconds: float) -> float:
    """Return how many transactions of a hold's size the store commits a second, asked for nothing else."""
    client, end, done = dynamodb(endpoint_url), time.monotonic() + seconds, [0] * threads

    def write(number: int) -> None:
        while time.monotonic() < end:
            client.transact_write_items(TransactItems=_four_items(number, done[number]))
            done[number] += 1

    took = _timed(write, threads)
    return sum(done) / took


def _timed(work: Callable[[int], None], threads: int) -> float:
    """Run `work` in all threads at once; return the real seconds until the last has ended."""
    workers = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(threads)]
    begun = time.monotonic()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.monotonic() - begun


def _four_items(number: int, turn: int) -> list[dict[str, Any]]:
    """A head, a booking and two units: what a hold of two units writes."""
    pk = {"S": f"ceiling|FILE|{number}-{turn}"}
    puts: list[dict[str, Any]] = [
        {"Put": {"TableName": OFFICE_TABLE_NAME, "Item": {"pk": pk, "sk": {"S": sk}, "note": {"S": "x" * 400}}}}
        for sk in ("HEAD", "BOOKING")
    ]
    updates: list[dict[str, Any]] = [
        {
            "Update": {
                "TableName": OFFICE_TABLE_NAME,
                "Key": {"pk": {"S": "ceiling|WEEK"}, "sk": {"S": f"UNIT|{number}-{unit}"}},
                "UpdateExpression": "ADD taken :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            }
        }
        for unit in range(2)
    ]
    return puts + updates
