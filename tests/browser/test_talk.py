"""Writing beside speaking, on the citizen's phone and at the desk, before scripted offices."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_desk import FakeDesk
from tests.browser.fake_room import FakeRoom
from tests.browser.test_desk_page import browser, desk, open_desk, served
from tests.browser.test_room_page import PHONE, SMALL, barriers, browsers, citizen, face, in_call, room

__all__ = ["browser", "browsers", "citizen", "desk", "in_call", "open_desk", "room", "served"]  # fixtures

pytestmark = pytest.mark.browser


def hear(page: Page, text: str, id_: str = "1") -> None:
    page.evaluate(f"fernamtFake.hear('clerk', {{ type: 'chat', id: '{id_}', text: '{text}' }})")


def until(page: Page, script: str) -> None:
    """Wait until the script is true; the desk's policy lets no page evaluate strings by itself."""
    for _ in range(200):
        if page.evaluate(script):
            return
        page.wait_for_timeout(50)
    raise AssertionError(script)


def said(page: Page) -> list[dict[str, str]]:
    return [each for each in page.evaluate("fernamtFake.said()") if each["type"] != "shows"]


def test_a_line_of_the_clerk_opens_the_sheet_and_is_acknowledged(in_call: Page) -> None:
    in_call.evaluate("fernamtFake.agree()")
    hear(in_call, "Hören Sie mich?")
    expect(in_call.locator(".talk__line")).to_have_text("Amt Hören Sie mich?")
    expect(in_call.locator("[data-part=live]").first).to_contain_text("Amt schreibt: Hören Sie mich?")
    assert said(in_call) == [{"type": "got", "id": "1"}]
    hear(in_call, "Hören Sie mich?")
    expect(in_call.locator(".talk__line")).to_have_count(1)
    assert barriers(in_call) == []


def test_a_line_without_keys_is_kept_and_sent_when_they_stand(in_call: Page) -> None:
    in_call.get_by_role("button", name="Unterlagen").click()
    in_call.get_by_role("button", name="Text", exact=True).click()
    field = in_call.get_by_label("Ihre Nachricht")
    field.fill("Ja, ich höre Sie")
    field.press("Enter")
    expect(field).to_have_value("")
    expect(in_call.get_by_text("wird gesendet …")).to_be_visible()
    assert said(in_call) == []
    in_call.evaluate("fernamtFake.agree()")
    in_call.wait_for_function("fernamtFake.said().some(({ type }) => type === 'chat')")
    [line] = [each for each in said(in_call) if each["type"] == "chat"]
    in_call.evaluate("(id) => fernamtFake.hear('clerk', { type: 'got', id })", line["id"])
    expect(in_call.get_by_text("wird gesendet …")).to_have_count(0)
    assert line["text"] == "Ja, ich höre Sie"


@pytest.mark.parametrize("size", [PHONE, SMALL], ids=["phone", "320"])
def test_the_field_stays_in_sight_however_much_was_written(
    room: FakeRoom, citizen: Callable[..., Page], size: object
) -> None:
    room.call()
    page = citizen(checked=True, size=size)
    page.goto(room.url("/heidelberg/room"))
    face(page, "call")
    page.evaluate("fernamtFake.agree()")
    for at in range(30):
        hear(page, f"Zeile {at}", str(at))
    field = page.get_by_label("Ihre Nachricht")
    expect(field).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("Zeile 29", exact=True)).to_be_in_viewport()


def test_whoever_is_told_asks_the_office_seldom_and_at_once_when_something_changed(
    room: FakeRoom, in_call: Page
) -> None:
    asked: list[str] = []
    in_call.on("request", lambda request: asked.append(request.url) if "/room/" in request.url else None)
    in_call.wait_for_timeout(4_000)
    alone = len(asked)
    in_call.evaluate("fernamtFake.agree()")
    in_call.wait_for_timeout(2_500)
    asked.clear()
    in_call.wait_for_timeout(4_000)
    assert len(asked) < alone, (len(asked), alone)
    room.step(0)
    in_call.evaluate("fernamtFake.hear('clerk', { type: 'changed' })")
    expect(in_call.get_by_text("1 von 3 erledigt")).to_be_attached(timeout=2_000)


def test_the_desk_brings_in_a_third_person_and_lets_them_in(desk: FakeDesk, open_desk: Callable[..., Page]) -> None:
    page = open_desk()
    page.keyboard.press("n")
    until(page, "globalThis.fakeCall?.state === 'connected'")
    page.evaluate("fakeCall.agree()")
    page.get_by_text("Dritte Person dazuholen").click()
    page.get_by_label("Gebärdensprache").check()
    page.get_by_role("button", name="Link machen").click()
    expect(page.get_by_label("Link für die dritte Person")).to_have_value(
        f"https://buergeramt.example/heidelberg/guest#{desk.office.current}.secret"
    )
    page.get_by_role("button", name="Link kopieren").click()
    assert "/guest#" in page.evaluate("navigator.clipboard.readText()")
    expect(page.get_by_text("eingeladen", exact=True)).to_be_visible()
    assert desk.office.current
    desk.office.files[desk.office.current]["guest"]["state"] = "waiting"
    expect(page.get_by_text("wartet vor der Tür", exact=True)).to_be_visible()
    page.get_by_role("button", name="Einlassen").click()
    until(page, "fakeCall.admitted === 't'")
    page.evaluate("fakeCall.seat(['citizen', 'clerk', 'guest'])")
    expect(page.get_by_label("Bild der dritten Person")).to_be_visible()
    page.get_by_role("button", name="Hinausbitten").click()
    expect(page.get_by_role("button", name="Einlassen")).to_be_visible()


def test_the_desk_writes_and_nudges(desk: FakeDesk, open_desk: Callable[..., Page]) -> None:
    page = open_desk()
    page.keyboard.press("n")
    until(page, "globalThis.fakeCall?.state === 'connected'")
    page.evaluate("fakeCall.agree()")
    page.get_by_label("Ihre Nachricht").fill("Guten Tag")
    page.get_by_role("button", name="Senden", exact=True).click()
    page.get_by_label("Ausweis gezeigt").check()
    until(page, "fakeCall.said.some(({ type }) => type === 'changed')")
    texts = [each.get("text") for each in page.evaluate("fakeCall.said") if each["type"] == "chat"]
    assert texts == ["Guten Tag"]
    page.evaluate("fakeCall.hear('citizen', { type: 'chat', id: '7', text: 'Ich höre nichts' })")
    expect(page.locator(".talk__line").last).to_have_text("Bürgerin oder Bürger Ich höre nichts")


def test_letters_appear_as_they_are_typed(in_call: Page) -> None:
    in_call.evaluate("fernamtFake.agree()")
    grow = "fernamtFake.hear('clerk', { type: 'live', line: 'a', seq: %d, text: '%s' })"
    for seq, text in enumerate(("G", "Gu", "Gut"), 1):
        in_call.evaluate(grow % (seq, text))
    line = in_call.locator(".talk__line")
    expect(line).to_have_attribute("data-state", "growing")
    expect(line.locator("[data-part=text]")).to_have_text("Gut")
    assert {"type": "seen", "line": "a", "seq": 3} in said(in_call)
    in_call.evaluate("fernamtFake.hear('clerk', { type: 'chat', id: 'a', text: 'Guten Tag' })")
    expect(line.locator("[data-part=text]")).to_have_text("Guten Tag")
    expect(line).to_have_attribute("data-state", "whole")
    expect(line).to_have_count(1)


def test_only_who_switches_it_on_is_read_along(in_call: Page) -> None:
    in_call.evaluate("fernamtFake.agree()")
    in_call.get_by_role("button", name="Unterlagen").click()
    in_call.get_by_role("button", name="Text", exact=True).click()
    field = in_call.get_by_label("Ihre Nachricht")
    field.press_sequentially("Nein")
    assert [each for each in said(in_call) if each["type"] == "live"] == []
    in_call.get_by_role("switch", name="Jeden Buchstaben sofort zeigen").check()
    field.press_sequentially("!")
    in_call.wait_for_function("fernamtFake.said().some(({ type, text }) => type === 'live' && text === 'Nein!')")
    in_call.get_by_role("switch", name="Jeden Buchstaben sofort zeigen").uncheck()
    assert [each["text"] for each in said(in_call) if each["type"] == "live"][-1] == "", "taken back"
    field.press_sequentially("?")
    field.press("Enter")
    in_call.wait_for_function("fernamtFake.said().at(-1).type === 'chat'")
    assert said(in_call)[-1]["text"] == "Nein!?"


def test_a_device_that_took_the_seat_is_let_in_by_the_clerk(desk: FakeDesk, open_desk: Callable[..., Page]) -> None:
    page = open_desk()
    page.keyboard.press("n")
    until(page, "globalThis.fakeCall?.state === 'connected'")
    assert desk.office.current
    desk.office.files[desk.office.current]["visit"]["newcomer"] = True
    expect(page.locator(".dk-line__text", has_text="Ein anderes Gerät hat den Platz übernommen")).to_be_visible()
    page.get_by_role("button", name="Gerät einlassen").click()
    until(page, "fakeCall.admitted === 't'")
    expect(page.get_by_role("button", name="Gerät einlassen")).to_have_count(0)
