"""Letters as e-mail through SES: plain text, HTML, the calendar's object, the receipt."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from chalicelib.adapters.letters_calendar import calendar_of, method_of
from chalicelib.adapters.letters_text import words_of
from chalicelib.domain.files import File
from chalicelib.domain.letters import Letter, LetterKind, MailRefused, MailUnavailable
from chalicelib.domain.mail_addresses import deliverable
from chalicelib.domain.offices import Office
from chalicelib.services.ports import LetterLinks
from chalicelib.web.catalogues import texts_in
from chalicelib.web.render import in_language

FINAL = frozenset({"MessageRejected", "BadRequestException", "NotFoundException"})
"""Codes of SES by which the same letter will never go; all else is the operator's or the network's."""


@dataclass(frozen=True, slots=True)
class SesMailer:
    """The port Mailer. `client` is boto3's SESv2 client; no configuration set, so nothing is tracked."""

    client: Any
    sender: str

    def send(self, letter: Letter, *, file: File, office: Office, links: LetterLinks, receipt: bytes | None) -> None:
        """Write the letter and hand it over. Raises MailUnavailable, MailRefused."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - with its client, lazily

        message = message_of(letter, file=file, office=office, links=links, receipt=receipt, mail_from=self.sender)
        try:
            self.client.send_email(
                FromEmailAddress=message["From"],
                Destination={"ToAddresses": [message["To"]]},
                Content={"Raw": {"Data": message.as_bytes()}},
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in FINAL:
                raise MailRefused(code) from None
            raise MailUnavailable(code) from None
        except BotoCoreError as error:
            raise MailUnavailable(type(error).__name__) from None


def message_of(
    letter: Letter,
    *,
    file: File,
    office: Office,
    links: LetterLinks,
    receipt: bytes | None,
    mail_from: str,
) -> EmailMessage:
    """Write the mail. Raises MailRefused if there is no address that mail can go to.

    Headers hold our own words, the address, and nothing else that a citizen typed; EmailMessage refuses line
    breaks in them besides. The Message-ID is the letter's: sent twice after a crash, it is recognised as one.
    """
    to = _address(file)
    words = words_of(letter, file=file, office=office, links=links)
    message = EmailMessage(policy=SMTP)
    message["From"] = f'"{_quotable(in_language(office.name, letter.language))}" <{mail_from}>'
    message["To"] = to
    message["Subject"] = words.subject
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = f"<{letter.id}@{mail_from.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    message.set_content(words.text, cte="quoted-printable")
    message.add_alternative(words.html, subtype="html", cte="quoted-printable")
    if letter.kind is not LetterKind.RESULT:
        _invite(message, letter, file=file, office=office, links=links, organizer=mail_from, attendee=to)
    if receipt is not None:
        name = texts_in(letter.language)("mail.receipt_name", reference=file.booking.reference)
        message.add_attachment(receipt, maintype="application", subtype="pdf", filename=name)
    message["Content-Language"] = letter.language  # last: adding parts moves every Content- header into the first
    return message


def _invite(
    message: EmailMessage,
    letter: Letter,
    *,
    file: File,
    office: Office,
    links: LetterLinks,
    organizer: str,
    attendee: str,
) -> None:
    """Add the appointment twice: as an alternative, which mail programs act on, and as a file to open."""
    calendar = calendar_of(letter, file=file, office=office, links=links, organizer=organizer, attendee=attendee)
    kind = {"method": method_of(letter)}
    message.add_alternative(calendar.decode(), subtype="calendar", cte="base64", params=kind)
    name = texts_in(letter.language)("mail.calendar_name")
    message.add_attachment(calendar, maintype="text", subtype="calendar", filename=name, params=kind)


def _address(file: File) -> str:
    """Return the citizen's address. Raises MailRefused for none, or one that is more than an address."""
    email = file.booking.details.email if file.booking.details else ""
    address = deliverable(email)
    if address is None:
        raise MailRefused("address")
    return address


def _quotable(name: str) -> str:
    return name.replace("\\", "").replace('"', "")
