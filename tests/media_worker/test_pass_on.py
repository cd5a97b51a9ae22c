"""The short way of a packet does what the core says: sinks get exactly the packets of its effects."""

import random

import pytest
from calls_for_tests import CITIZEN, CLERK, GUEST, Call
from packet_samples import CHROMIUM, FIREFOX

from benchmarks.hostile.mutations import mutated
from benchmarks.hostile.parsers import rtp_seeds
from chalicelib.domain.calls import Seat
from media_worker.forwarding.bridge import pass_on
from media_worker.forwarding.effects import Forward
from media_worker.forwarding.packets import PACKET_BUFFER_BYTES
from media_worker.forwarding.reception import Reception

SEATS = {CITIZEN: CHROMIUM, CLERK: FIREFOX, GUEST: FIREFOX}


class Wire:
    """A sink that keeps what it is given, and spoils the buffer, as encryption does."""

    def __init__(self, seat: Seat, sent: list[tuple[Seat, bytes]]) -> None:
        self._seat = seat
        self._sent = sent

    def send_rtp(self, packet: bytearray, size: int) -> None:
        self._sent.append((self._seat, bytes(packet[:size])))
        packet[:] = b"\xff" * len(packet)


@pytest.mark.parametrize("lit", [(), (CITIZEN, CLERK), (CITIZEN, CLERK, GUEST)], ids=["none", "two", "three"])
def test_the_short_way_and_the_effects_agree(lit: tuple[Seat, ...]) -> None:
    chance, sent, expected = random.Random(5), list[tuple[Seat, bytes]](), list[tuple[Seat, bytes]]()
    told, short = Call(), Call()
    for seat, negotiated in SEATS.items():
        told.sit(seat, negotiated)
        numbers = [ssrc for kinds in told.receptions[seat].ssrcs.values() for ssrc in kinds.values()]
        reception = Reception(seat, new_ssrc=iter(numbers).__next__)
        short.join(seat, negotiated, reception, now_ms=0, sink=Wire(seat, sent))
    for call in (told, short):
        call.light(lit, now_ms=0)
    spare = bytearray(PACKET_BUFFER_BYTES)
    for now_ms in range(3_000):
        packet = bytes(mutated(chance, rtp_seeds()))[:1_500]
        effects = told.receive_rtp(CITIZEN, bytearray(packet), now_ms=now_ms)
        expected += [(effect.to, bytes(effect.packet)) for effect in effects if isinstance(effect, Forward)]
        buffer = bytearray(packet + bytes(PACKET_BUFFER_BYTES - len(packet)))
        pass_on(short.uplink(CITIZEN), buffer, len(packet), spare, now_ms=now_ms)
    assert expected == sent
    assert bool(sent) is bool(lit)
