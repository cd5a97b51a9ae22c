"""Importing the app is silent: no environment, no clock, no socket, no file. A cold start pays for nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LISTENING = Path(__file__).with_name("listening.py")


def heard(folder: Path, module: str) -> Any:
    command = [sys.executable, str(LISTENING), str(folder), module]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, cwd=folder)
    return json.loads(done.stdout)


def test_the_app_asks_nothing_of_the_machine() -> None:
    assert heard(ROOT, "app")["heard"] == []


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("import os; os.environ.get('HOME')", "environment"),
        ("import os; os.getenv('HOME')", "environment"),
        ("import time; time.time()", "clock"),
        ("import socket; socket.socket().close()", "socket"),
        ("open('/etc/hostname').close()", "file"),
        ("from pathlib import Path; Path('/etc/hostname').read_text()", "file"),
        ("import subprocess; subprocess.run(['true'])", "subprocess"),
    ],
)
def test_whoever_asks_is_heard(tmp_path: Path, code: str, what: str) -> None:
    """The control: a module that does ask."""
    (tmp_path / "loud.py").write_text(code)
    assert what in [kind for kind, _ in heard(tmp_path, "loud")["heard"]]


@pytest.mark.parametrize("heavy", ["boto3", "stripe", "pydantic", "jwt", "babel", "typst", "cryptography", "pikepdf"])
def test_what_few_requests_need_is_not_imported(heavy: str) -> None:
    assert heavy not in heard(ROOT, "app")["modules"]
