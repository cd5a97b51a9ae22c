"""Import a module and print what it asked of the machine meanwhile: `python listening.py FOLDER MODULE`.

Heard is whatever code below FOLDER does itself: environment, clock, sockets, processes, and every file that is not
code. What libraries do when they are imported is theirs.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

CODE = (".py", ".pyc", ".so", ".pth")
ZONES = "/usr/share/zoneinfo/"  # a package as well, where the system brings it
STANDARD = os.__file__.removesuffix("os.py")
HEARD: list[list[str]] = []


class Watched(MutableMapping[str, str]):
    """An environment that tells of everybody who looks into it."""

    def __init__(self, real: MutableMapping[str, str]) -> None:
        self.real = real

    def __getitem__(self, name: str) -> str:
        hear("environment", name)
        return self.real[name]

    def __setitem__(self, name: str, value: str) -> None:
        hear("environment", name)
        self.real[name] = value

    def __delitem__(self, name: str) -> None:
        hear("environment", name)
        del self.real[name]

    def __iter__(self) -> Iterator[str]:
        hear("environment", "all")
        return iter(self.real)

    def __len__(self) -> int:
        return len(self.real)


def hear(what: str, which: object) -> None:
    """Note it if the nearest code outside of the standard library lies below FOLDER."""
    frame = sys._getframe(1)  # noqa: SLF001 - the one way to know who asks
    while frame.f_back and frame.f_code.co_filename.startswith((__file__, STANDARD, "<frozen os>", "<frozen _coll")):
        frame = frame.f_back
    asker = frame.f_code.co_filename  # "<frozen importlib…>" where the standard library imports itself
    if asker.startswith(FOLDER) and not asker.startswith(sys.prefix):
        HEARD.append([what, str(which)])


def listen(event: str, args: tuple[Any, ...]) -> None:
    if event.startswith(("socket.", "subprocess.", "os.system")):
        hear(event.partition(".")[0], "")
    if event == "open" and isinstance(args[0], str) and not args[0].endswith(CODE) and not args[0].startswith(ZONES):
        hear("file", args[0])


def timed(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def told() -> Any:
        hear("clock", name)
        return real()

    return told


if __name__ == "__main__":
    FOLDER = sys.argv[1]
    sys.path.insert(0, FOLDER)
    os.environ = Watched(os.environ)  # type: ignore[assignment]  # noqa: B003 - a mapping like it
    for clock in ("time", "time_ns", "monotonic", "perf_counter"):
        setattr(time, clock, timed(clock, getattr(time, clock)))
    sys.addaudithook(listen)
    __import__(sys.argv[2])
    print(json.dumps({"heard": list(HEARD), "modules": sorted(sys.modules)}))
