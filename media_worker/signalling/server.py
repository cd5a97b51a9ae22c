"""Signalling over HTTP, in the shape of WHIP (RFC 9725): POST an offer, PATCH to go elsewhere, DELETE to leave."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Protocol

from aiohttp import web

from chalicelib.domain.calls import MediaTicketClaims
from media_worker.forwarding.paths import Kind, Negotiated
from media_worker.forwarding.reception import Reception
from media_worker.room import Leg, Room, Session
from media_worker.rooms import GenerationStale, Rooms, RoomsClosing, RoomsFull, SeatDiffers
from media_worker.signalling import messages
from media_worker.signalling.answers import write_answer
from media_worker.signalling.messages import Endpoint, Offer, Problem, RemoteStream
from media_worker.signalling.neighbours import Neighbours, NeighbourSilent, was_passed_on
from media_worker.signalling.protocol import OFFER_MAX_BYTES, OfferRefused, parse_offer
from media_worker.tickets import TicketRefused, TicketVerifier

SDP = "application/sdp"
BEARER = "Bearer "

logger = logging.getLogger(__name__)


class OpenLeg(Leg, Protocol):
    """A leg with a socket that waits for its browser."""

    endpoint: Endpoint

    def start(self, offer: Offer, events: Session) -> None:
        """Begin to wait for the browser; `events` hears what happens."""

    async def abandon(self) -> None:
        """Release a leg that is not started."""


class ProblemFound(Exception):  # carries the answer, not an error of ours
    """The request is answered with this problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.kind)
        self.problem = problem


class Signalling:
    """The worker's HTTP interface."""

    def __init__(
        self,
        *,
        verifier: TicketVerifier,
        rooms: Rooms,
        open_leg: Callable[[], Awaitable[OpenLeg]],
        new_session_id: Callable[[], str],
        neighbours: Neighbours,
        worker_address: str,
        worker_id: str,
    ) -> None:
        """Take what the handlers need; `new_session_id` returns unguessable ids of at least 128 bits."""
        self._verifier = verifier
        self._rooms = rooms
        self._open_leg = open_leg
        self._new_session_id = new_session_id
        self._neighbours = neighbours
        self._worker_address = worker_address
        self._worker_id = worker_id

    def application(self) -> web.Application:
        """Return the application with its routes."""
        app = web.Application(client_max_size=OFFER_MAX_BYTES, middlewares=[answer_problems])
        app.add_routes(
            [
                web.post("/media/sessions", self.post_session),
                web.patch("/media/sessions/{session_id}", self.patch_session),
                web.delete("/media/sessions/{session_id}", self.delete_session),
                web.get("/media/health", self.get_health),
            ]
        )
        return app

    async def post_session(self, request: web.Request) -> web.Response:
        """Answer an offer: 201 with the answer and the session's `Location`."""
        claims = self._claims(request)
        if claims.worker != self._worker_address:
            return await self._pass_on(request, claims)
        if request.content_type != SDP:
            raise ProblemFound(messages.WRONG_CONTENT)
        offer = await _read_offer(request)
        room = self._enter(claims)
        leg = await self._open_leg()
        if not self._rooms.is_current(room):
            # While the socket was bound, a newer generation took the room over.
            await leg.abandon()
            raise ProblemFound(messages.STALE_GENERATION)
        reception = Reception(claims.seat, new_ssrc=self._rooms.new_ssrc)
        session = Session(
            self._new_session_id(), room, claims.seat, negotiated_by(offer), leg, reception, opens=claims.opens
        )
        room.await_seat(session)
        leg.start(offer, session)
        logger.info("session opened room=%s seat=%s generation=%d", room.room_id, claims.seat.value, room.generation)
        answer = write_answer(
            offer, endpoint=leg.endpoint, remotes=remote_streams(reception), session_id=room.generation
        )
        return web.Response(
            status=HTTPStatus.CREATED,
            text=answer,
            content_type=SDP,
            headers={"Location": f"/media/sessions/{session.session_id}", "Cache-Control": "no-store"},
        )

    async def patch_session(self, request: web.Request) -> web.Response:
        """Let a session go on where a new ticket leads, over the connection that it has: 204."""
        claims = self._claims(request)
        if claims.worker != self._worker_address:
            return await self._pass_on(request, claims)
        session = self._rooms.find(request.match_info["session_id"])
        if session is None:
            raise ProblemFound(messages.NO_SUCH_SESSION)
        with _problems():
            self._rooms.move(session, claims)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def delete_session(self, request: web.Request) -> web.Response:
        """Leave: 204. The ticket may have expired since, but must be of the same room and seat."""
        claims = self._claims(request, may_be_expired=True)
        if claims.worker != self._worker_address:
            return await self._pass_on(request, claims)
        session = self._rooms.find(request.match_info["session_id"])
        if session is None or not _is_of(session, claims):
            raise ProblemFound(messages.NO_SUCH_SESSION)
        session.leg.close()
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def get_health(self, request: web.Request) -> web.Response:
        """Tell that the worker lives, and how many calls it carries."""
        del request
        return web.json_response({"worker": self._worker_id, "calls": self._rooms.calls})

    def _claims(self, request: web.Request, *, may_be_expired: bool = False) -> MediaTicketClaims:
        header = request.headers.get("Authorization", "")
        if not header.startswith(BEARER):
            raise ProblemFound(messages.ticket_refused("There is no ticket"))
        try:
            return self._verifier.verify(header.removeprefix(BEARER).strip(), may_be_expired=may_be_expired)
        except TicketRefused as refused:
            raise ProblemFound(messages.ticket_refused(str(refused))) from refused

    def _enter(self, claims: MediaTicketClaims) -> Room:
        with _problems():
            return self._rooms.enter(claims)

    async def _pass_on(self, request: web.Request, claims: MediaTicketClaims) -> web.Response:
        """Let the worker that owns the call answer: behind the balancer, any of them is asked."""
        if was_passed_on(request):
            raise ProblemFound(messages.WRONG_WORKER)
        try:
            return await self._neighbours.ask(claims.worker, request)
        except NeighbourSilent:
            raise ProblemFound(messages.WORKER_SILENT) from None


@contextmanager
def _problems() -> Iterator[None]:
    """Turn what rooms refuse into problem documents."""
    try:
        yield
    except GenerationStale:
        raise ProblemFound(messages.STALE_GENERATION) from None
    except RoomsFull:
        raise ProblemFound(messages.WORKER_FULL) from None
    except RoomsClosing:
        raise ProblemFound(messages.WORKER_LEAVING) from None
    except SeatDiffers:
        raise ProblemFound(messages.WRONG_SEAT) from None


def negotiated_by(offer: Offer) -> Negotiated:
    """Return what the answer to this offer agrees on, in the forwarding core's terms."""
    types = {Kind.AUDIO: offer.audio.opus, Kind.VIDEO: offer.video.vp8, Kind.RTX: offer.video.rtx}
    ssrcs = {Kind.AUDIO: offer.audio.ssrc, Kind.VIDEO: offer.video.ssrc, Kind.RTX: offer.video.rtx_ssrc}
    return Negotiated(
        payload_types={kind: value for kind, value in types.items() if value is not None},
        ssrcs={kind: value for kind, value in ssrcs.items() if value is not None},
        extensions={**offer.audio.extensions, **offer.video.extensions},
    )


def remote_streams(reception: Reception) -> list[RemoteStream]:
    """Describe what a participant receives: one stream a remote seat, in the answer's order."""
    return [
        RemoteStream(
            stream_id=source.value,
            audio_ssrc=ssrcs[Kind.AUDIO],
            video_ssrc=ssrcs[Kind.VIDEO],
            rtx_ssrc=ssrcs[Kind.RTX],
        )
        for source, ssrcs in reception.ssrcs.items()
    ]


def _is_of(session: Session, claims: MediaTicketClaims) -> bool:
    room = session.room
    return (room.office, room.room_id, session.seat) == (claims.office, claims.room, claims.seat)


async def _read_offer(request: web.Request) -> Offer:
    try:
        return parse_offer((await request.read()).decode("utf-8"))
    except UnicodeDecodeError:
        raise ProblemFound(messages.offer_refused("The offer is not UTF-8 text")) from None
    except OfferRefused as refused:
        raise ProblemFound(messages.offer_refused(str(refused))) from refused


@web.middleware
async def answer_problems(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Turn whatever goes wrong on the caller's side into a problem document (RFC 9457)."""
    try:
        return await handler(request)
    except ProblemFound as found:
        return _document(found.problem)
    except web.HTTPException as error:
        return _document(messages.not_served(HTTPStatus(error.status)))


def _document(problem: Problem) -> web.Response:
    return web.json_response(
        problem.as_json(),
        status=problem.status,
        content_type="application/problem+json",
        headers=dict(problem.headers),
    )
