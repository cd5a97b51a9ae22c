"""The pre-flight's judgement: the modules that pages load, run by Node, tell their stories themselves."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("story", sorted(HERE.glob("*.test.mjs")), ids=lambda story: story.name.partition(".")[0])
def test_story(story: Path) -> None:
    done = subprocess.run(
        ["node", "--test", story], cwd=HERE, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed
    assert int(passed[1]) > 0
