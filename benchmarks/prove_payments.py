"""`make prove-payments`: whatever happens to a notice, a fee ends where the provider's books say, paid once.

Four parts. *Orders*: four lives of a fee, each with six late notices in all 720 orders, doubled, repeated,
raced, and with a crash before and after each write. *Lives*: citizen, bank, clerk, clock and notices act in
any order while functions die at any write of ours or at the provider's. *Presses*: a citizen presses "pay"
twice with a crash anywhere in between, and pays on every page they can still open. *Forgeries*: notices that
nobody signed, or somebody else, or somebody long ago. Every notice is a real signed body, verified by the
official library. Then each part again with its defence taken out.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from benchmarks.figures import Figures
from benchmarks.payment_faults import (
    Crashed,
    CredulousPayments,
    FaultyFiles,
    FaultyProvider,
    ForgetfulPayments,
    TrustingPaying,
)
from benchmarks.payment_lives import Life
from benchmarks.payment_stories import PLAIN, Story, is_wrong, run, schedules, stories
from chalicelib.adapters.stripe_payments import StripePayments
from chalicelib.domain.checkouts import NoticeForged
from chalicelib.domain.errors import FernamtError
from chalicelib.domain.payments import AlreadyPaid
from local.payments.notices import payload_of, sign
from local.payments.shapes import Object
from tests.payments.office import OLD_SECRET, SECRET, VISA, Scene

FORGERY_ROUNDS = 120


def prove(*, lives: int) -> Figures:
    """Run all parts; the figures are complete when this returns."""
    figures = Figures()
    told = list(stories())
    pressed, pressed_charges = _presses(StripePayments)
    _, forgetful = _presses(ForgetfulPayments)
    forged, accepted = _forgeries(told, StripePayments)
    _, believed = _forgeries(told, CredulousPayments)
    naive = sum(
        is_wrong(story, run(story, order, PLAIN, make=TrustingPaying))
        for story in told
        for order in itertools.permutations(range(len(story.notices)))
    )
    lived, wrong_lives, charged = _lives(lives)
    ran, wrong = _orders(told)
    charges_max = max(charged, pressed_charges, *(story.charges for story in told))

    figures.add("payment.schedules", ran + lived + pressed, "schedules", goal=">=10000")
    figures.add("payment.forgeries", forged, "attempts", goal=">=10000")
    figures.add("payment.end_states_wrong", wrong + wrong_lives, "schedules", goal="=0")
    figures.add("payment.end_states_wrong.control", naive, "schedules", goal=">0")
    figures.add("payment.charges_max", charges_max, "charges", goal="<=1")
    figures.add("payment.charges_max.control", forgetful, "charges", goal=">1")
    figures.add("payment.forged_accepted", accepted, "notices", goal="=0")
    figures.add("payment.forged_accepted.control", believed, "notices", goal=">0")
    return figures


def _orders(told: list[Story]) -> tuple[int, int]:
    """Deliver every order by every plan; return how many, and how many ended wrong."""
    ran = wrong = 0
    for story in told:
        began, before = time.monotonic(), ran
        for order, plan in schedules(story):
            ran += 1
            wrong += is_wrong(story, run(story, order, plan))
        print(f"{story.name}: {ran - before} schedules in {time.monotonic() - began:.0f} s", flush=True)
    return ran, wrong


def _lives(count: int) -> tuple[int, int, int]:
    """Live; return how many lives, how many ended wrong, and the most charges in any."""
    began, wrong, charges = time.monotonic(), 0, 0
    for seed in range(count):
        life = Life(seed)
        life.live()
        wrong += life.is_wrong
        charges = max(charges, life.charges)
    print(f"lives: {count} in {time.monotonic() - began:.0f} s", flush=True)
    return count, wrong, charges


def _presses(make: type[StripePayments]) -> tuple[int, int]:
    """Press "pay" twice with a crash anywhere; return how many schedules and the most charges in any."""
    most = ran = 0
    for at, after, place in itertools.product(range(6), (False, True), ("write", "call")):
        ran += 1
        most = max(most, _pressed_twice(make, at=at, after=after, place=place))
    return ran, most


def _pressed_twice(make: type[StripePayments], *, at: int, after: bool, place: str) -> int:
    """Return how often the citizen paid who paid on every page that was ever opened."""
    files = FaultyFiles()
    scene = Scene(files=files)
    scene.book()
    scene.ask()
    told = scene.payments
    provider = FaultyProvider(make(told.api_key, told.webhook_secrets, http_client=told.http_client))
    scene.paying = replace(scene.paying, provider=provider)
    if at and place == "write":
        files.crash_at, files.after = files.writes + at, after
    elif at:
        provider.crash_at, provider.after = at, after
    for _ in range(3):
        with contextlib.suppress(Crashed):
            scene.checkout()
    for name, session in list(scene.ledger.sessions.items()):
        if session["status"] == "open":
            scene.pay(name, VISA)
    with contextlib.suppress(Crashed, AlreadyPaid):
        scene.pay(scene.checkout(), VISA)
    return sum(charge["status"] == "succeeded" for charge in scene.ledger.charges.values())


def _forgeries(told: list[Story], make: type[StripePayments]) -> tuple[int, int]:
    """Send notices that prove nothing; return how many, and how many were read as if they did."""
    sent = accepted = 0
    for story, round_ in itertools.product(told, range(FORGERY_ROUNDS)):
        payments = make(story.payments.api_key, (SECRET, OLD_SECRET))
        now = story.scene.now
        for event in story.notices:
            for raw, header in _forged(event, now=story.scene.seconds(), round_=round_):
                sent += 1
                try:
                    payments.read_notice(raw, header, now=now)
                except NoticeForged:
                    continue
                except (FernamtError, ValueError):
                    pass  # no claim came of it, but neither was it recognised as forged
                accepted += 1
    return sent, accepted


def _forged(event: Object, *, now: int, round_: int) -> Iterator[tuple[bytes, str]]:
    """Forge one notice in every way we know; `round_` varies ages, places and bytes."""
    raw = payload_of(event)
    good = sign(raw, secret=SECRET, at=now)
    place = (round_ * 7919) % len(raw)
    mac = good.partition("v1=")[2]
    variants: tuple[Callable[[], tuple[bytes, str]], ...] = (
        lambda: (raw, ""),
        lambda: (raw, sign(raw, secret=f"whsec_guess_{round_}", at=now)),
        lambda: (raw, sign(raw, secret="", at=now)),
        lambda: (raw, sign(raw, secret=SECRET, at=now - 301 - round_)),
        lambda: (raw, sign(raw, secret=SECRET, at=now + 301 + round_)),
        lambda: (raw, good.replace(f"t={now}", f"t={now - 1 - round_}")),
        lambda: (raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :], good),
        lambda: (raw[:place], good),
        lambda: (raw + b" ", good),
        lambda: (raw[:place] + b"\xff" + raw[place:], good),
        lambda: (raw, good.replace("v1=", "v0=")),
        lambda: (raw, f"t={now},v1={mac[: round_ % 64]}"),
        lambda: (raw, f"t={now},v1={'0' * 64},v1=\N{LATIN SMALL LETTER E WITH ACUTE}"),
        lambda: (raw, f"t={now},t={now - 900},v1={sign(raw, secret=SECRET, at=now - 900)[-64:]}"),
        lambda: (raw, f"t=,v1={mac}"),
        lambda: (raw, f"v1={mac}"),
    )
    yield from (variant() for variant in variants)


def main() -> int:
    """Print the figures; return 1 if a goal is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--lives", type=int, default=4000)
    return prove(lives=options.parse_args().lives).finish()


if __name__ == "__main__":
    sys.exit(main())
