"""Which port of this machine is free, and who answers on it."""

import socket
import time
import urllib.error
import urllib.request
from typing import Final

HOST: Final = "127.0.0.1"
READY_PATH: Final = "/_office/ready"
"""Every server of this machine answers 200 here when it works; the supervisor asks."""
_OK: Final = 200


def is_taken(port: int) -> bool:
    """Whether somebody listens on `port` of this machine."""
    with socket.socket() as probe:
        # The same option as a server sets: what merely waits for its end (TIME_WAIT) is not in the way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def answers(url: str, *, timeout_seconds: float = 2.0) -> bool:
    """Whether `url` answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=timeout_seconds) as answer:  # noqa: S310  an address of our own
            return bool(answer.status == _OK)
    except (urllib.error.URLError, OSError):
        return False


def wait_until_it_answers(url: str, *, within_seconds: float) -> bool:
    """Ask `url` until it answers 200; False when the time is up."""
    end = time.monotonic() + within_seconds
    while time.monotonic() < end:
        if answers(url):
            return True
        time.sleep(0.05)
    return False
