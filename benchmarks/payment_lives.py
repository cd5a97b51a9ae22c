"""Fees that live: citizen, clerk, bank, notices and the clock act in any order, and functions die anywhere.

At the end the clock runs on until nothing is open, every notice arrives, and the provider's books say what
the one right end was. Seeded: the same seed is the same life.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from benchmarks.payment_faults import Crashed, FaultyFiles, FaultyProvider
from chalicelib.domain.cases import verify
from chalicelib.domain.errors import PaymentError, StepNotAllowed
from chalicelib.domain.payments import PaymentState
from local.payments.cards import CARDS
from local.payments.errors import ApiError
from local.payments.shapes import Object
from tests.payments.office import CLERK, KEY, PAYPAL, VISA, Scene

ACTS_MAX: Final = 14
DECLINED: Final = next(card.refusal for card in CARDS if card.refusal)


@dataclass
class Life:
    """One life of one fee. `forgetful` takes out what keeps a citizen from paying twice."""

    seed: int
    chance: random.Random = field(init=False)
    scene: Scene = field(init=False)
    provider: FaultyProvider = field(init=False)
    arrived: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Ask for the fee, and lay the traps."""
        self.chance = random.Random(self.seed)
        self.scene = Scene(files=FaultyFiles(), seed=self.seed)
        self.scene.book()
        self.scene.ask()
        self.provider = FaultyProvider(self.scene.payments)
        self.scene.paying = replace(self.scene.paying, provider=self.provider)
        self._lay_trap()

    def live(self) -> None:
        """Act at random, then let everything come to its end."""
        acts: tuple[Callable[[], object], ...] = (
            self._press_pay,
            self._press_pay,
            self._bank,
            self._bank,
            self._notice,
            self._notice,
            self._come_back,
            self._time,
            self._clerk,
        )
        for _ in range(self.chance.randint(3, ACTS_MAX)):
            self._survive(self.chance.choice(acts))
        self._end()

    @property
    def charges(self) -> int:
        """How often money was taken."""
        return sum(charge["status"] == "succeeded" for charge in self.scene.ledger.charges.values())

    @property
    def is_wrong(self) -> bool:
        """Tell whether our record ended elsewhere than the provider's books."""
        payment = self.scene.payment()
        head, entries, payloads = self.scene.files.case(KEY)
        kinds = [entry.kind for entry in entries]
        holds = verify(entries, payloads, booking_id=KEY.booking_id, head_hash=head.hash).holds
        is_once = kinds.count("fee-paid") == int(self.charges > 0) and kinds.count("fee-refunded") <= 1
        return payment.state not in self._right_ends() or payment.incidents != () or not holds or not is_once

    def _right_ends(self) -> set[PaymentState]:
        ledger = self.scene.ledger
        paid = [charge for charge in ledger.charges.values() if charge["status"] == "succeeded"]
        if paid:
            return {PaymentState.REFUNDED if paid[0]["refunded"] else PaymentState.PAYED}
        if any(entry.kind == "fee-waived" for entry in self.scene.files.case(KEY)[1]):
            return {PaymentState.WAIVED}
        payment = self.scene.payment()
        if payment.attempt == 0:
            return {PaymentState.INITIAL}
        opened = self.scene.stand_in.book.answers.get(payment.idempotency_key)
        if opened is None:  # died before the provider heard of it: nobody ever saw this checkout
            return {PaymentState.CANCELED}
        last = ledger.sessions[opened["body"]["id"]]
        return {PaymentState.CANCELED if last["status"] == "expired" else PaymentState.FAILED}

    def _press_pay(self) -> None:
        self.scene.checkout()

    def _bank(self) -> None:
        """Do something with a session that somebody could have open: pay, be declined, promise, keep, fail."""
        sessions = list(self.scene.ledger.sessions.values())
        session = self.chance.choice(sessions) if sessions else None
        if session is None:
            return
        if session["status"] == "complete":
            with contextlib.suppress(ApiError):  # nothing is under way there
                self.scene.ledger.finish(session["id"], succeeds=self.chance.random() < 0.5, now=self.scene.seconds())
            return
        if session["status"] == "expired":
            return
        fate = self.chance.random()
        if fate < 0.3:
            self.scene.ledger.decline(session["id"], VISA, DECLINED, now=self.scene.seconds())
        else:
            self.scene.pay(session["id"], PAYPAL if fate < 0.6 else VISA, later=fate < 0.5)

    def _notice(self) -> None:
        events = self.scene.events()
        if events:
            self._deliver(self.chance.choice(events))

    def _deliver(self, event: Object) -> None:
        self.scene.deliver(event)
        self.arrived.add(event["id"])

    def _come_back(self) -> None:
        self.scene.paying.returned(KEY, now=self.scene.now)

    def _time(self) -> None:
        self.scene.wait(minutes=self.chance.choice((1, 5, 40, 61)))
        self.scene.ledger.expire_due(now=self.scene.seconds())

    def _clerk(self) -> None:
        paying, now = self.scene.paying, self.scene.now
        if self.chance.random() < 0.5:
            paying.waive(KEY, reason="Härtefall", actor=CLERK, now=now)
        else:
            paying.refund(KEY, reason="Irrtum", actor=CLERK, now=now)

    def _lay_trap(self) -> None:
        """Choose where the next function dies: at a write of ours, at a call to the provider, or nowhere."""
        files, after = self.scene.files, self.chance.random() < 0.5
        if not isinstance(files, FaultyFiles):
            raise TypeError("files in memory")
        which, ahead = self.chance.random(), self.chance.randint(1, 4)
        if which < 0.45:
            files.crash_at, files.after = files.writes + ahead, after
        elif which < 0.9:
            self.provider.crash_at, self.provider.after = self.provider.calls + ahead, after

    def _survive(self, act: Callable[[], object]) -> None:
        """Act; refusals are answers, and a crash sets the next trap."""
        try:
            act()
        except Crashed:
            self._lay_trap()
        except (PaymentError, StepNotAllowed):
            pass

    def _end(self) -> None:
        """Disarm; finish what is promised; let time pass, notices arrive and the tick look once more."""
        scene = self.scene
        if isinstance(scene.files, FaultyFiles):
            scene.files.crash_at = 0
        self.provider.crash_at = 0
        for name in list(scene.ledger.sessions):
            with contextlib.suppress(ApiError):
                scene.ledger.finish(name, succeeds=self.chance.random() < 0.5, now=scene.seconds())
        scene.wait(minutes=70)
        scene.ledger.expire_due(now=scene.seconds())
        late = [event for event in scene.events() if event["id"] not in self.arrived]
        self.chance.shuffle(late)
        for event in late[: len(late) // 2] if self.chance.random() < 0.5 else late:
            self._deliver(event)
        scene.paying.returned(KEY, now=scene.now)
