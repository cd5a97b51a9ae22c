"""The peers of one leg: each on a socket of its own, and the one among them that ICE chose."""

from collections.abc import Callable
from typing import Protocol

Address = tuple[str, int]

# A browser checks from each of its interfaces, both families. Whoever overheard a check may repeat it from
# elsewhere: that wins him a socket, never the call, and the longest silent one makes room.
PEERS_MAX = 8


def ignore(_: int) -> None:
    """Media without keys is nobody's."""


class Connected(Protocol):
    """A socket connected to a peer."""

    media: Callable[[int], None]
    send: Callable[[memoryview], int]

    def close(self) -> None:
        """Release it."""


class Peers:
    """Opens and releases the sockets of a leg's peers."""

    def __init__(self, connect: Callable[[Address], Connected], *, chosen: Callable[[Connected], None]) -> None:
        """`connect` opens a socket or raises OSError; `chosen` hears which one to send from, from then on."""
        self._connect = connect
        self._tell_chosen = chosen
        self._sockets: dict[Address, Connected] = {}  # the longest silent first
        self._chosen: Address | None = None
        self._media: Callable[[int], None] = ignore

    def admit(self, peer: Address) -> None:
        """An authentic check came from this address. Raises OSError if no socket can be had."""
        known = self._sockets.pop(peer, None)
        self._sockets[peer] = known or self._connect(peer)
        if known is None:
            self._sockets[peer].media = self._media
            if peer == self._chosen:
                self._tell_chosen(self._sockets[peer])
        if len(self._sockets) > PEERS_MAX:
            silent = next(address for address in self._sockets if address not in (self._chosen, peer))
            self._sockets.pop(silent).close()

    def choose(self, peer: Address) -> None:
        """ICE nominated the pair with this address, which was admitted before."""
        self._chosen = peer
        if peer in self._sockets:
            self._tell_chosen(self._sockets[peer])

    def let_media(self, media: Callable[[int], None]) -> None:
        """Keys stand: media of every peer, of now and later, goes here."""
        self._media = media
        for opened in self._sockets.values():
            opened.media = media

    def close(self) -> None:
        """Release every socket."""
        for opened in self._sockets.values():
            opened.close()
        self._sockets.clear()
