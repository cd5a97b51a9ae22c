"""Media workers beside those of a running office, which a proof may kill, end and start again as it likes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from local.keys import load_or_make
from local.parts import parts
from tests.browser.call_stage import free_port

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from tests.office import RunningOffice

START_SECONDS_MAX = 60


@dataclass
class OwnWorker:
    """One worker process; its id sorts before the office's own, so that calls are placed here first."""

    name: str
    environment: Mapping[str, str] = field(repr=False)
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "media_worker"],
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + START_SECONDS_MAX
        while self.calls() is None:
            if time.monotonic() > end:
                raise RuntimeError(f"{self.name} does not start")
            time.sleep(0.05)

    def calls(self) -> int | None:
        """How many rooms it carries; None when it does not answer."""
        with (
            suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/media/health", timeout=2) as answer,
        ):
            return int(json.load(answer)["calls"])
        return None

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; after SIGKILL wait until it is gone."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            if number is signal.SIGKILL:
                self.process.wait(10)


@dataclass
class OwnWorkers:
    """`with OwnWorkers(office, 2) as workers:` runs so many beside the office's own, media on `bind_address`."""

    office: RunningOffice
    number: int
    bind_address: str = "127.0.0.1"
    all: list[OwnWorker] = field(default_factory=list)

    def __enter__(self) -> Self:
        keys = load_or_make(self.office.folder / "keys.json")
        every = parts(self.office.addresses, folder=self.office.folder, keys=keys)
        environment = next(part.environment for part in every if part.module == "media_worker")
        for number in range(self.number):
            port = free_port()
            own = {
                "MEDIA_PORT": str(port),
                "WORKER_ID": f"proof-{number}",
                "WORKER_ADDRESS": f"http://127.0.0.1:{port}",
                "BIND_ADDRESS": self.bind_address,
                "PUBLIC_ADDRESS": self.bind_address,
            }
            worker = OwnWorker(f"proof-{number}", {**environment, **own}, port)
            self.all.append(worker)
        try:
            for worker in self.all:
                worker.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self.all:
            worker.send(signal.SIGKILL)

    def busy(self) -> list[OwnWorker]:
        """Those that carry somebody."""
        return [worker for worker in self.all if worker.calls()]
