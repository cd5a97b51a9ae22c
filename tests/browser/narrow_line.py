"""A line between a browser and the media worker that loses and delays, by a seed: a UDP relay in a thread.

with NarrowLine(loss=0.05, delay_ms=60, seed=1) as line:
    page.route("**/media/sessions", line.lead_through)
"""

from __future__ import annotations

import heapq
import random
import re
import select
import socket
import threading
import time
from typing import Self

from playwright.sync_api import Route

CANDIDATE = re.compile(r"(a=candidate:\S+ \d+ udp \d+ )(\S+) (\d+)")
LOOK_S = 0.05
DATAGRAM_MAX = 2048
MEDIA = range(128, 192)  # RFC 7983: the first byte of RTP and RTCP


class NarrowLine:
    """Passes datagrams on, both ways alike. Handshakes are delayed but not lost: media is what is measured."""

    def __init__(self, *, loss: float, delay_ms: float, seed: int) -> None:
        self._loss, self._delay_s = loss, delay_ms / 1000
        self._chance = random.Random(seed)
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._front.bind(("127.0.0.1", 0))
        self._worker: tuple[str, int] | None = None
        self._backs: dict[tuple[str, int], socket.socket] = {}  # browser's address → our socket towards the worker
        self._due: list[tuple[float, int, socket.socket, tuple[str, int], bytes]] = []
        self._count = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._pass_on, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(5)
        for each in (self._front, *self._backs.values()):
            each.close()

    def lead_through(self, route: Route) -> None:
        """Answer as the worker does, but with this line's address in its place."""
        if route.request.method != "POST":
            route.continue_()
            return
        answer = route.fetch()
        sdp = answer.text()
        found = CANDIDATE.search(sdp)
        assert found
        self._worker = (found[2], int(found[3]))
        here = rf"\g<1>127.0.0.1 {self._front.getsockname()[1]}"
        route.fulfill(response=answer, body=CANDIDATE.sub(here, sdp))

    def _pass_on(self) -> None:
        while not self._ended.is_set():
            now = time.monotonic()
            while self._due and self._due[0][0] <= now:
                _, _, out, to, datagram = heapq.heappop(self._due)
                out.sendto(datagram, to)
            wait_s = min(LOOK_S, max(0.0, self._due[0][0] - now)) if self._due else LOOK_S
            readable, _, _ = select.select([self._front, *self._backs.values()], [], [], wait_s)
            for each in readable:
                self._take(each)

    def _take(self, at: socket.socket) -> None:
        datagram, source = at.recvfrom(DATAGRAM_MAX)
        if datagram and datagram[0] in MEDIA and self._chance.random() < self._loss:
            return
        if at is self._front:
            assert self._worker
            if source not in self._backs:
                back = self._backs[source] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                back.bind(("127.0.0.1", 0))
            out, to = self._backs[source], self._worker
        else:
            out, to = self._front, next(browser for browser, back in self._backs.items() if back is at)
        self._count += 1
        heapq.heappush(self._due, (time.monotonic() + self._delay_s, self._count, out, to, datagram))
