"""What happens without a request: the table's stream, and the minute.

Both are pure Lambda functions: their event sources stand in the infrastructure, so that importing the app
needs no ARN.
"""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.blueprints.boundary import fernamt

blueprint = Blueprint(__name__)


@blueprint.lambda_function(name="stream")
def on_stream(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Send the letters that were just written, each for itself. Returns how many it tried."""
    del context
    house = fernamt()
    letters = list(house.new_letters(event))
    for key, letter_id in letters:
        house.ticking.written(house.offices[key.office], key, letter_id, now=house.clock.now())
    return {"letters": len(letters)}


@blueprint.lambda_function(name="tick")
def on_tick(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Work off what is due."""
    del event, context
    house = fernamt()
    return {"done": house.ticking.tick(house.offices.values(), now=house.clock.now())}
