"""The office behind the fake desk: twelve bookings, three of them waiting, changed by acts and by tests."""

import re
import time
from datetime import datetime, timedelta
from typing import Any

OPENING = datetime.fromisoformat("2026-11-24T09:24:00+00:00")
FEE = {"minor_units": 550, "currency": "EUR", "text": "5,50 €"}
FINE = {"camera": "ok", "microphone": "ok", "connection": "ok"}

MATTERS: dict[str, dict[str, Any]] = {
    "meldebescheinigung": {
        "name": "Meldebescheinigung",
        "minutes": 10,
        "fee": FEE,
        "papers": ["Personalausweis oder Reisepass"],
        "delivery": ["post", "download"],
        "steps": [
            ("ausweis", "Ausweis gezeigt und geprüft"),
            ("angaben", "Angaben mit dem Register verglichen"),
            ("zweck", "Zweck der Bescheinigung erfragt"),
        ],
    },
    "ummeldung": {
        "name": "Wohnung ummelden",
        "minutes": 20,
        "fee": None,
        "papers": ["Personalausweis oder Reisepass", "Wohnungsgeberbestätigung"],
        "delivery": ["post", "download"],
        "steps": [
            ("ausweis", "Ausweis gezeigt und geprüft"),
            ("wohnungsgeber", "Wohnungsgeberbestätigung liegt vor"),
            ("angaben", "Neue Anschrift erfasst"),
        ],
    },
    "fuehrungszeugnis": {
        "name": "Führungszeugnis",
        "minutes": 10,
        "fee": {"minor_units": 1300, "currency": "EUR", "text": "13,00 €"},
        "papers": ["Personalausweis oder Reisepass"],
        "delivery": ["post"],
        "steps": [("ausweis", "Ausweis gezeigt und geprüft"), ("art", "Art des Zeugnisses geklärt")],
    },
}

BOOKINGS = [
    ("b01", "08:00", "Tomasz Wójcik", ["ummeldung"], "done", None),
    ("b02", "08:20", "Hannelore Bräuninger", ["meldebescheinigung"], "done", None),
    ("b03", "08:40", "Mehmet Yıldız", ["fuehrungszeugnis"], "done", None),
    ("b04", "09:00", "Dr. Katharina von Stetten-Hohenlohe", ["ummeldung"], "in_call", None),
    ("b05", "09:20", "Aylin Demir", ["meldebescheinigung"], "waiting", (4, "Safari 26, iPhone", {})),
    (
        "b06",
        "09:30",
        "Jonas Weber",
        ["ummeldung"],
        "waiting",
        (2, "Chrome 156, Android", {"microphone": "denied"}),
    ),
    (
        "b07",
        "09:40",
        "Olena Kovalenko",
        ["meldebescheinigung", "fuehrungszeugnis"],
        "waiting",
        (0, "Firefox 153, Windows", {"camera": "off", "connection": "unknown"}),
    ),
    ("b08", "10:00", "Giulia Ferrari", ["fuehrungszeugnis"], "expected", None),
    ("b09", "10:10", "Karl-Heinz Oberdörffer", ["ummeldung"], "expected", None),
    ("b10", "10:40", "Sofia Papadopoulou", ["meldebescheinigung"], "expected", None),
    ("b11", "11:00", "Nguyễn Thị Minh", ["ummeldung"], "expected", None),
    ("b12", "11:20", "Ingrid Schäfer", ["meldebescheinigung"], "expected", None),
]


class Refused(Exception):
    """Answer with an RFC 9457 problem."""

    def __init__(self, status: int, detail: str = "") -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


class FakeOffice:
    """The state behind the JSON. Attributes may be changed while the page is open."""

    def __init__(self, *, empty: bool = False) -> None:
        self.started = time.monotonic()
        self.offline = False
        self.signed_out = False
        self.refusals: list[tuple[str, Refused]] = []
        """Acts (the end of the path) that the office refuses, each once."""
        self.asked: list[tuple[str, Any]] = []
        """Every POST, as (path, body)."""
        self.current: str | None = None
        self.files: dict[str, dict[str, Any]] = {} if empty else {row[0]: _file(*row) for row in BOOKINGS}

    def now(self) -> datetime:
        """Give the office's clock: it starts at 10:24 in Berlin."""
        return OPENING + timedelta(seconds=time.monotonic() - self.started)

    def state(self, day: str | None) -> dict[str, Any]:
        """Answer GET /desk/state."""
        day = day or "2026-11-24"
        today = day == "2026-11-24"
        rows = [self._row(file) for file in self.files.values()] if today else []
        return {
            "now": _stamp(self.now()),
            "day": day,
            "office": {"key": "heidelberg", "name": "Virtuelles Bürgeramt"},
            "clerk": {"id": "clerk-1", "name": "Sachbearbeitung 1", "role": "clerk"},
            "list": rows,
            "current": self.current,
        }

    def _row(self, file: dict[str, Any]) -> dict[str, Any]:
        booking, visit = file["booking"], file["visit"]
        return {
            "booking": booking["id"],
            "reference": booking["reference"],
            "start": booking["start"],
            "minutes": booking["minutes"],
            "name": booking["name"],
            "matters": [matter["name"] for matter in booking["matters"]],
            "state": visit["state"],
            "waiting_minutes": file["waiting_minutes"],
            "present": visit["present"],
            "device": visit["device"],
            "clerk": visit["clerk"],
            "mine": visit["mine"],
        }

    def shown(self, booking: str) -> dict[str, Any]:
        """Answer GET /desk/files/{booking}."""
        if booking not in self.files:
            raise Refused(404)
        file = self.files[booking]
        visit, payment = file["visit"], file["payment"]
        open_case = file["outcome"] is None
        mine = open_case and visit["mine"]
        settled = payment["state"] in ("PAYED", "WAIVED") if payment else file["fee"] is None
        file["may"] = {
            "invite": open_case,
            "admit": mine and (file["guest"] or {}).get("state") in ("waiting", "admitted"),
            "call": open_case and visit["state"] in ("waiting", "hung_up") and self.current is None,
            "ask_fee": mine
            and file["fee"] is not None
            and (payment is None or payment["state"] in ("FAILED", "CANCELED")),
            "waive": mine and file["fee"] is not None and not settled,
            "step": mine,
            "close": mine and settled,
            "close_without": mine and (settled or payment is None) and visit["state"] != "expected",
        }
        return {key: value for key, value in file.items() if key != "waiting_minutes"}

    def enter(self, file: dict[str, Any], text: str, actor: str = "Sachbearbeitung 1") -> None:
        """Add an entry to the case."""
        seq = len(file["entries"]) + 1
        entry = {"seq": seq, "at": _stamp(self.now()), "actor": actor, "text": text, "erased": False}
        file["entries"].append(entry)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Answer an act. That the desk asks for a lobby is not one: here nobody is ever connected in advance."""
        if path == "/desk/anteroom":
            return {"ticket": None, "url": None, "generation": None}
        self.asked.append((path, body))
        for index, (end, refused) in enumerate(self.refusals):
            if path.endswith(end):
                del self.refusals[index]
                raise refused
        if path == "/desk/next":
            waiting = [id_ for id_, file in self.files.items() if file["visit"]["state"] == "waiting"]
            if not waiting:
                raise Refused(404)
            self.take(waiting[0])
            ticket = {"ticket": "t", "url": "/media/sessions", "generation": 1}
            return {"booking": waiting[0], "ticket": ticket}
        found = re.fullmatch(r"/desk/files/([^/]+)/(.+)", path)
        if not found or found[1] not in self.files:
            raise Refused(404)
        return self._act(found[1], found[2], body)

    def take(self, booking: str) -> None:
        """Give the citizen to this desk."""
        file = self.files[booking]
        now = _stamp(self.now())
        file["visit"] |= {"state": "in_call", "mine": True, "clerk": "Sachbearbeitung 1", "called_at": now}
        file["waiting_minutes"] = None
        self.current = booking
        self.enter(file, "Ins Gespräch geholt")

    def _act(self, booking: str, act: str, body: dict[str, Any]) -> dict[str, Any]:
        file = self.files[booking]
        if act == "ticket":
            return {"ticket": "t", "url": "/media/sessions", "generation": 1}
        if act == "papers":
            paper = _paper("p9", "clerk", body["name"], body["size"], _stamp(self.now()), state="announced")
            file["papers"].append(paper)
            return {"paper_id": "p9", "url": "/store", "fields": {"key": "quarantine/p9"}}
        if act.endswith("/open"):
            return {"url": "/store/opened"}
        if act == "guest":
            file["guest"] = {"role": body["role"], "state": "invited", "present": False, "device": None}
            return {"url": f"https://buergeramt.example/heidelberg/guest#{booking}.secret"}
        if act == "device":
            file["visit"]["newcomer"] = False
        if act == "admit":
            file["guest"]["state"] = "admitted" if body["guest"] else "waiting"
        self._change(file, booking, act, body)
        return self.shown(booking)

    def _change(self, file: dict[str, Any], booking: str, act: str, body: dict[str, Any]) -> None:
        if act == "call":
            self.take(booking)
        elif act == "hangup":
            file["visit"]["state"] = "hung_up"
            self.current = None
            self.enter(file, "Aufgelegt")
        elif act == "step":
            for step in file["steps"]:
                if step["key"] == body["step"]:
                    step["done"] = body["done"]
                    self.enter(file, f"{'Erledigt' if body['done'] else 'Zurückgenommen'}: {step['text']}")
        elif act == "fee":
            file["payment"] = {"id": "pay1", "state": "INITIAL", "amount": file["fee"]}
            self.enter(file, f"Gebühr von {file['fee']['text']} angefordert")
        elif act == "waive":
            file["payment"] = {"id": "pay1", "state": "WAIVED", "amount": file["fee"]}
            self.enter(file, f"Gebühr erlassen: {body['reason']}")
        elif act.endswith("/received"):
            file["papers"][-1]["state"] = "checked"
            self.enter(file, f"Unterlage gesendet: {file['papers'][-1]['name']}")
        elif act == "close":
            outcomes = {"done": "Erledigt", "incomplete": "Unvollständig", "not_possible": "Nicht möglich"}
            file["outcome"] = {
                "text": outcomes[body["outcome"]],
                "result": body["outcome"],
                "delivery": body["delivery"],
            }
            file["visit"]["state"] = "done"
            self.current = None
            self.enter(file, f"Abgeschlossen: {outcomes[body['outcome']]}")


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _paper(
    id_: str, from_: str, name: str, size: int, at: str, *, state: str = "checked", refusal: str | None = None
) -> dict[str, Any]:
    kind = "application/pdf" if name.endswith("pdf") else "image/jpeg"
    row = {"id": id_, "from": from_, "name": name, "media_type": kind, "size": size, "state": state}
    return row | {"refusal": refusal, "opened": False, "announced_at": at}


def _file(
    id_: str,
    clock: str,
    name: str,
    matters: list[str],
    *visited: Any,
) -> dict[str, Any]:
    """Make the file of a row of BOOKINGS; `visited`: state of the visit, and how the person waits."""
    state, waits = visited
    number = int(id_[1:])
    hour, minute = clock.split(":")
    start = f"2026-11-24T{hour}:{minute}:00Z"
    chosen = [{"key": key} | MATTERS[key] for key in matters]
    fees = [matter["fee"]["minor_units"] for matter in chosen if matter["fee"]]
    amount = {"minor_units": sum(fees), "currency": "EUR", "text": f"{sum(fees) / 100:.2f} €".replace(".", ",")}
    first = name.lower().replace("dr. ", "").split()[0].replace("ł", "l")
    first = re.sub(r"[^a-z]", "", first) or "person"
    done = state == "done"
    steps = [
        {"key": f"{matter['key']}/{key}", "matter": matter["name"], "text": text, "done": done}
        for matter in chosen
        for key, text in matter["steps"]
    ]
    actor = name if len(name) < 24 else "Bürgerin"
    entries = [("2026-11-20T16:12:00Z", "Termin gebucht"), (f"2026-11-24T{hour}:18:00Z", "Warteraum betreten")]
    device = {"browser": waits[1]} | FINE | waits[2] if waits else None
    visit_clerk = "Sachbearbeitung 2" if state in ("in_call", "done") else None
    return {
        "booking": {
            "id": id_,
            "reference": f"HD-{7310 + number * 37}-{'KMPRTVWXYZAC'[number - 1]}{number}",
            "start": start,
            "minutes": sum(matter["minutes"] for matter in chosen),
            "state": "closed" if done else "confirmed",
            "name": name,
            "email": None if number == 9 else f"{first}@example.org",
            "phone": "+49 6221 555 0142" if number % 2 else None,
            "note": "Ich brauche die Bescheinigung für meinen Vermieter." if number == 5 else None,
            "language": "en" if number in (5, 8) else "de",
            "matters": [{k: v for k, v in matter.items() if k != "steps"} for matter in chosen],
        },
        "visit": {
            "state": state,
            "ahead": 0,
            "seat": "here",
            "generation": 1,
            "clerk": visit_clerk,
            "mine": False,
            "newcomer": False,
            "called_at": start if state == "in_call" else None,
            "present": waits is not None or state == "in_call",
            "device": device,
        },
        "waiting_minutes": waits[0] if waits else None,
        "guest": None,
        "steps": steps,
        "payment": None,
        "fee": amount if fees else None,
        "incidents": [],
        "papers": [_paper("p1", "citizen", "Mietvertrag Seite 1.pdf", 412_300, "2026-11-24T09:19:00Z")]
        if waits
        else [],
        "entries": [
            {"seq": seq, "at": at, "actor": actor, "text": text, "erased": False}
            for seq, (at, text) in enumerate(entries[: 1 if state == "expected" else 2], start=1)
        ],
        "outcome": {"text": "Erledigt", "result": "done", "delivery": "post"} if done else None,
        "may": {},
    }
