"""One slot of the measurement: a fresh relay, its calls, a window of load, and what it cost."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass

from benchmarks.media_load import streams
from benchmarks.media_load.engine import Engine, Tally
from benchmarks.media_load.namespaces import Namespace, Process, busy_s, now_s
from benchmarks.media_load.peer import LIKE_CHROMIUM, Peer
from benchmarks.media_load.relays import Relay

import aiortc  # isort: skip  # after peer, which hides the decoder

SETUPS_AT_ONCE = 4
DRAIN_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is asked of a relay.

    `feedback_per_s`: transport-wide feedback that each browser sends. `profiles`: its SRTP ciphers in its order.
    Without `stamped` the frames can be decoded, and only what arrived is counted. `drop_one_in` loses packets on
    purpose: 100 is one per cent.
    """

    calls: int
    warm_s: float
    window_s: float
    feedback_per_s: int
    profiles: tuple[bytes, ...] = LIKE_CHROMIUM
    stamped: bool = True
    drop_one_in: int = 0
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a slot found. Shares are of one core."""

    calls: int
    window_s: float
    cpu_s: float
    core_busy_s: float
    generator_cpu_s: float
    memory_mb: float
    tally: Tally
    ciphers: Counter[str]

    @property
    def cpu_per_call(self) -> float:
        """CPU seconds of the relay per call second."""
        return self.cpu_s / self.window_s / self.calls

    @property
    def share_pct(self) -> float:
        """How much of its core the relay used."""
        return 100 * self.cpu_s / self.window_s

    @property
    def generator_pct(self) -> float:
        """How much of its own core the generator's media thread used."""
        return 100 * self.generator_cpu_s / self.window_s

    @property
    def us_per_packet(self) -> float:
        """CPU microseconds for each media packet that it was sent."""
        return 1e6 * self.cpu_s / self.tally.sent

    def __str__(self) -> str:
        tally = self.tally
        return (
            f"{self.calls:4d} calls  {self.share_pct:5.1f} % of a core  {1 / self.cpu_per_call:6.1f} calls/core  "
            f"{self.us_per_packet:7.1f} us/packet  loss {tally.loss_pct:.3f} %  delay p50 {tally.delay_p50_us} us "
            f"p99 {tally.delay_p99_us} us  {self.memory_mb / self.calls:.2f} MB/call  "
            f"[sent {tally.sent}, core busy {100 * self.core_busy_s / self.window_s:.0f} %, generator "
            f"{self.generator_pct:.0f} %, late by at most {tally.late_ms_max:.1f} ms, "
            f"rtcp {tally.rtcp_sent}/{tally.rtcp_received}, refused {tally.refused}, misrouted {tally.misrouted}, "
            f"failed {tally.send_failed}]"
        )


async def measure(relay: Relay, space: Namespace, core: int, load: Load) -> Found:
    """Start the relay, connect the calls, load it, end it. Raises ConnectionError if a call does not stand."""
    process = await relay.start(space, core)
    try:
        empty_mb = process.resident_mb()
        certificate = aiortc.RTCCertificate.generateCertificate()
        peers = [Peer(certificate, load.profiles) for _ in range(2 * load.calls)]
        try:
            await _connect(relay, peers)
            return await _load(process, core, peers, load, empty_mb)
        finally:
            # The relay goes first: nobody's goodbye is part of anything measured.
            process.end()
            for peer in peers:
                with contextlib.suppress(ConnectionError, OSError):
                    await peer.close()
            await relay.end()
    finally:
        process.end()


async def _connect(relay: Relay, peers: list[Peer]) -> None:
    turn = asyncio.Semaphore(SETUPS_AT_ONCE)

    async def one(first: Peer, second: Peer) -> None:
        async with turn:
            await relay.connect(first, second)

    async with asyncio.TaskGroup() as group:
        for first, second in zip(peers[::2], peers[1::2], strict=True):
            group.create_task(one(first, second))


async def _load(process: Process, core: int, peers: list[Peer], load: Load, empty_mb: float) -> Found:
    video, audio = streams.load()
    engine = Engine(
        [peer.hand_over() for peer in peers],
        video=video,
        audio=audio,
        stamped=load.stamped,
        drop_one_in=load.drop_one_in,
        feedback_per_s=load.feedback_per_s,
        seed=load.seed,
        on_other=lambda number, data: peers[number].other_received(data),
    )
    running = asyncio.create_task(engine.run())
    try:
        await asyncio.sleep(load.warm_s)
        engine.open_window()
        began = now_s(), process.cpu_s(), busy_s(core), engine.cpu_s
        await asyncio.sleep(load.window_s)
        ended = now_s(), process.cpu_s(), busy_s(core), engine.cpu_s
        memory_mb = process.resident_mb() - empty_mb
        engine.close_window()
        await asyncio.sleep(DRAIN_S)
        process.check()
    finally:
        engine.stop()
        await running
    window_s, cpu_s, core_busy_s, generator_cpu_s = (
        after - before for before, after in zip(began, ended, strict=True)
    )
    return Found(
        calls=load.calls,
        window_s=window_s,
        cpu_s=cpu_s,
        core_busy_s=core_busy_s,
        generator_cpu_s=generator_cpu_s,
        memory_mb=memory_mb,
        tally=engine.tally(),
        ciphers=Counter(peer.cipher for peer in peers),
    )
