"""No trace of people in logs, addresses or Referer headers: canaries through the whole journey, then a search."""

from __future__ import annotations

import re
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from examples.citizen_journey import Client, mail, pay, sign_in, take, tiny_png
from tests.browser import people
from tests.browser.people import DESK, PHONE, Person
from tests.office import RunningOffice
from tests.security.canaries import Canaries, logs_of

pytestmark = [pytest.mark.browser, pytest.mark.office]
CITY = "heidelberg"
MATTER = "meldebescheinigung"
WRITTEN_SECONDS = 2  # logs are written by other processes, line by line


class Wire:
    """What a browser sent to anybody: addresses without fragments (RFC 3986, 3.5), and Referer headers."""

    def __init__(self) -> None:
        self.addresses: set[str] = set()
        self.referers: set[str] = set()

    def listen(self, context: BrowserContext, page: Page) -> None:
        """Twice: what Playwright says of every page, and what Chromium says that it really put into the headers."""
        context.on("request", self._asked)
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSentExtraInfo", self._sent)

    def _asked(self, request: Request) -> None:
        self.addresses.add(request.url.partition("#")[0])
        self._note(request.headers)

    def _sent(self, event: dict[str, Any]) -> None:
        self._note(event["headers"])

    def _note(self, headers: dict[str, str]) -> None:
        self.referers |= {value for name, value in headers.items() if name.lower() == "referer"}

    @property
    def text(self) -> str:
        return "\n".join(sorted(self.addresses | self.referers))


def cookies_of(client: Client) -> dict[str, str]:
    opener: Any = client._opener  # noqa: SLF001 - the guide keeps its cookies to itself
    jars = [handler.cookiejar for handler in opener.handlers if hasattr(handler, "cookiejar")]
    return {cookie.name: cookie.value or "" for jar in jars for cookie in jar}


def watch_links(canaries: Canaries, text: str) -> dict[str, str]:
    """Watch for the secret of every link in a letter; return the links by purpose."""
    links = {found[2]: found[1] for found in re.finditer(r"(https?://\S+/(join|manage|result)\S*#\S+)", text)}
    for purpose, link in links.items():
        canaries.secret(f"{purpose} link", link.rpartition(".")[2])
    return links


def send(url: str, *, method: str = "GET", body: bytes | None = None, **headers: str) -> None:
    """One request whose answer does not matter: most of these are mistakes, and mistakes are logged."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with suppress(urllib.error.URLError):
        urllib.request.urlopen(
            urllib.request.Request(url, data=body, headers=named, method=method), timeout=10
        ).close()


def walk(office: RunningOffice, canaries: Canaries) -> None:
    """The journey as programs walk it, and every mistake on the way that quotes what people typed."""
    citizen, clerk = Client(office.front), Client(office.front)
    week = citizen.get(f"/{CITY}/slots?" + urlencode({"m": MATTER}))
    draft = citizen.post(f"/{CITY}/holds", {"m": [MATTER], "start": week["earliest"]})["booking"]
    path = f"/{CITY}/holds/{draft['id']}"
    typed = {
        "name": canaries.name,
        "email": canaries.email,
        "language": "de",
        "phone": canaries.phone,
        "note": canaries.note,
    }
    with suppress(SystemExit):
        citizen.post(f"{path}/details", {**typed, "email": canaries.email + " and more", "name": canaries.name * 40})
    citizen.post(f"{path}/details", typed)
    citizen.post(f"{path}/confirm")
    mailbox = office.addresses.origin("mailbox")
    links = watch_links(canaries, mail(citizen, mailbox, canaries.email, number=1)["text"])
    mistakes(office, canaries, links["join"])
    citizen.post(f"/{CITY}/manage", {"link": links["manage"]})
    citizen.get(f"/{CITY}/manage/booking")
    citizen.post(f"/{CITY}/join", {"link": links["join"]})
    devices = {"camera": "ok", "microphone": "ok", "connection": "ok", "browser": canaries.file}
    citizen.post(f"/{CITY}/room/enter", devices)
    sign_in(clerk, CITY)
    booking = take(clerk, wanted=draft["id"])
    for ticket in (citizen.post(f"/{CITY}/room/ticket"), clerk.post(f"{booking}/ticket")):
        canaries.secret("media ticket", ticket["ticket"])
        offer = f"v=0\r\ns={canaries.name}\r\n".encode()
        bearer = f"Bearer {ticket['ticket']}"
        url = f"{office.front}/media/sessions"
        send(url, method="POST", body=offer, Authorization=bearer, Content_Type="application/sdp")
        send(url, method="POST", body=offer, Authorization=bearer[:-2], Content_Type="application/sdp")
        send(f"{url}/{canaries.email}", method="DELETE", Authorization=bearer)
    hand_in(citizen, f"/{CITY}/room/papers", canaries)
    document = hand_in(clerk, f"{booking}/papers", canaries)
    clerk.post(f"{booking}/fee")
    pay(citizen, citizen.post(f"/{CITY}/room/pay")["url"])
    citizen.post(f"/{CITY}/room/pay/returned")
    with suppress(SystemExit):
        clerk.post(f"{booking}/waive", {"reason": canaries.reason})
    with suppress(SystemExit):
        clerk.post(f"{booking}/close", {"outcome": canaries.name, "delivery": "post", "address": canaries.street})
    clerk.post(f"{booking}/close", {"outcome": "done", "delivery": "download", "document": document})
    clerk.get("/desk/dispatch")
    result = watch_links(canaries, mail(citizen, mailbox, canaries.email, number=2)["text"])
    citizen.get(citizen.post(f"/{CITY}/result", {"link": result["result"]})["url"], accept="*/*")
    for client in (citizen, clerk):
        for name, value in cookies_of(client).items():
            if name.startswith("__Host-"):
                canaries.secret(name, value)


def walk_waived(office: RunningOffice, canaries: Canaries) -> None:
    """A second matter, whose fee is waived with a reason and whose result goes by post."""
    citizen, clerk = Client(office.front), Client(office.front)
    week = citizen.get(f"/{CITY}/slots?" + urlencode({"m": MATTER}))
    draft = citizen.post(f"/{CITY}/holds", {"m": [MATTER], "start": week["earliest"]})["booking"]
    path = f"/{CITY}/holds/{draft['id']}"
    typed = {"name": canaries.name, "email": canaries.email, "language": "de"}
    citizen.post(f"{path}/details", {**typed, "phone": canaries.phone, "note": canaries.note})
    citizen.post(f"{path}/confirm")
    letter = mail(citizen, office.addresses.origin("mailbox"), canaries.email, number=3)
    citizen.post(f"/{CITY}/join", {"link": watch_links(canaries, letter["text"])["join"]})
    citizen.post(f"/{CITY}/room/enter", {"camera": "ok"})
    sign_in(clerk, CITY)
    booking = take(clerk, wanted=draft["id"])
    clerk.post(f"{booking}/waive", {"reason": canaries.reason})
    address = f"{canaries.name}\n{canaries.street}\n69117 Heidelberg"
    clerk.post(f"{booking}/close", {"outcome": "done", "delivery": "post", "address": address})
    clerk.get("/desk/dispatch")
    mail(citizen, office.addresses.origin("mailbox"), canaries.email, number=4)


def hand_in(client: Client, path: str, canaries: Canaries) -> str:
    """Send a paper whose name is a canary, after one that is not what it says."""
    for content in (b"%PDF-" + canaries.note.encode(), tiny_png()):
        paper = {"name": f"{canaries.file}.png", "media_type": "image/png", "size": len(content)}
        form = client.post(path, paper)
        client.upload(form, f"{canaries.file}.png", content, "image/png")
        client.post(f"{path}/{form['paper_id']}/received")
    client.get(client.post(f"{path}/{form['paper_id']}/open")["url"], accept="*/*")
    return str(form["paper_id"])


def mistakes(office: RunningOffice, canaries: Canaries, link: str) -> None:
    """What people and probes do wrong: links without their fragment sign, bodies that break, paths that are none."""
    front, secret = office.front, link.rpartition("#")[2]
    text = quote(f"{canaries.name} {canaries.email}")
    for path in (
        f"/{text}",
        f"/{CITY}/matters/{text}",
        f"/{CITY}/join?link={secret}",
        f"/{CITY}/{secret}",
        f"/desk/{text}",
    ):
        send(front + path, Accept="text/html")
        send(front + path, method="PUT", body=b"x")
    for path in ("/join", "/manage", "/result", "/holds", "/room/enter"):
        send(
            f"{front}/{CITY}{path}",
            method="POST",
            body=secret.encode(),
            Content_Type="application/json",
            Origin=front,
        )
        send(f"{front}/{CITY}{path}", method="POST", body=b"link=" + secret.encode(), Origin="https://evil.example")
        send(f"{front}/{CITY}{path}", method="POST", body=secret.encode(), Content_Type="text/plain", Origin=front)
    send(
        f"{front}/notices/payment",
        method="POST",
        body=canaries.email.encode(),
        Stripe_Signature=canaries.file.encode().hex(),
    )
    cookie = "; ".join(f"__Host-{kind}={secret}" for kind in ("visit", "manage", "desk", "booker"))
    for path in (
        f"/{CITY}/room",
        f"/{CITY}/manage/booking",
        "/desk",
        "/desk/callback?" + urlencode({"state": secret}),
    ):
        send(front + path, Cookie=cookie, Accept="text/html", User_Agent=canaries.file.encode().hex())


@pytest.fixture
def wired(chromium: Browser, office: RunningOffice) -> Iterator[tuple[Person, Person, Wire]]:
    """Citizen and clerk, with everything that their browsers send noted."""
    wire = Wire()
    pair = (people.person(chromium, office, PHONE), people.person(chromium, office, DESK))
    for one in pair:
        wire.listen(one.context, one.page)
    yield (*pair, wire)
    for one in pair:
        one.context.close()


def test_no_log_holds_what_people_told(office: RunningOffice, tmp_path: Path) -> None:
    """Every log of every part, and what the pump put aside, after two whole journeys and many mistakes."""
    canaries = Canaries()
    walk(office, canaries)
    walk_waived(office, canaries)
    time.sleep(WRITTEN_SECONDS)
    logs = logs_of(office.folder)
    found = canaries.found_in_files(logs)
    lines = sum(len(path.read_text(errors="replace").splitlines()) for path in logs)
    print(
        f"figure traces.logs {sum(map(len, found.values()))} canaries goal 0 ({len(canaries.all)} in {lines} lines)"
    )
    assert {path.stem for path in logs} >= {
        "office",
        "front",
        "pump",
        "media",
        "aws",
        "payments",
        "signin",
        "mailbox",
    }
    assert "/{office}/join" in next(path for path in logs if path.stem == "front").read_text(), (
        "the log tells nothing"
    )
    assert found == {}

    # Control: each canary written down once, as careless programs write, is found by the same scan.
    copy = Path(shutil.copytree(office.folder / "logs", tmp_path / "logs")) / "front.log"
    for what, value in canaries.all.items():
        for written in (value, quote(value), value.encode("unicode_escape").decode()):
            copy.write_text(f"GET /{written} 200\n")
            told = canaries.found_in_files(logs_of(tmp_path))
            assert what in told.get("front.log", []), f"{what} written as {written} would not be seen"


def test_no_address_and_no_referer_tells_of_people(
    office: RunningOffice, wired: tuple[Person, Person, Wire], tmp_path: Path
) -> None:
    """Two browsers from booking into the call, with papers both ways: whatever they sent to anybody."""
    citizen, clerk, wire = wired
    canaries = Canaries()
    page = citizen.page
    page.goto(f"{office.front}/{CITY}")
    page.get_by_role("link", name="Meldebescheinigung").first.click()
    page.get_by_role("link", name="Termin wählen").click()
    page.get_by_role("button", name="Diesen Termin nehmen").click()
    page.get_by_label("Telefon").fill(canaries.phone)
    page.locator("textarea[name=note]").fill(canaries.note)
    people.give_details(citizen, email=canaries.email, name=canaries.name)
    page.get_by_role("button", name="Termin verbindlich buchen").click()
    expect(page.get_by_role("heading", name="Ihr Termin ist gebucht")).to_be_visible()
    letter = office.message(office.mail(canaries.email)["id"])
    links = watch_links(canaries, letter["text"])
    page.goto(links["manage"])
    expect(page.get_by_role("heading", name="Ihr Termin")).to_be_visible()
    people.arrive(citizen, links["join"])
    people.sign_in(clerk)
    clerk.page.get_by_role("button", name=re.compile(canaries.name)).first.click()
    clerk.page.get_by_role("button", name="Nächste Person aufrufen").click()
    expect(page.get_by_role("button", name="Auflegen")).to_be_visible()
    citizen.sees_and_hears()
    picture = tmp_path / f"{canaries.file}.png"
    page.screenshot(path=picture)
    page.get_by_role("button", name="Unterlagen").first.click()
    page.locator("#room-aside input[type=file]:not([capture])").set_input_files(picture)
    expect(page.get_by_text("angekommen").first).to_be_visible()
    with clerk.context.expect_page() as opened:
        clerk.page.get_by_role("button", name=re.compile(f"Öffnen|{canaries.file}")).first.click()
    opened.value.close()
    clerk.page.get_by_role("button", name="Auflegen").click()
    for person in (citizen, clerk):
        for cookie in person.context.cookies():
            # The draft's name stands in its addresses; what opens it is the booker's cookie.
            if cookie["name"].startswith("__Host-") and cookie["name"] != "__Host-draft":
                canaries.secret(cookie["name"], cookie["value"])
    found = canaries.found_in(wire.text)
    seen = f"{len(wire.addresses)} addresses, {len(wire.referers)} Referers"
    print(f"figure traces.addresses {len(found)} canaries goal 0 ({seen})")
    assert wire.referers, "no Referer was seen at all: the search proves nothing"
    assert found == []
    own = (f"{office.addresses.origin(part)}/" for part in ("front", "aws", "payments", "signin"))
    places = (*own, "blob:", "data:")
    assert [address for address in wire.addresses if not address.startswith(places)] == []
    assert canaries.found_in("\n".join(citizen.complaints + clerk.complaints)) == []

    # Control: a name in an address is seen there, and in the Referer of what that page loads.
    page.goto(f"{office.front}/{CITY}?" + urlencode({"q": canaries.name}))
    assert "name" in canaries.found_in("\n".join(wire.addresses))
    assert "name" in canaries.found_in("\n".join(wire.referers))
