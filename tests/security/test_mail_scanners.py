"""A mail scanner opens every link of every mail and clicks whatever it finds there: nothing may change by that.

One page deep, without typing, with scripts on. Moving and cancelling therefore lie two deep. The table itself
is compared before and after; then a human comes, and gets in.
"""

from __future__ import annotations

import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import boto3
import pytest
from playwright.sync_api import Browser, Error, Page

from examples.citizen_journey import Client, mail, sign_in, take, tiny_png
from local.aws.names import ACCESS_KEY, SECRET_KEY
from local.parts import REGION
from tests.browser import people
from tests.office import RunningOffice

pytestmark = [pytest.mark.browser, pytest.mark.office]
CITY = "heidelberg"
MATTER = "meldebescheinigung"
VISITS_MIN = 50
SETTLED_MS = 700  # scripts post what they have to post, and lead on
CONTROLS = (
    "a[href], button, input[type=submit], input[type=checkbox], input[type=radio], summary, [role=button], select"
)
LINK = re.compile(r"https?://[^\s\"'<>]+")

Items = dict[tuple[str, str], str]


def table_of(office: RunningOffice) -> Items:
    """All items by key, as they lie in the table."""
    client = boto3.client(
        "dynamodb",
        endpoint_url=office.addresses.origin("aws"),
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    found: Items = {}
    for page in client.get_paginator("scan").paginate(TableName="fernamt-office", ConsistentRead=True):
        for item in page["Items"]:
            found[item["pk"]["S"], item["sk"]["S"]] = repr(sorted(item.items()))
    return found


def changed(before: Items, after: Items) -> list[str]:
    """Keys of what was added, altered or removed."""
    return sorted(
        f"{pk} {sk}" for pk, sk in before.keys() | after.keys() if before.get((pk, sk)) != after.get((pk, sk))
    )


def book(office: RunningOffice, email: str) -> tuple[Client, str]:
    citizen = Client(office.front)
    week = citizen.get(f"/{CITY}/slots?m={MATTER}")
    draft = citizen.post(f"/{CITY}/holds", {"m": [MATTER], "start": week["earliest"]})["booking"]["id"]
    path = f"/{CITY}/holds/{draft}"
    citizen.post(
        f"{path}/details", {"name": "Ada Beispiel", "email": email, "language": "de", "phone": "", "note": ""}
    )
    citizen.post(f"{path}/confirm")
    return citizen, draft


def links_of(office: RunningOffice, email: str) -> list[str]:
    """Every link of every mail to this address: of the text, the HTML and the calendar's entry."""
    found: set[str] = set()
    for listed in office.mails(email):
        message = office.message(listed["id"])
        for text in (message["text"], message["html"].replace("&amp;", "&")):
            found |= set(LINK.findall(text))
    return sorted(link for link in found if link.startswith(office.front))


@pytest.fixture(scope="module")
def without_camera(chromium: Browser) -> Iterator[Browser]:
    """What scanners run: scripts, but nobody who would ever have allowed a camera."""
    flags = [flag for flag in people.FLAGS if "media-stream" not in flag]
    launched = chromium.browser_type.launch(executable_path=people.CHROMIUM, args=flags)
    yield launched
    launched.close()


class Scanner:
    """Opens, looks and clicks; every visit in a profile of its own, as scanners do."""

    def __init__(self, chromium: Browser) -> None:
        self._chromium = chromium
        self.visits = 0
        self.clicks: list[str] = []

    def fetch(self, link: str) -> None:
        """GET and HEAD, with and without what stands in the fragment made a query."""
        for url in (link.partition("#")[0], link.replace("#", "?link="), link.replace("#", "%23")):
            for method in ("GET", "HEAD"):
                self.visits += 1
                request = urllib.request.Request(
                    url, method=method, headers={"User-Agent": "scanner", "Accept": "*/*"}
                )
                try:
                    urllib.request.urlopen(request, timeout=10).close()
                except urllib.error.HTTPError as refused:
                    if refused.code >= 500:
                        raise

    def click_everything(self, link: str) -> None:
        """One visit for each control of the page that the link leads to: open, click that one, wait."""
        place, count = 0, 1
        while place < count:
            for page in self.opened(link):
                controls = page.locator(CONTROLS)
                count = controls.count()
                if place >= count:
                    break
                control = controls.nth(place)
                if not control.is_visible():
                    break
                self.clicks.append(" ".join((control.text_content() or "?").split()))
                try:
                    control.click(timeout=2_000, no_wait_after=True)
                except Error:
                    control.dispatch_event("click")
                page.wait_for_timeout(SETTLED_MS)
            place += 1

    def opened(self, link: str) -> Iterator[Page]:
        self.visits += 1
        context = self._chromium.new_context(
            viewport={"width": 390, "height": 844}, locale="de-DE", accept_downloads=True
        )
        try:
            page = context.new_page()
            page.goto(link)
            page.wait_for_timeout(SETTLED_MS)
            yield page
        finally:
            context.close()


def test_scanners_change_nothing_and_lock_nobody_out(
    office: RunningOffice, chromium: Browser, without_camera: Browser
) -> None:
    """All links of a confirmation: fetched, opened with scripts, every control of the first page clicked."""
    email = f"scanned{os.getpid()}@example.org"
    citizen, booking = book(office, email)
    mail(citizen, office.addresses.origin("mailbox"), email, number=1)
    settle(office)
    before = table_of(office)
    scanner = Scanner(without_camera)
    links = links_of(office, email)
    assert {purpose for purpose in ("join", "manage") if any(f"/{purpose}?" in link for link in links)} == {
        "join",
        "manage",
    }
    own = [link for link in links if "#" in link]
    for link in links:
        scanner.fetch(link)
    for link in own:
        scanner.click_everything(link)
    while scanner.visits < VISITS_MIN:
        scanner.fetch(own[scanner.visits % len(own)])
    found = changed(before, table_of(office))
    print(f"figure scanner.visits {scanner.visits} visits goal {VISITS_MIN}")
    clicked = f"{len(scanner.clicks)} clicks on {len(set(scanner.clicks))} controls"
    print(f"figure scanner.changed {len(found)} items goal 0 ({clicked})")
    assert scanner.visits >= VISITS_MIN
    assert found == [], scanner.clicks
    assert any("absagen" in text for text in scanner.clicks), "the scanner never saw the way to cancel"

    # The human still gets in, and the clerk admits them.
    human = chromium.new_context(viewport={"width": 390, "height": 844}, locale="de-DE")
    try:
        person = people.Person(human, human.new_page(), office)
        person.page.set_default_timeout(people.PATIENCE_MS)
        people.arrive(person, next(link for link in own if "/join" in link))
    finally:
        human.close()
    print("figure scanner.locked_out 0 people goal 0")

    # Control: the same comparison sees what one deliberate step further does.
    manage = next(link for link in own if "/manage" in link)
    before = table_of(office)
    citizen.post(f"/{CITY}/manage", {"link": manage})
    citizen.post(f"/{CITY}/manage/booking/cancel")
    seen = changed(before, table_of(office))
    print(f"figure scanner.changed.control {len(seen)} items")
    assert any(booking in key for key in seen)


def test_the_link_of_a_result_is_only_read(office: RunningOffice, chromium: Browser) -> None:
    """Opening it fetches nothing; its button does what it says, and that is an entry of the case."""
    email = f"result{os.getpid()}@example.org"
    citizen, booking = book(office, email)
    clerk, mailbox = Client(office.front), office.addresses.origin("mailbox")
    join = next(link for link in links(mail(citizen, mailbox, email, number=1)["text"]) if "/join" in link)
    citizen.post(f"/{CITY}/join", {"link": join})
    citizen.post(f"/{CITY}/room/enter", {"camera": "ok"})
    sign_in(clerk, CITY)
    path = take(clerk, wanted=booking)
    content = tiny_png()
    form = clerk.post(f"{path}/papers", {"name": "a.png", "media_type": "image/png", "size": len(content)})
    clerk.upload(form, "a.png", content, "image/png")
    clerk.post(f"{path}/papers/{form['paper_id']}/received")
    clerk.post(f"{path}/waive", {"reason": "Beispiel"})
    clerk.post(f"{path}/close", {"outcome": "done", "delivery": "download", "document": form["paper_id"]})
    mail(citizen, mailbox, email, number=2)
    settle(office)
    before = table_of(office)
    result = next(link for link in links_of(office, email) if "/result" in link)
    scanner = Scanner(chromium)
    scanner.fetch(result)
    for page in scanner.opened(result):
        assert page.get_by_role("button", name=re.compile("herunterladen", re.IGNORECASE)).is_visible()
    assert changed(before, table_of(office)) == []
    scanner.click_everything(result)
    noted = changed(before, table_of(office))
    only = ("ENTRY|", "PAYLOAD|", "PAPER|", "HEAD")  # that the paper was opened, and when
    assert [key for key in noted if not any(part in key.rpartition(" ")[2] for part in only)] == []
    assert citizen.post(f"/{CITY}/result", {"link": result})["url"]


def links(text: str) -> list[str]:
    return LINK.findall(text)


def settle(office: RunningOffice) -> None:
    """Wait until the outbox has written down that its letters are gone."""
    until = time.monotonic() + 15
    while time.monotonic() < until:
        first = table_of(office)
        time.sleep(1)
        if table_of(office) == first:
            return
    raise AssertionError("the table does not come to rest")
