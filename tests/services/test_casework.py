"""The case, as the clerk works it: what must be true before it closes, and what closing sets in motion."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import pytest

from chalicelib.domain.access import Clerk, Role
from chalicelib.domain.bookings import BookingState
from chalicelib.domain.case_acts import Closing, Outcome
from chalicelib.domain.cases import verify
from chalicelib.domain.errors import FeeOpen, InputRefused, NoSuchBooking, StepNotAllowed
from chalicelib.domain.files import Changes, File
from chalicelib.domain.ids import FileKey
from chalicelib.domain.letters import LetterKind
from chalicelib.domain.offices import Delivery
from chalicelib.domain.papers import Paper, PaperState
from chalicelib.domain.payments import Payment, ask_fee, begin_checkout, fail, open_checkout, settle, waive
from chalicelib.domain.visits import VisitState
from tests.services.stage import DAY, EVA, FREE, HEIDELBERG, JAN, Stage

ADDRESS = "Ada Beispiel\nMarktplatz 10\n69117 Heidelberg"
HANDED_OVER = Closing(Outcome.DONE, Delivery.NONE)
IN_KARLSRUHE = Clerk("ka-1", "karlsruhe", Role.CLERK, "")


@dataclass
class Desk:
    """A clerk with a citizen in the call."""

    stage: Stage
    key: FileKey
    payments: list[Payment] = field(default_factory=list)

    def close(self, closing: Closing = HANDED_OVER, clerk: Clerk = EVA) -> File:
        return self.stage.casework.close(clerk, HEIDELBERG, self.key, closing, today=DAY, now=self.stage.now)

    def pay(self, payment: Payment) -> None:
        self.stage.acting.act(self.key, lambda _: Changes(payments=(payment,)), now=self.stage.now)

    def asked(self) -> Payment:
        amount = HEIDELBERG.fees(self.stage.file(self.key).booking.services)
        services = self.stage.file(self.key).booking.services
        return ask_fee(None, payment_id="p", amount=amount, services=services, actor=EVA.actor, now=self.stage.now)

    def sent(self, seat: str = "clerk", state: PaperState = PaperState.CHECKED) -> str:
        told = {"id": "d", "from_": seat, "name": "bescheinigung.pdf", "media_type": "application/pdf", "size": 1}
        paper = Paper(**told, state=state, announced_at=self.stage.now)  # type: ignore[arg-type]  # one literal, one argument
        self.stage.acting.act(self.key, lambda _: Changes(papers=(paper,)), now=self.stage.now)
        return paper.id


@pytest.fixture
def paid(stage: Stage) -> Desk:
    """The fee is settled: what is left is the closing."""
    desk = Desk(stage, stage.in_call())
    desk.pay(settled(desk.asked(), stage.now))
    return desk


@pytest.fixture
def owing(stage: Stage) -> Desk:
    """The matter has a fee that nobody has asked for yet."""
    return Desk(stage, stage.in_call())


def settled(payment: Payment, now: datetime) -> Payment:
    return settle(begin_checkout(payment, now=now), provider_payment="pi", method="card", now=now)


def test_a_fee_that_was_never_asked_for_keeps_the_case_open(owing: Desk) -> None:
    with pytest.raises(FeeOpen):
        owing.close()


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_fee_that_was_asked_for_keeps_the_case_open_whatever_the_outcome(owing: Desk, outcome: Outcome) -> None:
    owing.pay(owing.asked())
    with pytest.raises(FeeOpen):
        owing.close(Closing(outcome, Delivery.NONE))


def test_a_payment_that_failed_keeps_the_case_open(owing: Desk) -> None:
    begun = open_checkout(begin_checkout(owing.asked(), now=owing.stage.now), checkout_id="cs")
    owing.pay(fail(begun))
    with pytest.raises(FeeOpen):
        owing.close()


def test_a_waived_fee_lets_the_case_close(owing: Desk) -> None:
    owing.pay(waive(owing.asked(), reason="Bezug von Bürgergeld", actor=EVA.actor, now=owing.stage.now))
    assert owing.close().booking.state is BookingState.CLOSED


def test_a_paid_fee_lets_the_case_close(paid: Desk) -> None:
    file = paid.close()
    assert (file.booking.state, file.visit.state) == (BookingState.CLOSED, VisitState.DONE)


def test_a_matter_without_a_fee_closes_without_a_payment(stage: Stage) -> None:
    desk = Desk(stage, stage.in_call(EVA, FREE))
    assert desk.close().booking.state is BookingState.CLOSED


@pytest.mark.parametrize("outcome", [Outcome.INCOMPLETE, Outcome.NOT_POSSIBLE])
def test_a_case_that_came_to_nothing_costs_nothing(owing: Desk, outcome: Outcome) -> None:
    assert owing.close(Closing(outcome, Delivery.NONE)).booking.outcome == outcome


@pytest.mark.parametrize(
    "address", ["", "Ada Beispiel\n69117 Heidelberg", "\n".join("1234567"), f"A\nB\n{'x' * 300}"]
)
def test_post_needs_an_address_that_fits_an_envelope(paid: Desk, address: str) -> None:
    with pytest.raises(InputRefused) as refused:
        paid.close(Closing(Outcome.DONE, Delivery.POST, address=address))
    assert set(refused.value.fields) == {"address"}
    assert paid.stage.file(paid.key).booking.state is BookingState.CONFIRMED


def test_post_goes_onto_the_days_dispatch_list(paid: Desk) -> None:
    paid.close(Closing(Outcome.DONE, Delivery.POST, address=f"  {ADDRESS}\n\n"))
    ((file, dispatch),) = paid.stage.casework.dispatches(EVA, DAY)
    assert (file.key, dispatch.address, dispatch.by) == (paid.key, ADDRESS, EVA.actor)
    assert list(paid.stage.casework.dispatches(IN_KARLSRUHE, DAY)) == []


def test_download_takes_a_checked_paper_of_the_clerk(paid: Desk) -> None:
    document = paid.sent()
    closed = paid.close(Closing(Outcome.DONE, Delivery.DOWNLOAD, document=document))
    assert (closed.booking.document, closed.dispatch) == (document, None)


@pytest.mark.parametrize(
    ("seat", "state"),
    [("citizen", PaperState.CHECKED), ("clerk", PaperState.ANNOUNCED), ("clerk", PaperState.REFUSED)],
)
def test_download_takes_nothing_else(paid: Desk, seat: str, state: PaperState) -> None:
    """Not what the citizen sent, not what was never checked, not what was refused."""
    with pytest.raises(InputRefused) as refused:
        paid.close(Closing(Outcome.DONE, Delivery.DOWNLOAD, document=paid.sent(seat, state)))
    assert set(refused.value.fields) == {"document"}


def test_download_needs_a_paper_at_all(paid: Desk) -> None:
    with pytest.raises(InputRefused):
        paid.close(Closing(Outcome.DONE, Delivery.DOWNLOAD))


def test_the_result_letter_leaves_with_the_closing(paid: Desk) -> None:
    file = paid.close()
    assert [letter.kind for letter in file.letters] == [LetterKind.CONFIRMED, LetterKind.RESULT]
    assert paid.stage.kinds(paid.key)[-1] == "case-closed"


def test_closing_twice_closes_once(paid: Desk) -> None:
    first = paid.close()
    again = paid.close(Closing(Outcome.NOT_POSSIBLE, Delivery.NONE))
    assert again == first


def test_whoever_never_came_has_no_case_to_close(stage: Stage) -> None:
    with pytest.raises(StepNotAllowed):
        Desk(stage, stage.confirmed(None, FREE)).close()


def test_a_cancelled_case_is_not_closed(stage: Stage) -> None:
    key = stage.waiting(None, FREE)
    stage.booking.cancel(HEIDELBERG, key, actor="citizen", now=stage.now)
    with pytest.raises(StepNotAllowed):
        Desk(stage, key).close()


def test_nobody_closes_the_case_that_another_clerk_is_talking_about(paid: Desk) -> None:
    with pytest.raises(StepNotAllowed):
        paid.close(clerk=JAN)
    paid.stage.calling.hang_up_clerk(EVA, paid.key, now=paid.stage.now)
    assert paid.close(clerk=JAN).booking.state is BookingState.CLOSED


def test_after_closing_nothing_is_called_ticked_or_cancelled(paid: Desk) -> None:
    paid.close()
    stage, before = paid.stage, paid.stage.file(paid.key)
    acts = (
        lambda: stage.calling.call(EVA, paid.key, date=DAY, now=stage.now),
        lambda: stage.calling.hang_up_clerk(EVA, paid.key, now=stage.now),
        lambda: stage.calling.tick(
            EVA, HEIDELBERG, paid.key, step="meldebescheinigung/card-shown", done=True, now=stage.now
        ),
        lambda: stage.booking.cancel(HEIDELBERG, paid.key, actor="citizen", now=stage.now),
        lambda: stage.booking.move(HEIDELBERG, paid.key, stage.slots()[-1], actor="citizen", now=stage.now),
        lambda: stage.booking.resend(paid.key, actor="citizen", now=stage.now),
    )
    for act in acts:
        with pytest.raises(StepNotAllowed):
            act()
    assert stage.file(paid.key) == before


def test_after_closing_the_room_shows_what_was_done_and_writes_nothing(paid: Desk) -> None:
    before = paid.close()
    assert paid.stage.enter(paid.key, "tablet").head == before.head


def test_another_offices_clerk_finds_nothing(paid: Desk) -> None:
    for act in (
        lambda: paid.stage.casework.open(IN_KARLSRUHE, paid.key),
        lambda: paid.stage.casework.chain(IN_KARLSRUHE, paid.key),
        lambda: paid.close(clerk=IN_KARLSRUHE),
    ):
        with pytest.raises(NoSuchBooking):
            act()


def test_the_day_shows_its_own_office_only(paid: Desk) -> None:
    assert [row.booking.key for row in paid.stage.casework.day(EVA, DAY)] == [paid.key]
    assert list(paid.stage.casework.day(IN_KARLSRUHE, DAY)) == []


def test_the_chain_holds_from_booking_to_closing(paid: Desk) -> None:
    paid.close()
    head, entries, payloads = paid.stage.casework.chain(EVA, paid.key)
    verdict = verify(entries, payloads, booking_id=paid.key.booking_id, head_hash=head.hash)
    assert (verdict.holds, verdict.erased) == (True, ())
    assert head.signature == f"signed:{paid.key.booking_id}:{head.seq}:{head.hash}"
