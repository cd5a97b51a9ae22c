"""The mails that SES accepted, one file each: ministack forgets attachments, and everything at its end."""

import base64
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from local.atomic import write_atomically


@dataclass(frozen=True, slots=True)
class AcceptedMail:
    """One mail as it lies in the folder; `raw` is RFC 5322."""

    id: str
    accepted_ms: int
    sender: str
    recipients: tuple[str, ...]
    raw: bytes


class MailFolder:
    """A folder of accepted mails; one writer, any number of readers."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir(parents=True, exist_ok=True)

    def accept(self, request: dict[str, Any], *, now_ms: int | None = None) -> str:
        """Keep one SendEmail request of SES's second API; returns the mail's id."""
        accepted_ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
        mail_id = f"{accepted_ms:013d}-{uuid.uuid4().hex[:8]}"
        kept = {
            "accepted_ms": accepted_ms,
            "from": request.get("FromEmailAddress", ""),
            "to": [
                address
                for group in ("ToAddresses", "CcAddresses", "BccAddresses")
                for address in request.get("Destination", {}).get(group, [])
            ],
            "raw": base64.b64encode(_raw(request)).decode(),
        }
        write_atomically(self._path / f"{mail_id}.json", json.dumps(kept).encode())
        return mail_id

    def newest_first(self) -> Iterator[AcceptedMail]:
        """All mails."""
        for path in sorted(self._path.glob("[0-9]*.json"), reverse=True):
            yield _read(path)

    def find(self, mail_id: str) -> AcceptedMail | None:
        """One mail; None if there is none of that id."""
        return next((mail for mail in self.newest_first() if mail.id == mail_id), None)


def _read(path: Path) -> AcceptedMail:
    kept = json.loads(path.read_bytes())
    return AcceptedMail(
        id=path.stem,
        accepted_ms=kept["accepted_ms"],
        sender=parseaddr(kept["from"])[1] or kept["from"],
        recipients=tuple(kept["to"]),
        raw=base64.b64decode(kept["raw"]),
    )


def _raw(request: dict[str, Any]) -> bytes:
    content = request.get("Content", {})
    if "Raw" in content:
        return base64.b64decode(content["Raw"]["Data"])
    simple = content.get("Simple", {})
    message = EmailMessage()
    message["From"] = request.get("FromEmailAddress", "")
    message["To"] = ", ".join(request.get("Destination", {}).get("ToAddresses", []))
    message["Subject"] = simple.get("Subject", {}).get("Data", "")
    body = simple.get("Body", {})
    message.set_content(body.get("Text", {}).get("Data", ""))
    if "Html" in body:
        message.add_alternative(body["Html"]["Data"], subtype="html")
    return message.as_bytes()
