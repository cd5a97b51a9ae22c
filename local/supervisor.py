"""Starts the parts of the office, restarts what dies, ends everything: all of it, or nothing."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from local.parts import Part
from local.ports import HOST, answers, is_taken

START_SECONDS_MAX: Final = 120.0
END_SECONDS_MAX: Final = 6.0
PAUSE_SECONDS: Final = 0.5
PAUSE_SECONDS_MAX: Final = 30.0
SOUND_SECONDS: Final = 60.0
"""A part that lived this long starts again without a pause when it dies."""
LOG_LINES_SHOWN: Final = 12


class CannotStart(Exception):
    """The office cannot open; the text says why and what to do, in one line or with the end of a log."""


@dataclass(slots=True)
class _Running:
    part: Part
    process: "subprocess.Popen[bytes]"
    started_at: float
    deaths: int = 0
    again_at: float | None = None


class Supervisor:
    """Owns the processes of one office. `say` prints a line; `root` is where the code lies."""

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        root: Path,
        logs: Path,
        say: Callable[[str], None] = print,
        patience_seconds: float = END_SECONDS_MAX,
    ) -> None:
        self._parts = parts
        self._root = root
        self._logs = logs
        self._say = say
        self._patience_seconds = patience_seconds
        self._running: list[_Running] = []

    def start(self, *, stop_asked: Callable[[], bool] = lambda: False) -> bool:
        """Start all parts in order, and wait until each works. False if a stop was asked for meanwhile.

        Raises CannotStart; then nothing is left running.
        """
        taken = [part for part in self._parts if part.port is not None and is_taken(part.port)]
        if taken:
            ports = ", ".join(f"{part.port} ({part.name})" for part in taken)
            raise CannotStart(f"Port in use: {ports}. End what runs there, or choose others: make run PORT_BASE=8800")
        self._logs.mkdir(parents=True, exist_ok=True)
        first, *others = self._parts
        try:
            for group in ([first], others):  # all others need the first: tables and buckets
                for part in group:
                    self._running.append(self._launch(part))
                if not self._wait(group, stop_asked):
                    self.stop()
                    return False
        except BaseException:
            self.stop()
            raise
        return True

    def watch(self) -> None:
        """Look after the parts once: what has died starts again, after a pause that grows."""
        now = time.monotonic()
        for place, running in enumerate(self._running):
            code = running.process.poll()
            if code is None:
                continue
            if running.again_at is None:
                lived = now - running.started_at
                running.deaths = 0 if lived >= SOUND_SECONDS else running.deaths + 1
                pause = min(PAUSE_SECONDS * 2**running.deaths, PAUSE_SECONDS_MAX)
                running.again_at = now + pause
                self._say(f"{running.part.name} ended ({_how(code)}), again in {pause:.1f} s")
            elif now >= running.again_at:
                _let_go(running)
                fresh = self._launch(running.part)
                fresh.deaths = running.deaths
                self._running[place] = fresh

    def stop(self) -> None:
        """End all parts, the last first; who does not end in time is killed."""
        for running in reversed(self._running):
            if running.process.poll() is None:
                running.process.send_signal(running.part.ending)
        end = time.monotonic() + self._patience_seconds
        for running in reversed(self._running):
            try:
                running.process.wait(timeout=max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                running.process.kill()
                running.process.wait()
            _let_go(running)
        self._running = []

    def pid_of(self, name: str) -> int:
        """The process of a part, for tests that kill it."""
        return next(running.process.pid for running in self._running if running.part.name == name)

    def _launch(self, part: Part) -> _Running:
        with self._log_of(part).open("a", encoding="utf-8") as log:
            _separate(log)
            process = subprocess.Popen(
                [sys.executable, "-m", "local.leash", part.module],
                cwd=self._root,
                env={**os.environ, **part.environment},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches only the supervisor, which ends the parts in order.
                start_new_session=True,
            )
        return _Running(part, process, time.monotonic())

    def _wait(self, parts: Sequence[Part], stop_asked: Callable[[], bool]) -> bool:
        waiting = [running for running in self._running if running.part in parts]
        end = time.monotonic() + START_SECONDS_MAX
        while waiting:
            if stop_asked():
                return False
            for running in list(waiting):
                code = running.process.poll()
                if code is not None:
                    raise CannotStart(f"{running.part.name} {_how(code)}:\n{self._end_of_log(running.part)}")
                if _works(running.part):
                    waiting.remove(running)
            if waiting and time.monotonic() > end:
                names = ", ".join(running.part.name for running in waiting)
                shown = self._end_of_log(waiting[0].part)
                raise CannotStart(f"No answer within {START_SECONDS_MAX:.0f} s from: {names}.\n{shown}")
            if waiting:
                time.sleep(0.05)
        return True

    def _log_of(self, part: Part) -> Path:
        return self._logs / f"{part.name}.log"

    def _end_of_log(self, part: Part) -> str:
        lines = self._log_of(part).read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-LOG_LINES_SHOWN:])


def _let_go(running: _Running) -> None:
    if running.process.stdin is not None:
        running.process.stdin.close()


def _separate(log: TextIO) -> None:
    log.write(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} started\n")


def _works(part: Part) -> bool:
    if part.port is None:
        return True
    if part.ready_path is None:
        return is_taken(part.port)
    return answers(f"http://{HOST}:{part.port}{part.ready_path}", timeout_seconds=1)


def _how(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"ended with {code}"
