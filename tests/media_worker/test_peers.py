"""Which sockets a leg holds, and from which it sends."""

from collections.abc import Callable

import pytest

from media_worker.rtc.peers import PEERS_MAX, Address, Connected, Peers, ignore


class FakeSocket:
    def __init__(self, peer: Address) -> None:
        self.peer = peer
        self.media: Callable[[int], None] = ignore
        self.send: Callable[[memoryview], int] = len
        self.closed = False

    def close(self) -> None:
        self.closed = True


class House:
    def __init__(self) -> None:
        self.opened: list[FakeSocket] = []
        self.sending: list[Connected] = []
        self.peers = Peers(self._connect, chosen=self.sending.append)

    def _connect(self, peer: Address) -> FakeSocket:
        self.opened.append(FakeSocket(peer))
        return self.opened[-1]


@pytest.fixture
def house() -> House:
    return House()


def at(port: int) -> Address:
    return ("192.0.2.1", port)


def test_each_peer_has_one_socket(house: House) -> None:
    for port in (1, 2, 1, 2):
        house.peers.admit(at(port))
    assert [opened.peer for opened in house.opened] == [at(1), at(2)]


def test_a_browser_that_moves_is_sent_to_where_it_is(house: House) -> None:
    house.peers.admit(at(1))
    house.peers.choose(at(1))
    house.peers.admit(at(2))
    assert house.sending == [house.opened[0]]
    house.peers.choose(at(2))
    assert house.sending == house.opened


def test_media_flows_from_peers_of_before_and_after_the_keys(house: House) -> None:
    heard: list[int] = []
    house.peers.admit(at(1))
    house.opened[0].media(5)
    house.peers.let_media(heard.append)
    house.peers.admit(at(2))
    house.opened[0].media(6)
    house.opened[1].media(7)
    assert heard == [6, 7]


def test_the_longest_silent_makes_room_and_never_the_chosen_one(house: House) -> None:
    house.peers.admit(at(1))
    house.peers.choose(at(1))
    for port in range(2, 2 + PEERS_MAX + 3):
        house.peers.admit(at(port))
    closed = [opened.peer for opened in house.opened if opened.closed]
    assert closed == [at(2), at(3), at(4), at(5)]


def test_a_choice_that_lost_its_socket_is_sent_to_as_soon_as_it_is_back(house: House) -> None:
    house.peers.choose(at(9))
    assert house.sending == []
    house.peers.admit(at(9))
    assert house.sending == house.opened


def test_in_the_end_all_are_released(house: House) -> None:
    for port in (1, 2):
        house.peers.admit(at(port))
    house.peers.close()
    assert all(opened.closed for opened in house.opened)
