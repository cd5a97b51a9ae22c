"""An office for one citizen's room: the real template, the real static files, the contract's JSON from a script.

    with FakeRoom() as room:
        room.waiting(ahead=1)
        page.goto(room.url("/heidelberg/room"))

`python -m tests.browser.fake_room waiting` serves one state to look at. Only what connects to the media worker is
replaced (fake_connection.js, fake_preflight.js): that media flow is tested against the worker. Papers go to a second
origin, as to S3.
"""

from __future__ import annotations

import copy
import json
import mimetypes
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from chalicelib.web.render import OfficeFace, render
from chalicelib.web.static_files import STATIC

OFFICE = OfficeFace(
    key="heidelberg", authority="Stadt Heidelberg", name="Virtuelles Bürgeramt Heidelberg", colour="#b5252d"
)
REPLACED = {
    "/static/vendor/js/call/connection.js": Path(__file__).parent / "fake_connection.js",
    "/static/vendor/js/call/preflight-run.js": Path(__file__).parent / "fake_preflight.js",
}
GOOD_LINE = {
    "outcome": "measured",
    "figures": {"lossPercent": 0.2, "roundTripMs": 24, "bandwidthKbits": 2400},
    "burdened": False,
}
WEAK_LINE = {
    "outcome": "measured",
    "figures": {"lossPercent": 6, "roundTripMs": 320, "bandwidthKbits": 400},
    "burdened": False,
}
FEE = {"minor_units": 550, "currency": "EUR", "text": "5,50 €"}
STEPS = (
    ("ausweis", "Ausweis gezeigt"),
    ("angaben", "Angaben geprüft"),
    ("gebuehr", "Gebühr bezahlt"),
)


def iso(moment: datetime) -> str:
    """Write a moment as the office does; microseconds keep answers of one second in order."""
    return moment.astimezone(UTC).isoformat()


class FakeRoom:
    """The state of one citizen's room, and the two servers that answer from it."""

    template = "join/room.html"
    door = "/heidelberg/room"

    def __init__(self) -> None:
        self.acts: list[tuple[str, Any]] = []
        self.faults: dict[str, int] = {}  # act → status to answer with, until taken out
        self.refused: list[tuple[str, Any]] = []  # acts that met a fault
        self.slugs: dict[str, str] = {}  # act → name of the fault
        self.line: Any = GOOD_LINE  # what a pre-flight finds
        self.join_problem: tuple[int, dict[str, Any]] | None = None
        self.uploads: list[bytes] = []
        self.upload_status = 204
        self.lock = threading.Lock()
        self.checkout_after_pay = "PAYED"
        start = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=5)
        self.state: dict[str, Any] = {
            "booking": {
                "id": "b-1",
                "reference": "HD-7K2M-4Q",
                "start": iso(start),
                "minutes": 15,
                "name": "Alex Beispiel",
                "matters": [{"key": "meldebescheinigung", "name": "Meldebescheinigung", "minutes": 15, "fee": FEE}],
            },
            "visit": {"state": "expected", "ahead": 0, "seat": "free", "generation": 0, "clerk": None},
            "steps": [
                {"key": f"meldebescheinigung/{key}", "matter": "Meldebescheinigung", "text": text, "done": False}
                for key, text in STEPS
            ],
            "fee": FEE,
            "payment": None,
            "papers": [],
            "outcome": None,
        }
        self._servers: list[ThreadingHTTPServer] = []

    # --- the script -------------------------------------------------------------------------------------------

    def visit(self, **changed: Any) -> None:
        """Change what the office says of the visit."""
        with self.lock:
            self.state["visit"] |= changed

    def waiting(self, *, ahead: int = 0) -> None:
        """Let the citizen sit in the waiting room."""
        self.visit(state="waiting", seat="here", ahead=ahead)

    def call(self) -> None:
        """Let the clerk call."""
        generation = self.state["visit"]["generation"] + 1
        self.visit(state="in_call", seat="here", ahead=0, generation=generation, clerk="Sachbearbeitung 1")

    def step(self, *done: int) -> None:
        """Tick steps by their place."""
        with self.lock:
            for place in done:
                self.state["steps"][place]["done"] = True

    def fee(self, state: str) -> None:
        """Ask for the fee, or say where the payment stands."""
        with self.lock:
            self.state["payment"] = {"id": "pay-1", "state": state, "amount": FEE}

    def paper(self, name: str, *, by: str, **changed: Any) -> dict[str, Any]:
        """Lay a paper into the file."""
        paper = {
            "id": f"paper-{len(self.state['papers']) + 1}",
            "from": by,
            "name": name,
            "media_type": "application/pdf",
            "size": 184_320,
            "state": "checked",
            "refusal": None,
            "opened": False,
            "announced_at": iso(datetime.now(UTC)),
        } | changed
        with self.lock:
            self.state["papers"].append(paper)
        return paper

    def close(self, delivery: str = "post", *, result: str = "done") -> None:
        """Let the clerk close the case."""
        with self.lock:
            self.state["visit"] |= {"state": "done", "clerk": None}
            text = {"done": "Ihre Meldebescheinigung ist ausgestellt.", "incomplete": "Unterlagen fehlen."}
            self.state["outcome"] = {
                "text": text.get(result, "Nicht möglich."),
                "result": result,
                "delivery": delivery,
            }

    def answer(self) -> dict[str, Any]:
        """Give the state as the office would now."""
        with self.lock:
            return {"now": iso(datetime.now(UTC)), **copy.deepcopy(self.state)}

    # --- the acts ---------------------------------------------------------------------------------------------

    def act(self, name: str, body: Any) -> Any:  # noqa: C901 - one case per act of the contract
        """Carry out one POST of the contract."""
        self.acts.append((name, body))
        visit = self.state["visit"]
        match name.split("/"):
            case ["enter"] if visit["state"] == "in_call":
                self.visit(seat="here")
            case ["enter"]:
                self.waiting(ahead=visit["ahead"])
            case ["leave"]:
                self.visit(state="expected", seat="free")
            case ["hangup"]:
                self.visit(state="hung_up")
            case ["preflight" | "anteroom" | "ticket" as kind]:
                return self.ticket(kind)
            case ["papers"]:
                paper = self.paper(
                    body["name"], by="citizen", state="announced", size=body["size"], media_type=body["media_type"]
                )
                return {
                    "paper_id": paper["id"],
                    "url": f"{self.storage}/quarantine",
                    "fields": {"key": paper["id"], "policy": "p"},
                }
            case ["papers", paper_id, "received"]:
                with self.lock:
                    next(p for p in self.state["papers"] if p["id"] == paper_id)["state"] = "checked"
            case ["papers", paper_id, "open"]:
                return {"url": f"{self.storage}/served/{paper_id}"}
            case ["pay"]:
                self.fee("AT_CHECKOUT")
                return {"url": self.url("/checkout")}
            case ["pay", "left"]:
                self.fee("CANCELED")
            case ["pay", "returned"]:
                self.fee(self.checkout_after_pay)
            case _:
                pass
        return self.answer()

    def ticket(self, kind: str) -> dict[str, Any]:
        """Give a way to the media worker, or none; that of a pre-flight brings along what it will find."""
        if kind == "anteroom":
            return {"ticket": None, "url": None, "generation": None}
        generation = self.state["visit"]["generation"]
        found = {"result": self.line} if kind == "preflight" else {}
        return {"ticket": "t", "url": "/media/sessions", "generation": generation, **found}

    def named(self, name: str) -> list[Any]:
        """Give the bodies of all acts of that name."""
        return [body for act, body in self.acts if act == name]

    # --- the servers ------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        for kind in (_Room, _Storage):
            handler = type(kind.__name__, (kind,), {"room": self})
            server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            self._servers.append(server)
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def url(self, path: str) -> str:
        """Give the address of a page."""
        return f"http://127.0.0.1:{self._servers[0].server_port}{path}"

    @property
    def storage(self) -> str:
        """Give the origin of the papers."""
        return f"http://127.0.0.1:{self._servers[1].server_port}"


class _Handler(BaseHTTPRequestHandler):
    room: FakeRoom
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base names it so
        """Say nothing."""

    def send(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        """Answer."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def body(self) -> bytes:
        """Read the whole request."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))


class _Room(_Handler):
    def page(self, template: str, model: dict[str, Any]) -> None:
        """Render a page under the policy that the product sends."""
        language = parse_qs(urlsplit(self.path).query).get("lang", ["de"])[0]
        html = render(template, model, language=language, office=OFFICE, here=self.path)
        policy = (
            "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; script-src 'self'; "
            f"style-src 'self'; connect-src 'self' {self.room.storage}"
        )
        self.send(200, html.encode(), "text/html; charset=utf-8", Content_Security_Policy=policy)

    def json(self, status: int, answer: Any) -> None:
        """Answer with JSON."""
        kind = "application/json" if status < 400 else "application/problem+json"
        self.send(status, json.dumps(answer).encode(), kind, Cache_Control="no-store")

    def do_GET(self) -> None:
        """Serve pages, files and the state."""
        path = urlsplit(self.path).path
        if path.startswith("/static/"):
            file = REPLACED.get(path, STATIC / path.removeprefix("/static/"))
            if not file.is_file():
                self.send(404, b"", "text/plain")
                return
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            self.send(200, file.read_bytes(), kind, Cache_Control="no-store")
        elif path == self.room.door:
            self.page(self.room.template, {"state": self.room.answer()})
        elif path == f"{self.room.door}/state":
            self.refuse_or("state", self.room.answer)
        elif path == "/heidelberg/join":
            self.page("join/landing.html", {"problem": None, "link": ""})
        elif path == "/checkout":
            self.send(200, b"<!doctype html><title>Checkout</title><p>Checkout</p>", "text/html")
        else:
            self.send(404, b"", "text/plain")

    def do_POST(self) -> None:
        """Carry out the acts."""
        path = urlsplit(self.path).path
        raw = self.body()
        if path == "/heidelberg/join":
            self.room.acts.append(("join", json.loads(raw)))
            if self.room.join_problem:
                self.json(*self.room.join_problem)
            else:
                self.json(200, {})
            return
        act = path.removeprefix(f"{self.room.door}/")
        body = json.loads(raw or b"{}")
        self.refuse_or(act, lambda: self.room.act(act, body), body)

    def refuse_or(self, act: str, answer: Any, body: Any = None) -> None:
        """Answer with the fault that the script wants, else with the answer."""
        status = self.room.faults.get(act) or self.room.faults.get("*")
        if status:
            self.room.refused.append((act, body))
            kind = f"/problems/{self.room.slugs.get(act, 'other')}"
            detail = "Das geht gerade nicht."
            self.json(status, {"type": kind, "title": "Fehler", "detail": detail, "status": status})
        else:
            self.json(200, answer())


class _Storage(_Handler):
    def do_OPTIONS(self) -> None:
        """Allow the room's origin, as the bucket does."""
        self.send(204, b"", "text/plain", Access_Control_Allow_Origin="*", Access_Control_Allow_Methods="POST")

    def do_POST(self) -> None:
        """Take an upload."""
        self.room.uploads.append(self.body())
        self.send(self.room.upload_status, b"", "text/plain", Access_Control_Allow_Origin="*")

    def do_GET(self) -> None:
        """Serve a checked paper."""
        self.send(200, b"a checked paper", "text/plain")


def main() -> None:
    """Serve one state until interrupted."""
    with FakeRoom() as room:
        match sys.argv[1:]:
            case ["waiting"]:
                room.waiting(ahead=1)
            case ["call"]:
                room.call()
            case ["done"]:
                room.close()
            case _:
                pass
        print(room.url("/heidelberg/room"))
        threading.Event().wait()


if __name__ == "__main__":
    main()
