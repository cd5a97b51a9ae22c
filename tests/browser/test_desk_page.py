"""The clerk's desk in a real browser, before a scripted office: every state has its face, and axe agrees."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, Playwright, expect

from tests.browser.call_stage import CHROMIUM, CHROMIUM_FLAGS
from tests.browser.fake_desk import FakeDesk, running
from tests.browser.fake_desk_office import FINE, FakeOffice, Refused

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
AXE_RUN = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const { violations } = await axe.run(document, { runOnly: tags });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
}"""
COUNT_NOTES = """
  globalThis.notes = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) { globalThis.notes += 1; return start.apply(this, when); };
"""
NOTES_A_CHIME = 2
SENT: FilePayload = {"name": "bescheinigung.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
WAIT_MS = 9_000


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def served() -> Iterator[FakeDesk]:
    with running() as desk:
        yield desk


@pytest.fixture
def desk(served: FakeDesk) -> FakeDesk:
    """Give the fake with a fresh office."""
    served.office = FakeOffice()
    return served


Open = Callable[..., Page]


@pytest.fixture
def open_desk(browser: Browser, desk: FakeDesk) -> Iterator[Open]:
    """Open the desk as a clerk does; in the end, no script may have failed and no policy been broken."""
    contexts, errors = [], []

    def opened(path: str = "/desk", *, width: int = 1440, height: int = 900, dark: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            permissions=["camera", "microphone", "clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(COUNT_NOTES)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None,
        )
        page.goto(desk.url + path)
        if path.startswith("/desk?") or path == "/desk":
            page.wait_for_selector("html[data-ready]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


def assert_accessible(page: Page) -> None:
    """Run axe over the page as it stands."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(AXE_RUN) == []


def open_file(page: Page, booking: str) -> None:
    page.click(f'[data-booking="{booking}"]')
    page.wait_for_selector(".dk-sections")


def call_next(page: Page) -> None:
    page.keyboard.press("n")
    page.wait_for_selector('.dk-stage[data-state="connected"]')
    page.wait_for_selector(".dk-sections")


def pay(desk: FakeDesk, state: str = "PAYED", booking: str = "b05") -> None:
    file = desk.office.files[booking]
    file["payment"] = {"id": "pay1", "state": state, "amount": file["fee"]}


def begin_closing(page: Page, desk: FakeDesk) -> None:
    call_next(page)
    pay(desk)
    page.get_by_role("button", name="Fall abschließen").click()


class TestTheDay:
    def test_waiting_stands_on_top_with_minutes_and_device_words(self, open_desk: Open) -> None:
        page = open_desk()
        waiting = page.locator(".dk-group--waiting .dk-row")
        expect(waiting).to_have_count(3)
        expect(waiting.nth(0)).to_contain_text("4 Min.")
        expect(waiting.nth(1)).to_contain_text("Mikrofon: nicht erlaubt")
        expect(page.locator(".dk-group--expected .dk-row")).to_have_count(5)
        expect(page.locator(".dk-group--done .dk-row").first).to_be_hidden()
        assert page.title().startswith("(3) wartet")
        assert_accessible(page)

    def test_a_narrow_line_stands_on_the_list_and_in_the_file(self, open_desk: Open, desk: FakeDesk) -> None:
        files = desk.office.files
        files["b05"]["visit"]["device"] |= {"loss_percent": 6, "round_trip_ms": 320, "bandwidth_kbits": 400}
        files["b06"]["visit"]["device"] |= {"loss_percent": 0, "round_trip_ms": 24, "bandwidth_kbits": 2400}
        files["b07"]["visit"]["device"] |= {"connection": "missing"}
        page = open_desk()
        waiting = page.locator(".dk-group--waiting .dk-row")
        figures = "Verbindung knapp · 6 % Verlust · 320 ms · 0,4 Mbit/s"
        expect(waiting.nth(0).locator(".dk-row__note")).to_have_text("Verbindung knapp")
        expect(waiting.nth(0).locator(".dk-dot--weak")).to_have_attribute("title", figures)
        expect(waiting.nth(1).locator(".dk-row__note")).to_have_count(0)
        good = "Verbindung gut · 0 % Verlust · 24 ms · 2,4 Mbit/s"
        expect(waiting.nth(1).locator(".dk-dot--ok").last).to_have_attribute("title", good)
        open_file(page, "b05")
        expect(page.get_by_role("paragraph").filter(has_text=figures)).to_be_visible()
        expect(page.get_by_text("Der Ton wird gehen, das Bild kann stocken.")).to_be_visible()
        assert_accessible(page)
        open_file(page, "b07")
        expect(page.get_by_text("keine Video-Verbindung")).to_be_visible()

    def test_whoever_was_turned_away_for_their_browser_is_seen(self, open_desk: Open, desk: FakeDesk) -> None:
        device = {**FINE, "browser": "Firefox 102, Windows", "encryption": "none"}
        desk.office.files["b08"]["visit"]["device"] = device
        page = open_desk()
        row = page.locator('[data-booking="b08"]')
        expect(row).to_contain_text("Browser kann nicht verschlüsseln")
        open_file(page, "b08")
        expect(page.get_by_text("Firefox 102, Windows · Browser kann nicht verschlüsseln")).to_be_visible()
        expect(page.get_by_text("Mit diesem Browser geht kein Gespräch.")).to_be_visible()
        assert_accessible(page)

    def test_a_clerk_whose_own_browser_cannot_encrypt_is_told_so(self, open_desk: Open) -> None:
        page = open_desk()
        page.evaluate("delete globalThis.RTCRtpScriptTransform; delete RTCRtpSender.prototype.createEncodedStreams;")
        page.keyboard.press("n")
        expect(page.get_by_text("Dieser Browser kann Gespräche nicht verschlüsseln.")).to_be_visible()

    def test_an_empty_day_says_so(self, open_desk: Open, desk: FakeDesk) -> None:
        desk.office = FakeOffice(empty=True)
        page = open_desk()
        expect(page.get_by_text("Für diesen Tag ist nichts gebucht.")).to_be_visible()
        assert_accessible(page)

    def test_another_day_still_shows_who_waits_now(self, open_desk: Open) -> None:
        page = open_desk()
        page.get_by_role("button", name="Tag weiter").click()
        expect(page.locator(".dk-day__name")).to_contain_text("Mittwoch, 25. November")
        expect(page.locator(".dk-group--waiting .dk-row")).to_have_count(3)
        page.get_by_role("button", name="Heute", exact=True).click()
        expect(page.locator(".dk-group--expected .dk-row")).to_have_count(5)

    def test_a_new_arrival_chimes_once_and_stands_in_the_title(self, open_desk: Open, desk: FakeDesk) -> None:
        page = open_desk()
        page.mouse.click(700, 600)
        visit = desk.office.files["b08"]["visit"]
        visit |= {"state": "waiting", "present": True}
        desk.office.files["b08"]["waiting_minutes"] = 0
        page.wait_for_selector(".dk-row--new")
        assert page.title().startswith("Neu im Warteraum (4)")
        expect(page.locator("#desk-said")).to_have_text("Neu im Warteraum: Giulia Ferrari")
        page.wait_for_timeout(4_000)  # another poll must not chime again
        assert page.evaluate("notes") == NOTES_A_CHIME

    def test_a_poll_that_reorders_the_list_leaves_the_focus_where_it_is(
        self, open_desk: Open, desk: FakeDesk
    ) -> None:
        page = open_desk()
        page.get_by_text("Erledigt", exact=True).click()
        page.locator('[data-booking="b06"]').focus()
        desk.office.files["b05"]["visit"]["state"] = "expected"
        desk.office.files["b08"]["visit"]["state"] = "waiting"
        page.wait_for_selector(".dk-row--new")
        expect(page.locator('[data-booking="b06"]')).to_be_focused()
        expect(page.locator(".dk-group--done .dk-row").first).to_be_visible()

    def test_the_sound_can_be_switched_off(self, open_desk: Open, desk: FakeDesk) -> None:
        page = open_desk()
        page.get_by_role("button", name="Ton bei Ankunft").click()
        desk.office.files["b08"]["visit"]["state"] = "waiting"
        page.wait_for_selector(".dk-row--new")
        assert page.evaluate("notes") == 0

    @pytest.mark.parametrize(("width", "height"), [(1024, 768), (400, 850), (320, 700)])
    def test_smaller_windows_never_scroll_sideways(self, open_desk: Open, width: int, height: int) -> None:
        page = open_desk(width=width, height=height)
        call_next(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert_accessible(page)


class TestTheFile:
    def test_a_click_on_a_name_opens_the_file_and_calls_nobody(self, open_desk: Open, desk: FakeDesk) -> None:
        page = open_desk()
        open_file(page, "b06")
        expect(page.locator("#file-name")).to_be_focused()
        expect(page.get_by_text("Android · Mikrofon nicht erlaubt")).to_be_visible()
        expect(page.get_by_text("in der Adresszeile auf das Schloss tippen")).to_be_visible()
        expect(page.get_by_role("button", name="Diese Person aufrufen")).to_be_visible()
        assert desk.office.asked == []
        assert_accessible(page)

    def test_the_open_file_survives_a_reload(self, open_desk: Open) -> None:
        page = open_desk()
        open_file(page, "b06")
        page.reload()
        expect(page.locator("#file-name")).to_have_text("Jonas Weber")

    def test_values_for_the_registers_are_copied(self, open_desk: Open) -> None:
        page = open_desk()
        open_file(page, "b05")
        page.click('[data-copy="email"]')
        expect(page.locator("#desk-said")).to_have_text("E-Mail kopiert")
        assert page.evaluate("navigator.clipboard.readText()") == "aylin@example.org"

    def test_steps_are_ticked_and_land_in_the_history(self, open_desk: Open, desk: FakeDesk) -> None:
        page = open_desk()
        call_next(page)
        page.get_by_label("Ausweis gezeigt und geprüft").check()
        expect(page.get_by_text("Erledigt: Ausweis gezeigt und geprüft")).to_be_visible()
        step = {"step": "meldebescheinigung/ausweis", "done": True}
        assert ("/desk/files/b05/step", step) in desk.office.asked

    def test_a_paper_is_sent_back(self, open_desk: Open, desk: FakeDesk) -> None:
        page = open_desk()
        call_next(page)
        page.set_input_files("#paper-file", SENT)
        expect(page.locator('[data-paper="p9"]')).to_contain_text("geprüft")
        assert ("/desk/files/b05/papers/p9/received", {}) in desk.office.asked

    def test_a_paper_of_another_kind_is_refused_before_it_leaves(self, open_desk: Open, desk: FakeDesk) -> None:
        page = open_desk()
        call_next(page)
        page.set_input_files("#paper-file", {"name": "a.docx", "mimeType": "application/x", "buffer": b"x"})
        expect(page.get_by_text("a.docx: Es gehen nur PDF, JPEG und PNG.")).to_be_visible()
        assert not any(path.endswith("/papers") for path, _ in desk.office.asked)

    def test_text_of_citizens_is_text(self, open_desk: Open, desk: FakeDesk) -> None:
        evil = "<img src=x onerror=alert(1)></script><b>x"
        booking = desk.office.files["b05"]["booking"]
        booking["name"] = booking["note"] = evil
        page = open_desk()
        open_file(page, "b05")
        expect(page.locator("#file-name")).to_have_text(evil)
        assert page.locator("#desk-columns img, #desk-columns b").count() == 0


class TestTheCall:
    def test_n_takes_the_next_person_and_opens_the_file(self, open_desk: Open, desk: FakeDesk) -> None:
        page = open_desk()
        call_next(page)
        expect(page.locator("#file-name")).to_have_text("Aylin Demir")
        expect(page.locator("#call-state")).to_have_text("Verbunden")
        assert desk.office.asked[0] == ("/desk/next", {})
        assert_accessible(page)

    def test_n_is_a_letter_while_typing(self, open_desk: Open, desk: FakeDesk) -> None:
        page = open_desk()
        call_next(page)
        page.get_by_role("button", name="Erlassen").click()
        page.keyboard.type("nun")
        expect(page.locator("#waive-reason")).to_have_value("nun")
        assert [path for path, _ in desk.office.asked].count("/desk/next") == 1

    def test_a_second_call_is_not_begun(self, open_desk: Open) -> None:
        page = open_desk()
        call_next(page)
        page.keyboard.press("n")
        expect(page.get_by_text("Sie sind noch im Gespräch mit Aylin Demir.")).to_be_visible()

    def test_losing_the_race_for_next_is_said_kindly(self, open_desk: Open, desk: FakeDesk) -> None:
        desk.office.refusals.append(("/next", Refused(404)))
        page = open_desk()
        page.get_by_role("button", name="Nächste Person aufrufen").click()
        expect(page.get_by_text("Da war eine Kollegin oder ein Kollege schneller")).to_be_visible()
        assert_accessible(page)

    def test_losing_the_race_for_one_person_names_them(self, open_desk: Open, desk: FakeDesk) -> None:
        desk.office.refusals.append(("/call", Refused(409)))
        page = open_desk()
        open_file(page, "b06")
        page.get_by_role("button", name="Diese Person aufrufen").click()
        expect(page.get_by_text("Jonas Weber wird schon betreut")).to_be_visible()

    def test_nobody_waiting_is_no_error(self, open_desk: Open, desk: FakeDesk) -> None:
        desk.office = FakeOffice(empty=True)
        page = open_desk()
        page.keyboard.press("n")
        expect(page.get_by_text("Gerade wartet niemand.")).to_be_visible()

    def test_a_reload_comes_back_into_the_call(self, open_desk: Open, desk: FakeDesk) -> None:
        page = open_desk()
        call_next(page)
        page.reload()
        page.wait_for_selector('.dk-stage[data-state="connected"]')
        expect(page.locator("#file-name")).to_have_text("Aylin Demir")
        assert [path for path, _ in desk.office.asked].count("/desk/files/b05/ticket") == 2

    def test_mute_camera_and_devices(self, open_desk: Open) -> None:
        page = open_desk()
        call_next(page)
        page.get_by_role("button", name="Stumm").click()
        expect(page.get_by_role("button", name="Ton an")).to_have_attribute("aria-pressed", "true")
        assert page.evaluate("fakeCall.isMuted('audio')")
        page.get_by_role("button", name="Geräte").click()
        expect(page.get_by_label("Kamera", exact=True)).to_be_visible()
        assert_accessible(page)
        page.get_by_label("Kamera", exact=True).dispatch_event("change")
        page.wait_for_function("() => fakeCall.replaced === 'video'")
        page.keyboard.press("Escape")
        expect(page.locator("#call-device-panel")).to_be_hidden()
        expect(page.get_by_role("button", name="Geräte")).to_be_focused()

    def test_the_call_moves_to_a_window_of_its_own_and_back(self, open_desk: Open) -> None:
        page = open_desk()
        call_next(page)
        page.get_by_role("button", name="Lösen").click()
        expect(page.get_by_text("Das Gespräch läuft im eigenen Fenster")).to_be_visible()
        other = "documentPictureInPicture.window.document"
        page.wait_for_function(f"() => !{other}.querySelector('#call-remote').paused")
        styled = f"documentPictureInPicture.window.getComputedStyle({other}.querySelector('.dk-stage')).display"
        page.wait_for_function(f"() => {styled} === 'flex'")
        assert_accessible(page)
        page.get_by_role("button", name="Hierher zurückholen").click()
        expect(page.locator("#call-stage")).to_be_visible()
        page.wait_for_function("() => !document.querySelector('#call-remote').paused")

    def test_an_interrupted_connection_has_a_banner(self, open_desk: Open) -> None:
        page = open_desk()
        call_next(page)
        page.evaluate("fakeCall.to('reconnecting')")
        expect(page.locator("#call-banner")).to_be_visible()
        assert_accessible(page)
        page.evaluate("fakeCall.to('connected')")
        expect(page.locator("#call-banner")).to_be_hidden()

    def test_hanging_up_leaves_the_case_open_and_the_person_can_be_called_again(self, open_desk: Open) -> None:
        page = open_desk()
        call_next(page)
        page.get_by_role("button", name="Auflegen").click()
        expect(page.get_by_text("Kein Gespräch")).to_be_visible()
        expect(page.get_by_role("button", name="Erneut anrufen")).to_be_visible()

    def test_a_refused_camera_says_what_to_do(self, open_desk: Open) -> None:
        page = open_desk()
        page.evaluate(
            """() => {
              const refuse = async () => { throw new DOMException("", "NotAllowedError"); };
              navigator.mediaDevices.getUserMedia = refuse;
            }"""
        )
        page.keyboard.press("n")
        expect(page.get_by_text("Kamera und Mikrofon sind für diese Seite nicht erlaubt.")).to_be_visible()
        expect(page.locator("#file-name")).to_have_text("Aylin Demir")
        assert_accessible(page)


class TestTheFee:
    def test_asked_at_the_checkout_paid(self, open_desk: Open, desk: FakeDesk) -> None:
        page = open_desk()
        call_next(page)
        page.get_by_role("button", name="Gebühr anfordern").click()
        expect(page.locator('[data-fee="INITIAL"]')).to_be_visible()
        assert_accessible(page)
        pay(desk, "AT_CHECKOUT")
        expect(page.locator('[data-fee="AT_CHECKOUT"]')).to_be_visible()
        page.evaluate("fakeCall.flow(false)")
        expect(page.get_by_text("Aylin Demir ist gerade an der Kasse.")).to_be_visible()
        assert_accessible(page)
        pay(desk, "PAYED")
        expect(page.locator('[data-fee="PAYED"]')).to_be_visible()
        expect(page.locator("#desk-said")).to_have_text("Gebühr: bezahlt")
        assert_accessible(page)

    @pytest.mark.parametrize("state", ["FAILED", "CANCELED"])
    def test_a_failed_payment_can_be_asked_for_again(self, open_desk: Open, desk: FakeDesk, state: str) -> None:
        page = open_desk()
        call_next(page)
        pay(desk, state)
        page.get_by_role("button", name="Erneut anfordern").click()
        expect(page.locator('[data-fee="INITIAL"]')).to_be_visible()

    def test_a_waiver_needs_a_reason_and_a_half_typed_one_survives_polls(
        self, open_desk: Open, desk: FakeDesk
    ) -> None:
        page = open_desk()
        call_next(page)
        page.get_by_role("button", name="Erlassen").click()
        page.get_by_role("button", name="Gebühr erlassen").click()
        expect(page.get_by_text("Bitte geben Sie einen Grund an.")).to_be_visible()
        page.keyboard.type("Bezieht Leis")
        page.evaluate("document.querySelector('#waive-reason').setSelectionRange(3, 5)")
        desk.office.enter(desk.office.files["b05"], "Unterlage angesehen")
        expect(page.get_by_text("Unterlage angesehen")).to_be_visible()
        reason = page.locator("#waive-reason")
        expect(reason).to_be_focused()
        expect(reason).to_have_value("Bezieht Leis")
        assert page.evaluate("document.querySelector('#waive-reason').selectionStart") == 3
        open_file(page, "b06")
        open_file(page, "b05")
        expect(reason).to_have_value("Bezieht Leis")
        page.get_by_role("button", name="Gebühr erlassen").click()
        expect(page.locator('[data-fee="WAIVED"]')).to_be_visible()
        assert_accessible(page)


class TestClosing:
    def test_an_open_fee_forbids_it_and_says_why(self, open_desk: Open) -> None:
        page = open_desk()
        call_next(page)
        expect(page.get_by_text("Die Gebühr von 5,50 € ist nicht angefordert.")).to_be_visible()
        page.get_by_role("button", name="Zur Gebühr").click()
        expect(page.locator("#section-fee")).to_be_focused()

    def test_by_post_with_an_address_after_a_check(self, open_desk: Open, desk: FakeDesk) -> None:
        page = open_desk()
        begin_closing(page, desk)
        page.get_by_role("button", name="Weiter zur Prüfung").click()
        expect(page.get_by_text("Bitte wählen Sie ein Ergebnis.")).to_be_visible()
        page.get_by_label("Erledigt").check()
        page.get_by_label("Per Post").check()
        page.get_by_role("button", name="Weiter zur Prüfung").click()
        expect(page.locator("#close-address")).to_be_focused()
        page.fill("#close-address", "Aylin Demir\nKaiserstraße 12\n69115 Heidelberg")
        assert_accessible(page)
        page.wait_for_timeout(2_000)  # polls go on underneath
        page.get_by_role("button", name="Weiter zur Prüfung").click()
        expect(page.get_by_role("heading", name="Stimmt das so?")).to_be_focused()
        expect(page.get_by_text("Brief an die Anschrift")).to_be_visible()
        assert_accessible(page)
        page.get_by_role("button", name="Fall jetzt abschließen").click()
        expect(page.get_by_text("Weiter mit der nächsten Person: Taste N.")).to_be_visible()
        expect(page.get_by_text("Kein Gespräch")).to_be_visible()
        assert_accessible(page)
        address = "Aylin Demir\nKaiserstraße 12\n69115 Heidelberg"
        closing = {"outcome": "done", "delivery": "post", "address": address, "document": ""}
        assert ("/desk/files/b05/close", closing) in desk.office.asked

    def test_a_download_names_a_paper_that_was_sent(self, open_desk: Open, desk: FakeDesk) -> None:
        page = open_desk()
        begin_closing(page, desk)
        page.get_by_label("Erledigt").check()
        page.get_by_label("Als Download").check()
        expect(page.get_by_text("Senden Sie das Ergebnis zuerst")).to_be_visible()
        page.get_by_role("button", name="Zurück zum Fall").click()
        page.set_input_files("#paper-file", SENT)
        expect(page.locator('[data-paper="p9"]')).to_contain_text("geprüft")
        page.get_by_role("button", name="Fall abschließen").click()
        page.select_option("#close-document", "p9")
        page.get_by_role("button", name="Weiter zur Prüfung").click()
        page.get_by_role("button", name="Fall jetzt abschließen").click()
        expect(page.get_by_text("Weiter mit der nächsten Person")).to_be_visible()
        _, closing = desk.office.asked[-1]
        assert closing == {"outcome": "done", "delivery": "download", "address": "", "document": "p9"}

    def test_without_a_result_it_may_end_before_any_fee_was_asked_for(self, open_desk: Open, desk: FakeDesk) -> None:
        page = open_desk()
        call_next(page)
        page.get_by_role("button", name="Ohne Ergebnis abschließen").click()
        expect(page.get_by_label("Erledigt")).to_have_count(0)
        page.get_by_label("Noch unvollständig").check()
        assert_accessible(page)
        page.get_by_role("button", name="Weiter zur Prüfung").click()
        page.get_by_role("button", name="Fall jetzt abschließen").click()
        expect(page.get_by_text("Weiter mit der nächsten Person")).to_be_visible()
        _, closing = desk.office.asked[-1]
        assert closing == {"outcome": "incomplete", "delivery": "none", "address": "", "document": ""}

    def test_escape_leads_back_step_by_step(self, open_desk: Open, desk: FakeDesk) -> None:
        page = open_desk()
        begin_closing(page, desk)
        page.get_by_label("Per Video nicht möglich").check()
        page.get_by_role("button", name="Weiter zur Prüfung").click()
        expect(page.get_by_role("heading", name="Stimmt das so?")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_label("Per Video nicht möglich")).to_be_checked()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Fall abschließen")).to_be_visible()


class TestTrouble:
    def test_a_lost_network_is_said_and_heals(self, open_desk: Open, desk: FakeDesk) -> None:
        page = open_desk()
        open_file(page, "b06")
        desk.office.offline = True
        expect(page.get_by_text("Keine Verbindung zum Amt.")).to_be_visible()
        assert_accessible(page)
        desk.office.offline = False
        expect(page.get_by_text("Keine Verbindung zum Amt.")).to_be_hidden()
        expect(page.locator("#desk-link")).to_have_text("Verbunden")

    def test_an_ended_session_leads_to_sign_in_and_keeps_the_page(self, open_desk: Open, desk: FakeDesk) -> None:
        page = open_desk()
        open_file(page, "b06")
        desk.office.signed_out = True
        expect(page.get_by_role("link", name="Neu anmelden")).to_have_attribute("href", re.compile("^/desk/signin"))
        expect(page.locator("#file-name")).to_have_text("Jonas Weber")
        assert_accessible(page)
        desk.office.signed_out = False
        expect(page.get_by_role("link", name="Neu anmelden")).to_be_hidden()

    def test_an_act_that_failed_can_be_tried_again(self, open_desk: Open, desk: FakeDesk) -> None:
        desk.office.refusals.append(("/next", Refused(503)))
        page = open_desk()
        page.keyboard.press("n")
        expect(page.get_by_text("Gerade ist kein Platz für ein weiteres Gespräch frei.")).to_be_visible()
        page.get_by_role("button", name="Noch einmal versuchen").click()
        page.wait_for_selector('.dk-stage[data-state="connected"]')


def test_a_morning_by_keyboard_alone(open_desk: Open, desk: FakeDesk) -> None:
    """From the skip link to the closed case, without a mouse; the focus is always somewhere sensible."""
    page = open_desk()
    page.keyboard.press("n")
    page.wait_for_selector('.dk-stage[data-state="connected"]')
    expect(page.locator("#file-name")).to_be_focused()
    page.wait_for_selector(".dk-sections")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Ausweis gezeigt und geprüft")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_label("Ausweis gezeigt und geprüft")).to_be_checked()
    expect(page.get_by_label("Ausweis gezeigt und geprüft")).to_be_focused()
    pay(desk)
    button = page.get_by_role("button", name="Fall abschließen")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Abschluss")).to_be_focused()


@pytest.mark.parametrize("reason", ["needed", "expired", "refused", "failed", "signed_out"])
def test_the_sign_in_page_says_why(open_desk: Open, reason: str) -> None:
    page = open_desk(f"/desk/signin?reason={reason}")
    expect(page.get_by_role("heading", name="Anmelden am Arbeitsplatz")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("day", ["2026-11-24", "2026-11-25"])
def test_the_dispatch_list_is_a_page_to_print(open_desk: Open, day: str) -> None:
    page = open_desk(f"/desk/dispatch?day={day}")
    expect(page.get_by_role("heading", name="Postausgang")).to_be_visible()
    assert page.locator("tbody tr").count() == (2 if day.endswith("24") else 0)
    assert_accessible(page)


def test_english_and_dark(open_desk: Open) -> None:
    """The other language is complete (a missing text fails the page), the other theme is legible."""
    page = open_desk("/desk?lang=en", dark=True)
    call_next(page)
    expect(page.locator("#call-state")).to_have_text("Connected")
    assert_accessible(page)


def test_every_text_that_a_module_names_comes_with_the_page() -> None:
    """A key that only a module knows would fail in front of a citizen."""
    root = Path(__file__).parents[2] / "chalicelib" / "web"
    listed = set(re.findall(r'"([\w.]+)"', (root / "templates/desk/texts.html").read_text(encoding="utf-8")))
    named = set()
    for module in (root / "static/js/desk").glob("*.js"):
        named |= set(re.findall(r'\bt\("([\w.]+)"', module.read_text(encoding="utf-8")))
    assert named - listed == set()
