"""`python -m local.front`: the app of this tree behind the front door, on 127.0.0.1.

Environment: FRONT_PORT (8700), MEDIA_PORTS (8702,8706), and what `chalicelib.settings` reads.
"""

import importlib
import logging
import os
import sys

from local.front.door import FrontDoor
from local.ports import HOST
from local.wire import serve

THREADS = 16


def main() -> int:
    """Serve until SIGINT or SIGTERM."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
    logging.getLogger("fernamt.access").setLevel(logging.INFO)
    app = importlib.import_module("app").app
    ports = os.environ.get("MEDIA_PORTS", "8702,8706").split(",")
    door = FrontDoor(app, media=[(HOST, int(port)) for port in ports])
    serve(door.answer, port=int(os.environ.get("FRONT_PORT", "8700")), threads=THREADS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
