"""The worker's HTTP interface, asked over a real socket; legs are stood in for."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request
from offer_samples import OFFER
from test_media_tickets import CLAIMS, NOW, PRIVATE, PUBLIC

from chalicelib.adapters.media_tickets import MediaTickets
from chalicelib.domain.calls import MediaTicketClaims, Seat
from media_worker.room import Session
from media_worker.rooms import Rooms
from media_worker.signalling.messages import Endpoint, Fingerprint, IceCredentials, Offer
from media_worker.signalling.neighbours import PASSED_ON, Neighbours
from media_worker.signalling.server import Signalling
from media_worker.tickets import TicketVerifier

Client = TestClient[Request, Application]


@dataclass
class FakeLeg:
    """A leg whose browser comes at once."""

    endpoint: Endpoint = field(
        default_factory=lambda: Endpoint(
            ice=IceCredentials("ours", "x" * 24),
            fingerprints=(Fingerprint("sha-256", "AB"),),
            address="127.0.0.1",
            port=4,
        )
    )
    events: Session | None = None
    abandoned: bool = False

    def start(self, offer: Offer, events: Session) -> None:
        self.events = events
        events.leg_up()

    async def abandon(self) -> None:
        self.abandoned = True

    def send_rtp(self, packet: bytearray, size: int) -> None:
        pass

    def send_rtcp(self, packet: bytes) -> None:
        pass

    def send_message(self, channel: int, message: bytes) -> None:
        pass

    def close(self) -> None:
        if self.events is not None:
            self.events.leg_down()


class Desk:
    """The application with what it stands on."""

    def __init__(self) -> None:
        self.rooms = Rooms(new_ssrc=count(1).__next__, now_ms=lambda: 0, calls_max=1)
        self.legs: list[FakeLeg] = []
        self.while_opening: Callable[[], object] = lambda: None
        self.now = NOW
        self.neighbours = Neighbours(patience_s=2)
        ids = count(1)
        self.signalling = Signalling(
            verifier=TicketVerifier(PUBLIC, now=lambda: self.now),
            rooms=self.rooms,
            open_leg=self._open_leg,
            new_session_id=lambda: f"session-{next(ids)}",
            neighbours=self.neighbours,
            worker_address=CLAIMS.worker,
            worker_id="w-1",
        )

    async def _open_leg(self) -> FakeLeg:
        self.while_opening()
        self.legs.append(FakeLeg())
        return self.legs[-1]


def asked(desk: Desk, ask: Callable[[Client], Awaitable[None]]) -> None:
    async def run() -> None:
        async with desk.neighbours, TestClient(TestServer(desk.signalling.application())) as client:
            await ask(client)

    asyncio.run(run())


def headers(claims: MediaTicketClaims = CLAIMS) -> dict[str, str]:
    return {"Authorization": f"Bearer {MediaTickets(PRIVATE).mint(claims)}", "Content-Type": "application/sdp"}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_offer_is_answered_and_the_session_can_be_left(desk: Desk) -> None:
    async def ask(client: Client) -> None:
        answer = await client.post("/media/sessions", data=OFFER, headers=headers())
        assert (answer.status, answer.content_type) == (201, "application/sdp")
        assert answer.headers["Location"] == "/media/sessions/session-1"
        assert "a=msid:clerk clerk-audio" in await answer.text()
        assert await (await client.get("/media/health")).json() == {"worker": "w-1", "calls": 1}

        desk.now += timedelta(hours=1)
        assert (await client.delete("/media/sessions/session-1", headers=headers())).status == 204
        assert (await client.delete("/media/sessions/session-1", headers=headers())).status == 404
        assert (await (await client.get("/media/health")).json())["calls"] == 0

    asked(desk, ask)


@pytest.mark.parametrize(
    ("change", "body", "status", "kind", "advice"),
    [
        ({"Authorization": ""}, OFFER, 401, "media-ticket-refused", "fresh ticket"),
        ({"Authorization": "Basic x"}, OFFER, 401, "media-ticket-refused", "fresh ticket"),
        ({"Authorization": "Bearer a.b.c"}, OFFER, 401, "media-ticket-refused", "fresh ticket"),
        (
            {**headers(replace(CLAIMS, worker="http://127.0.0.1:9")), PASSED_ON: "1"},
            OFFER,
            409,
            "wrong-worker",
            "fresh ticket",
        ),
        (headers(replace(CLAIMS, worker="http://127.0.0.1:9")), OFFER, 503, "worker-silent", "fresh ticket"),
        ({"Content-Type": "text/plain"}, OFFER, 415, "wrong-content-type", "application/sdp"),
        ({}, "v=0", 422, "offer-refused", "Offer bundled"),
        ({}, b"\xff\xfe", 422, "offer-refused", "UTF-8"),
    ],
)
def test_refusals_are_problems_that_say_what_to_do(  # noqa: PLR0917  # the columns of the table
    desk: Desk, change: dict[str, str], body: str | bytes, status: int, kind: str, advice: str
) -> None:
    async def ask(client: Client) -> None:
        answer = await client.post("/media/sessions", data=body, headers={**headers(), **change})
        problem = await answer.json(content_type="application/problem+json")
        assert (answer.status, problem["status"], problem["type"]) == (status, status, f"urn:fernamt:problem:{kind}")
        assert advice in problem["detail"]
        assert desk.legs == []

    asked(desk, ask)


def test_a_stale_generation_and_a_full_worker_are_said_apart(desk: Desk) -> None:
    async def ask(client: Client) -> None:
        second = replace(CLAIMS, generation=2)
        assert (await client.post("/media/sessions", data=OFFER, headers=headers(second))).status == 201
        stale = await client.post("/media/sessions", data=OFFER, headers=headers())
        assert (stale.status, (await stale.json(content_type=None))["type"]) == (
            409,
            "urn:fernamt:problem:stale-generation",
        )
        full = await client.post("/media/sessions", data=OFFER, headers=headers(replace(CLAIMS, room="b-2")))
        assert (full.status, full.headers["Retry-After"]) == (503, "2")

    asked(desk, ask)


def test_a_room_replaced_while_the_socket_is_bound_is_not_joined(desk: Desk) -> None:
    async def ask(client: Client) -> None:
        desk.while_opening = lambda: desk.rooms.enter(replace(CLAIMS, generation=2))
        answer = await client.post("/media/sessions", data=OFFER, headers=headers())
        assert answer.status == 409
        assert desk.legs[0].abandoned

    asked(desk, ask)


def test_nobody_ends_the_session_of_another_seat(desk: Desk) -> None:
    async def ask(client: Client) -> None:
        await client.post("/media/sessions", data=OFFER, headers=headers())
        foreign = headers(replace(CLAIMS, seat=Seat.CLERK))
        assert (await client.delete("/media/sessions/session-1", headers=foreign)).status == 404
        assert (await client.delete("/media/sessions/session-1")).status == 401
        assert desk.rooms.calls == 1

    asked(desk, ask)


def test_an_offer_beyond_all_measure_is_not_read(desk: Desk) -> None:
    async def ask(client: Client) -> None:
        answer = await client.post("/media/sessions", data="v" * 200_000, headers=headers())
        assert answer.status == 413
        assert answer.content_type == "application/problem+json"
        assert (await client.get("/media/elsewhere")).content_type == "application/problem+json"

    asked(desk, ask)


def test_a_clerk_goes_from_the_lobby_to_the_citizen_without_a_new_connection(desk: Desk) -> None:
    lobby = replace(CLAIMS, seat=Seat.CLERK, room="desk-1")
    call = replace(CLAIMS, seat=Seat.CLERK, generation=3, opens=frozenset({Seat.CITIZEN}))

    async def ask(client: Client) -> None:
        await client.post("/media/sessions", data=OFFER, headers=headers(lobby))
        where = "/media/sessions/session-1"
        assert (await client.patch(where, headers=headers(replace(CLAIMS, room="b-9")))).status == 409, "not a clerk"
        assert (await client.patch(where, headers=headers(call))).status == 204
        assert len(desk.legs) == 1
        [room] = [room for room in desk.rooms.all if room.room_id == CLAIMS.room]
        assert (room.generation, room.lit) == (3, {Seat.CLERK, Seat.CITIZEN})
        older = replace(call, generation=2)
        answer = await client.patch(where, headers=headers(older))
        assert (await answer.json(content_type=None))["type"] == "urn:fernamt:problem:stale-generation"
        assert room.lit == {Seat.CLERK, Seat.CITIZEN}, "a refused ticket changes nothing"
        assert (await client.patch("/media/sessions/none", headers=headers(call))).status == 404

    desk.rooms = desk.signalling._rooms = Rooms(new_ssrc=count(1).__next__, now_ms=lambda: 0, calls_max=5)  # noqa: SLF001
    asked(desk, ask)


def test_any_worker_takes_the_offer_and_the_owner_answers() -> None:
    """Behind a balancer nobody chooses the worker; each request finds the owner by the ticket."""

    async def run() -> None:
        owner, other = Desk(), Desk()
        async with TestServer(owner.signalling.application()) as there:
            address = f"http://127.0.0.1:{there.port}"
            owner.signalling._worker_address = address  # noqa: SLF001  # known only once the port is
            async with other.neighbours, TestClient(TestServer(other.signalling.application())) as client:
                ticket = headers(replace(CLAIMS, worker=address))
                answer = await client.post("/media/sessions", data=OFFER, headers=ticket)
                assert (answer.status, answer.content_type) == (201, "application/sdp")
                where = answer.headers["Location"]
                assert (len(owner.legs), len(other.legs)) == (1, 0)
                assert (await client.patch(where, headers=ticket)).status == 204
                refused = await client.post("/media/sessions", data="v=0", headers=ticket)
                assert refused.content_type == "application/problem+json"
                assert refused.status == 422
                assert (await client.delete(where, headers=ticket)).status == 204

    asyncio.run(run())


def test_a_worker_that_ends_takes_no_new_call_and_keeps_those_it_has(desk: Desk) -> None:
    async def ask(client: Client) -> None:
        await client.post("/media/sessions", data=OFFER, headers=headers())
        desk.rooms.takes_new = False
        same = await client.post("/media/sessions", data=OFFER, headers=headers(replace(CLAIMS, seat=Seat.CLERK)))
        assert same.status == 201
        refused = await client.post("/media/sessions", data=OFFER, headers=headers(replace(CLAIMS, room="b-2")))
        assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
        assert "fresh ticket" in (await refused.json(content_type=None))["detail"]

    asked(desk, ask)
