"""What a worker does ten times a second beside its packets: keep its fence, its drain and its protection."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from media_worker.drain import ASK_AGAIN_MS, Drain, Step
from media_worker.protection import Protection
from media_worker.pulse import Pulse
from media_worker.rooms import Rooms

logger = logging.getLogger(__name__)


class Agent(Protocol):
    """Who keeps the platform from ending this task."""

    async def protect(self, *, protect: bool) -> bool:
        """Ask for protection, or give it back; return whether that was taken."""


@dataclass(slots=True)
class Upkeep:
    """Brings the machines of one worker and its rooms together. `pulse` None: nobody waits for beats."""

    rooms: Rooms
    drain: Drain
    now_ms: Callable[[], int]
    pulse: Pulse | None = None
    agent: Agent | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    _protection: Protection = field(default_factory=Protection)
    _asking: asyncio.Task[None] | None = None
    _fenced: bool = False

    def tick(self, *, part: int = 0, parts: int = 1) -> None:
        """Do what is due: in each part for its share of the rooms, in the first one for the worker."""
        if part == 0:
            self._look_after_worker()
        self.rooms.tick(part=part, parts=parts)

    def _look_after_worker(self) -> None:
        now_ms = self.now_ms()
        self._keep_fence(now_ms)
        self.rooms.takes_new = not (self._fenced or self.drain.is_on)
        self._keep_draining(now_ms)
        self._keep_protection(now_ms)

    async def settled(self) -> None:
        """Wait until the agent has answered what it was asked."""
        if self._asking is not None:
            await self._asking

    def _keep_fence(self, now_ms: int) -> None:
        lost = self.pulse is not None and self.pulse.is_lost(now_ms=now_ms)
        if lost and not self._fenced:
            # The office may have placed our calls on another worker by now: two must not carry the same.
            logger.warning("no heartbeat was taken for too long: all calls are let go")
            self.rooms.close()
        elif self._fenced and not lost:
            logger.warning("heartbeats are taken again")
        self._fenced = self.rooms.fenced = lost

    def _keep_draining(self, now_ms: int) -> None:
        step = self.drain.tick(calls=self.rooms.calls, now_ms=now_ms)
        if step is Step.ASK:
            self.rooms.ask_next_to_move(again_ms=ASK_AGAIN_MS)
        elif step is Step.END:
            self.ended.set()

    def _keep_protection(self, now_ms: int) -> None:
        if self.agent is None or self._asking is not None:
            return
        protect = self._protection.wanted(live_calls=self.rooms.live_calls, now_ms=now_ms)
        if protect is not None:
            self._asking = asyncio.create_task(self._ask(self.agent, protect=protect))

    async def _ask(self, agent: Agent, *, protect: bool) -> None:
        taken = await agent.protect(protect=protect)
        self._protection.answered(protect=protect, taken=taken, now_ms=self.now_ms())
        self._asking = None
