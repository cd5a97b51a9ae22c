"""The media path in C: compiled when first needed, run in a thread of its own, read through shared memory."""

from __future__ import annotations

import asyncio
import ctypes
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pylibsrtp._binding as libsrtp

from benchmarks.media_load.streams import Clip

SOURCE = Path(__file__).parent / "engine.c"
BUILT = Path(__file__).parents[2] / "build" / "media_load" / "engine.so"
DELAY_BINS = 1_000_000
NEVER_NS = 2**64 - 1
LEG_NUMBER_BYTES = 4
NAP_US = 200


class LegSetup(ctypes.Structure):
    """One browser, ready to send: `leg_setup` of engine.c."""

    _fields_ = (
        ("fd", ctypes.c_int32),
        ("audio_ssrc", ctypes.c_uint32),
        ("video_ssrc", ctypes.c_uint32),
        ("twcc_id", ctypes.c_uint32),
        ("incoming", ctypes.c_void_p),
        ("outgoing", ctypes.c_void_p),
    )


class _Clip(ctypes.Structure):
    _fields_ = (
        ("bytes", ctypes.c_char_p),
        ("packet_ends", ctypes.POINTER(ctypes.c_uint32)),
        ("frame_ends", ctypes.POINTER(ctypes.c_uint32)),
        ("frames", ctypes.c_uint32),
    )


class _Board(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("protect", "unprotect", "protect_rtcp", "unprotect_rtcp")),
        ("video", _Clip),
        ("audio", _Clip),
        ("window_from_ns", ctypes.c_uint64),
        ("window_to_ns", ctypes.c_uint64),
        *(
            (name, ctypes.c_uint32)
            for name in ("running", "sending", "stamped", "drop_one_in", "feedback_per_s", "seed")
        ),
        ("others", ctypes.c_int32),
        ("nap_us", ctypes.c_uint32),
        *(
            (name, ctypes.c_uint64)
            for name in (
                "sent",
                "received",
                "frames_sent",
                "frames_received",
                "misrouted",
                "refused",
                "send_failed",
                "rtcp_sent",
                "rtcp_received",
                "late_ns_max",
                "cpu_ns",
            )
        ),
        ("delay_us", ctypes.c_uint32 * DELAY_BINS),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the window saw. Packets count when sent within it, frames if whole; `misrouted`, `refused` always.

    `delay_*_us`: from before encryption at the sender to the kernel's stamp at the receiver's socket.
    """

    sent: int
    received: int
    frames_sent: int
    frames_received: int
    misrouted: int
    refused: int
    send_failed: int
    rtcp_sent: int
    rtcp_received: int
    late_ms_max: float
    delay_p50_us: int
    delay_p99_us: int

    @property
    def loss_pct(self) -> float:
        """The share that never came back, in per cent."""
        return 100 * (self.sent - self.received) / self.sent if self.sent else 100.0


class Engine:
    """Sends and receives for all `legs`; neighbours (0 and 1, 2 and 3, …) are in one call."""

    def __init__(
        self,
        legs: Sequence[LegSetup],
        *,
        video: Clip,
        audio: Clip,
        stamped: bool,
        drop_one_in: int,
        feedback_per_s: int,
        seed: int,
        on_other: Callable[[int, bytes], None],
        nap_us: int = NAP_US,
    ) -> None:
        """`on_other` hears what is no media (STUN, DTLS) with the leg's number, on the event loop."""
        self._run = ctypes.CDLL(str(build())).run
        self._legs = (LegSetup * len(legs))(*legs)
        self._count = len(legs)
        self._on_other = on_other
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ours.settimeout(0)
        self._board = board = _Board()
        library = ctypes.CDLL(libsrtp.__file__)  # the very libsrtp in which aiortc made the sessions
        for name in ("protect", "unprotect", "protect_rtcp", "unprotect_rtcp"):
            setattr(board, name, ctypes.cast(getattr(library, f"srtp_{name}"), ctypes.c_void_p))
        board.video, board.audio = _in_c(video), _in_c(audio)
        board.window_from_ns = board.window_to_ns = NEVER_NS
        board.stamped, board.drop_one_in, board.feedback_per_s = stamped, drop_one_in, feedback_per_s
        board.seed, board.others, board.nap_us = seed, self._theirs.fileno(), nap_us
        board.running = board.sending = 1

    async def run(self) -> None:
        """Carry media until `stop`."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._ours, self._hand_over)
        try:
            if await loop.run_in_executor(None, self._run, ctypes.byref(self._board), self._legs, self._count):
                raise MemoryError("the media path could not be set up")
        finally:
            loop.remove_reader(self._ours)
            self._ours.close()
            self._theirs.close()

    def open_window(self) -> None:
        """Count packets sent from now on."""
        self._board.window_from_ns = time.time_ns()

    def close_window(self) -> None:
        """Count no packet sent from now on, and send no more; those on their way still arrive."""
        self._board.window_to_ns = time.time_ns()
        self._board.sending = 0

    def stop(self) -> None:
        """Let `run` end."""
        self._board.running = 0

    @property
    def frames(self) -> tuple[int, int]:
        """How many frames of the window were sent, and how many of them arrived whole, so far."""
        return int(self._board.frames_sent), int(self._board.frames_received)

    @property
    def cpu_s(self) -> float:
        """Processor time of the media thread so far."""
        return float(self._board.cpu_ns) / 1e9

    def tally(self) -> Tally:
        """Return what was counted so far."""
        board = self._board
        counts = board.delay_us[:]
        return Tally(
            late_ms_max=board.late_ns_max / 1e6,
            delay_p50_us=_quantile(counts, 0.5),
            delay_p99_us=_quantile(counts, 0.99),
            **{
                name: int(getattr(board, name))
                for name in Tally.__dataclass_fields__
                if name != "late_ms_max" and not name.startswith("delay_")
            },
        )

    def _hand_over(self) -> None:
        while True:
            try:
                message = self._ours.recv(2_048)
            except BlockingIOError:
                return
            number = int.from_bytes(message[:LEG_NUMBER_BYTES], "little")
            self._on_other(number, message[LEG_NUMBER_BYTES:])


def build() -> Path:
    """Compile the media path if it is missing or older than its source. Raises CalledProcessError."""
    if not BUILT.exists() or BUILT.stat().st_mtime < SOURCE.stat().st_mtime:
        BUILT.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", BUILT, SOURCE], check=True
        )
    return BUILT


def _in_c(clip: Clip) -> _Clip:
    packets, frames = list(clip.packet_ends), list(clip.frame_ends)
    return _Clip(
        clip.payload,
        (ctypes.c_uint32 * len(packets))(*packets),
        (ctypes.c_uint32 * len(frames))(*frames),
        len(frames),
    )


def _quantile(counts: Sequence[int], share: float) -> int:
    """Return the first bin up to which `share` of all lie; 0 if nothing was counted."""
    wanted, seen = share * sum(counts), 0
    for value, count in enumerate(counts):
        seen += count
        if seen and seen >= wanted:
            return value
    return 0
