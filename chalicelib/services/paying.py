"""Fees: asked for by the clerk, paid at the provider's checkout, settled by its word alone.

The amount is always that of our own record. A notice is a reason to ask the provider, never the answer;
every change is one conditional commit; every call to the provider can be repeated. So a notice may come
late, twice, in any order or never, and this code may die between any two lines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from chalicelib.domain.access import CITIZEN
from chalicelib.domain.bookings import BookingState
from chalicelib.domain.checkouts import (
    Checkout,
    CheckoutStatus,
    NoticeForeign,
    ProviderRefused,
    reckon,
)
from chalicelib.domain.errors import NoSuchBooking, NoSuchPayment, NoticeSeen, StepNotAllowed
from chalicelib.domain.fee_records import PROVIDER, records_between
from chalicelib.domain.files import NOTHING, Changes
from chalicelib.domain.ids import ID_BYTES, new_id
from chalicelib.domain.offices import Office
from chalicelib.domain.payments import (
    AtCheckout,
    Incident,
    PaymentState,
    ask_fee,
    begin_checkout,
    begin_refund,
    cancel,
    check_reason,
    note_incident,
    open_checkout,
    refund,
    waive,
)
from chalicelib.domain.visit_acts import check_own
from chalicelib.services.acting import Acting
from chalicelib.services.ports import CheckoutPage, Payments

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.domain.checkouts import CheckoutState, Notice
    from chalicelib.domain.files import File
    from chalicelib.domain.ids import FileKey
    from chalicelib.domain.payments import Payment

ROUNDS_MAX: Final = 3  # an old checkout ended, a new one begun, a race lost


class NoticeOutcome(StrEnum):
    """What a genuine notice led to. Each is answered with success, or it would be sent for days."""

    CHANGED = "changed"
    NOTHING_NEW = "nothing-new"
    REPEATED = "repeated"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Paying:
    """The use cases of a fee. `office` finds an office by key; `public_url` has no slash at its end."""

    acting: Acting
    provider: Payments
    office: Callable[[str], Office]
    public_url: str

    def ask(self, key: FileKey, *, actor: str, now: datetime) -> Payment:
        """Ask for the fee, once. Raises NothingToPay; StepNotAllowed unless it is, or last was, the clerk's call."""

        def decide(file: File) -> Changes:
            check_own(file, "ask for the fee", actor=actor)
            return _changed(file, self._asked(file, actor=actor, now=now), actor=actor)

        return _payment(self.acting.act(key, decide, now=now))

    def checkout(self, key: FileKey, *, now: datetime) -> Checkout:
        """Return the one open checkout of the file, opened if need be.

        Raises NoSuchPayment, AlreadyPaid, AlreadyWaived; AtCheckout while money is under way; StepNotAllowed once
        the booking is cancelled.
        """
        for _ in range(ROUNDS_MAX):
            file = self.acting.files.load(key)
            if _payment(file).checkout_id is not None and _payment(file).state is PaymentState.AT_CHECKOUT:
                file, seen = self._look(file, now=now)
                if seen.status is CheckoutStatus.OPEN and seen.url is not None:
                    return Checkout(seen.id, seen.url)
                if seen.status is CheckoutStatus.PROCESSING:
                    raise AtCheckout(_payment(file).state, "begin")
            file = self.acting.act(key, lambda file: _begun(file, now=now), now=now)
            file, opened = self._open(file, now=now)
            if opened is not None:
                return opened
        raise ProviderRefused("the provider opens no checkout")

    def notice(self, raw: bytes, signature: str, *, now: datetime) -> NoticeOutcome:
        """Take a notice of the provider. Raises NoticeForged; ProviderUnavailable asks for a repeat later."""
        try:
            notice = self.provider.read_notice(raw, signature, now=now)
            if self.acting.files.notice_seen(notice.key.office, notice.event_id):
                return NoticeOutcome.REPEATED
            return self._heed(notice, now=now)
        except NoticeSeen:  # the same notice, handled at the same moment
            return NoticeOutcome.REPEATED
        except (NoticeForeign, NoSuchBooking, NoSuchPayment):
            return NoticeOutcome.FOREIGN

    def returned(self, key: FileKey, *, now: datetime) -> Payment:
        """Ask the provider, because the citizen came back or a notice is overdue. Raises NoSuchPayment."""
        file = self.acting.files.load(key)
        if _payment(file).state is PaymentState.AT_CHECKOUT:
            file, _ = self._open(file, now=now)
        if _payment(file).state is PaymentState.AT_CHECKOUT:
            file, _ = self._look(file, now=now)
        return _payment(self._give_back(file, now=now))

    def left(self, key: FileKey, *, now: datetime) -> Payment:
        """The citizen walked away from the checkout: end it, unless money is under way. Raises NoSuchPayment."""
        file = self.acting.files.load(key)
        if _payment(file).state is PaymentState.AT_CHECKOUT:
            self._end_checkout(file, now=now)
        return _payment(self.acting.files.load(key))

    def waive(self, key: FileKey, *, reason: str, actor: str, now: datetime) -> Payment:
        """Let the fee go, asked for or not; an open checkout is ended first, so that nobody pays after it.

        Raises ReasonMissing, AlreadyPaid, AlreadyWaived, NothingToPay; AtCheckout while money is under way.
        """
        said = check_reason(reason)
        file = self.acting.files.load(key)
        check_own(file, "waive the fee", actor=actor)
        if file.payments and _payment(file).state is PaymentState.AT_CHECKOUT:
            self._end_checkout(file, now=now)

        def decide(file: File) -> Changes:
            check_own(file, "waive the fee", actor=actor)
            asked = self._asked(file, actor=actor, now=now)
            if file.booking.state is not BookingState.CONFIRMED:
                raise StepNotAllowed(file.booking.state, "waive the fee")
            return _changed(file, waive(asked, reason=said, actor=actor, now=now), actor=actor, reason=said)

        return _payment(self.acting.act(key, decide, now=now))

    def refund(self, key: FileKey, *, reason: str, actor: str, now: datetime) -> Payment:
        """Give the whole fee back. Raises ReasonMissing, StepNotAllowed unless it was paid."""
        said = check_reason(reason)

        def decide(file: File) -> Changes:
            payment = _payment(file)
            if payment.state is PaymentState.REFUNDED:
                return NOTHING
            return _changed(file, begin_refund(payment, now=now), actor=actor, reason=said)

        return _payment(self._give_back(self.acting.act(key, decide, now=now), now=now))

    def _heed(self, notice: Notice, *, now: datetime) -> NoticeOutcome:
        """Look at what the notice points to, and write down what that makes of our payment."""
        file = self.acting.files.load(notice.key)
        payment = file.payment(notice.payment_id)
        seen: CheckoutState | None = None
        if notice.amount == payment.amount:
            if notice.checkout_id is None and payment.state is PaymentState.AT_CHECKOUT:
                file, _ = self._open(file, now=now)
            checkout_id = notice.checkout_id or file.payment(notice.payment_id).checkout_id
            seen = self.provider.read_checkout(checkout_id) if checkout_id else None

        def decide(file: File) -> Changes:
            before = file.payment(notice.payment_id)
            if notice.amount != before.amount:
                after = note_incident(before, Incident.OTHER_AMOUNT)
            else:
                after = reckon(before, seen, now=now) if seen else before
            return _changed(file, after, actor=PROVIDER, notice=notice.event_id)

        after = self.acting.act(notice.key, decide, now=now)
        return NoticeOutcome.NOTHING_NEW if after.head.rev == file.head.rev else NoticeOutcome.CHANGED

    def _open(self, file: File, *, now: datetime) -> tuple[File, Checkout | None]:
        """Have the begun attempt's checkout opened and its name written down; nothing to do if it is.

        If the provider refuses, nobody was ever shown this checkout: the attempt is over.
        """
        begun = _payment(file)
        if begun.checkout_id is not None:
            return file, None
        page = self._page(file)
        try:
            opened = self.provider.open_checkout(begun, key=file.key, page=page)
        except ProviderRefused:
            opened = None

        def decide(file: File) -> Changes:
            payment = _payment(file)
            if payment.attempt != begun.attempt or payment.state is not PaymentState.AT_CHECKOUT:
                return NOTHING
            if opened is not None:
                return _changed(file, open_checkout(payment, checkout_id=opened.id), actor=CITIZEN)
            return _changed(file, cancel(payment), actor=PROVIDER) if not payment.checkout_id else NOTHING

        return self.acting.act(file.key, decide, now=now), opened

    def _look(self, file: File, *, now: datetime) -> tuple[File, CheckoutState]:
        """Ask how the opened checkout stands, and write down what that makes of the payment."""
        seen = self.provider.read_checkout(_payment(file).checkout_id or "")
        return self._reckoned(file, seen, now=now), seen

    def _give_back(self, file: File, *, now: datetime) -> File:
        """Carry out a refund that was begun; nothing to do otherwise."""
        payment = _payment(file)
        if payment.state is not PaymentState.PAYED or payment.refund_begun_at is None:
            return file
        try:
            self.provider.refund(payment, key=file.key)
        except ProviderRefused:  # given back already, by another hand than ours or longer ago than keys live
            file, seen = self._look(file, now=now)
            if seen.refunded != payment.amount:
                raise
            return file

        def decide(file: File) -> Changes:
            return _changed(file, refund(_payment(file), now=now), actor=PROVIDER)

        return self.acting.act(file.key, decide, now=now)

    def _end_checkout(self, file: File, *, now: datetime) -> None:
        file, _ = self._open(file, now=now)
        payment = _payment(file)
        if payment.state is PaymentState.AT_CHECKOUT and payment.checkout_id is not None:
            self._reckoned(file, self.provider.expire_checkout(payment.checkout_id), now=now)

    def _reckoned(self, file: File, seen: CheckoutState, *, now: datetime) -> File:
        def decide(file: File) -> Changes:
            return _changed(file, reckon(_payment(file), seen, now=now), actor=PROVIDER)

        return self.acting.act(file.key, decide, now=now)

    def _asked(self, file: File, *, actor: str, now: datetime) -> Payment:
        if file.payments:
            return _payment(file)
        if file.booking.state is not BookingState.CONFIRMED:
            raise StepNotAllowed(file.booking.state, "ask for the fee")
        office = self.office(file.key.office)
        return ask_fee(
            None,
            payment_id=new_id(self.acting.chance.token(ID_BYTES)),
            amount=office.fees(file.booking.services),
            services=tuple(service.key for service in office.matters(file.booking.services) if service.fee),
            actor=actor,
            now=now,
        )

    def _page(self, file: File) -> CheckoutPage:
        office, language = self.office(file.key.office), file.booking.language
        matters = office.matters(_payment(file).services)
        spoken = [matter.name.get(language) or matter.name[office.languages[0]] for matter in matters]
        room = f"{self.public_url}/{office.key}/room?lang={language}"
        return CheckoutPage(
            matter=", ".join(spoken),
            payee=office.city,
            locale=language,
            success_url=f"{room}&checkout=done",
            cancel_url=f"{room}&checkout=left",
        )


def _payment(file: File) -> Payment:
    """Return the file's payment, the last one asked for; raise NoSuchPayment."""
    if not file.payments:
        raise NoSuchPayment(file.key.booking_id)
    return max(file.payments, key=lambda payment: (payment.asked_at, payment.id))


def _begun(file: File, *, now: datetime) -> Changes:
    """Begin the next attempt, unless somebody else just did."""
    payment = _payment(file)
    if payment.state is PaymentState.AT_CHECKOUT:
        return NOTHING
    if file.booking.state is not BookingState.CONFIRMED:
        raise StepNotAllowed(file.booking.state, "begin a checkout")
    return _changed(file, begin_checkout(payment, now=now), actor=CITIZEN)


def _changed(file: File, after: Payment, *, actor: str, reason: str = "", notice: str = "") -> Changes:
    """Say what is to be written if `after` is news; nothing otherwise."""
    before = next((payment for payment in file.payments if payment.id == after.id), None)
    if before == after:
        return NOTHING
    records = records_between(before, after, actor=actor, reason=reason)
    return Changes(payments=(after,), records=records, notice=notice)
