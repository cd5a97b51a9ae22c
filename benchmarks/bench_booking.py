"""`make bench-booking`: a slot is never sold twice, and what was acknowledged is there.

64 bookers fight for 200 places over a store on a real socket, behind a proxy that loses 10 % of all requests
or answers. Afterwards the whole table is held against what each booker was told. Then the same again five
times, each with one defence taken out, to show that each zero could have been something else. Last, without
faults, how fast bookings flow beside what the store can write at all.
"""

from __future__ import annotations

import argparse
import random
import secrets
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.booking_check import Findings, compare, read_table
from benchmarks.booking_defences import Defence, ForgetfulClient, UndefendedClient
from benchmarks.booking_flow import measure_flow
from benchmarks.booking_load import Booker, Ledger, Tick
from benchmarks.booking_office import CountingClient, FastClock, bench_office, dynamodb
from benchmarks.fault_proxy import FaultProxy
from benchmarks.figures import Figures
from chalicelib.adapters.case_signing import CaseSigner
from chalicelib.adapters.dynamodb.files import DynamoFiles
from chalicelib.adapters.dynamodb.table import OFFICE_TABLE_NAME
from chalicelib.adapters.system import SystemChance
from chalicelib.services.acting import Acting
from chalicelib.services.booking import Booking
from local.aws.process import AwsProcess

if TYPE_CHECKING:
    from chalicelib.domain.offices import Office

TICKS: Final = 3  # a minute's tick may run twice, and late: here several always run at once
JOIN_SECONDS_MAX: Final = 240
LOOKS_MAX: Final = 5  # a hold is given back at the first, forgotten at the second, the rest is for lost answers


@dataclass(frozen=True, slots=True)
class Plan:
    """How much happens in one run."""

    bookers: int = 64
    slots: int = 200
    attempts: int = 12  # of each booker
    clock_factor: float = 120.0  # a hold of 10 minutes is over in 5 seconds


@dataclass(frozen=True, slots=True)
class Result:
    """What one run found."""

    findings: Findings
    ledger: Ledger
    counting: CountingClient
    seconds: float
    never_back: int  # bookers that had not ended when the time was up
    tick_failures: int

    @property
    def unanswered(self) -> int:
        """Attempts that ended without a yes or a no, or not at all."""
        return self.never_back + self.tick_failures + sum(bool(told.failures) for told in self.ledger.told)


def run(plan: Plan, *, proxy_url: str, direct: Any, key: str, without: Defence | None = None) -> Result:
    """Let all bookers loose on a fresh office, then hold the table against the ledger."""
    office, clock, ledger = bench_office(key, slots=plan.slots), FastClock(plan.clock_factor), Ledger()
    client = dynamodb(proxy_url)
    counting = CountingClient(ForgetfulClient(UndefendedClient(client, without) if without else client))
    booking = _booking(counting)
    tick = Tick(booking, office, clock, ledger, counting, sweeps=without is not Defence.SWEEP)
    ticks = [threading.Thread(target=tick.run, daemon=True) for _ in range(TICKS)]
    bookers = [
        threading.Thread(target=_booker(number, plan, booking, tick).run, daemon=True)
        for number in range(plan.bookers)
    ]
    begun = time.monotonic()
    for thread in (*ticks, *bookers):
        thread.start()
    for thread in bookers:
        thread.join(timeout=max(0.0, begun + JOIN_SECONDS_MAX - time.monotonic()))
    seconds = time.monotonic() - begun
    tick.stopped.set()
    for thread in ticks:
        thread.join(timeout=30)
    _sweep_to_the_end(tick, office)
    return Result(
        findings=compare(read_table(direct, OFFICE_TABLE_NAME, office.key), ledger),
        ledger=ledger,
        counting=counting,
        seconds=seconds,
        never_back=sum(thread.is_alive() for thread in (*bookers, *ticks)),
        tick_failures=tick.failures.total(),
    )


def _booking(client: Any) -> Booking:
    return Booking(Acting(DynamoFiles(client, OFFICE_TABLE_NAME), SystemChance(), CaseSigner(_private_key())))


def _private_key() -> str:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - a second of import, used once
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def _booker(number: int, plan: Plan, booking: Booking, tick: Tick) -> Booker:
    return Booker(
        booking,
        tick,
        name=f"booker-{number}",
        attempts=plan.attempts,
        chance=random.Random(number),
    )


def _sweep_to_the_end(tick: Tick, office: Office) -> None:
    """Tick as it would go on by itself once nobody books any more, until every hold is over."""
    now = tick.clock.now() + timedelta(minutes=office.hold_minutes + 1)
    with ThreadPoolExecutor(max_workers=16) as pool:
        for _ in range(LOOKS_MAX):
            holds = [due for due in tick.due(now) if due.item == "HOLD"]
            if not holds:
                return
            for done in [pool.submit(tick.settle, due, now) for due in holds]:
                done.result()


def add_findings(figures: Figures, result: Result) -> None:
    """Note what the run with all defences found."""
    found, attempts = result.findings, len(result.ledger.told)
    confirmed = sum(told.letters["confirmed"] for told in result.ledger.told)
    figures.add("booking.attempts", attempts, "count", goal=">0")
    figures.add("booking.confirmed", confirmed, "count", goal=">0")
    figures.add("booking.refused", sum(told.refused for told in result.ledger.told), "count", goal=">0")
    figures.add("booking.unanswered", result.unanswered, "count", goal="=0")
    figures.add("booking.overbooked", found.overbooked, "count", goal="=0")
    figures.add("booking.acked_missing", found.acked_missing, "count", goal="=0")
    figures.add("booking.stuck_holds", found.stuck_holds, "count", goal="=0")
    figures.add("booking.lost_old_slots", found.lost_old_slots, "count", goal="=0")
    figures.add("booking.disowned", found.disowned, "count", goal="=0")
    figures.add("booking.per_s_under_faults", confirmed / result.seconds, "per_s")
    for act in ("week", "hold", "details", "confirm", "change_slot", "move", "cancel"):
        figures.add(f"booking.requests.{act}", result.counting.per_act(act), "requests")


CONTROLS: Final = (
    ("overbooked", Defence.UNIT_CONDITION),
    ("acked_missing", Defence.REVISION),
    ("stuck_holds", Defence.SWEEP),
    ("lost_old_slots", Defence.ONE_TRANSACTION),
    ("disowned", Defence.NONCE),
)


def prove(plan: Plan, *, control: Plan, flow_seconds: float = 6.0) -> Figures:
    """Do all runs over one store and return the figures."""
    figures, name = Figures(), secrets.token_hex(3)
    with tempfile.TemporaryDirectory() as folder, AwsProcess(Path(folder)) as aws:
        direct = dynamodb(aws.endpoint_url)
        with FaultProxy(aws.port) as proxy:
            whole = run(plan, proxy_url=proxy.endpoint_url, direct=direct, key=f"run-{name}")
        add_findings(figures, whole)
        for fault in ("before", "after", "error", "throttled"):
            figures.add(f"booking.faults.{fault}", proxy.done.get(fault, 0), "count", goal=">0")
        _tell("all defences", whole)
        for finding, defence in CONTROLS:
            with FaultProxy(aws.port) as proxy:
                result = run(
                    control,
                    proxy_url=proxy.endpoint_url,
                    direct=direct,
                    key=f"{defence}-{name}",
                    without=defence,
                )
            _tell(f"without {defence}", result)
            figures.add(f"booking.{finding}.control", getattr(result.findings, finding), "count", goal=">0")
        flow = measure_flow(
            aws.endpoint_url, booking=_booking, key=f"flow-{name}", threads=plan.bookers, seconds=flow_seconds
        )
        figures.add("booking.per_s", flow.confirmed_per_s, "per_s", goal=">0")
        figures.add("booking.transactions_per_s", flow.transactions_per_s, "per_s")
        figures.add("booking.store_ceiling_per_s", flow.ceiling_per_s, "per_s")
        figures.add("booking.share_of_store_ceiling_pct", flow.share_of_ceiling_pct, "pct")
    return figures


def _tell(what: str, result: Result) -> None:
    """Say how the attempts ended, for whoever waits or reads the figures."""
    ends = ", ".join(f"{count} {end}" for end, count in result.ledger.outcomes.most_common())
    failures = " ".join(sorted({failure for told in result.ledger.told for failure in told.failures}))
    print(f"{what}: {len(result.ledger.told)} attempts in {result.seconds:.0f} s: {ends}. {failures}", flush=True)


def main() -> int:
    """Print the figures; return 1 if a goal is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--bookers", type=int, default=64)
    options.add_argument("--attempts", type=int, default=12)
    options.add_argument("--control-attempts", type=int, default=3)
    chosen = options.parse_args()
    plan = Plan(bookers=chosen.bookers, attempts=chosen.attempts)
    control = Plan(bookers=chosen.bookers, attempts=chosen.control_attempts)
    return prove(plan, control=control).finish()


if __name__ == "__main__":
    sys.exit(main())
