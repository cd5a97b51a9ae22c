"""The whole office, started as `make run` starts it, for tests and benchmarks that walk through it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local.parts import PORTS, Addresses

ROOT = Path(__file__).parents[1]
START_SECONDS_MAX = 90
MAIL_SECONDS_MAX = 20


@dataclass
class RunningOffice:
    """`with RunningOffice(folder) as office:` opens it on free ports and closes it with all its parts."""

    folder: Path
    base: int = 0
    process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.base = self.base or free_base()
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.base)

    @property
    def front(self) -> str:
        return self.addresses.origin("front")

    def start(self) -> None:
        """Open it and wait until it says so."""
        self.folder.mkdir(parents=True, exist_ok=True)
        log = (self.folder / "office.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local"],
            cwd=ROOT,
            env={**os.environ, "PORT_BASE": str(self.base), "OFFICE_DIR": str(self.folder)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        until = time.monotonic() + START_SECONDS_MAX
        while "Fernamt is open." not in (self.folder / "office.log").read_text():
            if self.process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise RuntimeError((self.folder / "office.log").read_text())
            time.sleep(0.1)

    def stop(self) -> None:
        """Close it as Ctrl-C does."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)

    def kill(self) -> None:
        """End all its parts as a power cut would."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)

    def mails(self, to: str) -> list[dict[str, Any]]:
        """The mails to one address, the newest first."""
        with urllib.request.urlopen(f"{self.addresses.origin('mailbox')}/messages", timeout=10) as answer:
            listed = json.load(answer)
        messages = listed["messages"] if isinstance(listed, dict) else listed
        return [message for message in messages if to in json.dumps(message["to"])]

    def mail(self, to: str, *, count: int = 1) -> dict[str, Any]:
        """The newest mail to one address, once there are `count` of them."""
        until = time.monotonic() + MAIL_SECONDS_MAX
        while time.monotonic() < until:
            found = self.mails(to)
            if len(found) >= count:
                return found[0]
            time.sleep(0.2)
        raise AssertionError(f"no mail to {to} within {MAIL_SECONDS_MAX} s")

    def message(self, message_id: str) -> dict[str, Any]:
        """One mail with its text, HTML and attachments."""
        url = f"{self.addresses.origin('mailbox')}/messages/{message_id}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


def free_base() -> int:
    """A base with free ports for all parts."""
    for base in range(20000 + os.getpid() % 2000 * 10, 60000, 10):
        if all(_is_free(base + offset) for offset in range(len(PORTS))):
            return base
    raise RuntimeError("not enough free ports in a row")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
