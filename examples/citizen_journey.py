"""One real matter from booking to result, over HTTP, as a guide to what the office speaks.

    python examples/citizen_journey.py http://127.0.0.1:8700/heidelberg

Needs nothing but Python and an office started with `make run`; the mailbox and the stand-ins for sign-in and
payment are found beside it. Every page answers programs too: ask for `application/json`. Sessions are cookies;
whatever changes something is a POST with the `Origin` of the office.
"""

from __future__ import annotations

import json
import re
import sys
import time
import urllib.error
import urllib.request
import zlib
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

WAIT_SECONDS_MAX = 30


class Client:
    """A browser without a face: keeps cookies, follows redirects, speaks JSON."""

    def __init__(self, origin: str) -> None:
        # Cookies are Secure; a machine's own address counts as safe, as browsers hold it too.
        policy = DefaultCookiePolicy(secure_protocols=("http", "https"))
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar(policy))
        )
        self._origin = origin
        self.at = origin  # where the last redirect led

    def get(self, url: str, *, accept: str = "application/json") -> Any:
        """Read a page's model."""
        return self._send(urllib.request.Request(self._url(url), headers={"Accept": accept}))

    def post(self, url: str, body: dict[str, Any] | None = None) -> Any:
        """Act. Errors are RFC 9457 problems: `title` and `detail` say what to do."""
        return self._send(
            urllib.request.Request(
                self._url(url),
                data=json.dumps(body or {}).encode(),
                headers={
                    "Accept": "application/json",
                    "Content-Type": "application/json",
                    "Origin": self._origin,
                },
            )
        )

    def submit(self, url: str, fields: dict[str, str]) -> str:
        """Post a form to a page for people, and read the page it leads to."""
        form = urllib.request.Request(
            self._url(url), data=urlencode(fields).encode(), headers={"Accept": "text/html"}
        )
        return str(self._send(form))

    def upload(self, form: dict[str, Any], name: str, content: bytes, media_type: str) -> None:
        """Send a file where the presigned form says: its fields first, the file last."""
        boundary = "----fernamt-journey"
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in form["fields"].items()
        ]
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: {media_type}\r\n\r\n"
        )
        body = "".join(parts).encode() + head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Origin": self._origin}
        self._send(urllib.request.Request(form["url"], data=body, headers=headers))

    def _url(self, url: str) -> str:
        return urljoin(self._origin + "/", url)

    def _send(self, request: urllib.request.Request) -> Any:
        try:
            with self._opener.open(request, timeout=20) as answer:
                content = answer.read()
                kind = answer.headers.get_content_type()
                self.at = answer.url
        except urllib.error.HTTPError as refused:
            raise SystemExit(
                f"{request.get_method()} {request.full_url}: {refused.code} {refused.read().decode()}"
            ) from None
        if kind == "application/json":
            return json.loads(content)
        return content.decode() if kind.startswith("text/") else content


def main(entry: str) -> None:
    """Walk the journey and say each step."""
    address = urlsplit(entry)
    origin, office = f"{address.scheme}://{address.netloc}", address.path.strip("/")
    mailbox = f"{address.scheme}://{address.hostname}:{(address.port or 80) + 5}"
    email = f"ada.{time.time_ns()}@example.org"
    citizen, clerk = Client(origin), Client(origin)
    office = office or citizen.get("/")["offices"][0]["key"]

    say("1", "Which matters does the office have?")
    page = citizen.get(f"/{office}")
    for matter in page["most_used"]:
        tell(f"{matter['key']}: {matter['name']}")

    say("2", "When is something free?")
    matters = [service["key"] for service in page["most_used"] if service["fee"]][:1]
    week = citizen.get(f"/{office}/slots?" + urlencode({"m": matters}, doseq=True))
    tell(f"{matters}: first free at {week['earliest']}")

    say("3", "Hold it for ten minutes, say who comes, confirm.")
    draft = citizen.post(f"/{office}/holds", {"m": matters, "start": week["earliest"]})
    path = f"/{office}/holds/{draft['booking']['id']}"
    details = {"name": "Ada Beispiel", "email": email, "language": "de", "phone": "", "note": ""}
    citizen.post(f"{path}/details", details)
    booked = citizen.post(f"{path}/confirm")["booking"]
    tell(f"{booked['reference']} at {booked['start']}")

    say("4", "The letter brings the links; their secrets are in the fragment.")
    letter = mail(citizen, mailbox, email, number=1)
    links = re.findall(r"https?://\S+#\S+", letter["text"])
    join = next(link for link in links if "/join" in link)
    tell(re.sub(r"#.*", "#…", join))

    say("5", "Open the link: the secret is posted and becomes a session. Enter the waiting room.")
    citizen.post(f"/{office}/join", {"link": join})
    device = {"camera": "ok", "microphone": "ok", "connection": "ok", "browser": "citizen_journey.py"}
    state = citizen.post(f"/{office}/room/enter", device)
    tell(f"visit is {state['visit']['state']}, {state['visit']['ahead']} ahead")

    say("6", "A clerk signs in (OpenID Connect, code flow with PKCE) and takes the next citizen.")
    sign_in(clerk, office)
    booking = take(clerk, wanted=booked["id"])
    tell(f"the call is placed on a media worker: {clerk.post(f'{booking}/ticket')['url']}")

    say("7", "Steps are ticked by the clerk and seen by both.")
    step = clerk.get(booking)["steps"][0]
    clerk.post(f"{booking}/step", {"step": step["key"], "done": True})
    tell(f"{step['text']}: {citizen.get(f'/{office}/room/state')['steps'][0]['done']}")

    say("8", "The citizen sends a paper; it is checked before the clerk can open it.")
    content = tiny_png()
    paper = {"name": "Vollmacht.png", "media_type": "image/png", "size": len(content)}
    form = citizen.post(f"/{office}/room/papers", paper)
    citizen.upload(form, "Vollmacht.png", content, "image/png")
    state = citizen.post(f"/{office}/room/papers/{form['paper_id']}/received")
    tell(f"{state['papers'][0]['name']} is {state['papers'][0]['state']}")
    opened = clerk.post(f"{booking}/papers/{form['paper_id']}/open")
    tell(f"the clerk reads {len(clerk.get(opened['url'], accept='*/*'))} bytes")

    say("9", "The clerk asks for the fee, the citizen pays at the provider's page.")
    clerk.post(f"{booking}/fee")
    pay(citizen, citizen.post(f"/{office}/room/pay")["url"])
    state = citizen.post(f"/{office}/room/pay/returned")
    tell(f"{state['payment']['amount']['text']}: {state['payment']['state']}")

    say("10", "The clerk closes the case; the result goes by post, the receipt by mail.")
    closing = {
        "outcome": "done",
        "delivery": "post",
        "address": "Ada Beispiel\nHauptstraße 1\n69117 Heidelberg",
    }
    closed = clerk.post(f"{booking}/close", closing)
    tell(f"{booked['reference']} is {closed['booking']['state']}")
    for line in clerk.get(booking)["entries"]:
        tell(f"{line['seq']:>2} {line['at']} {line['actor']}: {line['text']}")
    result = mail(citizen, mailbox, email, number=2)
    tell(f"{result['subject']} · {', '.join(result['attachments'])}")


def sign_in(clerk: Client, office: str) -> None:
    """Follow the sign-in to the provider's page and choose a demo clerk of the office."""
    page = str(clerk.get("/desk/signin", accept="text/html"))
    action, fields = form_of(page, near=office)
    clerk.submit(urljoin(clerk.at, action), {**fields, "clerk": f"{office}-clerk-1"})


def take(clerk: Client, *, wanted: str) -> str:
    """Take the next one; in a waiting room with others, this one."""
    waiting = [row for row in clerk.get("/desk/state")["list"] if row["state"] == "waiting"]
    if len(waiting) == 1:
        clerk.post("/desk/next")
    else:
        clerk.post(f"/desk/files/{wanted}/call")
    return f"/desk/files/{wanted}"


def pay(citizen: Client, url: str) -> None:
    """Fill in the stand-in's card form, as a person would."""
    page = str(citizen.get(url, accept="text/html"))
    action, fields = form_of(page, near="card")
    citizen.submit(
        urljoin(citizen.at, action), {**fields, "number": "4242424242424242", "expiry": "12/30", "cvc": "123"}
    )


def form_of(page: str, *, near: str) -> tuple[str, dict[str, str]]:
    """The first form that mentions `near`: where it goes and what its fields hold."""
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        if near.lower() in form.lower():
            action = re.search(r'action="([^"]*)"', form)
            fields = {}
            for tag in re.findall(r"<(?:input|button)[^>]*>", form):
                name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
                if name and name[1] not in fields:
                    fields[name[1]] = value[1] if value else ""
            return (action[1] if action else ""), fields
    raise SystemExit(f"no form about {near!r} on the page")


def mail(client: Client, mailbox: str, to: str, *, number: int) -> Any:
    """The newest letter to an address, once `number` have come."""
    until = time.monotonic() + WAIT_SECONDS_MAX
    while time.monotonic() < until:
        listed = client.get(f"{mailbox}/messages")
        messages = listed["messages"] if isinstance(listed, dict) else listed
        found = [message for message in messages if to in json.dumps(message["to"])]
        if len(found) >= number:
            return client.get(f"{mailbox}/messages/{found[0]['id']}")
        time.sleep(0.3)
    raise SystemExit(f"no letter number {number} to {to} within {WAIT_SECONDS_MAX} s")


def tiny_png() -> bytes:
    """A white picture of 8 × 8 points."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return len(content).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    rows = b"".join(b"\0" + b"\xff" * 8 for _ in range(8))
    header = (8).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def say(number: str, what: str) -> None:
    """A step."""
    print(f"\n{number}. {what}")


def tell(what: str) -> None:
    """What it led to."""
    print(f"   {what}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8700/heidelberg")
