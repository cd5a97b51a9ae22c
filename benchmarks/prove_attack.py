"""Calls go on under attack, and the worker attacks nobody: part of `make prove-calls`; root and two cores.

    python -m benchmarks.prove_attack

The worker stands in a network namespace, alone on the first core. The flood has the second one, together with the
browsers: what it takes from the worker it takes by what it sends. 60,000 datagrams a second of every kind of
`hostile.datagrams` come from invented addresses, the browsers' own among them, at the ports of all calls and at the
range that they are from. Meanwhile calls are set up one after the other. Then a thousand candidates name strangers.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import Figures, alone
from benchmarks.hostile.calls import OpenWorker, Outcome, Plan, under_attack
from benchmarks.hostile.candidates import EACH, offer_candidates, victims
from benchmarks.hostile.flood import Flood
from benchmarks.media_load.namespaces import Namespace, namespace
from benchmarks.media_load.relays import Aiortc, Worker

CALLS, ALIVE, PACE_S = 100, 10, 0.7
JUNK_PER_S = 60_000
# The flood's pace is a little above, so that a moment's pause does not take it below.
RATE = 62_000
CONTROL = Plan(calls=10, alive=5, pace_s=PACE_S)
OFFERS = 100
CONTROL_OFFERS = 10


def refusal() -> str | None:
    """Return why this proof cannot run here, or None."""
    if os.geteuid() or len(os.sched_getaffinity(0)) < 2:
        return "The worker gets a network namespace and a core of its own: run as root on two cores or more."
    return None


def measure(figures: Figures) -> None:
    """Attack the worker and, as controls, one without a guard and aiortc's own way with candidates."""
    with _apart() as (worker_core, flood_core):
        print(f"  worker on core {worker_core}; flood and browsers on core {flood_core}", flush=True)
        with namespace("fernamt-a", "198.18.73") as space:
            plan = Plan(calls=CALLS, alive=ALIVE, pace_s=PACE_S)
            found, junk_per_s = attack(Worker(), space, plan, cores=(worker_core, flood_core))
            control, _ = attack(OpenWorker(), space, CONTROL, cores=(worker_core, flood_core))
            with victims(space):
                elsewhere = asyncio.run(offer_candidates(Worker(), space, worker_core, offers=OFFERS))
                stock = asyncio.run(offer_candidates(Aiortc(), space, worker_core, offers=CONTROL_OFFERS))
    print(f"  {OFFERS * EACH} hostile candidates: {elsewhere} packets to others; aiortc's own way, "
          f"{CONTROL_OFFERS * EACH} candidates: {stock}", flush=True)  # fmt: skip
    figures.add("attack.calls", found.calls, "calls", goal=f"={CALLS}")
    figures.add("attack.calls_lost", found.lost, "calls", goal="=0")
    figures.add("attack.calls_lost.control", control.lost, "calls", goal=">0")
    figures.add("attack.frames_pct", found.frames_pct, "pct", goal=">=99")
    figures.add("attack.frames_pct.control", control.frames_pct, "pct", goal="<99")
    figures.add("attack.junk_per_s", junk_per_s, "packets", goal=f">={JUNK_PER_S}")
    figures.add("attack.candidates", OFFERS * EACH, "candidates", goal=">=1000")
    figures.add("attack.packets_elsewhere", elsewhere, "packets", goal="=0")
    figures.add("attack.packets_elsewhere.control", stock, "packets", goal=">0")


def attack(
    worker: Worker, space: Namespace, plan: Plan, *, cores: tuple[int, int], rate: int = RATE
) -> tuple[Outcome, float]:
    """Run a plan under fire; return what came of the calls, and how many packets a second were thrown.

    Without a namespace the flood comes from sockets of this machine and pretends nothing.
    """
    browser = space.outside if space.name else None

    async def run(flood: Flood) -> Outcome:
        process = await worker.start(space, cores[0])
        try:
            before_s, dropped_before = process.cpu_s(), udp_dropped(process.pid)
            outcome = await under_attack(worker, flood, plan)
            process.check()
            outcome.worker_cpu_s = process.cpu_s() - before_s
            outcome.kernel_dropped = udp_dropped(process.pid) - dropped_before
            return outcome
        finally:
            process.end()
            await worker.end()

    with Flood(address=space.inside, browser=browser, core=cores[1], rate=rate) as flood:
        outcome = asyncio.run(run(flood))
    print(
        f"  {worker.name}: {outcome.calls} calls under {flood.per_s:,.0f} packets/s: "
        f"{outcome.not_set_up} not set up, {outcome.died} died, "
        f"{outcome.frames_received} of {outcome.frames_sent} frames ({outcome.frames_pct:.2f} %), "
        f"slowest set-up {outcome.setup_s_max:.2f} s; "
        f"worker {100 * outcome.worker_cpu_s / flood.seconds:.0f} % of its core, "
        f"{outcome.kernel_dropped:,} of {flood.sent:,} dropped by its kernel",
        flush=True,
    )
    return outcome, flood.per_s


def udp_dropped(pid: int) -> int:
    """Return how many datagrams the namespace of a process dropped so far: by a filter, or for want of a socket."""
    names, values = (
        line.split() for line in Path(f"/proc/{pid}/net/snmp").read_text().splitlines() if line.startswith("Udp:")
    )
    found = dict(zip(names, values, strict=True))
    return int(found["NoPorts"]) + int(found["InErrors"])


@contextmanager
def _apart() -> Iterator[tuple[int, int]]:
    """Keep this process off the worker's core while it lasts; say which core is whose."""
    every = os.sched_getaffinity(0)
    worker_core, flood_core, *_ = sorted(every)
    os.sched_setaffinity(0, {flood_core})
    try:
        yield worker_core, flood_core
    finally:
        os.sched_setaffinity(0, every)


def main() -> int:
    """Run alone."""
    why_not = refusal()
    if why_not:
        print(why_not)
        return 2
    return alone(measure)


if __name__ == "__main__":
    sys.exit(main())
