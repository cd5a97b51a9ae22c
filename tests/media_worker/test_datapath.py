"""The contract of a data plane: what every implementation of `Datapath` does with one packet."""

from dataclasses import dataclass, field

import pytest
from packet_samples import receiver_report, rtp
from pylibsrtp import Policy, Session

from media_worker.forwarding.packets import PACKET_BUFFER_BYTES
from media_worker.rtc.datapath import PACKET, PLAIN_MAX_BYTES, Datapath, InPlaceDatapath

PROFILES = {
    "AES-256-GCM": (Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44),
    "AES-128-GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28),
    "AES-128-CM": (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30),
}


@dataclass
class Room:
    """Keeps what it is given; forwards RTP to `onward`, in the buffer in which it came."""

    rtp: list[bytes] = field(default_factory=list)
    rtcp: list[bytes] = field(default_factory=list)
    onward: list[Datapath] = field(default_factory=list)

    def rtp_received(self, packet: bytearray, size: int) -> None:
        self.rtp.append(bytes(packet[:size]))
        for leg in self.onward:
            leg.send_rtp(packet, size)

    def rtcp_received(self, packet: bytes) -> None:
        self.rtcp.append(packet)
        for leg in self.onward:
            leg.send_rtcp(packet)


class Browser:
    """The other end of a leg: the same keys, turned round."""

    def __init__(self, profile: int, length: int, room: Room) -> None:
        def session(key: bytes, kind: int) -> Session:
            policy = Policy(key=key[:length], ssrc_type=kind, srtp_profile=profile)
            policy.allow_repeat_tx = True
            return Session(policy)

        up, down = bytes(range(64)), bytes(range(100, 164))
        self.outgoing, self.incoming = session(up, Policy.SSRC_ANY_OUTBOUND), session(down, Policy.SSRC_ANY_INBOUND)
        self.got: list[bytes] = []
        self.leg: Datapath = InPlaceDatapath(
            session(up, Policy.SSRC_ANY_INBOUND), session(down, Policy.SSRC_ANY_OUTBOUND), room, self._sent
        )

    def _sent(self, data: memoryview) -> None:
        self.got.append(bytes(data))

    def sends(self, data: bytes) -> None:
        PACKET[: len(data)] = data
        self.leg.received(len(data))


@pytest.fixture(params=PROFILES.values(), ids=PROFILES.keys())
def room_and_browser(request: pytest.FixtureRequest) -> tuple[Room, Browser]:
    room = Room()
    return room, Browser(*request.param, room)


def test_media_comes_out_as_it_went_in(room_and_browser: tuple[Room, Browser]) -> None:
    room, browser = room_and_browser
    packet = bytes(rtp(payload_type=96, sequence=1, ssrc=7, payload=bytes(1_100)))
    room.onward = [browser.leg]
    browser.sends(browser.outgoing.protect(packet))
    assert room.rtp == [packet]
    assert [browser.incoming.unprotect(data) for data in browser.got] == [packet]


def test_reports_come_out_as_they_went_in(room_and_browser: tuple[Room, Browser]) -> None:
    room, browser = room_and_browser
    room.onward = [browser.leg]
    browser.sends(browser.outgoing.protect_rtcp(receiver_report(7)))
    assert room.rtcp == [receiver_report(7)]
    assert [browser.incoming.unprotect_rtcp(data) for data in browser.got] == [receiver_report(7)]


def test_one_packet_goes_to_two_legs(room_and_browser: tuple[Room, Browser]) -> None:
    """The first copy lies in another buffer: encrypting it must not spoil the second."""
    _, browser = room_and_browser
    packet = rtp(payload_type=96, sequence=1, ssrc=7)
    copy = packet + bytes(PACKET_BUFFER_BYTES - len(packet))
    browser.leg.send_rtp(copy, len(packet))
    assert copy[: len(packet)] == packet
    PACKET[: len(packet)] = packet
    browser.leg.send_rtp(PACKET, len(packet))
    assert [browser.incoming.unprotect(browser.got[0])] == [packet]
    assert len(browser.got) == 2


@pytest.mark.parametrize("place", [0, 1, 5, 20, -1])
def test_what_was_touched_vanishes(room_and_browser: tuple[Room, Browser], place: int) -> None:
    room, browser = room_and_browser
    data = bytearray(browser.outgoing.protect(bytes(rtp(payload_type=96, sequence=1, ssrc=7, payload=bytes(50)))))
    data[place] ^= 0x40
    browser.sends(bytes(data))
    assert (room.rtp, room.rtcp) == ([], [])


def test_what_came_before_vanishes(room_and_browser: tuple[Room, Browser]) -> None:
    room, browser = room_and_browser
    data = browser.outgoing.protect(bytes(rtp(payload_type=96, sequence=1, ssrc=7)))
    browser.sends(data)
    browser.sends(data)
    assert len(room.rtp) == 1


@pytest.mark.parametrize("size", [1, 2, 11, 12, 13, 27, 28, 1_500, PACKET_BUFFER_BYTES])
def test_no_length_upsets_it(room_and_browser: tuple[Room, Browser], size: int) -> None:
    room, browser = room_and_browser
    for first in (b"\x80\x60", b"\x80\xc8", b"\xbf\xff", b"\x90\x60"):
        browser.sends((first + b"\xff" * size)[:size])
    assert (room.rtp, room.rtcp) == ([], [])


def test_what_is_too_long_for_a_datagram_is_not_sent(room_and_browser: tuple[Room, Browser]) -> None:
    _, browser = room_and_browser
    long = rtp(payload_type=96, sequence=1, ssrc=7, payload=bytes(PLAIN_MAX_BYTES))
    browser.leg.send_rtp(long, len(long))
    browser.leg.send_rtcp(receiver_report(1) * 500)
    assert browser.got == []


def test_a_network_that_refuses_loses_a_packet_and_nothing_else(room_and_browser: tuple[Room, Browser]) -> None:
    _, browser = room_and_browser

    def refuse(_: memoryview) -> None:
        raise ConnectionRefusedError

    sound = browser.leg.send
    packet = rtp(payload_type=96, sequence=1, ssrc=7)
    browser.leg.send = refuse
    browser.leg.send_rtp(packet, len(packet))
    browser.leg.send_rtcp(receiver_report(1))
    browser.leg.send = sound
    browser.leg.send_rtp(packet, len(packet))
    assert len(browser.got) == 1
