"""The mailbox shows what was sent, and nothing of a mail can do anything."""

import base64
import json
from email.message import EmailMessage
from pathlib import Path

import pytest

from local.aws.mails import MailFolder
from local.mailbox import Mailbox
from local.wire import Answer, Call


def invitation(subject: str = "Ihr Termin am 24. November, 10:20 Uhr") -> bytes:
    message = EmailMessage()
    message["From"] = "Bürgeramt Heidelberg <buergeramt@fernamt.example>"
    message["To"] = "kim@example.org"
    message["Subject"] = subject
    message.set_content("Guten Tag,\n\nzum Gespräch: http://127.0.0.1:8700/heidelberg/join#s3cr3t.\n<b>Grüße</b>")
    message.add_alternative('<p style="color:red">Hallo</p><script>alert(1)</script>', subtype="html")
    message.add_attachment(
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        maintype="text",
        subtype="calendar",
        params={"method": "REQUEST"},
        filename="termin.ics",
    )
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename='../b"eleg.pdf')
    return message.as_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> MailFolder:
    return MailFolder(tmp_path / "mails")


def send(folder: MailFolder, raw: bytes, *, now_ms: int) -> str:
    return folder.accept(
        {
            "FromEmailAddress": "Bürgeramt <buergeramt@fernamt.example>",
            "Destination": {"ToAddresses": ["kim@example.org"]},
            "Content": {"Raw": {"Data": base64.b64encode(raw).decode()}},
        },
        now_ms=now_ms,
    )


def get(folder: MailFolder, path: str, method: str = "GET") -> Answer:
    return Mailbox(folder).answer(Call(method, path, "", {}, b""))


def test_programs_get_everything_newest_first(folder: MailFolder) -> None:
    send(folder, invitation("first"), now_ms=1_000)
    newest = send(folder, invitation(), now_ms=2_000)
    mails = json.loads(get(folder, "/messages").body)
    assert [mail["subject"] for mail in mails] == ["Ihr Termin am 24. November, 10:20 Uhr", "first"]
    one = json.loads(get(folder, f"/messages/{newest}").body)
    assert one == mails[0]
    assert one["to"] == ["kim@example.org"]
    assert one["from"] == "buergeramt@fernamt.example"
    assert one["attachments"] == ["termin.ics", 'b"eleg.pdf']
    assert "join#s3cr3t" in one["text"]
    assert "<script>" in one["html"]


def test_a_mail_of_simple_content_is_shown_too(folder: MailFolder) -> None:
    body = {"Text": {"Data": "Hallo"}, "Html": {"Data": "<p>Hallo</p>"}}
    folder.accept(
        {
            "FromEmailAddress": "a@fernamt.example",
            "Destination": {"ToAddresses": ["kim@example.org"]},
            "Content": {"Simple": {"Subject": {"Data": "Grüße"}, "Body": body}},
        }
    )
    (mail,) = json.loads(get(folder, "/messages").body)
    assert (mail["subject"], mail["text"].strip(), mail["html"].strip()) == ("Grüße", "Hallo", "<p>Hallo</p>")


def test_the_page_frames_the_html_and_links_the_text(folder: MailFolder) -> None:
    mail_id = send(folder, invitation(), now_ms=1_000)
    answer = get(folder, f"/mails/{mail_id}")
    page = answer.body.decode()
    assert "<script>alert" not in page  # only escaped, inside the frame's attribute
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert '<a href="http://127.0.0.1:8700/heidelberg/join#s3cr3t" rel="noreferrer">' in page
    assert "&lt;b&gt;Grüße&lt;/b&gt;" in page
    assert "script-src" not in dict(answer.headers)["Content-Security-Policy"]
    assert answer.route == "/mails/{id}"


def test_attachments_are_downloaded_never_shown(folder: MailFolder) -> None:
    mail_id = send(folder, invitation(), now_ms=1_000)
    calendar = get(folder, f"/mails/{mail_id}/attachments/0")
    assert calendar.body == b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    receipt = get(folder, f"/mails/{mail_id}/attachments/1")
    assert receipt.body == b"%PDF-1.7"
    assert dict(receipt.headers)["Content-Disposition"] == 'attachment; filename="b_eleg.pdf"'


@pytest.mark.parametrize(
    "path",
    ["/mails/nobody", "/messages/../aws", "/mails/x/attachments/0", "/mails/x/attachments/-1", "/other"],
)
def test_what_is_not_there(folder: MailFolder, path: str) -> None:
    assert get(folder, path).status == 404


def test_an_empty_mailbox_says_so_and_takes_nothing(folder: MailFolder) -> None:
    assert "Noch keine E-Mail" in get(folder, "/").body.decode()
    assert get(folder, "/messages", method="POST").status == 405
