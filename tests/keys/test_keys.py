"""The browsers' keys: the modules that pages load, run by Node, tell their stories themselves."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from benchmarks.swapped_keys import intercept

HERE = Path(__file__).parent
STORIES = sorted(HERE.glob("*.test.mjs"))


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name.partition(".")[0])
def test_story(story: Path) -> None:
    run_story(story)


def run_story(story: Path) -> None:
    """Let Node tell the stories of one file; all must hold, and there must be some."""
    done = subprocess.run(
        ["node", "--test", story], cwd=story.parent, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed
    assert int(passed[1]) > 0


def test_interceptions_show_and_without_commitment_they_do_not() -> None:
    swaps = intercept(attempts=66, control=2)
    assert swaps.detected == swaps.attempts == 66
    assert swaps.control_detected == 0
    assert swaps.kinds["the relay answers both sides itself"]["codes_differ"] == 33
