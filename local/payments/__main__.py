"""Run the stand-in: `python -m local.payments`.

PAYMENTS_PORT           where to listen, on 127.0.0.1
PAYMENTS_NOTICE_URL     where the signed notices go
PAYMENTS_PUBLIC_URL     the page's origin as browsers see it; http://127.0.0.1:PORT unless given
PAYMENTS_STATE          the file that outlives the process; in memory unless given
STRIPE_API_KEY          the key that the API asks for
STRIPE_WEBHOOK_SECRET   the secret that signs the notices
"""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from local.payments.server import HOST, RunningStandIn, StandIn

NEEDED = ("PAYMENTS_PORT", "PAYMENTS_NOTICE_URL", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET")


def main(env: Mapping[str, str]) -> int:
    """Serve until interrupted; return 2 if a variable is missing, 1 if the port is taken."""
    missing = [name for name in NEEDED if not env.get(name)]
    if missing:
        print(f"local.payments: set {', '.join(missing)}", file=sys.stderr)
        return 2
    port = int(env["PAYMENTS_PORT"])
    stand_in = StandIn(
        api_key=env["STRIPE_API_KEY"],
        webhook_secret=env["STRIPE_WEBHOOK_SECRET"],
        notice_url=env["PAYMENTS_NOTICE_URL"],
        public_url=env.get("PAYMENTS_PUBLIC_URL") or f"http://{HOST}:{port}",
        state=Path(env["PAYMENTS_STATE"]) if env.get("PAYMENTS_STATE") else None,
    )
    try:
        running = RunningStandIn(stand_in, port)
    except OSError as taken:
        print(f"local.payments: port {port} is taken ({taken.strerror})", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, _interrupt)
    print(f"payments: http://{HOST}:{port}/", flush=True)
    try:
        running.wait()
    except KeyboardInterrupt:
        running.close()
    return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(os.environ))
