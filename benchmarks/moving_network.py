"""A browser in a network of its own, whose address changes under it, as when a phone leaves the Wi-Fi.

The office is reached through a door: sockets that listen inside the namespace, on the office's own port of 127.0.0.1,
so that the page's address stays the same secure one. When the address changes, the door cuts what goes through it.
"""

from __future__ import annotations

import ctypes
import socket
import subprocess
import tempfile
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.media_load.namespaces import Namespace, namespace
from tests.browser.people import CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME, _NETWORK = "fernamt-n", "198.18.74"
_CLONE_NEWNET = 0x40000000  # linux/sched.h
_CHUNK_BYTES = 65_536


@dataclass
class Network:
    """The namespace, the program that starts a browser in it, and the address that it has now."""

    space: Namespace
    browser: Path
    door: Door
    last: int = 2

    @property
    def bind_address(self) -> str:
        """Where media workers must listen to be reached from inside."""
        return self.space.outside

    def change_address(self) -> None:
        """Take the old address away, give another, and cut every connection that the old one had."""
        old, self.last = self.last, 3 if self.last == 2 else 2
        for words in (
            ["addr", "del", f"{_NETWORK}.{old}/29", "dev", f"{_NAME}-i"],
            ["addr", "add", f"{_NETWORK}.{self.last}/29", "dev", f"{_NAME}-i"],
            ["route", "replace", "default", "via", self.space.outside],
        ):
            subprocess.run(["ip", "-n", _NAME, *words], check=True)
        self.door.cut()


@contextmanager
def moving_network(port: int) -> Iterator[Network]:
    """Make the namespace with a door to `port` of this machine's 127.0.0.1; root only."""
    with namespace(_NAME, _NETWORK) as space, tempfile.TemporaryDirectory() as folder:
        subprocess.run(["ip", "-n", _NAME, "route", "add", "default", "via", space.outside], check=True)
        browser = Path(folder) / "chromium"
        browser.write_text(f'#!/bin/sh\nexec ip netns exec {_NAME} {CHROMIUM} "$@"\n')
        browser.chmod(0o700)
        door = Door(_listening_inside(port), port)
        try:
            yield Network(space, browser, door)
        finally:
            door.close()


def _listening_inside(port: int) -> socket.socket:
    """A socket that listens inside: a thread goes there for a moment, for a socket belongs where it was made."""
    made: list[socket.socket] = []

    def make() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        with Path(f"/run/netns/{_NAME}").open("rb") as target:
            if libc.setns(target.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        made.append(socket.create_server(("127.0.0.1", port)))

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if not made:
        raise OSError("nothing listens inside the namespace")
    return made[0]


@dataclass
class Door:
    """Passes bytes between connections taken inside and ones made outside."""

    listening: socket.socket
    port: int
    _through: set[socket.socket] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        """End everything that goes through."""
        with self._lock:
            for each in self._through:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take nothing any more."""
        with suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.cut()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                inside, _ = self.listening.accept()
                with self._lock:
                    self._through.add(inside)  # before it leads anywhere: a cut must reach it already
                threading.Thread(target=self._lead, args=(inside,), daemon=True).start()

    def _lead(self, inside: socket.socket) -> None:
        try:
            outside = socket.create_connection(("127.0.0.1", self.port))
        except OSError:
            with self._lock:
                self._through.discard(inside)
            inside.close()
            return
        with self._lock:
            self._through.add(outside)
        left = [inside, outside]
        for here, there in ((inside, outside), (outside, inside)):
            threading.Thread(target=self._pass, args=(here, there, left), daemon=True).start()

    def _pass(self, here: socket.socket, there: socket.socket, left: list[socket.socket]) -> None:
        with suppress(OSError):
            while data := here.recv(_CHUNK_BYTES):
                there.sendall(data)
        with suppress(OSError):
            there.shutdown(socket.SHUT_WR)
        with self._lock:
            left.remove(here)
            if not left:  # the other direction has ended before
                for each in (here, there):
                    self._through.discard(each)
                    each.close()
