"""A booking's whole life against a small model: whatever happens in whatever order, both agree.

The model is the office on a sheet of paper: a line for each booking, and what it may do next. The store has to
agree with it after every step, about states and about every unit of capacity; the case has to verify; and whatever
has ended stays as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chalicelib.domain.access import Clerk
from chalicelib.domain.bookings import DRAFT_KEPT, BookingState
from chalicelib.domain.case_acts import Closing, Outcome
from chalicelib.domain.cases import verify
from chalicelib.domain.errors import (
    DetailsMissing,
    FeeOpen,
    FernamtError,
    HoldExpired,
    LinkExpired,
    LinkTooEarly,
    LinkUnknown,
    NoSuchBooking,
    NoSuchPayment,
    SlotNotOffered,
    SlotTaken,
    StepNotAllowed,
)
from chalicelib.domain.files import File
from chalicelib.domain.ids import FileKey
from chalicelib.domain.offices import CountersVersion, Delivery, StaffedSpan
from chalicelib.domain.payments import CHECKOUT_LASTS, LOOK_AGAIN_AFTER, NothingToPay, PaymentState
from chalicelib.domain.visits import JOIN_CLOSES, VisitState
from tests.services.outside import Outside
from tests.services.stage import ADA, BOOKER, DAY, EVA, FEE, FREE, HEIDELBERG, JAN, Stage

GRID = timedelta(minutes=10)
ONE_COUNTER = replace(
    HEIDELBERG,
    counters=tuple(
        CountersVersion(
            version.valid_from,
            tuple(tuple(StaffedSpan(part.span, 1) for part in day) for day in version.weekdays),
        )
        for version in HEIDELBERG.counters
    ),
)
STARTS = [  # on Berlin's clock an hour later; neighbours, so that two matters overlap with one
    datetime(2026, 11, day, hour, minute, tzinfo=UTC)
    for day, hour, minute in [(24, 8, 0), (24, 8, 10), (24, 9, 0), (25, 13, 0), (25, 13, 10), (26, 7, 0), (26, 7, 10)]
]
WAITS = [timedelta(minutes=minutes) for minutes in (1, 3, 10, 30, 60, 240)]
S, V, P = BookingState, VisitState, PaymentState
ENDED = (S.CANCELLED, S.CLOSED)
UNPAID = (P.INITIAL, P.FAILED, P.CANCELED)


@dataclass
class Life:
    """One line of the model."""

    services: tuple[str, ...]
    start: datetime
    until: datetime | None
    state: BookingState = S.HELD
    named: bool = False
    visit: VisitState = V.EXPECTED
    called: bool = False
    clerk: Clerk | None = None
    fee: PaymentState | None = None
    begun: datetime | None = None  # the checkout
    paid: bool = False  # at the provider, whether the office knows or not
    closed_at: datetime | None = None
    end: tuple[File, int] | None = None  # the file as it ended, and how many entries its case had
    steps: set[str] = field(default_factory=set)

    @property
    def units(self) -> list[datetime]:
        return [self.start + GRID * number for number in range(len(self.services))]

    @property
    def living(self) -> bool:
        """Whether it needs its units: a draft while held, an appointment until cancelled."""
        return self.state in (S.HELD, S.CONFIRMED, S.CLOSED)


class BookingLife(RuleBasedStateMachine):
    """Citizens, clerks, the provider and the minute, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage(office=ONE_COUNTER)
        self.outside = Outside(self.stage)
        self.lives: dict[FileKey, Life] = {}
        self.forgotten: list[FileKey] = []

    @property
    def now(self) -> datetime:
        return self.stage.now

    def pick(self, number: int) -> tuple[FileKey, Life]:
        return list(self.lives.items())[number % len(self.lives)]

    def expect(self, error: type[FernamtError] | None, act: Callable[[], object]) -> bool:
        """Do it, see it refused as the model says; whether it was done."""
        if error is None:
            act()
            return True
        with pytest.raises(error):
            act()
        return False

    def slot_refusal(self, life: Life, start: datetime) -> type[FernamtError] | None:
        """Why these matters cannot have that slot: too soon, or a unit of it is needed by another."""
        if start < self.now + timedelta(minutes=ONE_COUNTER.lead_minutes):
            return SlotNotOffered
        wanted = set(replace(life, start=start).units)
        others = {unit for other in self.lives.values() if other is not life and other.living for unit in other.units}
        return SlotTaken if wanted & others else None

    # --- whole stretches of a life in one step, so that many get far

    @initialize(starts=st.lists(st.sampled_from(STARTS), min_size=1, max_size=3, unique=True))
    def some_are_booked(self, starts: list[datetime]) -> None:
        for number, start in enumerate(starts):
            self.hold(start, (FEE,) if number % 2 == 0 else (FREE,))
            self.book_through(number)

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9))
    def book_through(self, number: int) -> None:
        self.give_details(number)
        self.confirm(number)

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9))
    def arrive(self, number: int) -> None:
        """Ten minutes before the appointment."""
        _, life = self.pick(number)
        self.stage.clock.moment = max(self.now, life.start - timedelta(minutes=10))
        self.enter(number)

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9), clerk=st.sampled_from([EVA, JAN]))
    def serve(self, number: int, clerk: Clerk) -> None:
        self.arrive(number)
        self.call(number, clerk)
        self.tick_step(number, done=True)

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9))
    def pay_at_once(self, number: int) -> None:
        self.ask_fee(number)
        self.checkout(number)
        self.pay(number)
        self.come_back(number)

    # --- the citizen books

    @rule(start=st.sampled_from(STARTS), services=st.sampled_from([(FEE,), (FREE,), (FEE, FREE)]))
    def hold(self, start: datetime, services: tuple[str, ...]) -> None:
        life = Life(services, start, self.now + timedelta(minutes=10))
        keys: list[FileKey] = []
        if self.expect(self.slot_refusal(life, start), lambda: keys.append(self.stage.hold(start, *services))):
            self.lives[keys[0]] = life

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9), start=st.sampled_from(STARTS))
    def change_slot(self, number: int, start: datetime) -> None:
        key, life = self.pick(number)
        refusal = self.slot_refusal(life, start)
        if refusal is not SlotNotOffered and life.state not in (S.HELD, S.EXPIRED):
            refusal = StepNotAllowed
        if self.expect(
            refusal,
            lambda: self.stage.booking.change_slot(ONE_COUNTER, key, start, booker=BOOKER, now=self.now),
        ):
            life.start, life.state, life.until = start, S.HELD, self.now + timedelta(minutes=10)

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9))
    def give_details(self, number: int) -> None:
        key, life = self.pick(number)
        refusal = None if life.state in (S.HELD, S.EXPIRED) else StepNotAllowed
        if self.expect(refusal, lambda: self.stage.booking.give_details(key, ADA, booker=BOOKER, now=self.now)):
            life.named = True

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9))
    def confirm(self, number: int) -> None:
        key, life = self.pick(number)
        late = life.until is not None and self.now >= life.until
        refusal: type[FernamtError] | None = None
        if life.state in ENDED:
            refusal = StepNotAllowed
        elif life.state is S.EXPIRED or (life.state is S.HELD and late):
            refusal = HoldExpired
        elif life.state is S.HELD and not life.named:
            refusal = DetailsMissing
        if self.expect(refusal, lambda: self.stage.booking.confirm(key, booker=BOOKER, now=self.now)):
            life.state, life.until = S.CONFIRMED, None

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9), start=st.sampled_from(STARTS))
    def move(self, number: int, start: datetime) -> None:
        key, life = self.pick(number)
        refusal = self.slot_refusal(life, start)
        if refusal is not SlotNotOffered and (life.state is not S.CONFIRMED or life.called):
            refusal = StepNotAllowed
        if self.expect(
            refusal, lambda: self.stage.booking.move(ONE_COUNTER, key, start, actor="citizen", now=self.now)
        ):
            if start != life.start:
                life.visit = V.EXPECTED
                life.steps.clear()
            life.start = start

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9))
    def cancel(self, number: int) -> None:
        key, life = self.pick(number)
        refused = life.state is not S.CONFIRMED or life.called or life.fee in (P.AT_CHECKOUT, P.PAYED)
        refusal = StepNotAllowed if refused and life.state is not S.CANCELLED else None
        if self.expect(refusal, lambda: self.stage.booking.cancel(ONE_COUNTER, key, actor="citizen", now=self.now)):
            life.state, life.visit = S.CANCELLED, V.EXPECTED
            life.steps.clear()
            self.ended(key, life)

    # --- the citizen comes

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9))
    def enter(self, number: int) -> None:
        key, life = self.pick(number)
        if self.expect(self.door(life), lambda: self.stage.enter(key)) and life.visit in (V.EXPECTED, V.HUNG_UP):
            life.visit = V.WAITING

    def door(self, life: Life) -> type[FernamtError] | None:
        opens = life.start - timedelta(minutes=ONE_COUNTER.join_opens_minutes)
        if life.closed_at is not None:
            return LinkExpired if self.now >= life.closed_at + JOIN_CLOSES else None
        if life.state is not S.CONFIRMED:
            return LinkUnknown
        if self.now < opens:
            return LinkTooEarly
        over = self.now >= life.units[-1] + GRID + JOIN_CLOSES
        return LinkExpired if over and life.visit is V.EXPECTED else None

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9))
    def leave(self, number: int) -> None:
        key, life = self.pick(number)
        refusal: type[FernamtError] | None = None
        if life.state is S.CANCELLED:
            refusal = LinkUnknown
        elif life.visit not in (V.EXPECTED, V.WAITING):
            refusal = StepNotAllowed
        if self.expect(refusal, lambda: self.stage.joining.leave(self.stage.bearer(key), now=self.now)):
            life.visit = V.EXPECTED

    # --- the clerk

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9), clerk=st.sampled_from([EVA, JAN]))
    def call(self, number: int, clerk: Clerk) -> None:
        key, life = self.pick(number)
        again = life.visit is V.IN_CALL and life.clerk is clerk
        day = life.start.date()
        others = [each for each in self.lives.values() if each is not life and each.start.date() == day]
        busy = any(each.visit is V.IN_CALL and each.clerk is clerk for each in others)
        refusal = None if not busy and (again or life.visit in (V.WAITING, V.HUNG_UP)) else StepNotAllowed
        if self.expect(refusal, lambda: self.stage.calling.call(clerk, key, date=day.isoformat(), now=self.now)):
            life.visit, life.clerk, life.called = V.IN_CALL, clerk, True

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9), clerk=st.sampled_from([EVA, JAN]))
    def hang_up(self, number: int, clerk: Clerk) -> None:
        key, life = self.pick(number)
        own = life.visit is V.IN_CALL and life.clerk is clerk
        refusal = None if own or life.visit is V.HUNG_UP else StepNotAllowed
        if self.expect(refusal, lambda: self.stage.calling.hang_up_clerk(clerk, key, now=self.now)):
            life.visit = V.HUNG_UP

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9), done=st.booleans())
    def tick_step(self, number: int, *, done: bool) -> None:
        key, life = self.pick(number)
        step = f"{life.services[0]}/card-shown"
        if self.expect(
            self.not_own(life),
            lambda: self.stage.calling.tick(EVA, ONE_COUNTER, key, step=step, done=done, now=self.now),
        ):
            (life.steps.add if done else life.steps.discard)(step)

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9), clerk=st.sampled_from([EVA, JAN]))
    def close(self, number: int, clerk: Clerk) -> None:
        key, life = self.pick(number)
        refusal: type[FernamtError] | None = None
        if life.state is not S.CLOSED:
            if life.visit is V.IN_CALL and life.clerk is not clerk:
                refusal = StepNotAllowed
            elif (life.fee is None and FEE in life.services) or life.fee in (*UNPAID, P.AT_CHECKOUT):
                refusal = FeeOpen
            elif life.state is not S.CONFIRMED or life.visit is V.EXPECTED:
                refusal = StepNotAllowed
        closing = Closing(Outcome.DONE, Delivery.NONE)
        if self.expect(
            refusal,
            lambda: self.stage.casework.close(clerk, ONE_COUNTER, key, closing, today=DAY, now=self.now),
        ):
            if life.state is S.CONFIRMED:
                life.closed_at = self.now
            life.state, life.visit = S.CLOSED, V.DONE
            self.ended(key, life)

    # --- the fee

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9))
    def ask_fee(self, number: int) -> None:
        key, life = self.pick(number)
        refusal = self.not_own(life) or self.unasked(life)
        if self.expect(refusal, lambda: self.outside.paying.ask(key, actor=EVA.actor, now=self.now)):
            life.fee = life.fee or P.INITIAL

    def not_own(self, life: Life) -> type[FernamtError] | None:
        """Steps and money are the clerk's whose call it is, or was last."""
        own = life.visit in (V.IN_CALL, V.HUNG_UP) and life.clerk is EVA
        return None if own else StepNotAllowed

    def unasked(self, life: Life) -> type[FernamtError] | None:
        """Why the fee cannot be asked for, unless it was already."""
        if life.fee is None and life.state is not S.CONFIRMED:
            return StepNotAllowed
        return NothingToPay if FEE not in life.services else None

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9))
    def checkout(self, number: int) -> None:
        key, life = self.pick(number)
        self.look(life)
        refusal: type[FernamtError] | None = None
        if life.fee is None:
            refusal = NoSuchPayment
        elif life.fee is not P.AT_CHECKOUT and (life.state is not S.CONFIRMED or life.fee not in UNPAID):
            refusal = StepNotAllowed
        if (
            self.expect(refusal, lambda: self.outside.paying.checkout(key, now=self.now))
            and life.fee is not P.AT_CHECKOUT
        ):
            life.fee, life.begun = P.AT_CHECKOUT, self.now

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9))
    def pay(self, number: int) -> None:
        """The citizen pays at the provider; the office has yet to hear of it."""
        key, life = self.pick(number)
        if life.fee is P.AT_CHECKOUT and not life.paid and life.begun and self.now < life.begun + CHECKOUT_LASTS:
            self.outside.pay(self.stage.file(key).payments[0].checkout_id or "")
            life.paid = True

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9))
    def come_back(self, number: int) -> None:
        key, life = self.pick(number)
        refusal = NoSuchPayment if life.fee is None else None
        if self.expect(refusal, lambda: self.outside.paying.returned(key, now=self.now)):
            self.look(life)

    def look(self, life: Life) -> None:
        """What the provider says, once it is asked."""
        if life.fee is not P.AT_CHECKOUT or life.begun is None:
            return
        if life.paid:
            life.fee = P.PAYED
        elif self.now >= life.begun + CHECKOUT_LASTS:
            life.fee = P.CANCELED

    @precondition(lambda self: self.lives)
    @rule(number=st.integers(0, 9))
    def waive(self, number: int) -> None:
        key, life = self.pick(number)
        self.look(life)
        refusal = self.unasked(life)
        if life.fee in (P.PAYED, P.WAIVED) or (life.fee is not None and life.state is not S.CONFIRMED):
            refusal = StepNotAllowed
        refusal = self.not_own(life) or refusal
        if self.expect(
            refusal, lambda: self.outside.paying.waive(key, reason="Härtefall", actor=EVA.actor, now=self.now)
        ):
            life.fee = P.WAIVED

    # --- time

    @rule(wait=st.sampled_from(WAITS))
    def wait(self, wait: timedelta) -> None:
        self.stage.clock.moment += wait

    @rule()
    def minute(self) -> None:
        self.outside.tick()
        for key, life in list(self.lives.items()):
            if life.state is S.EXPIRED and life.until and self.now >= life.until + DRAFT_KEPT:
                del self.lives[key]
                self.forgotten.append(key)
            elif life.state is S.HELD and life.until and self.now >= life.until:
                life.state = S.EXPIRED
            if life.begun and self.now >= life.begun + LOOK_AGAIN_AFTER:
                self.look(life)

    # --- what holds at all times

    def ended(self, key: FileKey, life: Life) -> None:
        if life.end is None:
            life.end = (self.stage.file(key), len(self.stage.kinds(key)))

    @invariant()
    def the_store_agrees_with_the_model(self) -> None:
        for key, life in self.lives.items():
            file = self.stage.file(key)
            told = (file.booking.state, file.booking.start, file.booking.services, file.visit.state)
            assert told == (life.state, life.start, life.services, life.visit)
            assert (file.payments[0].state if file.payments else None) == life.fee
            assert set(file.visit.steps_done) == life.steps

    @invariant()
    def every_unit_taken_is_needed(self) -> None:
        weeks = ("2026-W48", "2026-W49")
        taken = {
            unit: count
            for week in weeks
            for unit, count in self.stage.files.taken("heidelberg", week).items()
            if count
        }
        assert taken == Counter(unit for life in self.lives.values() if life.living for unit in life.units)
        assert all(count == 1 for count in taken.values())

    @invariant()
    def every_case_verifies(self) -> None:
        for key in self.lives:
            head, entries, payloads = self.stage.files.case(key)
            verdict = verify(entries, payloads, booking_id=key.booking_id, head_hash=head.hash)
            assert verdict.holds
            assert not verdict.erased
            signed = f"signed:{key.booking_id}:{head.seq}:{head.hash}"
            assert (head.seq, head.signature) == (len(entries), signed if entries else None)

    @invariant()
    def what_has_ended_stays_as_it_was(self) -> None:
        """After closing or cancelling only letters leave."""
        for key, life in self.lives.items():
            if life.end is None:
                continue
            before, entries = life.end
            file = self.stage.file(key)
            parts = (file.booking, file.visit, file.payments, file.papers, file.dispatch)
            assert parts == (before.booking, before.visit, before.payments, before.papers, before.dispatch)
            assert set(self.stage.kinds(key)[entries:]) <= {"letter-sent"}

    @invariant()
    def what_is_forgotten_is_gone(self) -> None:
        for key in self.forgotten:
            with pytest.raises(NoSuchBooking):
                self.stage.file(key)

    @invariant()
    def nothing_failed_in_the_background(self) -> None:
        assert self.outside.faults == []


TestBookingLife = BookingLife.TestCase
TestBookingLife.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
