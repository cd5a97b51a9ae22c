"""`make bench-media`: the media worker against Janus, in interleaved pairs under the same load.

Both relays run one after the other on one core, the generator on the other. How it works and what it found:
benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from benchmarks.figures import Figures
from benchmarks.media_load.namespaces import Namespace, namespace
from benchmarks.media_load.peer import GCM_ALWAYS, LIKE_CHROMIUM
from benchmarks.media_load.relays import Aiortc, Janus, Relay, Worker
from benchmarks.media_load.slot import Found, Load, measure

TARGET_SHARE = 0.8
CALIBRATE_FROM_CALLS = 25
CALIBRATIONS = 3  # the more it carries, the less a call costs: each one comes closer
CALIBRATE_S = 4.0
AIORTC_CALLS = 1
CONTROL_DROPS_ONE_IN = 100
# Chromium's own rate at 1 Mbit/s: one report each 50 ms.
FEEDBACK_PER_S = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where slots run. `lock` is held during each slot, so that benchmarks of one machine take turns."""

    relay_core: int
    lock: Path | None

    def run(self, relay: Relay, space: Namespace, load: Load) -> Found:
        """Run one slot and print what it found."""
        with self._turn():
            found = asyncio.run(measure(relay, space, self.relay_core, load))
        print(f"  {relay.name:7s} {found}", flush=True)
        return found

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self.lock is None:
            yield
            return
        with self.lock.open("a") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield


@dataclass(frozen=True, slots=True)
class Pair:
    """The worker and Janus, one right after the other."""

    worker: Found
    janus: Found

    @property
    def ratio(self) -> float:
        """How many times the calls of Janus the worker carries on the same processor time."""
        return self.janus.cpu_per_call / self.worker.cpu_per_call

    @property
    def delay_ratio(self) -> float:
        """The worker's p99 delay as a share of that of Janus."""
        return self.worker.tally.delay_p99_us / max(self.janus.tally.delay_p99_us, 1)


def main() -> int:
    """Calibrate, run the pairs, the control and the baseline; print the figures last of all."""
    options = _options()
    cores = sorted(os.sched_getaffinity(0))
    if os.geteuid() or len(cores) < 2:
        print("The relays get network namespaces and a core of their own: run as root on two cores or more.")
        return 2
    os.sched_setaffinity(0, set(cores[1:2]))
    stage = Stage(relay_core=cores[0], lock=options.lock)
    profiles = GCM_ALWAYS if options.gcm else LIKE_CHROMIUM
    load = Load(calls=0, warm_s=2, window_s=options.seconds, feedback_per_s=options.feedback, profiles=profiles)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours = stack.enter_context(namespace("fernamt-w", "198.18.71"))
        theirs = stack.enter_context(namespace("fernamt-j", "198.18.72"))
        worker, janus = Worker(), Janus(folder / "janus", event_loops=options.event_loops)
        if options.sweep:
            for calls in options.sweep:
                stage.run(worker, ours, replace(load, calls=calls))
                stage.run(janus, theirs, replace(load, calls=calls))
            return 0
        print("calls that bring each relay to 80 % of its core:")
        worker_load = calibrate(stage, worker, ours, load)
        janus_load = calibrate(stage, janus, theirs, load)
        pairs = []
        for number in range(options.pairs):
            print(f"pair {number + 1} of {options.pairs}:")
            seeded = replace(worker_load, seed=number), replace(janus_load, seed=number)
            turns: list[tuple[Relay, Namespace, Load]] = [(worker, ours, seeded[0]), (janus, theirs, seeded[1])]
            # Who goes first changes from pair to pair: nobody has the quieter half of a drift.
            found = {turn[0].name: stage.run(*turn) for turn in (turns if number % 2 else turns[::-1])}
            pairs.append(Pair(found["worker"], found["janus"]))
            # A machine's speed drifts: what each found last decides what 80 % is next.
            worker_load, janus_load = at_target(worker_load, found["worker"]), at_target(janus_load, found["janus"])
        print(f"control, one packet in {CONTROL_DROPS_ONE_IN} lost on purpose:")
        control = stage.run(
            worker, ours, replace(worker_load, drop_one_in=CONTROL_DROPS_ONE_IN, window_s=CALIBRATE_S)
        )
        print("aiortc's RTCPeerConnection and MediaRelay:")
        baseline = stage.run(Aiortc(), ours, replace(load, calls=AIORTC_CALLS, stamped=False))
    print()
    return report(pairs, control, baseline).finish()


def calibrate(stage: Stage, relay: Relay, space: Namespace, load: Load) -> Load:
    """Return the load under which the relay uses about 80 % of its core."""
    load = replace(load, calls=CALIBRATE_FROM_CALLS)
    for _ in range(CALIBRATIONS):
        found = stage.run(relay, space, replace(load, window_s=CALIBRATE_S))
        load = at_target(load, found)
    return load


def at_target(load: Load, found: Found) -> Load:
    """Return the load that would have brought the relay to its target share."""
    return replace(load, calls=max(1, round(TARGET_SHARE / found.cpu_per_call)))


def report(pairs: list[Pair], control: Found, baseline: Found) -> Figures:
    """Return the figures of a run."""
    figures = Figures()
    workers, janus = [pair.worker for pair in pairs], [pair.janus for pair in pairs]
    every = [*workers, *janus]
    sent, received = sum(slot.tally.sent for slot in workers), sum(slot.tally.received for slot in workers)
    janus_lost = [slot.tally.loss_pct for slot in janus]
    cost = median(slot.cpu_per_call for slot in workers)
    figures.add("relay.pairs", len(pairs), "count", goal=">=7")
    figures.add("relay.calls_per_core", 1 / cost, "calls")
    figures.add("relay.janus_calls_per_core", 1 / median(slot.cpu_per_call for slot in janus), "calls")
    figures.add("relay.us_per_packet", median(slot.us_per_packet for slot in workers), "us")
    figures.add("relay.vs_janus", median(pair.ratio for pair in pairs), "ratio", goal=">=1.7")
    figures.add("relay.vs_janus_min", min(pair.ratio for pair in pairs), "ratio")
    figures.add("relay.load_pct", median(slot.share_pct for slot in workers), "pct")
    figures.add("relay.janus_load_pct", median(slot.share_pct for slot in janus), "pct")
    figures.add("relay.loss_pct", 100 * (sent - received) / sent, "pct", goal="<=0.1")
    figures.add("relay.loss_pct.control", control.tally.loss_pct, "pct", goal=">0.1")
    figures.add("relay.janus_loss_pct", sum(janus_lost) / len(janus_lost), "pct")
    figures.add("relay.misrouted", sum(slot.tally.misrouted for slot in every), "count", goal="=0")
    figures.add("relay.delay_p99_us", median(slot.tally.delay_p99_us for slot in workers), "us")
    figures.add("relay.janus_delay_p99_us", median(slot.tally.delay_p99_us for slot in janus), "us")
    figures.add("relay.delay_p99_vs_janus", median(pair.delay_ratio for pair in pairs), "ratio", goal="<=1")
    figures.add("relay.memory_mb_per_call", median(slot.memory_mb / slot.calls for slot in workers), "mb")
    figures.add("relay.janus_memory_mb_per_call", median(slot.memory_mb / slot.calls for slot in janus), "mb")
    figures.add("relay.vs_aiortc_relay", baseline.cpu_per_call / cost, "ratio")
    # A generator at its limit would send late and in lumps, and the figures would be its own.
    figures.add("relay.generator_pct", max(slot.generator_pct for slot in every), "pct", goal="<=90")
    return figures


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=10, help="of each slot's window")
    parser.add_argument("--feedback", type=int, default=FEEDBACK_PER_S, help="transport-wide reports a second")
    parser.add_argument("--gcm", action="store_true", help="AES-GCM on every leg, not what Chromium would choose")
    parser.add_argument("--event-loops", type=int, default=1, help="of Janus; 0 is a thread for each side")
    parser.add_argument("--sweep", type=int, nargs="+", metavar="CALLS", help="only show both under these loads")
    parser.add_argument("--lock", type=Path, help="a file to lock during each slot")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
