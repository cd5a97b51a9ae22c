"""`python -m local.pump`: the event source mapping and the minute's rule of this machine.

Environment: OFFICE_DIR (.office), and what `chalicelib.settings` reads.
"""

import importlib
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.dynamodb.table import OFFICE_TABLE_NAME
from local.pump import ticking
from local.pump.positions import Positions
from local.pump.stream import StreamPump

IDLE_SECONDS = 0.2
LOST_SECONDS = 1.0

log = logging.getLogger("fernamt.pump")


def main() -> int:
    """Pump until SIGINT or SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    importlib.import_module("app")
    events = importlib.import_module("chalicelib.blueprints.events")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    region = os.environ.get("AWS_REGION", "eu-central-1")
    ticker = threading.Thread(
        target=ticking.run, args=(events.on_tick,), kwargs={"region": region, "stop": stop}, daemon=True
    )
    ticker.start()
    folder = Path(os.environ.get("OFFICE_DIR", ".office")).resolve()
    while not stop.is_set():
        try:
            _pump(events.on_stream, folder=folder, stop=stop)
        except (BotoCoreError, ClientError) as lost:
            log.warning("the stream does not answer (%s), again in a second", type(lost).__name__)
            stop.wait(LOST_SECONDS)
    ticker.join(timeout=5)
    return 0


def _pump(function: object, *, folder: Path, stop: threading.Event) -> None:
    patient = Config(connect_timeout=2, read_timeout=10, retries={"max_attempts": 1})
    client = boto3.client("dynamodbstreams", config=patient)
    table = os.environ.get("OFFICE_TABLE", OFFICE_TABLE_NAME)
    stream = boto3.client("dynamodb", config=patient).describe_table(TableName=table)["Table"]["LatestStreamArn"]
    pump = StreamPump(
        client,
        function,  # type: ignore[arg-type]  # found by name
        stream=stream,
        positions=Positions(folder / "pump.json", stream=stream),
        dead_letters=folder / "dead-letters.jsonl",
    )
    while not stop.is_set():
        if not pump.poll(time.monotonic()):
            stop.wait(IDLE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
