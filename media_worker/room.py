"""One room and who sits in it: the place where the bridge's effects become packets on legs.

A room outlives the browser connections of its seats: a reload comes back into the same streams.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

from chalicelib.domain.calls import Seat
from media_worker import talk
from media_worker.forwarding import rtcp
from media_worker.forwarding.bridge import Bridge, pass_on
from media_worker.forwarding.effects import Effect, Forward, ForwardReport
from media_worker.forwarding.packets import PACKET_BUFFER_BYTES
from media_worker.forwarding.paths import Negotiated
from media_worker.forwarding.reception import Reception
from media_worker.forwarding.uplinks import Uplink
from media_worker.talk import Allowance

NAME_CHARACTERS = 12
# As long as the buffers of `rtc.datapath`: the plain packet, while copies of it go to several seats.
_SPARE = bytearray(PACKET_BUFFER_BYTES)


class Leg(Protocol):
    """One browser connection. Sending on a closed one does nothing; closing twice is closing once."""

    def send_rtp(self, packet: bytearray, size: int) -> None:
        """Encrypt and send the first `size` bytes, one RTP packet; the buffer may be overwritten."""

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send one compound RTCP packet."""

    def send_message(self, channel: int, message: bytes) -> None:
        """Send a message on a data channel; without one, nothing happens."""

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
    opens: frozenset[Seat] = frozenset()  # whom a clerk's ticket puts in light
    allowance: Allowance = field(init=False)
    uplink: Uplink | None = None  # while seated

    def __post_init__(self) -> None:
        self.allowance = Allowance(now_ms=self.room.now_ms())

    @property
    def name(self) -> str:
        """What others may know of this connection: nothing but that it is this one. The id would let them end it."""
        return sha256(self.session_id.encode()).hexdigest()[:NAME_CHARACTERS]

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

    def message_received(self, channel: int, message: bytes) -> None:
        """A message came from the browser over a data channel."""
        if not self.allowance.take(len(message), now_ms=self.room.now_ms()):
            return
        if channel in (talk.PEERS, talk.TEXT):
            self.room.pass_message(self, channel, message)
        elif channel == talk.OFFICE:
            # Chromium loses what comes before its channels are open: each says when it hears, and is told then.
            self.room.tell(self)


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
    lit: frozenset[Seat] = frozenset()
    empty_since_ms: int = 0
    asked_to_move_ms: int | None = None

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
        self.relight()

    def release(self, session: Session) -> None:
        """Let a seated session go without ending its connection: it moves to another room."""
        if self.seated.get(session.seat) is session:
            self.drop(session)

    def relight(self) -> None:
        """Put in light whom the seated clerk's newest ticket opens, nobody without a clerk; and tell everybody."""
        clerk = self.seated.get(Seat.CLERK)
        self.lit = frozenset() if clerk is None else clerk.opens | {Seat.CLERK}
        self._perform(self.bridge.light(self.lit, now_ms=self.now_ms()))
        for session in self.seated.values():
            self.tell(session)

    def tell(self, session: Session) -> None:
        """Say to one seated session who is there and who is in light."""
        if self.seated.get(session.seat) is session:
            names = {seat: each.name for seat, each in self.seated.items()}
            said = talk.who_is_there(
                room=self.room_id,
                generation=self.generation,
                you=session.seat,
                seats=names,
                lit=self.lit & names.keys(),
            )
            session.leg.send_message(talk.OFFICE, said)

    def drop(self, session: Session) -> None:
        """Forget the session wherever it stands; a session that was replaced changes nothing."""
        if self.waiting.get(session.seat) is session:
            del self.waiting[session.seat]
        if self.seated.get(session.seat) is session:
            del self.seated[session.seat]
            self.bridge.leave(session.seat)
            session.uplink = None
            self.relight()
        if self.is_empty:
            self.empty_since_ms = self.now_ms()

    def forward_rtcp(self, session: Session, packet: bytes) -> None:
        """Let the bridge route a compound of a seated session."""
        if self.seated.get(session.seat) is session:
            self._perform(self.bridge.receive_rtcp(session.seat, packet, now_ms=self.now_ms()))

    def pass_message(self, session: Session, channel: int, message: bytes) -> None:
        """Pass a message of a seated session on to everybody who may see it."""
        if self.seated.get(session.seat) is session:
            for seat in self.bridge.audience(session.seat):
                self.seated[seat].leg.send_message(channel, talk.passed_on(session.seat, message))

    def ask_to_move(self) -> None:
        """Ask every browser to connect anew, elsewhere."""
        self.asked_to_move_ms = self.now_ms()
        for session in self.seated.values():
            session.leg.send_message(talk.OFFICE, talk.please_move())

    def tick(self) -> None:
        """Let the bridge do what time alone brings about."""
        self._perform(self.bridge.tick(now_ms=self.now_ms()))

    def close(self, *, but: Session | None = None) -> None:
        """End every connection of the room, `but` one that is about to leave it."""
        for session in self.sessions:
            if session is not but:
                session.leg.close()

    @property
    def sessions(self) -> list[Session]:
        """Everybody, seated or about to be."""
        return [*self.seated.values(), *self.waiting.values()]

    @property
    def is_live(self) -> bool:
        """Tell whether people see each other here: what must not be cut."""
        return len(self.lit & self.seated.keys()) > 1

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
