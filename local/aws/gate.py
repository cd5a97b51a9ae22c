"""What stands between the socket and ministack: readiness, durability, mail, and who may ask from a browser.

ministack answers every web page in the world (`Access-Control-Allow-Origin: *`). The real S3 answers the
origins in a bucket's CORS rules, so this gate lets through the front door's origin and nobody else's.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from local.aws.journal import Journal
from local.aws.mails import MailFolder
from local.ports import READY_PATH

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

_SEND_MAIL_PATH: Final = "/v2/email/outbound-emails"
_OK: Final = 200


class Gate:
    """The ASGI application that is served; `ready` is raised when tables and buckets stand."""

    def __init__(self, inner: Application, *, journal: Journal, mails: MailFolder, origin: str) -> None:
        self.ready = False
        self._inner = inner
        self._journal = journal
        self._mails = mails
        self._origin = origin.encode()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection's request, as ASGI says."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        if scope["path"] == READY_PATH:
            await _answer(send, 200 if self.ready else 503)
            return
        asking = next((value for name, value in scope["headers"] if name == b"origin"), None)
        if asking not in {None, self._origin}:
            await _answer(send, 403)
            return
        if scope["method"] == "POST" and scope["path"] == _SEND_MAIL_PATH:
            await self._send_mail(scope, receive, self._durable(send))
            return
        await self._inner(scope, receive, self._durable(send))

    def _durable(self, send: Send) -> Send:
        """Nothing is acknowledged before it lies in the journal."""

        async def send_durably(message: Message) -> None:
            self._journal.flush()
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, self._origin if name.lower() == b"access-control-allow-origin" else value)
                    for name, value in message["headers"]
                ]
            await send(message)

        return send_durably

    async def _send_mail(self, scope: Message, receive: Receive, send: Send) -> None:
        """Keep the mail whole, before SES's answer is sent."""
        body = bytearray()

        async def receive_and_keep() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        async def send_and_keep(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == _OK:
                self._mails.accept(json.loads(body))
            await send(message)

        await self._inner(scope, receive_and_keep, send_and_keep)


async def _answer(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
