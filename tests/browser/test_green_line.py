"""The green room's third check, in a real browser: the line is tried out, told in words, and in nobody's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.fake_room import WEAK_LINE, FakeRoom
from tests.browser.test_room_page import (
    CHROMIUM,
    FAKE_DEVICES,
    FAKE_PERMISSION,
    FLAGS,
    PATIENCE_MS,
    PHONE,
    barriers,
    face,
    visit,
    wider_than_screen,
)

pytestmark = pytest.mark.browser

OLD_BROWSER = "delete globalThis.RTCRtpScriptTransform; delete RTCRtpSender.prototype.createEncodedStreams;"


@pytest.fixture(scope="module")
def launched(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, FAKE_DEVICES, FAKE_PERMISSION])
    yield browser
    browser.close()


@pytest.fixture
def room() -> Iterator[FakeRoom]:
    with FakeRoom() as started:
        yield started


@pytest.fixture
def citizen(launched: Browser) -> Iterator[Callable[..., Page]]:
    """Pages of citizens on phones; what breaks in their scripts fails the test."""
    opened: list[Page] = []
    broken: list[str] = []

    def arrive(*, script: str = "", stopped_clock: bool = False) -> Page:
        context = launched.new_context(viewport=PHONE, locale="de-DE", permissions=["camera", "microphone"])
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        if script:
            page.add_init_script(script)
        if stopped_clock:
            page.clock.install()
        opened.append(page)
        return page

    expect.set_options(timeout=PATIENCE_MS)
    yield arrive
    for page in opened:
        page.context.close()
    assert broken == []


def line(page: Page, words: str, *, state: str) -> None:
    """Expect the third check to say so."""
    expect(page.locator('[data-part="words-connection"]')).to_have_text(words)
    expect(page.locator('[data-check="connection"]')).to_have_attribute("data-state", state)


def tried(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate("globalThis.fernamtTried ?? []")
    return found


def test_a_good_line_ticks_itself_and_its_figures_go_to_the_office(
    room: FakeRoom, citizen: Callable[..., Page]
) -> None:
    page = visit(citizen(), room)
    line(page, "gut: Bild und Ton", state="ok")
    assert [each["tracks"] for each in tried(page)] == [2], "camera and microphone, opened one after the other, once"
    expect(page.get_by_role("button", name="Erneut prüfen")).to_be_hidden()
    page.get_by_role("button", name="Warteraum betreten").click()
    face(page, "waiting")
    (entered,) = room.named("enter")
    figures = {"loss_percent": 0.2, "round_trip_ms": 24, "bandwidth_kbits": 2400, "encryption": "script"}
    assert {name: entered[name] for name in figures} == figures
    assert entered["connection"] == "ok"
    page.reload()
    face(page, "waiting")
    page.wait_for_timeout(100)
    said = [each for each in room.named("presence") if each["loss_percent"] == 0.2]
    assert said, "a reload in the waiting room forgets nothing"


def test_a_weak_line_is_told_and_keeps_nobody_out(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    room.line = WEAK_LINE
    page = visit(citizen(), room)
    line(page, "knapp: Ton geht, Bild könnte stocken", state="weak")
    expect(page.get_by_role("button", name="Erneut prüfen")).to_be_visible()
    assert barriers(page) == []
    assert not wider_than_screen(page)
    page.get_by_role("button", name="Warteraum betreten").click()
    face(page, "waiting")
    assert room.named("enter")[0]["bandwidth_kbits"] == 400


def test_a_network_that_lets_no_video_through_says_what_to_do(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    room.line = {"outcome": "failed"}
    page = visit(citizen(), room)
    expect(page.get_by_text("anderes WLAN oder Mobilfunk, oder rufen Sie die 115 an")).to_be_visible()
    page.get_by_role("button", name="Warteraum betreten").click()
    face(page, "waiting")
    (entered,) = room.named("enter")
    assert (entered["connection"], entered["loss_percent"]) == ("missing", None)


@pytest.mark.parametrize("trouble", ["no worker", "worker silent"])
def test_an_office_without_its_worker_is_not_the_citizens_network(
    room: FakeRoom, citizen: Callable[..., Page], trouble: str
) -> None:
    if trouble == "no worker":
        room.faults["preflight"] = 503
        room.slugs["preflight"] = "no_worker"
    else:
        room.line = {"outcome": "relay"}
    page = visit(citizen(stopped_clock=True), room)
    words = "Das Amt antwortet, seine Videotechnik gerade nicht. Das liegt nicht an Ihnen, wir versuchen es weiter."
    page.clock.run_for(2_000)
    line(page, words, state="missing")
    page.clock.run_for(31_000)
    line(page, words, state="missing")
    asked = [act for act, _ in [*room.acts, *room.refused] if act == "preflight"]
    assert len(asked) == 2, "it is asked again by itself, after half a minute"


def test_an_office_that_does_not_answer_is_told_as_that(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    room.faults["*"] = 503
    page = visit(citizen(), room)
    line(page, "das Amt antwortet nicht, wir versuchen es weiter", state="missing")


def test_asking_again_waits_for_its_half_minute(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    room.line = WEAK_LINE
    page = visit(citizen(stopped_clock=True), room)
    page.clock.run_for(2_000)
    line(page, "knapp: Ton geht, Bild könnte stocken", state="weak")
    page.get_by_role("button", name="Erneut prüfen").click()
    line(page, "wird gleich geprüft", state="unknown")
    room.line = {**WEAK_LINE, "figures": {"lossPercent": 0, "roundTripMs": 20, "bandwidthKbits": 2000}}
    page.clock.run_for(20_000)
    assert len(room.named("preflight")) == 1
    page.clock.run_for(12_000)
    line(page, "gut: Bild und Ton", state="ok")
    assert len(room.named("preflight")) == 2


def test_a_changed_network_is_tried_anew_by_itself(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    page = visit(citizen(stopped_clock=True), room)
    page.clock.run_for(2_000)
    line(page, "gut: Bild und Ton", state="ok")
    for _ in range(5):
        page.evaluate("dispatchEvent(new Event('online'))")
    page.clock.run_for(31_000)
    line(page, "gut: Bild und Ton", state="ok")
    assert len(room.named("preflight")) == 2


def test_a_device_that_struggled_is_not_burdened_again(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    room.line = {**WEAK_LINE, "burdened": True}
    page = visit(citizen(stopped_clock=True), room)
    page.clock.run_for(2_000)
    line(page, "knapp: Ton geht, Bild könnte stocken", state="weak")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.clock.run_for(60_000)
    assert len(room.named("preflight")) == 1
    page.get_by_role("button", name="Erneut prüfen").click()
    page.clock.run_for(2_000)
    assert len(room.named("preflight")) == 2


def test_whoever_enters_hangs_the_trial_up_first(room: FakeRoom, citizen: Callable[..., Page]) -> None:
    room.line = "endless"
    page = visit(citizen(), room)
    line(page, "wird geprüft …", state="unknown")
    page.wait_for_function("() => globalThis.fernamtTried?.length === 1")
    page.get_by_role("button", name="Warteraum betreten").click()
    face(page, "waiting")
    assert [each["hungUp"] for each in tried(page)] == [True]


def test_who_only_looks_at_the_page_tries_nothing(room: FakeRoom, launched: Browser) -> None:
    """A mail scanner opens links, and runs their scripts; it never allows a camera."""
    page = launched.new_context(viewport=PHONE, locale="de-DE").new_page()
    page.add_init_script("navigator.permissions.query = async () => ({ state: 'prompt' });")
    visit(page, room)
    expect(page.get_by_role("button", name="Kamera und Mikrofon einschalten")).to_be_visible()
    line(page, "noch nicht geprüft", state="unknown")
    page.wait_for_timeout(600)
    assert room.named("preflight") == []
    page.get_by_role("button", name="Kamera und Mikrofon einschalten").click()
    line(page, "gut: Bild und Ton", state="ok")
    page.context.close()


# --- a browser that cannot encrypt ------------------------------------------------------------------------------


def test_a_browser_that_cannot_encrypt_is_told_so_and_where_to_go(
    room: FakeRoom, citizen: Callable[..., Page]
) -> None:
    page = visit(citizen(script=OLD_BROWSER), room)
    expect(page.get_by_role("heading", name="Dieser Browser kann das Gespräch nicht verschlüsseln")).to_be_visible()
    expect(page.get_by_text("Unter 115 hilft Ihnen ein Mensch weiter.")).to_be_visible()
    expect(page.get_by_role("button", name="Kamera und Mikrofon einschalten")).to_be_hidden()
    assert barriers(page) == []
    assert not wider_than_screen(page)
    room.faults["enter"] = 403
    page.get_by_role("button", name="Dem Amt sagen, dass ich hier bin").click()
    expect(page.get_by_text("Das geht gerade nicht.")).to_be_visible()
    ((act, entered),) = room.refused
    assert (act, entered["encryption"]) == ("enter", "none")
    assert room.named("preflight") == []
    face(page, "green")
