"""The sockets of a leg: one for anybody's STUN, and one for each peer, connected to it.

Linux gives a datagram to the bound socket that fits best: one connected to its sender before one that is open to
all (`compute_score` in net/ipv4/udp.c). So strangers never share a queue with media, however much they send, and
a browser that changes its address still reaches the open socket, where a check with our password makes it a peer.
A filter in the kernel keeps everything but STUN requests out of the open one.
"""

import asyncio
import contextlib
import ctypes
import socket
import struct
from collections.abc import Callable, Iterator

from media_worker.rtc.datapath import PACKET
from media_worker.rtc.peers import ignore

# A key frame of 640x360 is some 40 packets; a busy loop must not lose one.
RECEIVE_BUFFER_BYTES = 1 << 18
# Datagrams taken at once: a key frame without going round by all others for each part of it, which delays its end the
# longer the busier they are. More would let one browser that floods keep the others waiting.
DRAIN_MAX = 32

MEDIA_FIRST, MEDIA_LAST = 128, 191  # first bytes of RTP and RTCP (RFC 7983)
# What nothing follows at once: voices, and what has this bit set in its second byte, the last packet of a picture
# (RFC 3550, 5.1) and all RTCP. To ask for more in vain costs a twelfth of forwarding one.
VOICE_BYTES_MAX = 400
LAST_BIT = 0x80

# Classic BPF (linux/filter.h). Offsets count from the UDP header, which is 8 bytes long.
SO_ATTACH_FILTER = 26
LOAD_HALF, LOAD_WORD, EQUAL, RETURN = 0x28, 0x20, 0x15, 0x06
ALL, NOTHING = 0xFFFF, 0
UDP_HEADER_BYTES = 8
BINDING_REQUEST, MAGIC_COOKIE, USERNAME = 0x0001, 0x2112A442, 0x0006
UFRAG_BYTES = 4


class PeerSocket:
    """A socket connected to one peer."""

    __slots__ = ("_loop", "_other", "_receive", "_socket", "media", "peer", "send")

    def __init__(
        self, opened: socket.socket, peer: tuple[str, int], *, other: Callable[[bytes, tuple[str, int]], None]
    ) -> None:
        """Connect to `peer`, on the address of the `opened` socket, and begin to listen. Raises OSError.

        Media goes to `media`, as a number of bytes in `PACKET`; everything else to `other`, with the peer.
        """
        self._loop = asyncio.get_running_loop()
        self._other = other
        self.peer = peer
        self.media: Callable[[int], None] = ignore
        self._socket = socket.socket(opened.family, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)  # noqa: FBT003  # the standard library's own words
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            # The open socket forbids what these allow, so nobody else can take the port.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with _may_be_shared(opened):
                self._socket.bind(opened.getsockname())
            self._socket.connect(peer)
            self._forget_strangers()
        except OSError:
            self._socket.close()
            raise
        self._receive = self._socket.recv_into
        self.send: Callable[[memoryview], int] = self._socket.send
        self._loop.add_reader(self._socket.fileno(), self._readable)

    def close(self) -> None:
        """Release the socket; datagrams of this peer reach the open one again."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _readable(self) -> None:
        for _ in range(DRAIN_MAX):
            try:
                size = self._receive(PACKET)
            except OSError:
                return  # nothing more, or an ICMP error, which anybody can send
            is_alone = size < VOICE_BYTES_MAX or PACKET[1] & LAST_BIT
            if size and MEDIA_FIRST <= PACKET[0] <= MEDIA_LAST:
                self.media(size)
            else:
                self._other(bytes(PACKET[:size]), self.peer)
            if is_alone:
                return  # the loop comes back for more, if there is

    def _forget_strangers(self) -> None:
        """Drop what came between `bind` and `connect`: it may be from anybody."""
        while True:
            try:
                self._socket.recv_into(PACKET)
            except BlockingIOError:
                return
            except ConnectionError:
                continue


@contextlib.contextmanager
def _may_be_shared(bound: socket.socket) -> Iterator[None]:
    """While it lasts, another socket may be bound where this one is. For good, any process could take the port."""
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        yield
    finally:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)


def requests_only(username: str) -> bytes:
    """Return the filter that lets STUN binding requests pass, of those that begin with a user name ours only.

    A request may begin with another attribute; then the guard decides. `username` is our ICE user fragment.
    """
    ours = struct.unpack("!I", username.encode()[:UFRAG_BYTES])[0]
    at = UDP_HEADER_BYTES
    program = [
        (LOAD_HALF, 0, 0, at),
        (EQUAL, 0, 7, BINDING_REQUEST),
        (LOAD_WORD, 0, 0, at + 4),
        (EQUAL, 0, 5, MAGIC_COOKIE),
        (LOAD_HALF, 0, 0, at + 20),
        (EQUAL, 0, 2, USERNAME),
        (LOAD_WORD, 0, 0, at + 24),
        (EQUAL, 0, 1, ours),
        (RETURN, 0, 0, ALL),
        (RETURN, 0, 0, NOTHING),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def attach_filter(opened: socket.socket, program: bytes) -> None:
    """Let the kernel drop what `program` refuses. Raises OSError where it cannot."""
    held = ctypes.create_string_buffer(program)
    pointer = struct.pack("@HP", len(program) // 8, ctypes.addressof(held))
    opened.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, pointer)
