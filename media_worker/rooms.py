"""All rooms of this worker: entering one by a ticket, moving from one to another, forgetting those long empty."""

from collections.abc import Callable

from chalicelib.domain.calls import GenerationOrder, MediaTicketClaims, order_of_generations
from media_worker.forwarding.bridge import Bridge
from media_worker.room import Room, Session

# Long enough for a phone that was put away and comes back; the streams' state is a few hundred bytes.
EMPTY_ROOM_KEPT_MS = 60_000


class GenerationStale(Exception):  # the event: the call was placed anew since
    """The ticket belongs to a former generation of the room; a fresh one leads to the right place."""


class RoomsFull(Exception):  # the event: no place is left
    """The worker takes no further call."""


class RoomsClosing(Exception):  # the event: the worker is about to end, or knows not whether it still counts
    """The worker takes no new call for now; another one will."""


class SeatDiffers(Exception):  # the event: a session was to be moved by a ticket for another seat
    """The ticket is for another seat, or another office, than the session."""


class Rooms:
    """All rooms of this worker."""

    def __init__(self, *, new_ssrc: Callable[[], int], now_ms: Callable[[], int], calls_max: int) -> None:
        """Take a source of random 32-bit numbers and a steady clock in milliseconds."""
        self.new_ssrc = new_ssrc
        self._now_ms = now_ms
        self._calls_max = calls_max
        self.takes_new = True
        self.fenced = False  # while the office may have placed our calls elsewhere, nobody comes in at all
        self._rooms: dict[tuple[str, str], Room] = {}

    def enter(self, claims: MediaTicketClaims, *, along: Session | None = None) -> Room:
        """Return the room that a ticket leads to. Raises GenerationStale, RoomsFull, RoomsClosing.

        A newer generation replaces the room: the office placed the call anew, so the old one is a left-over, and
        all its connections end but that of a session that comes `along`.
        """
        if self.fenced:
            raise RoomsClosing
        key = (claims.office, claims.room)
        held = self._rooms.get(key)
        if held is not None:
            order = order_of_generations(held.generation, claims.generation)
            if order is GenerationOrder.OLDER:
                raise GenerationStale(claims.room)
            if order is GenerationOrder.SAME:
                return held
        if not self.takes_new:
            raise RoomsClosing
        if held is not None:
            held.close(but=along)
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

    def move(self, session: Session, claims: MediaTicketClaims) -> None:
        """Let a standing session go on where a new ticket leads, without a new connection.

        Raises SeatDiffers, and what `enter` raises; then the session stays where it was.
        """
        if (session.room.office, session.seat) != (claims.office, claims.seat):
            raise SeatDiffers
        room = self.enter(claims, along=session)
        session.opens = claims.opens
        if room is session.room:
            room.relight()
        elif session.room.seated.get(session.seat) is session:
            session.room.release(session)
            session.room = room
            room.await_seat(session)
            room.take_seat(session)
        else:  # its browser is still on the way: it will sit down in the new room
            session.room.drop(session)
            session.room = room
            room.await_seat(session)

    @property
    def all(self) -> list[Room]:
        """Every room, empty ones included."""
        return list(self._rooms.values())

    def is_current(self, room: Room) -> bool:
        """Tell whether the room was neither replaced nor forgotten."""
        return self._rooms.get((room.office, room.room_id)) is room

    def find(self, session_id: str) -> Session | None:
        """Return the session with this id, if it lives."""
        every = (session for room in self._rooms.values() for session in room.sessions)
        return next((session for session in every if session.session_id == session_id), None)

    def tick(self, *, part: int = 0, parts: int = 1) -> None:
        """Let rooms do what time brings about, and forget those long empty: every one whose turn it is of `parts`.

        Who comes or goes between two parts may shift turns: a room looks at the clock, not at how often it is asked.
        """
        now_ms = self._now_ms()
        for key, room in list(self._rooms.items())[part::parts]:
            room.tick()
            if room.is_empty and now_ms - room.empty_since_ms >= EMPTY_ROOM_KEPT_MS:
                del self._rooms[key]

    def close(self) -> None:
        """End every connection."""
        for room in self._rooms.values():
            room.close()

    def ask_next_to_move(self, *, again_ms: int) -> None:
        """Ask one call to connect anew, elsewhere, but none twice within `again_ms`.

        First whom nobody asked yet, people who see each other before those who wait; then who was asked longest ago.
        """
        now_ms = self._now_ms()
        here = [room for room in self._rooms.values() if not room.is_empty]
        due = [room for room in here if room.asked_to_move_ms is None or now_ms - room.asked_to_move_ms >= again_ms]
        if due:
            min(due, key=_turn).ask_to_move()

    @property
    def live_calls(self) -> int:
        """How many rooms hold people who see each other."""
        return sum(room.is_live for room in self._rooms.values())

    @property
    def calls(self) -> int:
        """How many rooms have somebody in them; may be asked from another thread."""
        return sum(not room.is_empty for room in list(self._rooms.values()))


def _turn(room: Room) -> tuple[int, bool]:
    never = -1
    return never if room.asked_to_move_ms is None else room.asked_to_move_ms, not room.is_live
