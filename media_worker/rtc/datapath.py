"""The way of one packet: an encrypted datagram in, the room's decision, an encrypted datagram out.

This is the seam for another data plane: whatever decrypts, asks the room and encrypts behind `Datapath` passes
the contract in tests/media_worker/test_datapath.py. This one is Python over libsrtp, and works in place: a packet
lies in `PACKET` from the socket to the socket.
"""

from collections.abc import Callable
from typing import Any, Protocol

from pylibsrtp import Session

from media_worker.forwarding.packets import PACKET_BUFFER_BYTES, RTCP_TYPES
from media_worker.rtc.privates import srtp_calls, srtp_context, srtp_memory

# Tag, key identifier and SRTCP index at most (libsrtp's SRTP_MAX_TRAILER_LEN + 4).
TRAILER_MAX_BYTES = 148
PLAIN_MAX_BYTES = 1_500 - TRAILER_MAX_BYTES
RTCP_FIRST, RTCP_LAST = RTCP_TYPES[0], RTCP_TYPES[-1]

# One loop, one packet at a time: all legs share these.
PACKET = bytearray(PACKET_BUFFER_BYTES)
_packet_view = memoryview(PACKET)
_packet_place = srtp_memory.from_buffer("char[]", PACKET)
# For what does not lie in PACKET: reports, and the second copy of a packet with two receivers.
_other = bytearray(PACKET_BUFFER_BYTES)
_other_view = memoryview(_other)
_other_place = srtp_memory.from_buffer("char[]", _other)
_length = srtp_memory.new("int *")

_protect, _unprotect = srtp_calls.srtp_protect, srtp_calls.srtp_unprotect
_protect_rtcp, _unprotect_rtcp = srtp_calls.srtp_protect_rtcp, srtp_calls.srtp_unprotect_rtcp


class MediaEvents(Protocol):
    """Who decides where decrypted packets go."""

    def rtp_received(self, packet: bytearray, size: int) -> None:
        """A decrypted RTP packet: the first `size` bytes of a buffer that is used again afterwards."""

    def rtcp_received(self, packet: bytes) -> None:
        """A decrypted RTCP compound."""


class Datapath(Protocol):
    """One leg's media, between its socket and the room. Nothing here raises on a packet.

    `send` gives one datagram to the network; it may be exchanged at any time. OSError is a datagram lost.
    """

    send: Callable[[memoryview], object]

    def received(self, size: int) -> None:
        """Take the datagram that lies in the first `size` bytes of `PACKET`, from a peer; forged ones vanish."""

    def send_rtp(self, packet: bytearray, size: int) -> None:
        """Encrypt and send the first `size` bytes. The buffer, if it is `PACKET`, is overwritten."""

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send one compound."""


class InPlaceDatapath:
    """`Datapath` over libsrtp."""

    __slots__ = ("_incoming", "_outgoing", "_rtcp_received", "_rtp_received", "_sessions", "send")

    def __init__(
        self, incoming: Session, outgoing: Session, events: MediaEvents, send: Callable[[memoryview], object]
    ) -> None:
        """`send` gives one datagram to the network; OSError from it is a datagram lost."""
        self._sessions = (incoming, outgoing)  # own the memory that the contexts point to
        self._incoming: Any = srtp_context(incoming)
        self._outgoing: Any = srtp_context(outgoing)
        self._rtp_received = events.rtp_received
        self._rtcp_received = events.rtcp_received
        self.send = send

    def received(self, size: int) -> None:
        """Decrypt in place, and hand on."""
        _length[0] = size
        if RTCP_FIRST <= PACKET[1] <= RTCP_LAST:
            if not _unprotect_rtcp(self._incoming, _packet_place, _length):
                self._rtcp_received(bytes(_packet_view[: _length[0]]))
        elif not _unprotect(self._incoming, _packet_place, _length):
            self._rtp_received(PACKET, _length[0])

    def send_rtp(self, packet: bytearray, size: int) -> None:
        """Encrypt in place, and send."""
        if size > PLAIN_MAX_BYTES:
            return
        view, place = _packet_view, _packet_place
        if packet is not PACKET:
            view, place = _other_view, _other_place
            view[:size] = memoryview(packet)[:size]
        _length[0] = size
        if not _protect(self._outgoing, place, _length):
            try:  # noqa: SIM105  # this is the hot path: suppress() costs half a microsecond
                self.send(view[: _length[0]])
            except OSError:
                pass

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt a copy, and send it."""
        size = len(packet)
        if size > PLAIN_MAX_BYTES:
            return
        _other_view[:size] = packet
        _length[0] = size
        if not _protect_rtcp(self._outgoing, _other_place, _length):
            try:  # noqa: SIM105  # as above
                self.send(_other_view[: _length[0]])
            except OSError:
                pass
