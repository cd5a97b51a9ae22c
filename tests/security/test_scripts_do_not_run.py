"""A script in every field that people write: it is shown as text, nothing runs, and no policy has to step in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect

from examples.citizen_journey import tiny_png
from tests.browser import people
from tests.browser.people import DESK, Person
from tests.office import RunningOffice

pytestmark = [pytest.mark.browser, pytest.mark.office]
EMAIL = "o'brien+{{7*7}}@example.org"
# Breaks out of attributes, scripts, titles and text areas; runs by loading, by failing to load, by being shown.
PAYLOAD = "'\"></script></title></textarea><img src=x onerror=ran(1)><svg onload=ran(2)>{{7*7}}"
HOOK = """
window.ranBy = [];
window.ran = (by) => window.ranBy.push(String(by));
for (const name of ["alert", "confirm", "prompt"]) window[name] = () => window.ran(name);
"""
MARKS = """() => [
  ...window.ranBy,
  ...[...document.querySelectorAll("img[src='x'], [onerror], [onload]")].map((found) => found.outerHTML),
  ...(document.documentElement.textContent.includes("o'brien+49") ? ["a template was carried out"] : []),
]"""


@dataclass
class Watch:
    """What happened in a browser that must not."""

    seen: list[str] = field(default_factory=list)
    pages: int = 0

    def over(self, context: BrowserContext) -> None:
        context.add_init_script(HOOK)

    def on(self, page: Page) -> None:
        page.on("dialog", self._asked)
        page.on("console", lambda said: self._said(said.text))

    def look(self, page: Page, where: str) -> None:
        """Whether anything of the payload became markup, or ran, on this page and in its frames."""
        self.pages += 1
        for frame in page.frames:
            self.seen += [f"{where}: {mark}" for mark in frame.evaluate(MARKS)]

    def _asked(self, dialog: Dialog) -> None:
        self.seen.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _said(self, text: str) -> None:
        if "Content Security Policy" in text:  # then it was markup already, and only the policy stood in its way
            self.seen.append(text)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def citizen(chromium: Browser, office: RunningOffice, watch: Watch) -> Iterator[Person]:
    yield from _watched(chromium, office, watch)


@pytest.fixture
def clerk(chromium: Browser, office: RunningOffice, watch: Watch) -> Iterator[Person]:
    yield from _watched(chromium, office, watch)


def _watched(chromium: Browser, office: RunningOffice, watch: Watch) -> Iterator[Person]:
    made = people.person(chromium, office, DESK)
    watch.over(made.context)
    watch.on(made.page)
    yield made
    made.context.close()


def post(page: Page, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Post as the page's own scripts do."""
    answer: dict[str, Any] = page.evaluate(
        """async ([path, body]) => {
          const headers = {"Content-Type": "application/json", Accept: "application/json"};
          const answer = await fetch(path, {method: "POST", headers, body});
          return {status: answer.status, body: await answer.json()};
        }""",
        [path, json.dumps(body)],
    )
    assert answer["status"] in (200, 201), answer
    found: dict[str, Any] = answer["body"]
    return found


def test_a_payload_in_every_field_stays_text(
    office: RunningOffice, citizen: Person, clerk: Person, watch: Watch
) -> None:
    """Name, note, e-mail, browser, file names of both sides, reason, address, addresses of pages."""
    page, desk = citizen.page, clerk.page
    page.goto(f"{office.front}/heidelberg")
    page.get_by_role("link", name="Meldebescheinigung").first.click()
    page.get_by_role("link", name="Termin wählen").click()
    page.get_by_role("button", name="Diesen Termin nehmen").click()
    page.locator("textarea[name=note]").fill(PAYLOAD)
    page.get_by_label("Telefon").fill(PAYLOAD)  # refused, and shown again
    people.give_details(citizen, email=EMAIL, name=PAYLOAD)
    watch.look(page, "form again")
    assert page.get_by_label("Vor- und Nachname").input_value() == PAYLOAD
    page.get_by_label("Telefon").fill("")
    page.get_by_role("button", name="Weiter", exact=True).click()
    expect(page.get_by_text(PAYLOAD).first).to_be_visible()
    watch.look(page, "check")
    page.get_by_role("button", name="Termin verbindlich buchen").click()
    expect(page.get_by_role("heading", name="Ihr Termin ist gebucht")).to_be_visible()
    watch.look(page, "confirmed")

    page.goto(people.link(office, EMAIL, "manage"))
    expect(page.get_by_role("heading", name="Ihr Termin")).to_be_visible()
    for step in ("", "/cancel", "/move", "/resend"):
        page.goto(f"{office.front}/heidelberg/manage/booking{step}")
        watch.look(page, f"manage{step}")

    people.arrive(citizen, people.link(office, EMAIL, "join"))
    watch.look(page, "waiting room")
    hand_in(page, "/heidelberg/room/papers")
    post(page, "/heidelberg/room/presence", {"camera": "ok", "browser": PAYLOAD})
    page.reload()
    watch.look(page, "green room")

    people.sign_in(clerk)
    desk.get_by_text(PAYLOAD).first.click()
    watch.look(desk, "day's list")
    booking = booking_of(desk)
    post(page, "/heidelberg/room/presence", {"camera": "ok", "browser": PAYLOAD})
    post(page, "/heidelberg/room/enter", {"camera": "ok", "browser": PAYLOAD})
    post(desk, f"/desk/files/{booking}/call", {})
    hand_in(desk, f"/desk/files/{booking}/papers")
    post(desk, f"/desk/files/{booking}/waive", {"reason": PAYLOAD})
    desk.reload()
    desk.get_by_text(PAYLOAD).first.click()
    expect(desk.get_by_text("onerror=ran").nth(2)).to_be_visible()
    watch.look(desk, "file")
    page.reload()
    page.wait_for_timeout(1_000)
    watch.look(page, "call")

    address = f"{PAYLOAD}\n{PAYLOAD}\n69117 Heidelberg"
    post(desk, f"/desk/files/{booking}/close", {"outcome": "done", "delivery": "post", "address": address})
    desk.reload()
    watch.look(desk, "closed file")
    desk.goto(f"{office.front}/desk/dispatch")
    expect(desk.get_by_text(PAYLOAD).first).to_be_visible()
    watch.look(desk, "dispatch")
    page.reload()
    page.wait_for_timeout(500)
    watch.look(page, "after")

    mailbox = office.addresses.origin("mailbox")
    office.mail(EMAIL, count=2)
    for where in ("/", *(f"/mails/{mail['id']}" for mail in office.mails(EMAIL))):
        page.goto(mailbox + where)
        watch.look(page, f"mailbox {where}")
    for mail in office.mails(EMAIL):
        html = office.message(mail["id"])["html"]
        page.goto("about:blank")
        page.set_content(html)  # without any policy: a mail program has none
        watch.look(page, "mail")

    asked = quote(PAYLOAD, safe="")
    for path in (
        f"/heidelberg?q={asked}", f"/{asked}", f"/heidelberg/matters/{asked}", f"/heidelberg/about/{asked}",
        f"/heidelberg?lang={asked}", f"/heidelberg/slots?m=meldebescheinigung&gone={asked}&hold={asked}&week={asked}",
        f"/heidelberg/manage/booking?done={asked}", f"/desk?day={asked}", f"/heidelberg/join?link={asked}",
        f"/desk/callback?state={asked}&error={asked}",
    ):  # fmt: skip
        page.goto(office.front + path)
        watch.look(page, path[:30])
    print(f"figure scripts.run {len(watch.seen)} marks goal 0 ({watch.pages} pages)")
    assert watch.seen == []


def test_control_the_watch_sees_a_script_that_runs(citizen: Person, watch: Watch) -> None:
    """The same payload written into a page without escaping: seen as markup, and as having run."""
    citizen.page.goto("about:blank")
    citizen.page.set_content(f"<title>x</title><p>{PAYLOAD}</p>")
    citizen.page.wait_for_function("window.ranBy.length > 0")
    watch.look(citizen.page, "control")
    assert "control: 1" in watch.seen
    assert any("<img" in mark for mark in watch.seen)


def test_control_the_watch_hears_a_policy_that_steps_in(citizen: Person, office: RunningOffice, watch: Watch) -> None:
    """Markup that only the policy keeps from running counts as found."""
    citizen.page.goto(f"{office.front}/heidelberg")
    citizen.page.evaluate("(payload) => { document.querySelector('main').innerHTML = payload; }", PAYLOAD)
    citizen.page.wait_for_timeout(300)
    assert any("Content Security Policy" in said for said in watch.seen)


def hand_in(page: Page, path: str) -> None:
    """A picture whose name is the payload."""
    content = tiny_png()
    form = post(page, path, {"name": f"{PAYLOAD}.png", "media_type": "image/png", "size": len(content)})
    page.evaluate(
        """async ([url, fields, bytes]) => {
          const form = new FormData();
          for (const [name, value] of Object.entries(fields)) form.append(name, value);
          form.append("file", new Blob([new Uint8Array(bytes)], {type: "image/png"}), "x.png");
          await fetch(url, {method: "POST", body: form});
        }""",
        [form["url"], form["fields"], list(content)],
    )
    post(page, f"{path}/{form['paper_id']}/received", {})


def booking_of(desk: Page) -> str:
    """The id of the one booking on the day's list that carries the payload."""
    state = desk.evaluate("async () => (await fetch('/desk/state')).json()")
    return str(next(row["booking"] for row in state["list"] if row["name"] == PAYLOAD))
