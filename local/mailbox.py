"""`python -m local.mailbox`: the citizens' mail on this machine, as pages and as JSON.

`/` lists, `/mails/{id}` shows, `/messages` and `/messages/{id}` are the same for programs.
Environment: MAILBOX_PORT (8705), OFFICE_DIR (.office).
"""

import json
import logging
import os
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from local.aws.mails import AcceptedMail, MailFolder
from local.pages import page, style
from local.wire import Answer, Call, problem, serve

_WEB_ADDRESS: Final = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
_JSON: Final = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))
_EXTENSIONS: Final = {"text/calendar": ".ics", "application/pdf": ".pdf"}


@dataclass(frozen=True, slots=True)
class OpenedMail:
    """One mail, read as a mail client reads it."""

    accepted: AcceptedMail
    message: EmailMessage

    @classmethod
    def open(cls, accepted: AcceptedMail) -> "OpenedMail":
        """Parse the raw mail."""
        message = message_from_bytes(accepted.raw, policy=policy.default)
        return cls(accepted, message)

    def body(self, subtype: str) -> str:
        """The text of `text/plain` or `text/html`; empty if there is none."""
        part = self.message.get_body(preferencelist=(subtype,))
        return str(part.get_content()) if part is not None else ""

    def attachments(self) -> list[MIMEPart]:
        """Everything that is not one of the two bodies: invitations too, which lie beside the text."""
        bodies = [self.message.get_body(preferencelist=(kind,)) for kind in ("plain", "html")]
        return [
            part
            for part in self.message.walk()
            if not part.is_multipart() and not any(part is body for body in bodies)
        ]

    def as_json(self) -> dict[str, Any]:
        """What programs get; `to` and `from` are addresses."""
        return {
            "id": self.accepted.id,
            "accepted_ms": self.accepted.accepted_ms,
            "from": self.accepted.sender,
            "to": list(self.accepted.recipients),
            "subject": str(self.message.get("Subject", "")),
            "text": self.body("plain"),
            "html": self.body("html"),
            "attachments": [name_of(part, number) for number, part in enumerate(self.attachments(), 1)],
        }

    def as_page_values(self) -> dict[str, Any]:
        """What the templates show."""
        at = datetime.fromtimestamp(self.accepted.accepted_ms / 1000, UTC)
        shown = at.astimezone(ZoneInfo("Europe/Berlin")).strftime("%d.%m.%Y, %H:%M:%S")
        return {**self.as_json(), "at": at.isoformat(timespec="seconds"), "shown": shown}


def name_of(part: MIMEPart, number: int) -> str:
    """A name to save the part under; its own, without any folder."""
    own = Path((part.get_filename() or "").replace("\\", "/")).name
    return own or f"anhang-{number}{_EXTENSIONS.get(part.get_content_type(), '.bin')}"


def with_links(text: str) -> Markup:
    """Escape `text` and make its web addresses clickable."""
    shown, end = Markup(), 0
    for found in _WEB_ADDRESS.finditer(text):
        link = Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(found.group())
        shown += escape(text[end : found.start()]) + link
        end = found.end()
    return shown + escape(text[end:])


class Mailbox:
    """Answers calls out of a folder of accepted mails."""

    def __init__(self, folder: MailFolder) -> None:
        self._folder = folder

    def answer(self, call: Call) -> Answer:
        """Answer one call; only reading is possible."""
        if call.method not in {"GET", "HEAD"}:
            return problem(405, "Mail is only read here.", headers=(("Allow", "GET, HEAD"),))
        match call.path.strip("/").split("/"):
            case [("" | "messages") as form]:
                return self._list(form=form)
            case ["style.css"]:
                return style()
            case [("messages" | "mails") as form, mail_id]:
                return self._show(mail_id, form=form)
            case ["mails", mail_id, "attachments", number]:
                return self._attachment(mail_id, number)
        return problem(404, "There is nothing at this address.")

    def _list(self, *, form: str) -> Answer:
        mails = [OpenedMail.open(mail) for mail in self._folder.newest_first()]
        if form == "messages":
            return Answer(200, _JSON, json.dumps([mail.as_json() for mail in mails]).encode(), "/messages")
        return page("mails.html", mails=[mail.as_page_values() for mail in mails], route="/")

    def _show(self, mail_id: str, *, form: str) -> Answer:
        accepted = self._folder.find(mail_id)
        if accepted is None:
            return problem(404, "There is no such mail.", route=f"/{form}/{{id}}")
        mail = OpenedMail.open(accepted)
        if form == "messages":
            return Answer(200, _JSON, json.dumps(mail.as_json()).encode(), "/messages/{id}")
        return page(
            "mail.html",
            mail=mail.as_page_values(),
            # Links of the mail open beside the mailbox, not inside the frame.
            framed='<base target="_blank">' + mail.body("html"),
            text_with_links=with_links(mail.body("plain")),
            route="/mails/{id}",
        )

    def _attachment(self, mail_id: str, number: str) -> Answer:
        accepted = self._folder.find(mail_id)
        parts = OpenedMail.open(accepted).attachments() if accepted else []
        if not number.isdecimal() or int(number) >= len(parts):
            return problem(404, "There is no such attachment.", route="/mails/{id}/attachments/{n}")
        part = parts[int(number)]
        name = re.sub(r"[^\w.\- ]", "_", name_of(part, int(number) + 1), flags=re.ASCII)
        headers = (
            ("Content-Type", part.get_content_type()),
            ("Content-Disposition", f'attachment; filename="{name}"'),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", "sandbox"),
        )
        content = part.get_payload(decode=True)
        body = content if isinstance(content, bytes) else b""
        return Answer(200, headers, body, "/mails/{id}/attachments/{n}")


def main() -> int:
    """Serve until SIGINT or SIGTERM."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
    folder = Path(os.environ.get("OFFICE_DIR", ".office")).resolve() / "mails"
    serve(Mailbox(MailFolder(folder)).answer, port=int(os.environ.get("MAILBOX_PORT", "8705")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
