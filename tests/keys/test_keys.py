"""The browsers' keys: the modules that pages load, run by Node, tell their stories themselves."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
STORIES = sorted(HERE.glob("*.test.mjs"))


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name.partition(".")[0])
def test_story(story: Path) -> None:
    done = subprocess.run(
        ["node", "--test", story], cwd=HERE, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed
    assert int(passed[1]) > 0
