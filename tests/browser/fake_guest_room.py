"""An office for one guest's page: the same servers as for the citizen's room, and the guest's state from a script."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from tests.browser.fake_room import FakeRoom, iso


class FakeGuestRoom(FakeRoom):
    """The state that `GET …/guest/room/state` answers; the clerk's part is `admit`."""

    template = "guest/room.html"
    door = "/heidelberg/guest/room"

    def __init__(self) -> None:
        super().__init__()
        self.state = {
            "office": {"key": "heidelberg", "name": "Virtuelles Bürgeramt Heidelberg"},
            "guest": {"role": "interpreter", "state": "invited", "seat": "free"},
            "call": {"running": True, "generation": 1, "clerk": "Sachbearbeitung 1", "in_it": ["citizen", "clerk"]},
            "calls": {"without_encryption": "refuse"},
        }

    def guest(self, **changed: Any) -> None:
        """Change what the office says of the guest."""
        with self.lock:
            self.state["guest"] |= changed

    def admit(self, *, inside: bool = True) -> None:
        """What the clerk decides."""
        self.guest(state="admitted" if inside else "waiting")

    def act(self, name: str, body: Any) -> Any:
        """Carry out one POST of the contract."""
        self.acts.append((name, body))
        if name == "ticket":
            return {"ticket": "t", "url": "/media/sessions", "generation": 1}
        if name == "enter":
            self.guest(state="waiting", seat="here")
        elif name == "leave":
            self.guest(state="left", seat="free")
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """Give the state as the office would now."""
        with self.lock:
            return {"now": iso(datetime.now(UTC)), **copy.deepcopy(self.state)}
