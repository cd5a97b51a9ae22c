"""`make prove-calls`: what the relay cannot read, and what calls survive.

Keys cannot be swapped unseen; poor lines, attacks, a killed worker, and one told to go end no call.
Takes about an hour, most of it for a hundred interruptions of each kind. KILLS=10 makes a shorter run, which says so.
"""

from __future__ import annotations

import sys

from benchmarks import prove_attack, prove_drain, prove_lossy, prove_recovery, prove_secret
from benchmarks.figures import Figures
from benchmarks.swapped_keys import intercept


def main() -> int:
    """Run all parts; print what happens as it goes and the figures last of all."""
    why_not = prove_attack.refusal()
    if why_not:
        print(why_not)
        return 2
    figures = Figures()
    print("keys swapped at the relay, a thousand times", flush=True)
    intercept().add_to(figures)
    print("an attacker inside the relay, with all that it holds and a decoder", flush=True)
    prove_secret.measure(figures)
    print("a minute over a poor line, and letters as they are typed", flush=True)
    prove_lossy.measure(figures)
    print("a worker told to go under ten calls", flush=True)
    prove_drain.measure(figures)
    print(f"{prove_attack.CALLS} calls under attack", flush=True)
    prove_attack.measure(figures)
    print(f"a call interrupted in four ways, {prove_recovery.TIMES} times each", flush=True)
    prove_recovery.measure(figures)
    print()
    return figures.finish()


if __name__ == "__main__":
    sys.exit(main())
