"""Network namespaces: each relay has one of its own, joined to the generator's by one virtual cable."""

from __future__ import annotations

import secrets
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CLOCK_TICKS_PER_S = 100  # of /proc: USER_HZ, the same on every Linux that Debian ships
GOODBYE_S = 10


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace with the relay's address in it, and the generator's address outside."""

    name: str
    inside: str
    outside: str


def no_namespace() -> Namespace:
    """Return a loopback address of its own in place of a namespace, for short runs that need no root."""
    second, third = secrets.randbelow(250) + 2, secrets.randbelow(250) + 2
    return Namespace("", inside=f"127.{second}.{third}.2", outside="127.0.0.1")


@contextmanager
def namespace(name: str, network: str) -> Iterator[Namespace]:
    """Make a namespace and its cable (RFC 2544's addresses, first three numbers in `network`); undo both."""
    space = Namespace(name, inside=f"{network}.2", outside=f"{network}.1")
    left_over = subprocess.run(["ip", "netns", "pids", name], check=False, capture_output=True, text=True)
    if left_over.returncode == 0 and not left_over.stdout:
        _undo(name)  # a run that was killed left it; one with processes in it is somebody's
    _ip("netns", "add", name)
    try:
        _ip("link", "add", f"{name}-o", "type", "veth", "peer", "name", f"{name}-i", "netns", name)
        _ip("addr", "add", f"{space.outside}/29", "dev", f"{name}-o")
        _ip("link", "set", f"{name}-o", "up")
        _ip("-n", name, "addr", "add", f"{space.inside}/29", "dev", f"{name}-i")
        _ip("-n", name, "link", "set", f"{name}-i", "up")
        _ip("-n", name, "link", "set", "lo", "up")
        yield space
    finally:
        _undo(name)


def _undo(name: str) -> None:
    """Take the cable away first: the namespace's own end, and with it the cable's, comes later than its name's."""
    subprocess.run(["ip", "link", "del", f"{name}-o"], check=False, capture_output=True)
    _ip("netns", "del", name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


class Process:
    """A relay's process, alone on one core of one namespace."""

    def __init__(self, space: Namespace, core: int, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start `command`; what it says is shown only if it ends by itself."""
        inside = ["ip", "netns", "exec", space.name] if space.name else []
        pinned = [*inside, "taskset", "-c", str(core), *command]
        # `ip` and `taskset` become the command: the process that is measured is the one that was started.
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115  # closed by `end`
        self._process = subprocess.Popen(pinned, env=environment, stdout=self._said, stderr=self._said)

    @property
    def pid(self) -> int:
        """The relay's own process id."""
        return self._process.pid

    def check(self) -> None:
        """Raise ChildProcessError if the relay ended by itself."""
        if self._process.poll() is not None:
            self._said.seek(0)
            raise ChildProcessError(f"the relay ended with {self._process.returncode}: {self._said.read()[-2000:]}")

    def cpu_s(self) -> float:
        """Processor time of all its threads so far, user and system, in seconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS_PER_S

    def resident_mb(self) -> float:
        """Memory that it holds, in 10^6 bytes."""
        [line] = [line for line in Path(f"/proc/{self.pid}/status").read_text().splitlines() if line[:6] == "VmRSS:"]
        return int(line.split()[1]) * 1_024 / 1e6

    def end(self) -> None:
        """Kill it: all has been measured, and a worker that is asked to end first moves its calls elsewhere."""
        self._process.kill()
        self._process.wait(GOODBYE_S)
        self._said.close()


def busy_s(core: int) -> float:
    """Seconds for which anything at all ran on a core since the machine started."""
    [line] = [line for line in Path("/proc/stat").read_text().splitlines() if line.startswith(f"cpu{core} ")]
    user, nice, system, _, _, irq, softirq, *_ = map(int, line.split()[1:])
    return (user + nice + system + irq + softirq) / CLOCK_TICKS_PER_S


def now_s() -> float:
    """A steady clock."""
    return time.monotonic()
