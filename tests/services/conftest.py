"""Each story has a stage of its own."""

import pytest

from tests.services.stage import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()
