"""Rooms and who sits in them: the place where the bridge's effects become packets on legs.

A room outlives the browser connections of its seats: a reload comes back into the same streams.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from chalicelib.domain.calls import GenerationOrder, MediaTicketClaims, Seat, order_of_generations
from media_worker.forwarding import rtcp
from media_worker.forwarding.bridge import Bridge, pass_on
from media_worker.forwarding.effects import Effect, Forward, ForwardReport
from media_worker.forwarding.packets import PACKET_BUFFER_BYTES
from media_worker.forwarding.paths import Negotiated
from media_worker.forwarding.reception import Reception
from media_worker.forwarding.uplinks import Uplink

# Long enough for a phone that was put away and comes back; the streams' state is a few hundred bytes.
EMPTY_ROOM_KEPT_MS = 60_000


# As long as the buffers of `rtc.datapath`: the plain packet, while copies of it go to several seats.
_SPARE = bytearray(PACKET_BUFFER_BYTES)


class GenerationStale(Exception):  # the event: the call was placed anew since
    """The ticket belongs to a former generation of the room; a fresh one leads to the right place."""


class RoomsFull(Exception):  # the event: no place is left
    """The worker takes no further call."""


class Leg(Protocol):
    """One browser connection. Sending on a closed one does nothing; closing twice is closing once."""

    def send_rtp(self, packet: bytearray, size: int) -> None:
        """Encrypt and send the first `size` bytes, one RTP packet; the buffer may be overwritten."""

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send one compound RTCP packet."""

    def close(self) -> None:
        """Begin to end the connection; returns at once."""


@dataclass(slots=True, eq=False)
class Session:
    """A browser's membership in a room: waiting until its leg is up, seated from then on."""

    session_id: str
    room: "Room"
    seat: Seat
    negotiated: Negotiated
    leg: Leg
    reception: Reception  # what its answer announced; it goes along when the session is moved
    uplink: Uplink | None = None  # while seated

    def leg_up(self) -> None:
        """The connection stands: take the seat, in place of whoever held it."""
        self.room.take_seat(self)

    def leg_down(self) -> None:
        """The connection ended, for whatever reason."""
        self.room.drop(self)

    def rtp_received(self, packet: bytearray, size: int) -> None:
        """A decrypted RTP packet, the first `size` bytes, came from the browser; the buffer is ours meanwhile."""
        uplink = self.uplink
        if uplink is not None:
            pass_on(uplink, packet, size, _SPARE, now_ms=self.room.now_ms())

    def rtcp_received(self, packet: bytes) -> None:
        """A decrypted RTCP compound came from the browser."""
        self.room.forward_rtcp(self, packet)


@dataclass(slots=True, eq=False)
class Room:
    """One call: its bridge, who is seated, and who is about to be."""

    room_id: str
    office: str
    generation: int
    bridge: Bridge
    now_ms: Callable[[], int]
    seated: dict[Seat, Session] = field(default_factory=dict)
    waiting: dict[Seat, Session] = field(default_factory=dict)
    empty_since_ms: int = 0

    def await_seat(self, session: Session) -> None:
        """Expect the session's leg; a former attempt for the same seat is given up, the seated one kept."""
        former = self.waiting.get(session.seat)
        self.waiting[session.seat] = session
        if former is not None:
            former.leg.close()

    def take_seat(self, session: Session) -> None:
        """Seat the session if it is the one that was expected last; else end it."""
        if self.waiting.get(session.seat) is not session:
            session.leg.close()
            return
        del self.waiting[session.seat]
        former = self.seated.get(session.seat)
        self.seated[session.seat] = session
        effects = self.bridge.join(
            session.seat, session.negotiated, session.reception, now_ms=self.now_ms(), sink=session.leg
        )
        session.uplink = self.bridge.uplink(session.seat)
        if former is not None:
            former.uplink = None
            former.leg.close()
        self._perform(effects)

    def drop(self, session: Session) -> None:
        """Forget the session wherever it stands; a session that was replaced changes nothing."""
        if self.waiting.get(session.seat) is session:
            del self.waiting[session.seat]
        if self.seated.get(session.seat) is session:
            del self.seated[session.seat]
            self.bridge.leave(session.seat)
            session.uplink = None
        if self.is_empty:
            self.empty_since_ms = self.now_ms()

    def forward_rtcp(self, session: Session, packet: bytes) -> None:
        """Let the bridge route a compound of a seated session."""
        if self.seated.get(session.seat) is session:
            self._perform(self.bridge.receive_rtcp(session.seat, packet, now_ms=self.now_ms()))

    def tick(self) -> None:
        """Let the bridge do what time alone brings about."""
        self._perform(self.bridge.tick(now_ms=self.now_ms()))

    def close(self) -> None:
        """End every connection of the room."""
        for session in self.sessions:
            session.leg.close()

    @property
    def sessions(self) -> list[Session]:
        """Everybody, seated or about to be."""
        return [*self.seated.values(), *self.waiting.values()]

    @property
    def is_empty(self) -> bool:
        """Tell whether nobody is seated or about to be."""
        return not self.seated and not self.waiting

    def _perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Forward):
                self.seated[effect.to].leg.send_rtp(effect.packet, len(effect.packet))
            elif isinstance(effect, ForwardReport):
                self.seated[effect.to].leg.send_rtcp(effect.packet)
            else:
                self.seated[effect.of].leg.send_rtcp(rtcp.write_pli(effect.reporter_ssrc, effect.media_ssrc))


class Rooms:
    """All rooms of this worker."""

    def __init__(self, *, new_ssrc: Callable[[], int], now_ms: Callable[[], int], calls_max: int) -> None:
        """Take a source of random 32-bit numbers and a steady clock in milliseconds."""
        self.new_ssrc = new_ssrc
        self._now_ms = now_ms
        self._calls_max = calls_max
        self._rooms: dict[tuple[str, str], Room] = {}

    def enter(self, claims: MediaTicketClaims) -> Room:
        """Return the room that a ticket leads to. Raises GenerationStale, RoomsFull.

        A newer generation replaces the room: the office placed the call anew, so the old one is a left-over.
        """
        key = (claims.office, claims.room)
        held = self._rooms.get(key)
        if held is not None:
            order = order_of_generations(held.generation, claims.generation)
            if order is GenerationOrder.OLDER:
                raise GenerationStale(claims.room)
            if order is GenerationOrder.SAME:
                return held
            held.close()
        elif self.calls >= self._calls_max:
            raise RoomsFull
        room = Room(
            room_id=claims.room,
            office=claims.office,
            generation=claims.generation,
            bridge=Bridge(),
            now_ms=self._now_ms,
            empty_since_ms=self._now_ms(),
        )
        self._rooms[key] = room
        return room

    def is_current(self, room: Room) -> bool:
        """Tell whether the room was neither replaced nor forgotten."""
        return self._rooms.get((room.office, room.room_id)) is room

    def find(self, session_id: str) -> Session | None:
        """Return the session with this id, if it lives."""
        every = (session for room in self._rooms.values() for session in room.sessions)
        return next((session for session in every if session.session_id == session_id), None)

    def tick(self) -> None:
        """Let each room do what time brings about, and forget those long empty."""
        now_ms = self._now_ms()
        for key, room in list(self._rooms.items()):
            room.tick()
            if room.is_empty and now_ms - room.empty_since_ms >= EMPTY_ROOM_KEPT_MS:
                del self._rooms[key]

    def close(self) -> None:
        """End every connection."""
        for room in self._rooms.values():
            room.close()

    @property
    def calls(self) -> int:
        """How many rooms have somebody in them; may be asked from another thread."""
        return sum(not room.is_empty for room in list(self._rooms.values()))
