"""`python -m local`: the whole office on this machine, until Ctrl-C.

Environment: PORT_BASE (8700), OFFICE_DIR (.office, or .office-PORT beside another base).
"""

import fcntl
import importlib.util
import os
import signal
import sys
import threading
from pathlib import Path
from typing import IO

from local.keys import load_or_make
from local.parts import PORT_BASE, Addresses, Part, parts
from local.supervisor import CannotStart, Supervisor

ROOT = Path(__file__).parents[1]
WATCH_SECONDS = 0.2


def main() -> int:
    """Open the office; 0 after a stop that was asked for, 1 if it could not open."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        addresses = Addresses(_port_base(os.environ.get("PORT_BASE", "")))
        folder = _folder(addresses)
        with _alone_in(folder):
            wanted = parts(addresses, folder=folder, keys=load_or_make(folder / "keys.json"))
            _check_complete(wanted)
            return _run(Supervisor(wanted, root=ROOT, logs=folder / "logs"), addresses, folder, stop)
    except CannotStart as reason:
        print(f"Fernamt cannot open. {reason}", file=sys.stderr)
        return 1


def _run(supervisor: Supervisor, addresses: Addresses, folder: Path, stop: threading.Event) -> int:
    print("Fernamt opens …", flush=True)
    if not supervisor.start(stop_asked=stop.is_set):
        return 0
    print(links(addresses, logs=folder / "logs"), flush=True)
    try:
        while not stop.wait(WATCH_SECONDS):
            supervisor.watch()
        print("\nFernamt closes.", flush=True)
    finally:
        supervisor.stop()
    return 0


def links(addresses: Addresses, *, logs: Path) -> str:
    """The page of links: one address a line, then what it is."""
    front = addresses.origin("front")
    offices = sorted(path.stem for path in (ROOT / "chalicelib" / "offices").glob("*.toml"))
    lines = [
        *((f"{front}/{office}", f"book an appointment ({office})") for office in offices),
        (f"{front}/desk", "the clerk's desk"),
        (f"{addresses.origin('mailbox')}/", "all mails that were sent"),
        (f"{addresses.origin('payments')}/", "payments"),
        (f"{front}/", "all offices"),
    ]
    width = max(len(address) for address, _ in lines)
    shown = "\n".join(f"{address:<{width}}  {what}" for address, what in lines)
    return f"\nFernamt is open.\n\n{shown}\n\nLogs lie in {logs}. Ctrl-C closes the office."


def _port_base(text: str) -> int:
    if not text:
        return PORT_BASE
    if not text.isdecimal() or not 1024 <= int(text) <= 65529:  # noqa: PLR2004  unprivileged, and six above it
        raise CannotStart(f"PORT_BASE is {text!r}; choose a number from 1024 to 65529.")
    return int(text)


def _folder(addresses: Addresses) -> Path:
    """Two offices side by side never share their data."""
    default = ".office" if addresses.base == PORT_BASE else f".office-{addresses.base}"
    folder = Path(os.environ.get("OFFICE_DIR") or ROOT / default).resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _alone_in(folder: Path) -> IO[str]:
    """Hold the folder until the file is closed. Raises CannotStart if another office holds it."""
    lock = (folder / "lock").open("w", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise CannotStart(f"Another office runs over {folder}. Close it, or set OFFICE_DIR.") from None
    return lock


def _check_complete(wanted: tuple[Part, ...]) -> None:
    modules = ["app", "chalicelib.blueprints.events", *(part.module for part in wanted)]
    missing = [name for name in modules if _is_missing(name)]
    if missing:
        raise CannotStart(f"Missing parts: {', '.join(missing)}. Is this a whole copy of the product?")


def _is_missing(name: str) -> bool:
    spec = importlib.util.find_spec(name)
    if spec is None:
        return True
    return spec.submodule_search_locations is not None and importlib.util.find_spec(f"{name}.__main__") is None


if __name__ == "__main__":
    sys.exit(main())
