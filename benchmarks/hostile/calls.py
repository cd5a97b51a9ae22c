"""Calls under attack: set up one after the other, some alive at once, each with media both ways until its end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from benchmarks.hostile.flood import Flood
from benchmarks.media_load import streams
from benchmarks.media_load.descriptions import Remote
from benchmarks.media_load.engine import Engine
from benchmarks.media_load.peer import Peer
from benchmarks.media_load.relays import Worker

import aiortc  # isort: skip  # after peer, which hides the decoder

SETUP_MAX_S = 5.0
CLOSE_MAX_S = 2.0
ON_THE_WAY_S = 0.3
SEATED_AFTER_S = 0.2
FRAMES_PER_S = 2 * (streams.FRAMES_PER_S + 50)  # both sides: pictures, and Opus each 20 ms
# Ten threads that each look for packets every 200 us would be a load of their own.
NAP_US = 1_000
# Below this share of the frames of its last moments a call does not go on: one way alone is half of them.
ALIVE_SHARE = 0.75


class OpenWorker(Worker):
    """The worker without its guard."""

    name = "open"
    module = "benchmarks.hostile.open_worker"


class Target(Peer):
    """A browser whose port at the worker is under fire as soon as it is known."""

    def __init__(self, certificate: aiortc.RTCCertificate, flood: Flood) -> None:
        super().__init__(certificate)
        self._flood = flood
        self.port = 0

    async def connect(self, remote: Remote, *, offerer: bool) -> None:
        """Draw the fire, and then connect."""
        self.port = remote.port
        self._flood.aim(remote.port)
        await super().connect(remote, offerer=offerer)

    async def close(self) -> None:
        """Let go, whatever is left of it."""
        self._flood.spare(self.port)
        with contextlib.suppress(ConnectionError, OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_MAX_S):
                await super().close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many calls, how many of them at once, and how long from one set-up to the next."""

    calls: int
    alive: int
    pace_s: float


@dataclass(slots=True)
class Outcome:
    """Of all calls that were tried. What a call that was never set up would have sent counts as sent, and lost."""

    calls: int = 0
    not_set_up: int = 0
    died: int = 0
    frames_sent: int = 0
    frames_received: int = 0
    setup_s_max: float = 0.0
    worker_cpu_s: float = 0.0
    kernel_dropped: int = 0

    @property
    def lost(self) -> int:
        """Calls that did not come about or did not last."""
        return self.not_set_up + self.died

    @property
    def frames_pct(self) -> float:
        """The share of frames that arrived whole."""
        return 100 * self.frames_received / max(self.frames_sent, 1)


class Call:
    """One attempt."""

    def __init__(self, certificate: aiortc.RTCCertificate, flood: Flood) -> None:
        self._peers = [Target(certificate, flood) for _ in range(2)]
        self._engine: Engine | None = None
        self._running: asyncio.Task[None] | None = None
        self._began_s = time.monotonic()
        self._counts = [(0, 0)]

    async def begin(self, worker: Worker, outcome: Outcome) -> None:
        """Set it up and let media flow; a failure is part of the outcome."""
        outcome.calls += 1
        try:
            async with asyncio.timeout(SETUP_MAX_S):
                await worker.connect(*self._peers)
        except (ConnectionError, OSError, TimeoutError, ValueError, aiortc.InvalidStateError):
            outcome.not_set_up += 1
            return
        finally:
            outcome.setup_s_max = max(outcome.setup_s_max, time.monotonic() - self._began_s)
        video, audio = streams.load()
        self._engine = Engine(
            [peer.hand_over() for peer in self._peers],
            video=video,
            audio=audio,
            stamped=True,
            drop_one_in=0,
            feedback_per_s=20,
            seed=outcome.calls,
            on_other=lambda number, data: self._peers[number].other_received(data),
            nap_us=NAP_US,
        )
        self._running = asyncio.create_task(self._engine.run())
        # Until the worker has heard that the second one is there too, nobody is in light.
        await asyncio.sleep(SEATED_AFTER_S)
        self._engine.open_window()

    def note(self) -> None:
        """Remember how far it is."""
        if self._engine is not None:
            self._counts.append(self._engine.frames)

    async def end(self, outcome: Outcome) -> None:
        """Hang up, and add what came of it."""
        if self._engine is None or self._running is None:
            outcome.frames_sent += int((time.monotonic() - self._began_s) * FRAMES_PER_S)
        else:
            self._engine.close_window()
            await asyncio.sleep(ON_THE_WAY_S)
            sent, received = self._engine.frames
            self._engine.stop()
            await self._running
            outcome.frames_sent += sent
            outcome.frames_received += received
            sent_before, received_before = self._counts[max(0, len(self._counts) - 2)]
            outcome.died += received - received_before < ALIVE_SHARE * (sent - sent_before)
        for peer in self._peers:
            await peer.close()


async def under_attack(worker: Worker, flood: Flood, plan: Plan) -> Outcome:
    """Set the calls up in sequence and end the oldest as a new one would be too many; return what came of all."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(4 * plan.alive))
    outcome, certificate = Outcome(), aiortc.RTCCertificate.generateCertificate()
    alive: deque[Call] = deque()
    ending: list[asyncio.Task[None]] = []
    for _ in range(plan.calls):
        began_s = time.monotonic()
        if len(alive) == plan.alive:
            ending.append(asyncio.create_task(alive.popleft().end(outcome)))
        call = Call(certificate, flood)
        alive.append(call)
        await call.begin(worker, outcome)
        await asyncio.sleep(max(0.0, began_s + plan.pace_s - time.monotonic()))
        for each in alive:
            each.note()
    for _ in range(2):
        await asyncio.sleep(plan.pace_s)
        for each in alive:
            each.note()
    await asyncio.gather(*ending, *(call.end(outcome) for call in alive))
    return outcome
