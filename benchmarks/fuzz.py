"""`make fuzz`: a million broken packets for each parser of the media worker, and none ends in an error.

    python -m benchmarks.fuzz [--packets 1000000] [--seed 1] [--only rtp sctp]

Two processes share the work. A packet counts as uncaught if the parser raises, if a last resort behind its guard
had to catch an error, or if the parser is still busy with it after ten seconds. The controls get the same packets,
and are parsers without a guard: aioice's and aiortc's own, and readers that believe what they read.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import monotonic

from benchmarks.figures import Figures
from benchmarks.hostile.firing import PARSERS, Outcome, fire, fire_unguarded

PACKETS = 1_000_000
PROCESSES = 2
CONTROL_PACKETS = 20_000


def main() -> int:
    """Fire at all parsers; print each as it ends and the figures last of all."""
    chosen = _options()
    figures = Figures()
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:

        def halves(function: Callable[..., Outcome], packets: int) -> dict[str, list[Outcome]]:
            started = {
                name: [
                    pool.submit(function, name, packets // PROCESSES, seed=chosen.seed * PROCESSES + half)
                    for half in range(PROCESSES)
                ]
                for name in chosen.only
            }
            found = {}
            for name, futures in started.items():
                began = monotonic()
                found[name] = [future.result() for future in futures]
                _show(name, found[name], seconds=monotonic() - began, examples=function is fire)
            return found

        print(f"{chosen.packets:,} broken packets for each parser", flush=True)
        guarded = halves(fire, chosen.packets)
        print("controls: the same packets, without a guard", flush=True)
        controls = halves(fire_unguarded, min(CONTROL_PACKETS, chosen.packets))
    print()
    every = [half for found in guarded.values() for half in found]
    wanted = len(chosen.only) * PACKETS
    figures.add("fuzz.packets", sum(half.packets for half in every), "packets", goal=f">={wanted}")
    figures.add("fuzz.uncaught", sum(half.uncaught for half in every), "packets", goal="=0")
    bare = {name: sum(half.uncaught for half in found) for name, found in controls.items()}
    figures.add("fuzz.uncaught.control", sum(bare.values()), "packets", goal=">0")
    for name, uncaught in bare.items():
        figures.add(f"fuzz.{name}.uncaught.control", uncaught, "packets", goal=">0")
    return figures.finish()


def _show(name: str, found: list[Outcome], *, seconds: float, examples: bool) -> None:
    kinds = sum((half.kinds for half in found), start=Counter[str]())
    packets, uncaught = sum(half.packets for half in found), kinds.total()
    print(f"  {name:8s} {packets:>9,} packets, {uncaught} uncaught {dict(kinds)} {seconds:.0f} s", flush=True)
    if examples:
        for example in (example for half in found for example in half.examples):
            print(example, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--packets", type=int, default=PACKETS, help="for each parser")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=list(PARSERS), default=list(PARSERS))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
