"""What may enter a media socket, datagram by datagram."""

import struct
from collections.abc import Callable
from typing import Any

import pytest

from media_worker.rtc.guard import Guard
from media_worker.rtc.privates import aioice
from media_worker.rtc.stun import Verdict, judge

stun = aioice.stun

USERNAME, PASSWORD = "ours", "ourpasswordourpassword"
STRANGER, BROWSER = ("192.0.2.66", 6_666), ("192.0.2.1", 5_000)
DTLS, SRTP, SRTCP = b"\x16dtls", b"\x80\x60srtp", b"\x80\xc8srtcp"


def check(*, username: str = f"{USERNAME}:them", password: str = PASSWORD) -> bytes:
    """A browser's connectivity check, as aioice writes it."""
    message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    message.attributes["USERNAME"] = username
    message.attributes["PRIORITY"] = 1
    message.add_message_integrity(password.encode())
    return bytes(message)


def answer(transaction: bytes) -> bytes:
    return bytes(
        stun.Message(
            message_method=stun.Method.BINDING, message_class=stun.Class.RESPONSE, transaction_id=transaction
        )
    )


class RecordingIce:
    """Stands for aioice: keeps what it is given, and fails when told to."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.transactions = {b"awaited-000!": object()}
        self.lost = False
        self.fails: Callable[[], Exception] | None = None

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self.received.append(data)
        if self.fails is not None:
            raise self.fails()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True

    def error_received(self, exc: Exception) -> None:
        self.received.append(b"error")


class Door:
    """A guard with recorders on all sides."""

    def __init__(self) -> None:
        self.ice = RecordingIce()
        self.dtls: list[bytes] = []
        self.admitted: list[tuple[str, int]] = []
        self.full = False
        self.guard = Guard(
            self.ice, username=USERNAME, password=PASSWORD, admit=self._admit, to_dtls=self.dtls.append
        )

    def _admit(self, peer: tuple[str, int]) -> None:
        if self.full:
            raise OSError
        self.admitted.append(peer)


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x15\xfe\xfd alert",
        DTLS,
        SRTP,
        SRTCP,
        b"\x01" * 20,
        b"\xff" * 1_400,
        b"GET / HTTP/1.1",
        b"\x40turn",
    ],
)
def test_a_stranger_reaches_nothing(door: Door, data: bytes) -> None:
    door.guard.datagram_received(data, STRANGER)
    assert (door.ice.received, door.dtls, door.admitted, door.guard.dropped) == ([], [], [], 1)


def test_who_knows_the_password_is_a_peer(door: Door) -> None:
    door.guard.datagram_received(check(), (*BROWSER, 0, 0))
    assert door.admitted == [BROWSER]
    assert len(door.ice.received) == 1


def test_a_peer_s_own_socket_takes_handshakes_too(door: Door) -> None:
    door.guard.peer_said(DTLS, BROWSER)
    door.guard.peer_said(check(), BROWSER)
    assert door.dtls == [DTLS]
    assert (door.admitted, len(door.ice.received)) == ([BROWSER], 1)


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x01" * 20, b"\xff" * 1_400, b"GET / HTTP/1.1", b"\x40turn"])
def test_a_peer_s_nonsense_reaches_nothing(door: Door, data: bytes) -> None:
    door.guard.peer_said(data, BROWSER)
    assert (door.ice.received, door.dtls, door.guard.dropped) == ([], [], 1)


def record(kind: int, epoch: int, body: bytes = b"\x02\x28") -> bytes:
    return struct.pack("!BHHHIH", kind, 0xFEFD, epoch, 0, 0, len(body)) + body


@pytest.mark.parametrize(
    ("data", "passes"),
    [
        (record(22, 0), True),
        (record(21, 1), True),
        (record(21, 0), False),
        (record(22, 0) + record(21, 0), False),
        (record(22, 0) + record(21, 1), True),
        (record(22, 0) + record(21, 0)[:12], True),  # what is cut off, OpenSSL drops
    ],
)
def test_an_alert_that_nothing_protects_ends_no_handshake(
    door: Door,
    data: bytes,
    passes: bool,  # noqa: FBT001  # a column of the table
) -> None:
    door.guard.peer_said(data, BROWSER)
    assert door.dtls == ([data] if passes else [])


def test_a_check_without_a_socket_for_it_stays_unanswered(door: Door) -> None:
    door.full = True
    door.guard.datagram_received(check(), BROWSER)
    assert (door.ice.received, door.guard.dropped) == ([], 1)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (check(), Verdict.AUTHENTIC_REQUEST),
        (check(username="others:them"), Verdict.DROP),
        (check(username=f"{USERNAME}x:them"), Verdict.DROP),
        (check(password="guessed"), Verdict.DROP),
        (check()[:-1], Verdict.DROP),
        (check() + bytes(4), Verdict.DROP),
        (bytes([0, 1]) + check()[2:3] + b"\xff" + check()[4:], Verdict.DROP),
        (check()[:4] + b"\x00\x00\x00\x00" + check()[8:], Verdict.DROP),
        (b"\x00\x03" + check()[2:], Verdict.DROP),
        (answer(b"awaited-000!"), Verdict.AWAITED_RESPONSE),
        (answer(b"unheard-of-0"), Verdict.DROP),
    ],
    ids=[
        "a browser's check", "another leg's", "longer name", "wrong password", "cut", "lengthened",
        "length field", "no cookie", "another method", "awaited", "unasked answer",
    ],
)  # fmt: skip
def test_stun_is_judged(data: bytes, expected: Verdict) -> None:
    awaited = {b"awaited-000!"}
    assert expected is judge(data, username=USERNAME, password=PASSWORD, awaited=awaited)


@pytest.mark.parametrize("position", range(20, len(check()) - 8))
def test_every_byte_of_a_check_counts(position: int) -> None:
    data = bytearray(check())
    data[position] ^= 0x01
    assert judge(bytes(data), username=USERNAME, password=PASSWORD, awaited={}) is Verdict.DROP


@pytest.mark.parametrize("error", [ValueError, KeyError, IndexError, AssertionError])
def test_what_upsets_aioice_does_not_end_the_loop(door: Door, error: type[Exception]) -> None:
    door.ice.fails = error
    door.guard.datagram_received(check(), BROWSER)
    assert door.guard.dropped == 1


def test_the_socket_s_own_news_pass(door: Door) -> None:
    door.guard.connection_lost(None)
    door.guard.error_received(OSError())
    assert door.ice.lost
    assert door.ice.received == [b"error"]
