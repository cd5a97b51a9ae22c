"""The citizen's room in a real browser, against a scripted office: every face, the ways between them, and access."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, ViewportSize, expect

from tests.browser.fake_room import FakeRoom

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FAKE_DEVICES = "--use-fake-device-for-media-stream=fps=30"
FAKE_PERMISSION = "--use-fake-ui-for-media-stream"
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
PHONE: ViewportSize = {"width": 390, "height": 844}
LANDSCAPE: ViewportSize = {"width": 844, "height": 390}
SMALL: ViewportSize = {"width": 320, "height": 640}
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PATIENCE_MS = 15_000  # the machine may be busy; a page that is right shows in well under a second

CHECKED = """
if (!sessionStorage.getItem("fernamt.room:/heidelberg/room")) {
  sessionStorage.setItem("fernamt.room:/heidelberg/room", JSON.stringify({ checked: true }));
}"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def browsers(playwright: Playwright) -> Iterator[Callable[..., Browser]]:
    """Browsers by what they have: devices, and somebody who allows them."""
    launched: dict[tuple[bool, bool], Browser] = {}

    def launch(*, devices: bool = True, allowed: bool = True) -> Browser:
        if (devices, allowed) not in launched:
            flags = [*FLAGS, *([FAKE_DEVICES] * devices), *([FAKE_PERMISSION] * allowed)]
            launched[devices, allowed] = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        return launched[devices, allowed]

    yield launch
    for browser in launched.values():
        browser.close()


@pytest.fixture
def room() -> Iterator[FakeRoom]:
    with FakeRoom() as started:
        yield started


@pytest.fixture
def citizen(browsers: Callable[..., Browser]) -> Iterator[Callable[..., Page]]:
    """Pages of citizens; what breaks in their scripts, or against the policy, fails the test."""
    opened: list[Page] = []
    broken: list[str] = []

    def arrive(
        *, size: ViewportSize = PHONE, checked: bool = False, devices: bool = True, allowed: bool = True
    ) -> Page:
        context = browsers(devices=devices, allowed=allowed).new_context(viewport=size, locale="de-DE")
        if allowed:
            context.grant_permissions(["camera", "microphone"])
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on(
            "console",
            lambda said: broken.append(said.text) if "Content Security Policy" in said.text else None,
        )
        if checked:
            page.add_init_script(CHECKED)
        opened.append(page)
        return page

    expect.set_options(timeout=PATIENCE_MS)
    yield arrive
    for page in opened:
        page.context.close()
    assert broken == []


def visit(page: Page, room: FakeRoom, path: str = "/heidelberg/room") -> Page:
    page.goto(room.url(path))
    return page


def face(page: Page, name: str) -> None:
    page.wait_for_selector(f'room-page[data-face="{name}"]')


def barriers(page: Page) -> list[str]:
    """Run axe past the page's own policy, as a tester's browser does; give what it finds."""
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [f"{each['id']}: {each['nodes'][0]['target']}" for each in found["violations"]]


def wider_than_screen(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


# --- every face, on every screen ------------------------------------------------------------------------------


def _call(room: FakeRoom) -> None:
    room.call()
    room.step(0)
    room.paper("mietvertrag.jpg", by="citizen", opened=True)
    room.paper("Antrag.pdf", by="clerk")


def _done(room: FakeRoom) -> None:
    room.step(0, 1, 2)
    room.fee("PAYED")
    room.close()


FACES: dict[str, tuple[Callable[[FakeRoom], object], bool, str]] = {
    "green": (lambda _: None, False, "Kamera und Mikrofon prüfen"),
    "waiting": (lambda room: room.waiting(ahead=1), True, "Vor Ihnen wartet noch eine Person."),
    "call": (_call, True, "Sachbearbeitung 1"),
    "hung_up": (lambda room: room.visit(state="hung_up", seat="here"), True, "Zurück in den Warteraum"),
    "elsewhere": (lambda room: room.visit(state="waiting", seat="elsewhere"), False, "Hier weitermachen"),
    "done": (_done, False, "Das Dokument kommt mit der Post."),
}


@pytest.mark.parametrize("size", [PHONE, LANDSCAPE, SMALL, DESKTOP], ids=["phone", "landscape", "320", "desktop"])
@pytest.mark.parametrize("name", FACES)
def test_each_state_shows_its_face_without_barriers(
    room: FakeRoom, citizen: Callable[..., Page], name: str, size: ViewportSize
) -> None:
    prepare, checked, words = FACES[name]
    prepare(room)
    page = visit(citizen(size=size, checked=checked), room)
    face(page, name)
    expect(page.get_by_text(words).locator("visible=true").first).to_be_visible()
    assert barriers(page) == []
    assert not wider_than_screen(page)


def test_the_page_speaks_english(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    room.waiting(ahead=2)
    page = visit(citizen(checked=True), room, "/heidelberg/room?lang=en")
    expect(page.get_by_text("2 people are waiting before you.")).to_be_visible()


# --- green room -----------------------------------------------------------------------------------------------


def test_three_checks_tick_themselves_and_lead_to_the_waiting_room(
    room: FakeRoom, citizen: Callable[..., Page]
) -> None:
    page = visit(citizen(), room)
    for name in ("camera", "microphone", "connection"):
        expect(page.locator(f'[data-check="{name}"]')).to_have_attribute("data-state", "ok")
    page.get_by_role("button", name="Warteraum betreten").dblclick()
    face(page, "waiting")
    (entered,) = room.named("enter")
    assert (entered["camera"], entered["microphone"], entered["connection"]) == ("ok", "ok", "ok")
    assert entered["browser"].startswith("Chrome ")
    assert page.evaluate("document.activeElement.textContent") == "Sie sind im Warteraum"


def test_a_slow_double_click_presses_nothing_on_the_next_page(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    """The office answers between the two halves; what lies under the pointer now is not what was aimed at."""
    page = visit(citizen(), room)
    box = page.get_by_role("button", name="Warteraum betreten").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down(click_count=1)
    page.mouse.up(click_count=1)
    face(page, "waiting")
    heading = page.get_by_role("heading", name="Sie sind im Warteraum")
    expect(heading).to_be_focused()
    target = page.get_by_role("button", name="Geräte wählen").locator("visible=true").bounding_box()
    assert target
    page.mouse.move(target["x"] + 5, target["y"] + 5)
    for count in (2, 3):
        page.mouse.down(click_count=count)
        page.mouse.up(click_count=count)
    expect(heading).to_be_focused()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.mouse.click(target["x"] + 5, target["y"] + 5)
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_refusal_shows_where_to_tap_and_the_citizen_may_go_on_without(
    room: FakeRoom, citizen: Callable[..., Page]
) -> None:
    page = visit(citizen(allowed=False), room)
    page.get_by_role("button", name="Kamera und Mikrofon einschalten").click()
    expect(page.get_by_role("heading", name="gesperrt")).to_be_focused()
    for guide in ("chrome", "firefox", "safari", "ios", "android"):
        page.get_by_label("Anleitung für").select_option(guide)
        drawing = page.locator(f'img[data-guide="{guide}"]')
        expect(drawing).to_be_visible()
        assert drawing.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert barriers(page) == []
    page.get_by_role("button", name="Ohne Kamera und Mikrofon weiter").click()
    face(page, "waiting")
    assert room.named("enter")[0]["camera"] == "denied"


def test_a_machine_without_camera_says_so(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    page = visit(citizen(devices=False), room)
    expect(page.get_by_role("heading", name="Wir finden keine Kamera")).to_be_visible()
    page.get_by_role("button", name="Noch einmal versuchen").locator("visible=true").click()
    page.get_by_role("button", name="Ohne Kamera und Mikrofon weiter").click()
    face(page, "waiting")
    assert room.named("enter")[0]["camera"] == "missing"


def test_devices_are_chosen_behind_one_button(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    page = visit(citizen(), room)
    expect(page.locator('[data-check="camera"]')).to_have_attribute("data-state", "ok")
    button = page.locator("green-room").get_by_role("button", name="Geräte wählen")
    button.click()
    expect(page.get_by_label("Lautsprecher", exact=True)).to_be_visible()
    page.get_by_role("button", name="Testton abspielen").click()
    assert barriers(page) == []
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


# --- waiting --------------------------------------------------------------------------------------------------


def test_the_place_moves_up_and_the_call_comes_by_itself(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    room.waiting(ahead=1)
    page = visit(citizen(checked=True), room)
    expect(page.get_by_text("Vor Ihnen wartet noch eine Person.")).to_be_visible()
    room.visit(ahead=0)
    expect(page.get_by_text("Sie sind als Nächstes dran.")).to_be_visible()
    room.call()
    face(page, "call")
    expect(page.get_by_text("gute Verbindung")).to_be_visible()
    assert page.evaluate("document.activeElement.textContent") == "Gespräch mit dem Amt"
    assert page.title().startswith("Gespräch – ")


def test_a_lost_office_is_one_line_and_nothing_is_lost(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    room.waiting(ahead=1)
    page = visit(citizen(checked=True), room)
    face(page, "waiting")
    room.faults["*"] = 503
    expect(page.get_by_text("Das Amt antwortet gerade nicht.")).to_be_visible()
    expect(page.get_by_text("Vor Ihnen wartet noch eine Person.")).to_be_visible()
    room.faults.clear()
    room.visit(ahead=0)
    expect(page.get_by_text("Sie sind als Nächstes dran.")).to_be_visible()
    expect(page.get_by_text("Das Amt antwortet gerade nicht.")).to_be_hidden()


def test_a_link_that_was_revoked_says_what_to_do(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    room.waiting()
    room.faults["*"] = 401
    page = visit(citizen(checked=True), room)
    face(page, "lost")
    expect(page.get_by_role("link", name="Link oder Code eingeben")).to_be_visible()
    assert barriers(page) == []


def test_another_device_gives_its_seat_up_only_when_asked(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    room.visit(state="waiting", seat="elsewhere")
    page = visit(citizen(), room)
    page.get_by_role("button", name="Hier weitermachen").click()
    face(page, "green")
    page.get_by_role("button", name="Zurück in den Warteraum").click()
    face(page, "waiting")
    assert room.named("enter")[0]["take_over"] is True


def test_a_seat_taken_meanwhile_is_not_a_lost_link(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    page = visit(citizen(), room)
    room.faults["enter"] = 403
    page.get_by_role("button", name="Warteraum betreten").click()
    expect(page.get_by_text("Das geht gerade nicht.")).to_be_visible()
    room.faults.clear()
    room.visit(state="waiting", seat="elsewhere")
    face(page, "elsewhere")


# --- the call -------------------------------------------------------------------------------------------------


@pytest.fixture
def in_call(room: FakeRoom, citizen: Callable[..., Page]) -> Page:
    room.call()
    page = visit(citizen(checked=True), room)
    face(page, "call")
    expect(page.get_by_text("gute Verbindung")).to_be_visible()
    return page


def test_a_reload_leads_straight_back_into_the_call(room: FakeRoom, in_call: Page) -> None:
    in_call.get_by_role("switch", name="Mikrofon").click()
    in_call.reload()
    face(in_call, "call")
    expect(in_call.get_by_text("gute Verbindung")).to_be_visible()
    expect(in_call.get_by_role("switch", name="Mikrofon")).not_to_be_checked()
    in_call.wait_for_function("() => fernamtFake.sent()[0]?.video")
    assert len(room.named("ticket")) == 2


def test_hanging_up_is_obeyed_at_once_and_the_way_back_is_one_tap(room: FakeRoom, in_call: Page) -> None:
    room.faults["hangup"] = 503
    in_call.get_by_role("button", name="Auflegen").click()
    face(in_call, "hung_up")
    assert in_call.evaluate("fernamtFake.count()") == 0
    room.faults.clear()
    expect(in_call.get_by_role("heading", name="Das Gespräch ist unterbrochen")).to_be_focused()
    in_call.wait_for_timeout(4_000)
    assert room.named("hangup")
    in_call.get_by_role("button", name="Zurück in den Warteraum").click()
    face(in_call, "waiting")
    room.call()
    face(in_call, "call")
    assert in_call.evaluate("fernamtFake.count()") == 1


def test_hanging_up_after_the_clerk_shows_what_the_clerk_decided(room: FakeRoom, in_call: Page) -> None:
    room.faults["hangup"] = 409
    room.close()
    # At once: a click that takes aim may come after the next look at the state, when nothing is left to hang up.
    in_call.evaluate("document.querySelector('[data-part=hang-up]').click()")
    face(in_call, "done")


def test_a_cut_line_keeps_the_picture_and_says_one_line(in_call: Page) -> None:
    remote = in_call.locator("video.call__remote")
    in_call.wait_for_function("() => document.querySelector('video.call__remote').videoWidth > 0")
    in_call.evaluate("fernamtFake.lose()")
    expect(in_call.get_by_text("Wir verbinden Sie neu …")).to_be_visible()
    assert remote.evaluate("video => video.videoWidth") > 0
    expect(in_call.locator("call-view [data-part=cover]")).to_be_hidden()
    in_call.evaluate("fernamtFake.restore()")
    expect(in_call.get_by_text("Wir verbinden Sie neu …")).to_be_hidden()


def test_a_call_that_was_placed_anew_is_joined_anew(room: FakeRoom, in_call: Page) -> None:
    room.call()
    in_call.wait_for_function("() => fernamtFake.count() === 1")
    in_call.wait_for_timeout(2_500)
    assert len(room.named("ticket")) == 2
    assert in_call.evaluate("fernamtFake.count()") == 1


def test_the_call_works_by_keyboard_alone(room: FakeRoom, in_call: Page) -> None:
    def tab_to(name: str) -> None:
        for _ in range(40):
            in_call.keyboard.press("Tab")
            if name in (
                in_call.evaluate("document.activeElement.ariaLabel || document.activeElement.innerText") or ""
            ):
                return
        pytest.fail(f"Tab never reaches {name}")

    tab_to("Ihr eigenes Bild")
    in_call.keyboard.press("ArrowUp")
    assert in_call.locator("self-view").get_attribute("data-corner") == "top-end"
    tab_to("Kamera")
    in_call.keyboard.press("Space")
    expect(in_call.get_by_role("switch", name="Kamera")).not_to_be_checked()
    in_call.wait_for_function("() => fernamtFake.muted()[0].video")
    tab_to("Unterlagen")
    in_call.keyboard.press("Enter")
    expect(in_call.locator("side-sheet")).to_be_visible()
    in_call.keyboard.press("Escape")
    expect(in_call.locator("side-sheet")).to_be_hidden()
    expect(in_call.get_by_role("button", name="Unterlagen")).to_be_focused()


def test_the_own_picture_goes_where_it_is_dragged(in_call: Page) -> None:
    own = in_call.locator("self-view")
    box = own.bounding_box()
    assert box
    in_call.mouse.move(box["x"] + 20, box["y"] + 20)
    in_call.mouse.down()
    in_call.mouse.move(60, 200, steps=6)
    in_call.mouse.up()
    expect(own).to_have_attribute("data-corner", "top-start")


def test_the_sheet_never_hides_the_clerk_wholly(room: FakeRoom, in_call: Page) -> None:
    in_call.get_by_role("button", name="Unterlagen").click()
    picture, sheet = (in_call.locator(each).bounding_box() for each in (".call__picture", "side-sheet"))
    assert picture
    assert sheet
    assert picture["y"] + picture["height"] <= sheet["y"] + 1
    assert picture["height"] >= PHONE["height"] / 3


# --- papers ---------------------------------------------------------------------------------------------------


def test_a_paper_is_sent_while_waiting_and_stays_through_the_call(
    room: FakeRoom, citizen: Callable[..., Page]
) -> None:
    room.waiting()
    page = visit(citizen(checked=True), room)
    files = page.locator('room-papers input[data-part="file"]')
    files.set_input_files({"name": "vollmacht.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 hello"})
    expect(page.locator(".papers__words")).to_have_text("angekommen, 1 kB")
    (form,) = room.uploads
    assert form.index(b'name="key"') < form.index(b'name="policy"') < form.index(b'name="file"')
    assert room.named("papers")[0] == {"name": "vollmacht.pdf", "media_type": "application/pdf", "size": 14}
    room.call()
    face(page, "call")
    page.get_by_role("button", name="Unterlagen").click()
    expect(page.get_by_text("vollmacht.pdf", exact=True)).to_be_visible()
    assert page.locator("room-papers li").count() == 1


def test_a_paper_that_did_not_arrive_is_sent_again_with_one_tap(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    room.waiting()
    room.upload_status = 500
    page = visit(citizen(checked=True), room)
    page.locator('input[data-part="photo"]').set_input_files(
        {"name": "ausweis.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff" + b"0" * 999}
    )
    expect(page.locator(".papers__words")).to_have_text("nicht angekommen. Die Datei liegt noch hier.")
    room.upload_status = 204
    page.get_by_role("button", name="Noch einmal senden").click()
    expect(page.locator(".papers__words")).to_have_text("angekommen, 1 kB")
    assert page.locator("room-papers li").count() == 1


def test_what_the_office_would_refuse_is_not_sent(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    room.waiting()
    page = visit(citizen(checked=True), room)
    page.locator('input[data-part="file"]').set_input_files(
        {"name": "brief.docx", "mimeType": "application/msword", "buffer": b"PK"}
    )
    expect(page.locator(".papers__words")).to_have_text("nicht angenommen: nur PDF, JPEG oder PNG")
    assert room.named("papers") == []


def test_a_paper_of_the_clerk_opens_the_sheet_and_opens_without_an_opener(room: FakeRoom, in_call: Page) -> None:
    room.paper("Antrag.pdf", by="clerk")
    button = in_call.get_by_role("button", name="Antrag.pdf öffnen")
    expect(button).to_be_visible()
    with in_call.context.expect_page() as opening:
        button.click()
    opened = opening.value
    opened.wait_for_url("**/served/paper-1")
    assert opened.evaluate("window.opener") is None


# --- fee ------------------------------------------------------------------------------------------------------


def test_the_fee_is_paid_on_the_hosted_page_and_the_call_goes_on(room: FakeRoom, in_call: Page) -> None:
    room.fee("INITIAL")
    pay = in_call.get_by_role("button", name="Jetzt bezahlen")
    expect(pay).to_be_visible()
    assert barriers(in_call) == []
    pay.dblclick()
    in_call.wait_for_url("**/checkout")
    assert len(room.named("pay")) == 1
    visit(in_call, room, "/heidelberg/room?lang=de&checkout=done")
    face(in_call, "call")
    in_call.get_by_role("button", name="Unterlagen").click()
    in_call.get_by_role("button", name="Gebühr").click()
    expect(in_call.get_by_text("Bezahlt. Vielen Dank!")).to_be_visible()
    assert len(room.named("pay/returned")) == 1
    assert in_call.url.endswith("/heidelberg/room?lang=de")


def test_whoever_walks_away_from_the_hosted_page_may_pay_again(room: FakeRoom, in_call: Page) -> None:
    room.fee("AT_CHECKOUT")
    visit(in_call, room, "/heidelberg/room?lang=de&checkout=left")
    face(in_call, "call")
    in_call.get_by_role("button", name="Unterlagen").click()
    in_call.get_by_role("button", name="Gebühr").click()
    expect(in_call.get_by_role("button", name="Noch einmal bezahlen")).to_be_visible()
    assert (len(room.named("pay/left")), len(room.named("pay/returned"))) == (1, 0)
    in_call.reload()
    face(in_call, "call")
    assert len(room.named("pay/left")) == 1, "the address forgot it"


def test_a_failed_payment_offers_another_try(room: FakeRoom, in_call: Page) -> None:
    room.fee("INITIAL")
    expect(in_call.get_by_role("button", name="Jetzt bezahlen")).to_be_visible()
    room.fee("FAILED")
    expect(in_call.get_by_text("es wurde nichts abgebucht")).to_be_visible()
    room.faults["pay"] = 409
    in_call.get_by_role("button", name="Noch einmal bezahlen").click()
    expect(in_call.get_by_text("Das geht gerade nicht.")).to_be_visible()


# --- after ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "title", "onwards"),
    [
        ("incomplete", "Das ist noch nicht fertig", "buchen Sie bitte einen neuen Termin"),
        ("not_possible", "Das war leider nicht möglich", "Was stattdessen geht"),
    ],
)
def test_what_did_not_come_to_its_end_does_not_look_done(
    room: FakeRoom, citizen: Callable[..., Page], result: str, title: str, onwards: str
) -> None:
    room.close("none", result=result)
    page = visit(citizen(), room)
    face(page, "done")
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.get_by_text(onwards)).to_be_visible()
    expect(page.get_by_text("Das ist erledigt")).to_have_count(0)
    assert barriers(page) == []


# --- the page of the link -------------------------------------------------------------------------------------


def test_the_link_leads_into_the_room_and_leaves_no_trace(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    page = visit(citizen(), room, "/heidelberg/join#booking.secret")
    page.wait_for_url("**/heidelberg/room")
    assert room.named("join") == [{"link": "booking.secret"}]
    page.go_back()
    assert "join" not in page.url


@pytest.mark.parametrize(
    ("status", "problem", "words"),
    [
        (403, {"opens_at": "2026-11-24T08:50:00Z"}, "Der Raum öffnet: Dienstag, 24. November um 09:50"),
        (410, {"title": "Dieser Termin ist vorbei"}, "Neuen Termin buchen"),
        (404, {"title": "Diesen Link kennen wir nicht"}, "Wurde Ihr Termin verschoben?"),
        (409, {"title": "Das geht nicht"}, "Bitte versuchen Sie es noch einmal."),
    ],
    ids=["early", "late", "unknown", "other"],
)
def test_a_link_that_leads_nowhere_says_why(
    room: FakeRoom, citizen: Callable[..., Page], status: int, problem: dict[str, str], words: str
) -> None:
    room.join_problem = (status, {"detail": "Das Amt sagt, warum.", **problem})
    page = visit(citizen(), room, "/heidelberg/join#booking.secret")
    expect(page.get_by_text(words)).to_be_visible()
    expect(page.get_by_text("Das Amt sagt, warum.")).to_be_visible()
    assert barriers(page) == []


def test_a_pasted_link_is_as_good_as_an_opened_one(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    page = visit(citizen(), room, "/heidelberg/join")
    page.get_by_label("Link oder Code").fill("https://amt.example/heidelberg/join#booking.secret")
    page.keyboard.press("Enter")
    page.wait_for_url("**/heidelberg/room")
    assert room.named("join") == [{"link": "booking.secret"}]


# --- the table ------------------------------------------------------------------------------------------------


def test_the_table_of_faces_covers_every_state(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    """Printed here as it is meant; a change of the table is a change of this list."""
    page = visit(citizen(), room)
    shown = page.evaluate(
        """async () => {
          const { faceOf } = await import("/static/js/room/faces.js");
          const rows = [];
          for (const state of ["expected", "waiting", "in_call", "hung_up", "done"])
            for (const seat of ["here", "free", "elsewhere"])
              for (const checked of [true, false])
                rows.push([state, seat, checked, faceOf({ visit: { state, seat } }, { checked })]);
          return JSON.stringify(rows);
        }"""
    )
    faces = {tuple(row[:3]): row[3] for row in json.loads(shown)}
    assert {"done"} == {face for (state, _, _), face in faces.items() if state == "done"}
    assert {"elsewhere"} == {
        face for (state, seat, _), face in faces.items() if seat == "elsewhere" and state != "done"
    }
    assert faces["waiting", "here", True] == "waiting"
    assert faces["in_call", "here", True] == "call"
    assert {"green"} == {faces[state, "here", False] for state in ("expected", "waiting", "in_call")}
    assert {"hung_up"} == {faces["hung_up", seat, checked] for seat in ("here", "free") for checked in (True, False)}
