"""Broken packets thrown at a parser, and what came of it: errors, and packets that keep it busy."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.hostile.parsers import OfferParser, Parser, RtcpParser, RtpParser, StunParser
from benchmarks.hostile.sctp_parser import SctpParser
from benchmarks.hostile.ticket_parser import TicketParser

PARSERS: dict[str, Callable[[], Parser]] = {
    "rtp": RtpParser,
    "rtcp": RtcpParser,
    "stun": StunParser,
    "sdp": OfferParser,
    "tickets": TicketParser,
    "sctp": SctpParser,
}
RENEW_EACH = 500
# Processor time, not that of the clock: a busy machine is no defect. The slowest parsers take 0.2 s for so many.
BUSY_MAX_S = 10.0
# The control has a limit for each packet, for what keeps it busy may also fill the memory, and stops at enough.
CONTROL_BUSY_MAX_S = 0.05
CONTROL_ENOUGH = 100
EXAMPLES_MAX = 3


class StillBusy(BaseException):
    """The parser does not come to an end. No parser's `except Exception` may take it."""


@dataclass(slots=True)
class Outcome:
    """What came of a number of packets; `examples` show the first of each kind of error."""

    packets: int = 0
    uncaught: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def note(self, error: BaseException, packet: Any) -> None:
        """Count one packet that was not taken well."""
        self.uncaught += 1
        kind = type(error).__name__
        self.kinds[kind] += 1
        if self.kinds[kind] == 1 and len(self.examples) < EXAMPLES_MAX:
            lines = "".join(traceback.format_exception(error)[-3:])
            self.examples.append(f"{packet!r}\n{lines}")


def fire(name: str, packets: int, *, seed: int) -> Outcome:
    """Throw so many broken packets at a parser of `PARSERS`."""
    with _silence():
        return asyncio.run(_fire(PARSERS[name], packets, random.Random(f"{name} {seed}")))


def fire_unguarded(name: str, packets: int, *, seed: int) -> Outcome:
    """Throw the very same packets at the naive parser beside it, until enough of them hurt."""
    with _silence():
        return asyncio.run(_fire_unguarded(PARSERS[name], packets, random.Random(f"{name} {seed}")))


@contextmanager
def _silence() -> Iterator[None]:
    """The worker writes a line for each packet of an authentic peer that upsets ICE or SCTP: here, thousands."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


async def _fire(make: Callable[[], Parser], packets: int, chance: random.Random) -> Outcome:
    parser, outcome, loop = make(), Outcome(), asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, found: outcome.note(RuntimeError(str(found)), b""))
    while outcome.packets < packets:
        await parser.renew()
        packet: Any = b""
        with limited(BUSY_MAX_S):
            try:
                for _ in range(min(RENEW_EACH, packets - outcome.packets)):
                    packet = parser.broken(chance)
                    outcome.packets += 1
                    try:
                        parser.take(packet)
                    except Exception as error:  # noqa: BLE001  # this is what is counted
                        outcome.note(error, packet)
            except StillBusy as busy:
                outcome.note(busy, packet)
        for _ in range(parser.unheard()):
            outcome.note(RuntimeError("an error was caught by the last resort"), packet)
        await asyncio.sleep(0)
    return outcome


async def _fire_unguarded(make: Callable[[], Parser], packets: int, chance: random.Random) -> Outcome:
    parser, outcome = make(), Outcome()
    while outcome.packets < packets and outcome.uncaught < CONTROL_ENOUGH:
        if outcome.packets % RENEW_EACH == 0:
            await parser.renew()
        packet = parser.broken(chance)
        outcome.packets += 1
        try:
            with limited(CONTROL_BUSY_MAX_S):
                parser.take_unguarded(packet)
        except StillBusy as busy:
            outcome.note(busy, packet)
            await parser.renew()  # it was stopped in the middle
        except Exception as error:  # noqa: BLE001  # as above
            outcome.note(error, packet)
    return outcome


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise `StillBusy` in the main thread after so much processor time."""

    def stop(*_: object) -> None:
        raise StillBusy

    former = signal.signal(signal.SIGPROF, stop)
    # What is raised in a callback of the garbage collector goes nowhere, and the parser would go on.
    gc.disable()
    signal.setitimer(signal.ITIMER_PROF, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        gc.enable()
        signal.signal(signal.SIGPROF, former)
