"""The main job in two real browsers: book, get the link, wait, talk, share papers, pay, close, get the result."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.people import Person, arrive, book, in_call, link, open_sheet, sign_in
from tests.office import RunningOffice

pytestmark = [pytest.mark.browser, pytest.mark.office]
PICTURES = Path(__file__).parents[2] / "test-results" / "journey"


def pay_by_card(citizen: Person, number: str) -> None:
    page = citizen.page
    page.get_by_label("Kartennummer").fill(number)
    page.get_by_label("Gültig bis").fill("12/30")
    page.get_by_label("Prüfnummer").fill("123")
    page.get_by_role("button", name=re.compile("bezahlen$")).last.click()


def test_two_matters_papers_both_ways_card_and_download(
    office: RunningOffice, citizen: Person, clerk: Person, email: str, tmp_path: Path
) -> None:
    """The whole journey, with a reload in the call and a result to download."""
    reference = book(citizen, email=email, matters=("Führungszeugnis beantragen", "Meldebescheinigung"))
    arrive(citizen, link(office, email, "join"))
    citizen.shot(PICTURES, "waiting-room")

    sign_in(clerk)
    expect(clerk.page.get_by_text(citizen.name).first).to_be_visible()
    in_call(citizen, clerk)
    citizen.shot(PICTURES, "call-phone")
    clerk.shot(PICTURES, "call-desk")
    expect(clerk.page.get_by_text(reference).first).to_be_visible()

    # Steps: ticked at the desk, seen on the phone.
    clerk.page.get_by_role("checkbox").first.check()
    open_sheet(citizen, "Schritte")
    expect(citizen.page.locator("[data-done=yes]").first).to_be_visible()

    # A paper from the phone: checked, then opened at the desk.
    open_sheet(citizen, "Unterlagen")
    picture = tmp_path / "vollmacht.png"
    citizen.page.screenshot(path=picture)
    citizen.page.locator("#room-aside input[type=file]:not([capture])").set_input_files(picture)
    expect(citizen.page.get_by_text("angekommen").first).to_be_visible()
    with clerk.context.expect_page() as opened:
        clerk.page.get_by_role("button", name=re.compile("Öffnen|vollmacht")).first.click()
    opened.value.close()

    # And one back.
    certificate = tmp_path / "bescheinigung.pdf"
    clerk.page.pdf(path=certificate)
    clerk.page.locator("#desk-file input[type=file]").set_input_files(certificate)
    expect(citizen.page.get_by_text("bescheinigung.pdf").first).to_be_visible()

    # The fee: asked, paid at the provider's page, seen at both sides.
    clerk.page.get_by_role("button", name="Gebühr anfordern").click()
    open_sheet(citizen, "Gebühr")
    citizen.page.get_by_role("button", name="Jetzt bezahlen").click()
    expect(citizen.page.get_by_label("Kartennummer")).to_be_visible()
    expect(clerk.page.get_by_text("an der Kasse").first).to_be_visible()
    pay_by_card(citizen, "4242 4242 4242 4242")
    expect(clerk.page.get_by_text("bezahlt", exact=True).first).to_be_visible()
    expect(citizen.page.get_by_role("button", name="Auflegen")).to_be_visible()
    citizen.sees_and_hears()
    clerk.sees_and_hears()

    # A reload leads back into the same call.
    citizen.page.reload()
    expect(citizen.page.get_by_role("button", name="Auflegen")).to_be_visible()
    citizen.sees_and_hears()
    clerk.sees_and_hears()

    # Close with a download.
    page = clerk.page
    page.get_by_role("button", name="Fall abschließen …").click()
    page.get_by_label("Erledigt", exact=True).check()
    page.get_by_label("Als Download").check()
    page.get_by_label("Welche Unterlage ist das Ergebnis?").select_option(label="bescheinigung.pdf")
    page.get_by_role("button", name="Weiter zur Prüfung").click()
    page.get_by_role("button", name="Fall jetzt abschließen").click()
    expect(page.get_by_text("Abgeschlossen").first).to_be_visible()
    expect(citizen.page.get_by_role("heading", name="Das ist erledigt")).to_be_visible()
    citizen.shot(PICTURES, "after")

    # The result arrives, with a receipt, and can be downloaded.
    result = link(office, email, "result", count=2)
    message = office.message(office.mails(email)[0]["id"])
    assert any(name.endswith(".pdf") for name in message["attachments"])
    citizen.page.goto(result)
    with citizen.page.expect_download() as download:
        citizen.page.get_by_role("button", name=re.compile("herunterladen", re.IGNORECASE)).click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    assert [said for said in citizen.complaints + clerk.complaints if "Content Security" in said] == []


def test_declined_card_then_paypal(office: RunningOffice, citizen: Person, clerk: Person, email: str) -> None:
    """A refused card is no dead end, and PayPal settles."""
    book(citizen, email=email, matters=("Meldebescheinigung",))
    arrive(citizen, link(office, email, "join"))
    sign_in(clerk)
    in_call(citizen, clerk)
    clerk.page.get_by_role("button", name="Gebühr anfordern").click()
    open_sheet(citizen, "Gebühr")
    citizen.page.get_by_role("button", name="Jetzt bezahlen").click()
    pay_by_card(citizen, "4000 0000 0000 0002")
    expect(citizen.page.get_by_text("abgelehnt").first).to_be_visible()
    citizen.page.get_by_role("button", name="Mit PayPal bezahlen").click()
    citizen.page.get_by_role("button", name=re.compile("bezahlen|freigeben|zustimmen", re.IGNORECASE)).first.click()
    expect(citizen.page.get_by_role("button", name="Auflegen")).to_be_visible()
    expect(clerk.page.get_by_text("bezahlt", exact=True).first).to_be_visible()
    close_by_post(clerk)
    expect(citizen.page.get_by_text("Post").first).to_be_visible()


def close_by_post(clerk: Person) -> None:
    page = clerk.page
    page.get_by_role("button", name="Fall abschließen …").click()
    page.get_by_label("Erledigt", exact=True).check()
    page.get_by_label("Per Post").check()
    page.get_by_label("Anschrift").fill("Ada Beispiel\nHauptstraße 1\n69117 Heidelberg")
    page.get_by_role("button", name="Weiter zur Prüfung").click()
    page.get_by_role("button", name="Fall jetzt abschließen").click()
    expect(page.get_by_text("Abgeschlossen").first).to_be_visible()


def test_of_two_clerks_one_gets_the_citizen(
    office: RunningOffice, citizen: Person, clerk: Person, second_clerk: Person, email: str
) -> None:
    book(citizen, email=email, matters=("Führungszeugnis beantragen",), city="karlsruhe")
    arrive(citizen, link(office, email, "join"))
    sign_in(clerk, 1, city="Karlsruhe")
    sign_in(second_clerk, 2, city="Karlsruhe")
    for one in (clerk, second_clerk):
        expect(one.page.get_by_text(citizen.name).first).to_be_visible()
    # Both press before either's answer is there.
    for one in (clerk, second_clerk):
        one.page.evaluate("document.getElementById('desk-next').click()")
    expect(citizen.page.get_by_role("button", name="Auflegen")).to_be_visible()
    citizen.sees_and_hears()
    clerk.page.wait_for_timeout(3_000)  # long enough for a second one to get in, were there a way
    seeing = [one for one in (clerk, second_clerk) if one.receives()["frames"] > 0]
    assert len(seeing) == 1
    (other,) = {id(one): one for one in (clerk, second_clerk) if one not in seeing}.values()
    expect(other.page.get_by_text("schneller").or_(other.page.get_by_text("wartet niemand")).first).to_be_visible()
    seeing[0].page.get_by_role("button", name="Auflegen").click()
    expect(citizen.page.get_by_role("button", name="Zurück in den Warteraum")).to_be_visible()


def test_cancelling_frees_the_slot(office: RunningOffice, citizen: Person, email: str) -> None:
    """Booked and cancelled by the links of the letter; the time is offered again, the letter says so."""
    page = citizen.page
    book(citizen, email=email, matters=("Wohnung ummelden",))
    url = link(office, email, "manage")
    page.goto(url)
    expect(page.get_by_text("Wohnung ummelden").first).to_be_visible()
    page.get_by_role("link", name=re.compile("absagen", re.IGNORECASE)).first.click()
    page.get_by_role("button", name=re.compile("absagen", re.IGNORECASE)).click()
    expect(page.get_by_text("abgesagt").first).to_be_visible()
    cancelled = office.message(office.mail(email, count=2)["id"])
    assert any(name.endswith(".ics") for name in cancelled["attachments"])
    page.goto(link_of(office, email, "join"))
    expect(page.get_by_role("heading", name=re.compile("Link"))).to_be_visible()


def link_of(office: RunningOffice, email: str, purpose: str) -> str:
    """The link of the first mail, which the newest may not carry."""
    text = office.message(office.mails(email)[-1]["id"])["text"]
    found = re.search(rf"https?://\S+/{purpose}\S*#\S+", text)
    assert found
    return found[0]
