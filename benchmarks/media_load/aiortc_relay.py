"""The baseline: a relay of aiortc's RTCPeerConnection and MediaRelay. `python -m … ADDRESS PORT`."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict

import uvloop
from aiohttp import web
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay


class Baseline:
    """Rooms of two: what one sends is decoded, relayed and encoded again for the other."""

    def __init__(self) -> None:
        self._relay = MediaRelay()
        self._rooms: dict[str, list[RTCPeerConnection]] = defaultdict(list)

    async def join(self, request: web.Request) -> web.Response:
        """Answer an offer; the second one who comes is given the tracks of the first, and the other way round."""
        room = self._rooms[request.match_info["room"]]
        connection = RTCPeerConnection()
        await connection.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
        room.append(connection)
        for transceiver in connection.getTransceivers():
            transceiver.direction = "sendrecv"
        await connection.setLocalDescription(await connection.createAnswer())
        if len(room) == 2:
            for one, other in (room, room[::-1]):
                for mine, theirs in zip(one.getTransceivers(), other.getTransceivers(), strict=True):
                    mine.sender.replaceTrack(self._relay.subscribe(theirs.receiver.track))
        return web.Response(status=201, text=connection.localDescription.sdp, content_type="application/sdp")


async def serve(address: str, port: int) -> None:
    """Serve until killed."""
    app = web.Application()
    app.add_routes([web.post("/rooms/{room}", Baseline().join), web.get("/health", _health)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, address, port).start()
    await asyncio.Event().wait()


async def _health(request: web.Request) -> web.Response:
    del request
    return web.Response()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2])))
