"""What Linux gives to which socket: the promises that the guard stands on."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Iterator

import pytest
from test_guard import PASSWORD, USERNAME, check, stun

from media_worker.rtc.datapath import PACKET
from media_worker.rtc.sockets import PeerSocket, attach_filter, requests_only

LOCAL = "127.0.0.1"
MEDIA, OTHER = b"\x80\x60media", b"\x16dtls"


@contextlib.contextmanager
def bound() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind((LOCAL, 0))
        opened.setblocking(False)  # noqa: FBT003  # the standard library's own words
        yield opened


def waiting(opened: socket.socket) -> list[bytes]:
    found = []
    while True:
        try:
            found.append(opened.recv(2_000))
        except BlockingIOError:
            return found


def test_a_peer_has_its_own_queue_and_strangers_have_the_open_one() -> None:
    async def talk() -> tuple[list[bytes], list[bytes], list[bytes], list[bytes]]:
        heard: list[bytes] = []
        media: list[bytes] = []
        with bound() as opened, bound() as browser, bound() as stranger:
            door = opened.getsockname()
            stranger.sendto(b"before", door)
            connected = PeerSocket(opened, browser.getsockname(), other=lambda data, _: heard.append(data))
            connected.media = lambda size: media.append(bytes(PACKET[:size]))
            for sender in (browser, stranger):
                for data in (MEDIA, OTHER, b""):
                    sender.sendto(data, door)
            connected.send(memoryview(b"answer"))
            await asyncio.sleep(0)
            async with asyncio.timeout(10):
                while len(heard) < 2:  # noqa: ASYNC110  # sockets tell nobody when they are empty
                    await asyncio.sleep(0.001)
            connected.close()
            browser.sendto(b"after", door)
            return media, heard, waiting(opened), waiting(browser)

    media, heard, open_queue, answered = asyncio.run(talk())
    assert (media, heard) == ([MEDIA], [OTHER, b""])
    assert open_queue == [b"before", MEDIA, OTHER, b"", b"after"]
    assert answered == [b"answer"]


def test_a_burst_is_taken_whole_and_nothing_is_asked_for_behind_what_comes_alone() -> None:
    part = b"\x80\x60" + bytes(1_000)
    last = b"\x80\xe0" + bytes(1_000)
    burst = [part] * 6 + [last, MEDIA, part, last]

    async def turns() -> list[int]:
        media: list[bytes] = []
        taken: list[int] = []
        with bound() as opened, bound() as browser:
            connected = PeerSocket(opened, browser.getsockname(), other=lambda *_: None)
            connected.media = lambda size: media.append(bytes(PACKET[:size]))
            for data in burst:
                browser.sendto(data, opened.getsockname())
            async with asyncio.timeout(10):
                while len(media) < len(burst):
                    before = len(media)
                    await asyncio.sleep(0)  # one turn of the loop
                    taken += [len(media) - before] if len(media) > before else []
            connected.close()
        assert media == burst
        return taken

    assert asyncio.run(turns()) == [7, 1, 2]


def test_there_is_room_for_several_peers() -> None:
    async def connect() -> list[bytes]:
        heard: list[bytes] = []
        with bound() as opened, bound() as wired, bound() as wireless:
            peers = [
                PeerSocket(opened, browser.getsockname(), other=lambda data, _: heard.append(data))
                for browser in (wired, wireless)
            ]
            for data, browser in ((b"one", wired), (b"two", wireless)):
                browser.sendto(data, opened.getsockname())
            async with asyncio.timeout(10):
                while len(heard) < 2:  # noqa: ASYNC110  # as above
                    await asyncio.sleep(0.001)
            for peer in peers:
                peer.close()
            return heard

    assert asyncio.run(connect()) == [b"one", b"two"]


def test_nobody_else_can_take_the_port() -> None:
    async def take() -> None:
        with bound() as opened, bound() as browser, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
            connected = PeerSocket(opened, browser.getsockname(), other=lambda *_: None)
            thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                with pytest.raises(OSError, match="in use"):
                    thief.bind(opened.getsockname())
            finally:
                connected.close()

    asyncio.run(take())


def test_a_peer_that_cannot_be_reached_is_an_error_that_leaves_nothing_open() -> None:
    async def reach() -> None:
        with bound() as opened, pytest.raises(OSError, match="Permission"):
            PeerSocket(opened, ("255.255.255.255", 9), other=lambda *_: None)

    asyncio.run(reach())


def other_order() -> bytes:
    """A check whose first attribute is not the user name."""
    message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    message.attributes["PRIORITY"] = 1
    message.attributes["USERNAME"] = f"{USERNAME}:them"
    message.add_message_integrity(PASSWORD.encode())
    return bytes(message)


DATAGRAMS = {
    "a check of ours": (check(), True),
    "a check in another order": (other_order(), True),
    "a check for another leg": (check(username="otherleg:them"), False),
    "nothing": (b"", False),
    "one byte": (b"\x00", False),
    "a request of nothing": (struct.pack("!HHI12s", 1, 0, 0x2112A442, bytes(12)), False),
    "no cookie": (check()[:4] + bytes(4) + check()[8:], False),
    "an answer": (b"\x01\x01" + check()[2:], False),
    "media": (MEDIA * 20, False),
    "a handshake": (b"\x16\xfe\xfd" + bytes(60), False),
    "noise": (b"\xff" * 1_400, False),
}


@pytest.mark.parametrize(("data", "expected"), DATAGRAMS.values(), ids=DATAGRAMS.keys())
def test_the_kernel_keeps_all_but_checks_out_of_the_open_socket(data: bytes, *, expected: bool) -> None:
    with bound() as opened, bound() as sender:
        attach_filter(opened, requests_only(USERNAME))
        sender.sendto(data, opened.getsockname())
        assert waiting(opened) == ([data] if expected else [])
