"""The outbox: sent once, tried again while mail is down, dropped when overtaken, given up at last."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from chalicelib.adapters.ses_mail import SesMailer
from chalicelib.domain import letters, links
from chalicelib.domain.bookings import Booking
from chalicelib.domain.cases import Record
from chalicelib.domain.files import Changes, File
from chalicelib.domain.letters import (
    BACKOFF,
    LEASE,
    Letter,
    LetterKind,
    LetterState,
    MailRefused,
    MailUnavailable,
    NoSuchLetter,
)
from chalicelib.domain.links import Purpose
from chalicelib.domain.offices import Office
from chalicelib.domain.receipts import Receipt
from chalicelib.services.acting import Acting
from chalicelib.services.mailing import Mailing
from chalicelib.services.ports import LetterLinks
from tests.doubles.chance import PlainSigner, SeededChance
from tests.doubles.files import InMemoryFiles
from tests.mail.letters_for_tests import (
    KEY,
    LINK_KEY,
    LINKS,
    NOW,
    SENDER,
    a_booking,
    a_closed_booking,
    a_file,
    a_letter,
    heidelberg,
    later,
)


@dataclass
class NotingMailer:
    """The port Mailer; raises what it is told to, else notes what it sends."""

    sent: list[tuple[Letter, LetterLinks, bytes | None]] = field(default_factory=list)
    fault: Exception | None = None
    before: Callable[[], None] = lambda: None

    def send(self, letter: Letter, *, file: File, office: Office, links: LetterLinks, receipt: bytes | None) -> None:
        self.before()
        if self.fault:
            raise self.fault
        self.sent.append((letter, links, receipt))


@dataclass
class NotingReceipts:
    """The port Receipts."""

    made: list[Receipt] = field(default_factory=list)

    def make(self, receipt: Receipt, *, language: str) -> bytes:
        self.made.append(receipt)
        return b"%PDF-"


@dataclass
class Outbox:
    """One file with one letter."""

    files: InMemoryFiles
    mailer: NotingMailer
    receipts: NotingReceipts
    mailing: Mailing

    def deliver(self, now: datetime = NOW) -> LetterState:
        return self.mailing.deliver(heidelberg(), KEY, "l1", now=now)

    def letter(self) -> Letter:
        return letters.find(self.files.load(KEY).letters, "l1")

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.files.case(KEY)[1]]


def outbox(booking: Booking | None = None, letter: Letter | None = None) -> Outbox:
    files, mailer, receipts = InMemoryFiles(), NotingMailer(), NotingReceipts()
    acting = Acting(files, SeededChance(), PlainSigner())
    records = (Record("booking-confirmed", "citizen", {}),)
    changes = Changes(letters=(letter or a_letter(),), records=records)
    acting.create(booking or a_booking(), changes, now=NOW)
    return Outbox(files, mailer, receipts, Mailing(acting, mailer, receipts, "https://amt.example", LINK_KEY))


def test_a_letter_is_sent_and_the_case_says_so() -> None:
    box = outbox()
    assert box.deliver() is LetterState.SENT
    assert (box.letter().due_at, box.letter().sent_at, box.kinds()[-1]) == (None, NOW, "letter-sent")


def test_a_handler_that_runs_twice_sends_once() -> None:
    box = outbox()
    assert [box.deliver(), box.deliver()] == [LetterState.SENT, LetterState.SENT]
    assert len(box.mailer.sent) == 1


def test_of_two_handlers_at_once_one_sends() -> None:
    """The second comes while the first is sending: the lease keeps it away."""
    box = outbox()
    seen: list[LetterState] = []
    box.mailer.before = lambda: seen.append(box.deliver())
    assert box.deliver() is LetterState.SENT
    assert (seen, len(box.mailer.sent)) == ([LetterState.SENDING], 1)


def test_of_many_handlers_in_parallel_one_sends() -> None:
    box = outbox()
    gate = threading.Barrier(8)

    def run() -> None:
        gate.wait()
        box.deliver()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(box.mailer.sent) == 1


def test_while_mail_is_down_it_is_tried_again_later_and_later() -> None:
    box, now = outbox(), NOW
    box.mailer.fault = MailUnavailable("down")
    for wait in BACKOFF:
        assert box.deliver(now) is LetterState.DUE
        assert box.letter().due_at == now + wait
        assert box.deliver(now + wait - timedelta(seconds=1)) is LetterState.DUE  # not its turn yet
        now += wait
    box.mailer.fault = None
    assert box.deliver(now) is LetterState.SENT


def test_after_the_last_try_it_is_given_up_and_the_case_says_so() -> None:
    box, now = outbox(), NOW
    box.mailer.fault = MailUnavailable("down")
    for wait in (*BACKOFF, timedelta()):
        box.deliver(now)
        now += wait
    assert (box.letter().state, box.kinds()[-1]) == (LetterState.UNDELIVERABLE, "letter-undeliverable")
    assert now - NOW > timedelta(hours=24)


def test_an_address_that_does_not_exist_is_given_up_at_once() -> None:
    box = outbox()
    box.mailer.fault = MailRefused("address")
    assert box.deliver() is LetterState.UNDELIVERABLE


class Crash(BaseException):
    """The function is killed."""


def crash() -> None:
    raise Crash


def test_a_sender_that_dies_leaves_a_lease_that_runs_out() -> None:
    box = outbox()
    box.mailer.before = crash
    with pytest.raises(Crash):
        box.deliver()
    box.mailer.before = lambda: None
    assert box.deliver(NOW + LEASE - timedelta(seconds=1)) is LetterState.SENDING
    assert box.mailer.sent == []
    assert box.deliver(NOW + LEASE) is LetterState.SENT
    assert len(box.mailer.sent) == 1


def test_senders_that_die_one_after_another_are_not_followed_for_ever() -> None:
    box, now = outbox(), NOW
    box.mailer.before = crash
    for _ in range(len(BACKOFF) + 1):
        with pytest.raises(Crash):
            box.deliver(now)
        now += LEASE
    assert box.deliver(now) is LetterState.UNDELIVERABLE


def test_a_sender_whose_lease_ran_out_does_not_mark_what_another_does() -> None:
    box = outbox()

    def overtaken() -> None:
        box.mailer.before = lambda: None
        box.mailer.fault = MailUnavailable("slow, then down")
        assert box.deliver(NOW + LEASE) is LetterState.DUE

    box.mailer.before = overtaken
    assert box.deliver() is LetterState.DUE
    assert box.letter().attempts == 2


def test_a_fault_of_ours_is_heard_of_and_the_letter_waits() -> None:
    box = outbox()
    box.mailer.fault = KeyError("a text is missing")
    with pytest.raises(KeyError):
        box.deliver()
    assert (box.letter().state, box.letter().due_at) == (LetterState.DUE, NOW + BACKOFF[0])


def test_a_letter_that_a_newer_one_has_overtaken_is_dropped() -> None:
    """Moved while mail was down: only the new time is told."""
    box = outbox(booking=a_booking(sequence=1))
    assert box.deliver() is LetterState.SUPERSEDED
    assert box.mailer.sent == []


def test_a_letter_that_is_not_there_is_said_to_be_absent() -> None:
    box = outbox()
    with pytest.raises(NoSuchLetter):
        box.mailing.deliver(heidelberg(), KEY, "l2", now=NOW)


def test_links_are_derived_and_lead_to_the_office_in_the_letters_language() -> None:
    box = outbox(letter=replace(a_letter(language="en"), link_version=3))
    box.deliver()
    (_, sent_links, _) = box.mailer.sent[0]
    assert sent_links.entry == "https://amt.example/heidelberg?lang=en"
    for purpose in set(Purpose) - {Purpose.GUEST}:  # a clerk makes that one, and no letter carries it
        where, _, fragment = getattr(sent_links, purpose.value).partition("#")
        assert where == f"https://amt.example/heidelberg/{purpose.value}?lang=en"
        booking_id, secret = links.parse_fragment(fragment)
        links.check(secret, key=LINK_KEY, office="heidelberg", booking_id=booking_id, version=3, purpose=purpose)


def test_no_secret_lies_in_the_file() -> None:
    """Not in the table, the stream or a backup: it is derived when the letter is sent."""
    box = outbox()
    box.deliver()
    secret = box.mailer.sent[0][1].join.rpartition(".")[2]
    assert secret not in repr(box.files)
    assert repr(LINK_KEY) not in repr(box.mailing)
    assert secret not in repr(box.mailer.sent)


def test_a_result_carries_a_receipt_that_names_the_end_of_the_chain() -> None:
    box = outbox(a_closed_booking(), a_letter(LetterKind.RESULT))
    head = box.files.case(KEY)[0]
    box.deliver()
    assert (box.receipts.made[0].seq > 0, box.mailer.sent[0][2]) == (True, b"%PDF-")
    assert head.seq == 1


@dataclass
class Ses:
    """boto3's SESv2 client, as far as we use it."""

    fault: Exception | None = None
    sent: list[dict[str, Any]] = field(default_factory=list)

    def send_email(self, **request: Any) -> dict[str, str]:
        if self.fault:
            raise self.fault
        self.sent.append(request)
        return {"MessageId": "1"}


def send(ses: Ses) -> None:
    SesMailer(ses, SENDER).send(a_letter(), file=a_file(), office=heidelberg(), links=LINKS, receipt=None)


def test_ses_gets_the_raw_mail_and_no_configuration_that_could_track() -> None:
    ses = Ses()
    send(ses)
    assert set(ses.sent[0]) == {"FromEmailAddress", "Destination", "Content"}
    assert ses.sent[0]["Destination"] == {"ToAddresses": ["erika@example.org"]}
    assert b"BEGIN:VCALENDAR" not in ses.sent[0]["Content"]["Raw"]["Data"].partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (ClientError({"Error": {"Code": "MessageRejected"}}, "SendEmail"), MailRefused),
        (ClientError({"Error": {"Code": "TooManyRequestsException"}}, "SendEmail"), MailUnavailable),
        (ClientError({"Error": {"Code": "SendingPausedException"}}, "SendEmail"), MailUnavailable),
        (ConnectTimeoutError(endpoint_url="x"), MailUnavailable),
    ],
)
def test_faults_of_ses_are_told_apart(fault: Exception, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        send(Ses(fault))


def test_the_times_of_a_letter_are_the_callers() -> None:
    assert later(minutes=1) - NOW == timedelta(minutes=1)
