"""Calls a function at once and then at every full minute, as a rule of EventBridge does."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from local.front.gateway import LambdaContext
from local.pump.events import tick_event
from local.pump.failures import describe

PAUSES_SECONDS: Final = (1.0, 2.0)
"""Lambda tries an asynchronous call twice more."""

log = logging.getLogger("fernamt.pump")


def tick(function: Callable[[dict[str, Any], Any], Any], *, region: str, stop: threading.Event) -> bool:
    """Call `function` with one tick, again if it fails. Returns whether it worked in the end."""
    event = tick_event(datetime.now(UTC), region=region)
    for pause in (*PAUSES_SECONDS, None):
        try:
            function(event, LambdaContext(function_name="on_tick", seconds=60))
        except Exception as error:  # noqa: BLE001  the next minute comes anyway
            log.error("on_tick failed: %s", describe(error))  # noqa: TRY400  no text of people
        else:
            return True
        if pause is None or stop.wait(pause):
            break
    return False


def run(
    function: Callable[[dict[str, Any], Any], Any],
    *,
    region: str,
    stop: threading.Event,
    every_seconds: float = 60.0,
) -> None:
    """Tick until `stop` is set; a tick that takes longer than a minute delays the next, never doubles it."""
    while not stop.is_set():
        tick(function, region=region, stop=stop)
        past = datetime.now(UTC).timestamp() % every_seconds
        stop.wait(every_seconds - past)
