"""Start the media worker: `python -m media_worker`. SIGTERM and SIGINT end it cleanly."""

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import sys
import time
from datetime import UTC, datetime

import uvloop
from aiohttp import web

from media_worker.heartbeat import Heartbeat, WorkersTable
from media_worker.rooms import Rooms
from media_worker.rtc.legs import RtcLegs
from media_worker.settings import Settings, SettingsInvalid, from_env
from media_worker.signalling.server import Signalling
from media_worker.tickets import TicketVerifier

TICK_INTERVAL_S = 0.1
FAREWELL_S = 1.0
EXIT_WRONG_SETTINGS = 2

logger = logging.getLogger("media_worker")


def main() -> int:
    """Run until told to end; returns the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
    for talkative in ("aioice", "aiortc", "aiohttp.access"):
        # Below this level they log the addresses of people.
        logging.getLogger(talkative).setLevel(logging.WARNING)
    try:
        settings = from_env(os.environ)
    except SettingsInvalid as error:
        logger.error("%s", error)  # noqa: TRY400  # the sentence says it all, a traceback would hide it
        return EXIT_WRONG_SETTINGS
    uvloop.run(serve(settings))
    return 0


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    rooms = Rooms(
        new_ssrc=lambda: secrets.randbits(32),
        now_ms=lambda: time.monotonic_ns() // 1_000_000,
        calls_max=settings.calls_max,
    )
    legs = RtcLegs(bind_address=settings.bind_address, public_address=settings.public_address)
    signalling = Signalling(
        verifier=TicketVerifier(settings.ticket_public_key, now=lambda: datetime.now(UTC)),
        rooms=rooms,
        open_leg=legs.open,
        new_session_id=lambda: secrets.token_urlsafe(24),
        worker_address=settings.worker_address,
        worker_id=settings.worker_id,
    )
    runner = web.AppRunner(signalling.application(), access_log=None, shutdown_timeout=FAREWELL_S)
    await runner.setup()
    await web.TCPSite(runner, settings.host, settings.port).start()
    heartbeat = start_heartbeat(settings, rooms)
    ticking = asyncio.create_task(tick(rooms))
    logger.info("media worker %s listens on %s:%d", settings.worker_id, settings.host, settings.port)
    await ended.wait()
    ticking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await ticking
    rooms.close()
    await asyncio.sleep(TICK_INTERVAL_S)  # lets each browser hear DTLS's goodbye
    await runner.cleanup()
    if heartbeat is not None:
        await asyncio.to_thread(heartbeat.stop)
    logger.info("media worker %s ended", settings.worker_id)


async def tick(rooms: Rooms) -> None:
    """Let time pass in every room."""
    while True:
        await asyncio.sleep(TICK_INTERVAL_S)
        rooms.tick()


def start_heartbeat(settings: Settings, rooms: Rooms) -> Heartbeat | None:
    """Begin to beat if there is a table to beat into."""
    table = settings.workers_table
    if table is None:
        return None
    heartbeat = Heartbeat(
        lambda: WorkersTable(table, region=settings.region, endpoint_url=settings.endpoint_url),
        worker_id=settings.worker_id,
        address=settings.worker_address,
        calls=lambda: rooms.calls,
        unix_ms=lambda: time.time_ns() // 1_000_000,
    )
    heartbeat.start()
    return heartbeat


if __name__ == "__main__":
    sys.exit(main())
