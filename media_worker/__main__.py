"""Start the media worker: `python -m media_worker`. SIGTERM drains it, SIGINT ends it at once; both cleanly."""

import asyncio
import contextlib
import logging
import os
import resource
import secrets
import signal
import sys
import time
from datetime import UTC, datetime
from itertools import cycle

import uvloop
from aiohttp import web

from media_worker.drain import Drain
from media_worker.heartbeat import Heartbeat, WorkersTable
from media_worker.protection import EcsAgent
from media_worker.pulse import Pulse
from media_worker.rooms import Rooms
from media_worker.rtc.legs import RtcLegs
from media_worker.settings import Settings, SettingsInvalid, from_env
from media_worker.signalling.neighbours import Neighbours
from media_worker.signalling.server import Signalling
from media_worker.tickets import TicketVerifier
from media_worker.upkeep import Upkeep

TICK_INTERVAL_S = 0.1
# A hundred rooms at once would hold every packet up for 3 ms, and a busy worker takes ten times that to catch up.
TICK_PARTS = 10
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
    allow_many_sockets()
    uvloop.run(serve(settings))
    return 0


def allow_many_sockets() -> None:
    """Raise the limit of open files as far as may be: each browser takes two sockets, and 1,024 is 200 calls."""
    _, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, highest))


async def serve(settings: Settings) -> None:
    """Serve until SIGINT, or until SIGTERM and everybody is elsewhere."""
    rooms = Rooms(new_ssrc=lambda: secrets.randbits(32), now_ms=steady_ms, calls_max=settings.calls_max)
    upkeep = Upkeep(
        rooms,
        Drain(),
        steady_ms,
        pulse=None if settings.workers_table is None else Pulse(steady_ms()),
        agent=None if settings.ecs_agent_uri is None else EcsAgent(settings.ecs_agent_uri),
    )
    heartbeat = a_heartbeat(settings, upkeep)
    listen_to_signals(upkeep, heartbeat)
    legs = RtcLegs(bind_address=settings.bind_address, public_address=settings.public_address)
    async with Neighbours() as neighbours:
        signalling = Signalling(
            verifier=TicketVerifier(settings.ticket_public_key, now=lambda: datetime.now(UTC)),
            rooms=rooms,
            open_leg=legs.open,
            new_session_id=lambda: secrets.token_urlsafe(24),
            neighbours=neighbours,
            worker_address=settings.worker_address,
            worker_id=settings.worker_id,
        )
        runner = web.AppRunner(signalling.application(), access_log=None, shutdown_timeout=FAREWELL_S)
        await runner.setup()
        await web.TCPSite(runner, settings.host, settings.port).start()
        if heartbeat is not None:
            heartbeat.start()
        ticking = asyncio.create_task(tick(upkeep))
        logger.info("media worker %s listens on %s:%d", settings.worker_id, settings.host, settings.port)
        await upkeep.ended.wait()
        ticking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ticking
        rooms.close()
        await asyncio.sleep(TICK_INTERVAL_S)  # lets each browser hear DTLS's goodbye
        await runner.cleanup()
    if heartbeat is not None:
        await asyncio.to_thread(heartbeat.stop)
    logger.info("media worker %s ended", settings.worker_id)


def steady_ms() -> int:
    """The steady clock of everything here, in milliseconds."""
    return time.monotonic_ns() // 1_000_000


def listen_to_signals(upkeep: Upkeep, heartbeat: Heartbeat | None) -> None:
    """SIGTERM drains, a second one or SIGINT ends at once."""

    def terminate() -> None:
        if upkeep.drain.is_on:
            upkeep.ended.set()
        upkeep.drain.begin(now_ms=steady_ms())
        upkeep.rooms.takes_new = False
        if heartbeat is not None:
            heartbeat.hurry()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, terminate)
    loop.add_signal_handler(signal.SIGINT, upkeep.ended.set)


async def tick(upkeep: Upkeep) -> None:
    """Let time pass."""
    for part in cycle(range(TICK_PARTS)):
        await asyncio.sleep(TICK_INTERVAL_S / TICK_PARTS)
        upkeep.tick(part=part, parts=TICK_PARTS)


def a_heartbeat(settings: Settings, upkeep: Upkeep) -> Heartbeat | None:
    """Return a heartbeat, not begun, if there is a table to beat into."""
    table, pulse = settings.workers_table, upkeep.pulse
    if table is None or pulse is None:
        return None
    return Heartbeat(
        lambda: WorkersTable(table, region=settings.region, endpoint_url=settings.endpoint_url),
        worker_id=settings.worker_id,
        address=settings.worker_address,
        calls=lambda: upkeep.rooms.calls,
        draining=lambda: upkeep.drain.is_on,
        unix_ms=lambda: time.time_ns() // 1_000_000,
        steady_ms=steady_ms,
        acknowledged=lambda written_ms: pulse.acknowledge(written_ms=written_ms),
    )


if __name__ == "__main__":
    sys.exit(main())
