"""Interceptions of the key agreement at the relay, for `make prove-calls`: each must change the spoken code.

    python -m benchmarks.swapped_keys

The browsers' own modules run in Node, on both sides of a relay that is up to something (`swapped_keys.mjs`). The
control leaves the commitment out and shortens the code to what an attacker can try out in a moment.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Figures

DRIVER = Path(__file__).with_suffix(".mjs")


@dataclass(frozen=True, slots=True)
class Swaps:
    """How many interceptions were tried and showed: by different codes, or by no agreement at all.

    `control_…`: codes of three digits without commitment; `short_detected`: as many tries at such codes with it.
    """

    attempts: int
    detected: int
    control_attempts: int
    control_detected: int
    short_detected: int
    kinds: dict[str, dict[str, int]]

    def add_to(self, figures: Figures) -> None:
        """Note the figures."""
        figures.add("e2ee.swaps", self.attempts, "attempts", goal=">=1000")
        figures.add("e2ee.swaps_detected_pct", 100 * self.detected / self.attempts, "pct", goal="=100")
        control = 100 * self.control_detected / self.control_attempts
        figures.add("e2ee.swaps_detected_pct.control", control, "pct", goal="<100")


def intercept(*, attempts: int = 1000, control: int = 60, seed: int = 1) -> Swaps:
    """Try `attempts` interceptions of every kind in turn; `seed` fixes their order, not the keys."""
    wish = json.dumps({"attempts": attempts, "control": control, "seed": seed})
    done = subprocess.run(["node", DRIVER, wish], capture_output=True, text=True, check=True, timeout=600)
    found: dict[str, Any] = json.loads(done.stdout)
    return Swaps(
        attempts=found["attempts"],
        detected=found["detected"],
        control_attempts=found["control"]["attempts"],
        control_detected=found["control"]["detected"],
        short_detected=found["control"]["detected_with_commitment"],
        kinds=found["kinds"],
    )


def main() -> int:
    """Print what each kind came to, then the figures; return 1 if a goal is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--attempts", type=int, default=1000)
    swaps = intercept(attempts=options.parse_args().attempts)
    for kind, counts in swaps.kinds.items():
        detected = f"{counts['detected']} of {counts['attempts']} detected"
        print(f"{kind}: {detected}, {counts['codes_differ']} by their codes")
    print(f"three digits, no commitment: {swaps.control_detected} of {swaps.control_attempts} detected")
    print(f"three digits, commitment: {swaps.short_detected} of {swaps.control_attempts} detected")
    figures = Figures()
    swaps.add_to(figures)
    return figures.finish()


if __name__ == "__main__":
    sys.exit(main())
