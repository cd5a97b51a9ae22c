"""Datagrams that a stranger may send to a media port, of every kind: the corpus of the flood."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Mapping

from OpenSSL import SSL

from benchmarks.hostile.mutations import Seed, mutated
from benchmarks.hostile.parsers import rtcp_seeds, rtp_seeds, stun_seeds

EACH = 256
OVERSIZED_EACH = 4
OVERSIZED_BYTES = (1_473, 9_000, 65_507)
DTLS_1_0, DTLS_1_2 = 0xFEFF, 0xFEFD
ALERTS = ((1, 0), (2, 0), (2, 10), (2, 40), (2, 80), (2, 90))  # level, description: close_notify, fatal ones
MAGIC_COOKIE = 0x2112A442

Make = Callable[[random.Random], bytes]


def corpus(chance: random.Random) -> list[bytes]:
    """Return datagrams of all kinds, equally many of each but the oversized: those go out in up to 45 fragments."""
    made = [make(chance) for make in KINDS.values() for _ in range(EACH)]
    return made + [chance.randbytes(chance.choice(OVERSIZED_BYTES)) for _ in range(OVERSIZED_EACH)]


def alert(chance: random.Random) -> bytes:
    """An alert, without protection or with what looks like it (RFC 6347, 4.1)."""
    body = bytes(chance.choice(ALERTS))
    version, epoch = chance.choice((DTLS_1_0, DTLS_1_2)), chance.choice((0, 0, 1))
    return _record(21, version, epoch, chance.randrange(2**16), body)


def client_hello(_: random.Random) -> bytes:
    """What a real DTLS client says first."""
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_tlsext_use_srtp(b"SRTP_AEAD_AES_256_GCM")
    client = SSL.Connection(context, None)
    client.set_connect_state()
    try:
        client.do_handshake()
    except SSL.WantReadError:
        return client.bio_read(4_096)
    raise RuntimeError("a handshake without a partner ended")


def handshake(chance: random.Random) -> bytes:
    """Another message of a handshake, out of its turn, or an end of it that nobody began."""
    kind = chance.choice((1, 2, 11, 14, 16, 20))
    body = chance.randbytes(chance.randrange(80))
    head = struct.pack("!BBHHBHBH", kind, 0, len(body), chance.randrange(4), 0, 0, 0, len(body))
    return _record(chance.choice((20, 22, 22, 23)), DTLS_1_2, chance.choice((0, 1)), chance.randrange(9), head + body)


def stun_request(chance: random.Random) -> bytes:
    """A check with a guessed name and password; half of them get past the kernel's filter."""
    name = b"".join(chance.choice(NAME_LETTERS) for _ in range(4)) + b":them"
    username = struct.pack("!HH", 6, len(name)) + name + bytes(-len(name) % 4)
    priority = struct.pack("!HHI", 0x24, 4, 1)
    first, second = (username, priority) if chance.random() < 0.5 else (priority, username)
    integrity = struct.pack("!HH", 8, 20) + chance.randbytes(20)
    body = first + second + integrity
    return struct.pack("!HHI12s", 1, len(body), MAGIC_COOKIE, chance.randbytes(12)) + body


def bare_stun_request(chance: random.Random) -> bytes:
    """A request that names nobody: what a stock server answers."""
    return struct.pack("!HHI12s", 1, 0, MAGIC_COOKIE, chance.randbytes(12))


def noise(chance: random.Random) -> bytes:
    """Random bytes of any length, none too."""
    return chance.randbytes(chance.choice((0, 0, 1, 2, chance.randrange(200), chance.randrange(1_400))))


def broken(seeds: list[Seed]) -> Make:
    """Return a maker of mutations of these."""
    return lambda chance: bytes(mutated(chance, seeds)[:1_400])


def cut(seeds: list[Seed]) -> Make:
    """Return a maker of these cut short."""

    def make(chance: random.Random) -> bytes:
        data = chance.choice(seeds).data
        return data[: chance.randrange(min(len(data), 28))]

    return make


def _record(kind: int, version: int, epoch: int, number: int, body: bytes) -> bytes:
    return struct.pack("!BHHHIH", kind, version, epoch, 0, number, len(body)) + body


NAME_LETTERS = [bytes((letter,)) for letter in b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"]
KINDS: Mapping[str, Make] = {
    "noise": noise,
    "alerts": alert,
    "client hellos": client_hello,
    "handshakes": handshake,
    "checks with a guessed password": stun_request,
    "checks without a name": bare_stun_request,
    "broken STUN": broken(stun_seeds()),
    "broken RTP": broken(rtp_seeds()),
    "broken RTCP": broken(rtcp_seeds(1_000)),
    "cut RTP": cut(rtp_seeds()),
    "cut RTCP": cut(rtcp_seeds(1_000)),
    "cut STUN": cut(stun_seeds()),
}
