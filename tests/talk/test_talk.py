"""What is written in a call: the modules that pages load, run by Node, tell their stories themselves."""

from pathlib import Path

import pytest

from tests.keys.test_keys import run_story

HERE = Path(__file__).parent


@pytest.mark.parametrize("story", sorted(HERE.glob("*.test.mjs")), ids=lambda story: story.name.partition(".")[0])
def test_story(story: Path) -> None:
    run_story(story)
