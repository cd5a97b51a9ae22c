"""asyncio in a thread of its own: the tests' Playwright keeps a loop running in the main one."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def run_apart(story: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end, and raise what it raises."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(asyncio.run, story).result()
