"""The checkout page in a real browser: phone-sized, without scripts, by keyboard, and through axe."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, ViewportSize, expect

from chalicelib.adapters.stripe_payments import StripePayments
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Payment, PaymentState
from chalicelib.services.ports import CheckoutPage
from local.payments.server import StandIn
from tests.payments.listening import Inbox, inbox, listening
from tests.payments.office import API_KEY, KEY, SECRET

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
SHOTS = os.environ.get("SCREENSHOTS")
PHONE: ViewportSize = {"width": 390, "height": 844}
NARROW: ViewportSize = {"width": 320, "height": 640}
DESK: ViewportSize = {"width": 1440, "height": 900}
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}"


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(
        executable_path="/usr/bin/chromium",
        args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
    )
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def box() -> Iterator[Inbox]:
    with inbox() as taken:
        yield taken


@pytest.fixture(scope="module")
def stand_in(box: Inbox) -> Iterator[tuple[StandIn, str]]:
    with listening(box.url) as running:
        yield running


class Walk:
    """A fresh checkout, and a browser page on it."""

    def __init__(self, stand_in: tuple[StandIn, str], box: Inbox, browser: Browser) -> None:
        self.stand_in, self.url = stand_in
        self.box, self.browser = box, browser
        self.number = len(self.stand_in.book.ledger.sessions)

    def open(self, *, size: ViewportSize = PHONE, scripts: bool = False, locale: str = "de") -> Page:
        now = datetime.now(UTC)
        payment = Payment(
            f"p{self.number}",
            Money(5_50),
            ("meldebescheinigung",),
            now,
            "clerk:hd-1",
            state=PaymentState.AT_CHECKOUT,
            attempt=1,
            begun_at=now,
        )
        page = CheckoutPage(
            "Meldebescheinigung" if locale == "de" else "Registration certificate",
            "Stadt Heidelberg",
            locale,
            f"{self.box.url}/heidelberg/room?checkout=done",
            f"{self.box.url}/heidelberg/room?checkout=left",
        )
        payments = StripePayments(API_KEY, (SECRET,), self.url)
        self.checkout = payments.open_checkout(payment, key=KEY, page=page)
        context = self.browser.new_context(
            viewport=size, java_script_enabled=scripts, device_scale_factor=2 if size == PHONE else 1
        )
        context.set_default_timeout(15_000)
        shown = context.new_page()
        shown.goto(self.checkout.url)
        return shown

    @property
    def session(self) -> dict[str, object]:
        return self.stand_in.book.ledger.sessions[self.checkout.id]


@pytest.fixture
def walk(stand_in: tuple[StandIn, str], box: Inbox, chromium: Browser) -> Iterator[Walk]:
    walk = Walk(stand_in, box, chromium)
    yield walk
    for context in chromium.contexts:
        context.close()


def shoot(page: Page, name: str) -> None:
    """Keep a picture where SCREENSHOTS names a folder."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/checkout-{name}.png", full_page=True)


def check(page: Page) -> None:
    """Axe finds nothing, and nothing has to be scrolled sideways."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(f"axe.run(document, {RULES}).then(r => r.violations.map(v => [v.id, v.nodes[0].html]))")
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def press(page: Page, button: str) -> None:
    """Press what leads to another face, and wait for it whole: its style sheet decides what axe measures."""
    with page.expect_navigation(wait_until="load"):
        page.locator(button).click()


def fill(page: Page, card: str) -> None:
    page.get_by_role("link", name=card).click()
    expect(page.get_by_label("Kartennummer")).to_have_value(card)


def test_a_card_pays_without_scripts(walk: Walk) -> None:
    page = walk.open()
    expect(page.get_by_role("heading", level=1)).to_have_text("5,50\N{NO-BREAK SPACE}€ bezahlen")
    fill(page, "4242 4242 4242 4242")
    page.get_by_role("button", name="5,50").click()
    page.wait_for_url("**/heidelberg/room?checkout=done")
    assert walk.session["payment_status"] == "paid"


def test_a_declined_card_can_be_followed_by_another(walk: Walk) -> None:
    page = walk.open()
    fill(page, "4000 0000 0000 0002")
    page.get_by_role("button", name="5,50").click()
    expect(page.get_by_role("alert")).to_contain_text("Es wurde nichts abgebucht")
    shoot(page, "declined-phone")
    assert walk.session["status"] == "open"
    fill(page, "4242 4242 4242 4242")
    page.get_by_role("button", name="5,50").click()
    page.wait_for_url("**/room?checkout=done")


def test_paypal_is_a_step_of_its_own(walk: Walk) -> None:
    page = walk.open()
    page.get_by_role("button", name="Mit PayPal bezahlen").click()
    shoot(page, "paypal-phone")
    page.get_by_role("button", name="PayPal abbrechen").click()
    expect(page.get_by_role("alert")).to_contain_text("Es wurde nichts bezahlt")
    page.get_by_role("button", name="Mit PayPal bezahlen").click()
    page.get_by_role("button", name="freigeben").click()
    page.wait_for_url("**/room?checkout=done")
    assert walk.session["payment_status"] == "paid"


def test_walking_away_pays_nothing(walk: Walk) -> None:
    page = walk.open()
    page.get_by_role("link", name="Zurück, ohne zu bezahlen").click()
    page.wait_for_url("**/room?checkout=left")
    assert walk.session["status"] == "open"


def test_wrong_fields_say_what_to_write(walk: Walk) -> None:
    page = walk.open()
    page.get_by_label("Kartennummer").fill("1234")
    page.get_by_label("Gültig bis").fill("01/20")
    page.get_by_role("button", name="5,50").click()
    expect(page.get_by_label("Kartennummer")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Kartennummer")).to_have_value("1234")
    expect(page.get_by_role("alert")).to_contain_text("abgelaufen")
    shoot(page, "wrong-phone")


def test_a_second_click_pays_nothing(walk: Walk) -> None:
    """Two tabs, both filled: the second one leads on without a second charge."""
    page = walk.open()
    other = page.context.new_page()
    other.goto(page.url)
    for tab in (page, other):
        fill(tab, "4242 4242 4242 4242")
    for tab in (page, other):
        tab.get_by_role("button", name="5,50").click()
        tab.wait_for_url("**/room?checkout=done")
    ledger = walk.stand_in.book.ledger
    paid = [c for c in ledger.charges.values() if c["payment_intent"] == walk.session["payment_intent"]]
    assert len(paid) == 1


def test_paid_and_expired_pages_lead_on(walk: Walk) -> None:
    page = walk.open()
    walk.stand_in.book.ledger.expire_session(walk.checkout.id, now=int(datetime.now(UTC).timestamp()))
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_contain_text("abgelaufen")
    shoot(page, "expired-phone")
    page.get_by_role("link", name="Weiter zu Stadt Heidelberg").click()
    page.wait_for_url("**/room?checkout=left")


def test_by_keyboard_alone(walk: Walk) -> None:
    page = walk.open(scripts=True)
    page.get_by_label("Kartennummer").focus()
    for typed, then in (("4242424242424242", "Tab"), ("12/30", "Tab"), ("123", "Enter")):
        page.keyboard.type(typed)
        page.keyboard.press(then)
    page.wait_for_url("**/room?checkout=done")


@pytest.mark.parametrize("size", [PHONE, NARROW, DESK], ids=["phone", "narrow", "desk"])
@pytest.mark.parametrize("locale", ["de", "en"])
def test_every_face_passes_axe(walk: Walk, size: ViewportSize, locale: str) -> None:
    name = f"{locale}-{size['width']}"
    page = walk.open(size=size, scripts=True, locale=locale)
    expect(page.locator("html")).to_have_attribute("lang", locale)
    check(page)
    shoot(page, f"pay-{name}")
    page.goto(f"{walk.checkout.url}?lang={locale}&fill=declined")
    press(page, "button.primary")
    check(page)
    page.locator("#number").fill("1")
    press(page, "button.primary")
    check(page)
    shoot(page, f"wrong-{name}")
    press(page, "button.paypal")
    check(page)
    shoot(page, f"paypal-{name}")
    page.locator("button.paypal").click()
    page.wait_for_url("**/room?checkout=done")
    page.goto(walk.checkout.url)
    check(page)
    shoot(page, f"done-{name}")
    page.goto(f"{walk.url}/c/pay/cs_test_nobody")
    check(page)


def test_large_text_needs_no_sideways_scrolling(walk: Walk) -> None:
    """200 % zoom on 640 px is 320 px: everything stays in one column."""
    page = walk.open(size=NARROW, scripts=True)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    shoot(page, "large-320")


def test_the_page_says_until_when_it_holds(walk: Walk) -> None:
    page = walk.open()
    assert datetime.fromtimestamp(int(str(walk.session["expires_at"])), UTC) > datetime.now(UTC) + timedelta(
        minutes=55
    )
    expect(page.get_by_text("Diese Seite gilt bis")).to_be_visible()
