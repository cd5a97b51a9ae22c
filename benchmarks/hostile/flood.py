"""A flood of junk from a process of its own on a core of its own, aimed while it runs."""

from __future__ import annotations

import ctypes
import mmap
import random
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.hostile.datagrams import corpus

SOURCE = Path(__file__).with_name("flooder.c")
PORTS_MAX = 64
SEED = 20_261_126
GOODBYE_S = 5


class _Board(ctypes.Structure):
    _fields_ = (
        ("running", ctypes.c_uint32),
        ("rate", ctypes.c_uint32),
        ("aimed", ctypes.c_uint32),
        ("ports", ctypes.c_uint16 * PORTS_MAX),
        ("sent", ctypes.c_uint64),
        ("failed", ctypes.c_uint64),
    )


class Flood:
    """`with Flood(…) as flood:` sends until the end; `aim` says at which ports, besides any of their range."""

    def __init__(self, *, address: str, browser: str | None, core: int, rate: int) -> None:
        """`browser` is the address that some packets pretend to be from, or None; `rate` is in packets a second."""
        self._address, self._browser, self._core, self._rate = address, browser or "-", core, rate
        self._ports: list[int] = []

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        program, samples, board = folder / "flooder", folder / "samples", folder / "board"
        subprocess.run(["gcc", "-O2", "-Wall", "-o", program, SOURCE], check=True)
        made = corpus(random.Random(SEED))
        samples.write_bytes(b"".join(len(each).to_bytes(2, "big") + each for each in made))
        board.write_bytes(bytes(ctypes.sizeof(_Board)))
        with board.open("r+b") as held:
            self._memory = mmap.mmap(held.fileno(), 0)
        self._board = _Board.from_buffer(self._memory)
        self._board.running, self._board.rate = 1, self._rate
        self._began = time.monotonic()
        paths = map(str, (program, board, samples))
        command = ["taskset", "-c", str(self._core), *paths, self._address, self._browser]
        self._process = subprocess.Popen(command)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._board.running = 0
        self._process.wait(GOODBYE_S)
        self.seconds = time.monotonic() - self._began
        self.sent, self.failed = int(self._board.sent), int(self._board.failed)
        del self._board
        self._memory.close()
        self._folder.cleanup()

    @property
    def per_s(self) -> float:
        """How many packets a second it sent, once it ended."""
        return self.sent / self.seconds

    def aim(self, port: int) -> None:
        """Throw at this port too."""
        self._ports.append(port)
        self._tell()

    def spare(self, port: int) -> None:
        """No longer throw at this port: nobody is there."""
        if port in self._ports:
            self._ports.remove(port)
            self._tell()

    def _tell(self) -> None:
        # The newest first, if there are too many.
        ports = self._ports[-PORTS_MAX:]
        self._board.aimed = 0
        for place, port in enumerate(ports):
            self._board.ports[place] = port
        self._board.aimed = len(ports)
