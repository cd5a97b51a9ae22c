"""`make prove-calls`: what the relay cannot read, and what calls survive.

Keys cannot be swapped unseen; poor lines, attacks, a killed worker, and one told to go end no call.
Takes about an hour, most of it for a hundred interruptions of each kind. KILLS=10 makes a shorter run, which says so.

Each part is a process of its own: one needs a decoder, which others do away with, and none can disturb the next.
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks.figures import Figure
from benchmarks.prove_attack import refusal

PARTS = {
    "swapped_keys": "keys swapped at the relay, a thousand times",
    "prove_secret": "an attacker inside the relay, with all that it holds and a decoder",
    "prove_lossy": "a minute over a poor line, and letters as they are typed",
    "prove_drain": "a worker told to go under ten calls",
    "prove_attack": "calls under attack",
    "prove_recovery": "a call interrupted in four ways, again and again",
}


def main() -> int:
    """Run all parts, whatever becomes of each; print what happens as it goes, and all figures last."""
    why_not = refusal()
    if why_not:
        print(why_not)
        return 2
    figures: list[str] = []
    failed: list[str] = []
    for module, what in PARTS.items():
        print(what, flush=True)
        found, ended_well = run(module)
        figures += found
        if not ended_well:
            failed.append(module)
    print("", *figures, sep="\n", flush=True)
    for module in failed:
        print(f"failed: python -m benchmarks.{module}", file=sys.stderr)
    return 1 if failed else 0


def run(module: str) -> tuple[list[str], bool]:
    """Return the figures of one part, and whether it reached all its goals; pass on what else it says."""
    figures = []
    with subprocess.Popen([sys.executable, "-m", f"benchmarks.{module}"], stdout=subprocess.PIPE, text=True) as part:
        for line in part.stdout or ():
            if line.startswith(Figure.WORD):
                figures.append(line.rstrip())
            else:
                print(line, end="", flush=True)
    return figures, part.returncode == 0 and bool(figures)


if __name__ == "__main__":
    sys.exit(main())
