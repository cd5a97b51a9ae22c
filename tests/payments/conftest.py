from __future__ import annotations

import pytest

from tests.payments.office import Scene


@pytest.fixture
def scene() -> Scene:
    """An office with a confirmed booking whose matter costs something."""
    scene = Scene()
    scene.book()
    return scene
