"""Four lives of one fee, each ending in six notices that all arrive late, in whatever order.

The citizen's side runs through the real service, adapter and library; then every order of the notices,
doubled, raced and with a crash at each write, has to lead to the one end that the provider's books name.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from benchmarks.payment_faults import Crashed, FaultyFiles, RememberingPayments
from chalicelib.domain.cases import verify
from chalicelib.domain.payments import PaymentState
from chalicelib.services.paying import Paying
from local.payments.cards import CARDS
from local.payments.notices import payload_of, sign
from local.payments.shapes import Object
from tests.payments.office import KEY, PAYPAL, SECRET, VISA, Scene

DECLINED: Final = next(card.refusal for card in CARDS if card.refusal)


@dataclass(frozen=True)
class Story:
    """What happened up to the first notice. `files` is forked for each schedule; the provider stands still."""

    name: str
    scene: Scene
    files: FaultyFiles
    payments: RememberingPayments
    notices: tuple[Object, ...]
    end: PaymentState
    charges: int

    @cached_property
    def signed(self) -> list[tuple[bytes, str]]:
        """The notices as they go over the wire."""
        now = self.scene.seconds()
        return [(raw, sign(raw, secret=SECRET, at=now)) for raw in map(payload_of, self.notices)]


@dataclass(frozen=True)
class Plan:
    """One way in which an order of notices is delivered."""

    name: str
    each: int = 1
    rounds: int = 1
    crash_at: int = 0
    after: bool = False
    raced: bool = False


PLAIN: Final = Plan("once")
PLANS: Final = (
    PLAIN,
    Plan("each doubled", each=2),
    Plan("all again", rounds=2),
    Plan("raced", crash_at=1, raced=True),
)


def stories() -> Iterator[Story]:
    """Tell the four lives."""
    yield _paid_at_last()
    yield _refunded()
    yield _never_paid()
    yield _answer_lost()


def plans_for(story: Story) -> tuple[Plan, ...]:
    """Return all plans, with a crash before and after each write that the plain delivery makes."""
    writes = max(run(story, order, PLAIN).writes for order in _orders(story)[::37])
    crashes = (
        Plan(f"crash {'after' if after else 'before'} write {at}", crash_at=at, after=after)
        for at in range(1, writes + 1)
        for after in (False, True)
    )
    return (*PLANS, *crashes)


def run(
    story: Story,
    order: Sequence[int],
    plan: Plan,
    *,
    make: Callable[..., Paying] = Paying,
) -> FaultyFiles:
    """Deliver the notices in this order by this plan; return the files as they are afterwards.

    A handler that is killed has not answered, so its notice comes again, after all the others.
    """
    files = story.files.fork()
    paying = _paying(story, files, make)
    signed = story.signed
    files.crash_at, files.after = plan.crash_at, plan.after
    queue = [place for place in order for _ in range(plan.each)] * plan.rounds
    for position, place in enumerate(queue):
        if plan.raced and files.between is None and files.writes == 0:
            other = signed[queue[(position + 1) % len(queue)]]
            files.between = _delivery(paying, *other, story)
        try:
            _delivery(paying, *signed[place], story)()
        except Crashed:
            queue.append(place)
    return files


def is_wrong(story: Story, files: FaultyFiles) -> bool:
    """Tell whether the file ended anywhere else than the provider's books say."""
    [payment] = files.load(KEY).payments
    head, entries, payloads = files.case(KEY)
    kinds = [entry.kind for entry in entries]
    is_paid = story.charges > 0
    return not (
        payment.state is story.end
        and payment.incidents == ()
        and (payment.provider_payment is not None) == is_paid
        and kinds.count("fee-paid") == int(is_paid)
        and kinds.count("fee-refunded") == int(story.end is PaymentState.REFUNDED)
        and verify(entries, payloads, booking_id=KEY.booking_id, head_hash=head.hash).holds
    )


def schedules(story: Story) -> Iterator[tuple[tuple[int, ...], Plan]]:
    """Every order by every plan."""
    yield from itertools.product(_orders(story), plans_for(story))


def _orders(story: Story) -> list[tuple[int, ...]]:
    return list(itertools.permutations(range(len(story.notices))))


def _paying(story: Story, files: FaultyFiles, make: Callable[..., Paying]) -> Paying:
    told = story.scene.paying
    return make(replace(told.acting, files=files), story.payments, told.office, told.public_url)


def _delivery(paying: Paying, raw: bytes, signature: str, story: Story) -> Callable[[], object]:
    return lambda: paying.notice(raw, signature, now=story.scene.now)


def _begun() -> Scene:
    scene = Scene(files=FaultyFiles())
    scene.book()
    scene.ask()
    return scene


def _declined_and_left(scene: Scene) -> None:
    """Decline a card in a first checkout, which then runs out."""
    scene.ledger.decline(scene.checkout(), VISA, DECLINED, now=scene.seconds())
    scene.wait(minutes=61)


def _promised_in_vain(scene: Scene) -> None:
    """Complete the next checkout with money that never comes."""
    checkout = scene.checkout()
    scene.pay(checkout, PAYPAL, later=True)
    scene.ledger.finish(checkout, succeeds=False, now=scene.seconds())


def _promised_and_kept(scene: Scene) -> None:
    checkout = scene.checkout()
    scene.pay(checkout, PAYPAL, later=True)
    scene.ledger.finish(checkout, succeeds=True, now=scene.seconds())


def _told(name: str, scene: Scene, notices: Sequence[Object], end: PaymentState, charges: int) -> Story:
    if not isinstance(scene.files, FaultyFiles) or len(notices) != 6:
        raise TypeError("a story keeps its files in memory and ends in six notices")
    scene.wait(minutes=70)
    payments = RememberingPayments(
        scene.payments.api_key, scene.payments.webhook_secrets, http_client=scene.payments.http_client
    )
    return Story(name, scene, scene.files, payments, tuple(notices), end, charges)


def _paid_at_last() -> Story:
    scene = _begun()
    _declined_and_left(scene)
    _promised_in_vain(scene)
    _promised_and_kept(scene)
    notices = [
        scene.events("payment_intent.payment_failed")[0],
        scene.events("checkout.session.expired")[0],
        scene.events("checkout.session.async_payment_failed")[0],
        scene.events("checkout.session.completed")[-1],
        scene.events("checkout.session.async_payment_succeeded")[0],
        scene.events("payment_intent.succeeded")[0],
    ]
    return _told("paid at last", scene, notices, PaymentState.PAYED, 1)


def _refunded() -> Story:
    scene = _begun()
    _declined_and_left(scene)
    _promised_and_kept(scene)
    [intent] = scene.events("payment_intent.succeeded")
    scene.ledger.refund({"payment_intent": intent["data"]["object"]["id"]}, now=scene.seconds())
    notices = [
        scene.events("payment_intent.payment_failed")[0],
        scene.events("checkout.session.expired")[0],
        scene.events("checkout.session.completed")[0],
        scene.events("checkout.session.async_payment_succeeded")[0],
        intent,
        scene.events("charge.refunded")[0],
    ]
    return _told("refunded", scene, notices, PaymentState.REFUNDED, 1)


def _never_paid() -> Story:
    scene = _begun()
    _declined_and_left(scene)
    _promised_in_vain(scene)
    last = scene.checkout()
    scene.wait(minutes=61)
    scene.ledger.expire_due(now=scene.seconds())
    failed = scene.events("payment_intent.payment_failed")
    ended = scene.events("checkout.session.expired")
    if ended[-1]["data"]["object"]["id"] != last:
        raise AssertionError("the last checkout ran out")
    notices = [
        failed[0],
        ended[0],
        scene.events("checkout.session.completed")[0],
        failed[1],
        scene.events("checkout.session.async_payment_failed")[0],
        ended[1],
    ]
    return _told("never paid", scene, notices, PaymentState.CANCELED, 0)


def _answer_lost() -> Story:
    """Tell of a checkout that was opened and paid, though the function died before writing its name down."""
    scene = _begun()
    _declined_and_left(scene)
    files = scene.files
    if not isinstance(files, FaultyFiles):
        raise TypeError("files in memory")
    files.crash_at = files.writes + 3  # the end of the old checkout, the new intent, its name
    try:
        scene.checkout()
    except Crashed:
        pass
    else:
        raise AssertionError("the third write is the checkout's name")
    opened = next(name for name, session in scene.ledger.sessions.items() if session["status"] == "open")
    scene.ledger.decline(opened, VISA, DECLINED, now=scene.seconds())
    scene.pay(opened, PAYPAL, later=True)
    scene.ledger.finish(opened, succeeds=True, now=scene.seconds())
    failed = scene.events("payment_intent.payment_failed")
    notices = [
        failed[0],
        scene.events("checkout.session.expired")[0],
        failed[1],
        scene.events("checkout.session.completed")[0],
        scene.events("checkout.session.async_payment_succeeded")[0],
        scene.events("payment_intent.succeeded")[0],
    ]
    return _told("answer lost", scene, notices, PaymentState.PAYED, 1)
