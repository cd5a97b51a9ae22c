"""Nobody is left outside: every page and state of the real journey passes axe, and booking needs only a keyboard."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from chalicelib.web.catalogues import texts_in
from tests.browser.people import PATIENCE_MS, PHONE, Person, book, link, person, sign_in
from tests.office import RunningOffice
from tests.web.test_axe import findings

pytestmark = [pytest.mark.browser, pytest.mark.office]
TABS_MAX = 120
FOCUSED = """() => {
  const it = document.activeElement;
  const shown = it.matches("input, select, textarea") ? it.labels?.[0]?.textContent : it.textContent;
  return (it.getAttribute("aria-label") || shown || "").replace(/\\s+/g, " ").trim();
}"""


def passes(page: Page, where: str) -> None:
    """No finding of WCAG 2.2 A and AA in the page as it stands."""
    assert findings(page) == [], where


def tab_to(page: Page, name: str) -> None:
    """Go on by Tab until what has the focus is called `name`, as somebody does who sees but cannot point."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        if name in page.evaluate(FOCUSED):
            expect(page.locator(":focus")).to_be_visible()
            return
    raise AssertionError(f"Tab never reaches {name!r}")


def press(page: Page, name: str, key: str = "Enter") -> None:
    tab_to(page, name)
    page.keyboard.press(key)


def follow(page: Page, name: str) -> None:
    """Press what leads to another page, and be there."""
    with page.expect_navigation(wait_until="load"):
        press(page, name)


def click_through(page: Page, control: Locator) -> None:
    """The same with a pointer: axe must not look at a page that is half there."""
    with page.expect_navigation(wait_until="load"):
        control.click()


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_booking_page_passes_axe(office: RunningOffice, citizen: Person, email: str, language: str) -> None:
    """From the choice of an office to the confirmation and the pages behind the footer."""
    page, t, front = citizen.page, texts_in(language), f"{office.front}/heidelberg"
    for path in ("/about/imprint", "/about/privacy", "/about/accessibility", "/join", "/manage", "/result"):
        page.goto(f"{front}{path}?lang={language}")
        passes(page, path)
    page.goto(f"{office.front}/?lang={language}")
    passes(page, "offices")
    page.goto(f"{front}?lang={language}")
    passes(page, "entry")
    page.get_by_role("searchbox").fill("umziehen")
    expect(page.get_by_role("status").filter(has_text="2")).to_be_visible()
    passes(page, "search")
    page.goto(f"{front}/matters/meldebescheinigung?lang={language}")
    passes(page, "matter")
    click_through(page, page.get_by_role("link", name=t("matter.add")))
    passes(page, "another matter")
    page.goto(f"{front}/slots?m=meldebescheinigung&lang={language}")
    passes(page, "slots")
    click_through(page, page.get_by_role("button", name=t("slots.take_earliest")))
    passes(page, "details")
    click_through(page, page.get_by_role("button", name=t("details.submit"), exact=True))
    expect(page.locator(":focus")).to_be_visible()
    passes(page, "details with errors")
    page.get_by_label(t("details.name")).fill(citizen.name)
    page.get_by_label(t("details.email")).fill(f"{language}-{email}")
    click_through(page, page.get_by_role("button", name=t("details.submit"), exact=True))
    passes(page, "check")
    click_through(page, page.get_by_role("button", name=t("check.submit")))
    expect(page.get_by_role("heading", name=t("confirmed.title"))).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", language)
    passes(page, "confirmed")


def test_every_managing_page_passes_axe(office: RunningOffice, citizen: Person, email: str) -> None:
    book(citizen, email=email, matters=("Meldebescheinigung",))
    page = citizen.page
    page.goto(link(office, email, "manage"))
    expect(page.get_by_role("heading", name="Ihr Termin", exact=True)).to_be_visible()
    passes(page, "manage")
    click_through(page, page.get_by_role("link", name="Termin verschieben"))
    passes(page, "move")
    page.go_back(wait_until="load")
    click_through(page, page.get_by_role("link", name="Termin absagen"))
    passes(page, "cancel")
    click_through(page, page.get_by_role("button", name="Ja, Termin absagen"))
    expect(page.get_by_text("Ihr Termin ist abgesagt")).to_be_visible()
    passes(page, "cancelled")


def test_every_state_of_the_call_passes_axe(
    office: RunningOffice, citizen: Person, clerk: Person, email: str, tmp_path: Path
) -> None:
    """Green room to download, and the desk beside it."""
    phone, desk = citizen.page, clerk.page
    book(citizen, email=email, matters=("Führungszeugnis beantragen", "Meldebescheinigung"))
    desk.goto(f"{office.front}/desk")
    passes(desk, "before signing in")
    sign_in(clerk)
    passes(desk, "nobody chosen")

    phone.goto(link(office, email, "join"))
    enter = phone.get_by_role("button", name="Warteraum betreten")
    expect(enter).to_be_visible()
    passes(phone, "green room")
    enter.click()
    expect(phone.get_by_role("heading", name="Sie sind im Warteraum")).to_be_visible()
    passes(phone, "waiting room")
    desk.locator("#desk-list").get_by_text(citizen.name).click()
    expect(desk.get_by_role("button", name="Diese Person aufrufen")).to_be_visible()
    passes(desk, "somebody waits")

    desk.get_by_role("button", name="Nächste Person aufrufen").click()
    expect(phone.locator("call-view[data-state=connected]")).to_be_visible(timeout=PATIENCE_MS)
    passes(phone, "call")
    passes(desk, "call at the desk")

    aside = phone.locator("#room-aside")
    phone.get_by_role("button", name="Unterlagen").first.click()
    desk.get_by_role("checkbox").first.check()
    certificate = tmp_path / "bescheinigung.pdf"
    desk.pdf(path=certificate)
    desk.locator("#desk-file input[type=file]").set_input_files(certificate)
    expect(phone.get_by_text("bescheinigung.pdf").first).to_be_visible()
    desk.get_by_role("button", name="Gebühr anfordern").click()
    for tab in ("Unterlagen", "Schritte", "Gebühr"):
        aside.get_by_role("button", name=re.compile(f"^{tab}")).first.click()
        passes(phone, tab)
    expect(phone.get_by_role("button", name="Jetzt bezahlen")).to_be_visible()
    passes(desk, "fee asked for")
    desk.get_by_role("button", name="Erlassen …").click()
    passes(desk, "waiving")
    desk.get_by_label("Warum wird die Gebühr erlassen?").fill("Ehrenamt, Bescheinigung lag vor")
    desk.get_by_role("button", name="Gebühr erlassen", exact=True).click()

    desk.get_by_role("button", name="Fall abschließen …").click()
    desk.get_by_role("button", name="Weiter zur Prüfung").click()
    passes(desk, "closing with errors")
    desk.get_by_label("Erledigt", exact=True).check()
    desk.get_by_label("Als Download").check()
    desk.get_by_label("Welche Unterlage ist das Ergebnis?").select_option(label="bescheinigung.pdf")
    passes(desk, "closing")
    desk.get_by_role("button", name="Weiter zur Prüfung").click()
    passes(desk, "closing checked")
    desk.get_by_role("button", name="Fall jetzt abschließen").click()
    expect(desk.get_by_text("Abgeschlossen").first).to_be_visible()
    passes(desk, "closed")
    expect(phone.get_by_role("heading", name="Das ist erledigt")).to_be_visible()
    passes(phone, "after")
    phone.goto(link(office, email, "result", count=2))
    expect(phone.get_by_role("button", name=re.compile("herunterladen"))).to_be_visible()
    passes(phone, "result")
    desk.goto(f"{office.front}/desk/dispatch")
    passes(desk, "dispatch")


def test_booking_and_call_by_keyboard_alone(
    office: RunningOffice, citizen: Person, clerk: Person, email: str
) -> None:
    """No pointer from the entry page to hanging up, and none for the clerk who calls."""
    page = citizen.page
    page.goto(f"{office.front}/heidelberg")
    follow(page, "Meldebescheinigung")
    follow(page, "Termin wählen")
    follow(page, "Diesen Termin nehmen")
    tab_to(page, "Vor- und Nachname")
    page.keyboard.type("Ada Tastatur")
    tab_to(page, "E-Mail-Adresse")
    page.keyboard.type(email)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Stimmt alles?")).to_be_visible()
    follow(page, "Termin verbindlich buchen")
    expect(page.get_by_role("heading", name="Ihr Termin ist gebucht")).to_be_visible()

    page.goto(link(office, email, "join"))
    expect(page.get_by_role("button", name="Warteraum betreten")).to_be_visible()
    press(page, "Warteraum betreten")
    expect(page.get_by_role("heading", name="Sie sind im Warteraum")).to_be_visible()
    sign_in(clerk)
    expect(clerk.page.get_by_text("Ada Tastatur").first).to_be_visible()
    clerk.page.keyboard.press("n")
    expect(page.locator("call-view[data-state=connected]")).to_be_visible(timeout=PATIENCE_MS)
    press(page, "Mikrofon", "Space")
    expect(page.get_by_role("switch", name="Mikrofon")).not_to_be_checked()
    press(page, "Unterlagen")
    expect(page.locator("#room-aside")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#room-aside")).to_be_hidden()
    press(page, "Auflegen")
    expect(page.get_by_role("button", name="Zurück in den Warteraum")).to_be_visible()


def test_booking_with_scripts_off(chromium: Browser, office: RunningOffice, email: str) -> None:
    """Entry to confirmation, mistakes and the search included, for browsers that run nothing."""
    plain = person(chromium, office, PHONE, java_script_enabled=False)
    page = plain.page
    page.goto(f"{office.front}/heidelberg")
    page.get_by_role("searchbox").fill("umziehen")
    page.get_by_role("button", name="Suchen").click()
    expect(page.get_by_role("link", name="Wohnung ummelden").first).to_be_visible()
    page.goto(f"{office.front}/heidelberg/slots?m=meldebescheinigung")
    page.get_by_role("button", name="Diesen Termin nehmen").click()
    page.get_by_role("button", name="Weiter", exact=True).click()
    expect(page.get_by_role("heading", name="Bitte prüfen Sie Ihre Angaben")).to_be_visible()
    reference = book(plain, email=email, matters=("Führungszeugnis beantragen", "Meldebescheinigung"))
    assert reference in str(office.message(office.mail(email)["id"])["text"])
    plain.context.close()
