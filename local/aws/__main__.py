"""`python -m local.aws`: DynamoDB, S3 and SES on 127.0.0.1, kept in a folder.

Environment: AWS_STAND_IN_PORT (8701), OFFICE_DIR (.office), ALLOWED_ORIGIN (the front door's, whose pages
may ask S3 from a browser), AWS_REGION (eu-central-1), MAIL_FROM (the identity that may send).
"""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

REGION = os.environ.get("AWS_REGION", "eu-central-1")
PORT = int(os.environ.get("AWS_STAND_IN_PORT", "8701"))
FOLDER = Path(os.environ.get("OFFICE_DIR", ".office")).resolve() / "aws"


def _configure_ministack() -> None:
    """Set ministack's environment, which it reads when it is imported."""
    os.environ.update(
        {
            "GATEWAY_PORT": str(PORT),
            "MINISTACK_REGION": REGION,
            # Only what the office uses: among the rest is a service that runs code for whoever asks.
            "SERVICES": "dynamodb,dynamodbstreams,s3,ses,sts",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "PERSIST_STATE": "0",
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(FOLDER / "s3"),
            "LOG_LEVEL": "WARNING",
        }
    )


async def _serve() -> None:
    from hypercorn.asyncio import serve  # noqa: PLC0415  after the environment
    from hypercorn.config import Config  # noqa: PLC0415
    from ministack.app import app as ministack  # noqa: PLC0415

    from chalicelib.adapters.dynamodb.table import OFFICE_TABLE, WORKERS_TABLE  # noqa: PLC0415
    from local.aws import durable  # noqa: PLC0415
    from local.aws.gate import Gate  # noqa: PLC0415
    from local.aws.journal import Journal  # noqa: PLC0415
    from local.aws.mails import MailFolder  # noqa: PLC0415
    from local.aws.resources import declare  # noqa: PLC0415

    journal = Journal(FOLDER / "dynamodb.journal")
    durable.restore(journal, tables=(OFFICE_TABLE, WORKERS_TABLE), region=REGION)
    durable.attach(journal.open(), region=REGION)

    origin = os.environ.get("ALLOWED_ORIGIN", "http://127.0.0.1:8700")
    gate = Gate(ministack, journal=journal, mails=MailFolder(FOLDER.parent / "mails"), origin=origin)
    config = Config()
    config.bind = [f"127.0.0.1:{PORT}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    config.graceful_timeout = 1

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(serve(gate, config, shutdown_trigger=stop.wait))  # type: ignore[arg-type]  # hypercorn wants its own message types
    try:
        await asyncio.to_thread(
            declare,
            endpoint_url=f"http://127.0.0.1:{PORT}",
            region=REGION,
            origin=origin,
            sender=os.environ.get("MAIL_FROM", "buergeramt@fernamt.example"),
        )
        gate.ready = True
        await serving
    finally:
        stop.set()
        await serving
        journal.close()


def main() -> int:
    """Serve until SIGINT or SIGTERM."""
    logging.basicConfig(level=logging.WARNING)
    _configure_ministack()
    asyncio.run(_serve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
