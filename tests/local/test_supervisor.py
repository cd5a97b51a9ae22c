"""The supervisor: all of the office or nothing, and nothing is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local.keys import load_or_make, public_half
from local.parts import Addresses, Part, parts
from local.ports import answers, free_port, is_taken
from local.supervisor import CannotStart, Supervisor

ROOT = Path(__file__).parents[2]
ANSWERING = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
FAILING = "raise SystemExit('the table is not there')"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in (("answering", ANSWERING), ("failing", FAILING), ("stubborn", STUBBORN)):
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def part(name: str, module: str = "answering", *, port: int | None = 0) -> Part:
    chosen = free_port() if port == 0 else port
    return Part(name, module, chosen, {"PORT": str(chosen), "PYTHONPATH": str(ROOT)}, ready_path="/")


def eventually(holds: Callable[[], bool], *, within_seconds: float = 10.0) -> bool:
    end = time.monotonic() + within_seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_all_parts_answer_and_all_of_them_end(root: Path) -> None:
    several = [part("first"), part("second")]
    supervisor = Supervisor(several, root=root, logs=root / "logs")
    assert supervisor.start()
    assert all(answers(f"http://127.0.0.1:{one.port}/") for one in several)
    supervisor.stop()
    assert not any(is_taken(one.port or 0) for one in several)


def test_what_dies_starts_again_and_is_said(root: Path) -> None:
    said: list[str] = []
    only = part("media")
    supervisor = Supervisor([only], root=root, logs=root / "logs", say=said.append)
    supervisor.start()
    os.kill(supervisor.pid_of("media"), signal.SIGKILL)

    def back() -> bool:
        supervisor.watch()
        return bool(said) and answers(f"http://127.0.0.1:{only.port}/")

    assert eventually(back)
    supervisor.stop()
    assert said == ["media ended (killed by signal 9), again in 1.0 s"]


def test_a_taken_port_is_said_and_nothing_starts(root: Path) -> None:
    holder = Supervisor([part("holder")], root=root, logs=root / "logs")
    holder.start()
    free, taken = part("front"), part("mailbox", port=holder._parts[0].port)  # noqa: SLF001
    with pytest.raises(CannotStart, match=rf"Port in use: {taken.port} \(mailbox\).*PORT_BASE"):
        Supervisor([free, taken], root=root, logs=root / "logs").start()
    assert not is_taken(free.port or 0)
    holder.stop()


def test_a_part_that_fails_takes_all_down_and_shows_its_last_words(root: Path) -> None:
    good = part("front")
    with pytest.raises(CannotStart, match=r"aws ended with 1:\n.*\n  the table is not there"):
        Supervisor([good, part("aws", "failing")], root=root, logs=root / "logs").start()
    assert eventually(lambda: not is_taken(good.port or 0))


def test_who_does_not_listen_is_killed(root: Path) -> None:
    deaf = part("deaf", "stubborn", port=None)
    supervisor = Supervisor([deaf], root=root, logs=root / "logs", patience_seconds=0.5)
    supervisor.start()
    time.sleep(0.5)
    pid = supervisor.pid_of("deaf")
    supervisor.stop()
    assert not Path(f"/proc/{pid}").exists()


def test_a_stop_while_starting_ends_the_start(root: Path) -> None:
    slow = Part("slow", "stubborn", free_port(), {"PYTHONPATH": str(ROOT)}, ready_path="/")
    supervisor = Supervisor([slow], root=root, logs=root / "logs", patience_seconds=0.5)
    assert not supervisor.start(stop_asked=lambda: True)


def test_no_part_outlives_a_killed_supervisor(root: Path) -> None:
    only = part("front")
    program = (
        "import sys, time; from pathlib import Path\n"
        "from local.parts import Part; from local.supervisor import Supervisor\n"
        f"root = Path({str(root)!r})\n"
        f"one = Part('front', 'answering', {only.port}, {dict(only.environment)!r}, ready_path='/')\n"
        "Supervisor([one], root=root, logs=root / 'logs').start(); print('up', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.kill()
    assert eventually(lambda: not is_taken(only.port or 0))


def run_office(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("base", ["80", "70000", "many"])
def test_a_wrong_port_base_is_one_clear_line(tmp_path: Path, base: str) -> None:
    done = run_office(PORT_BASE=base, OFFICE_DIR=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == (f"Fernamt cannot open. PORT_BASE is '{base}'; choose a number from 1024 to 65529.\n")


def test_keys_are_made_once_and_belong_to_their_owner(tmp_path: Path) -> None:
    path = tmp_path / "office" / "keys.json"
    first = load_or_make(path)
    assert load_or_make(path) == first
    assert path.stat().st_mode & 0o077 == 0
    assert public_half(first["TICKET_PRIVATE_KEY"]).startswith("-----BEGIN PUBLIC KEY-----")


def test_each_part_gets_the_keys_it_needs_and_no_others(tmp_path: Path) -> None:
    keys = load_or_make(tmp_path / "keys.json")
    holders = {
        name: sorted(
            one.name for one in parts(Addresses(), folder=tmp_path, keys=keys) if secret in one.environment.values()
        )
        for name, secret in keys.items()
    }
    assert holders == {
        "CASE_PRIVATE_KEY": ["front", "pump"],
        "LINK_KEY": ["front", "pump"],
        "OIDC_CLIENT_SECRET": ["front", "pump", "signin"],
        "OIDC_SIGNING_KEY": ["signin"],
        "SESSION_KEY": ["front", "pump"],
        "STRIPE_API_KEY": ["front", "payments", "pump"],
        "STRIPE_WEBHOOK_SECRET": ["front", "payments", "pump"],
        "TICKET_PRIVATE_KEY": ["front", "pump"],
    }


def test_the_parts_environment_is_what_the_settings_read(tmp_path: Path) -> None:
    from chalicelib.settings import Settings  # noqa: PLC0415

    keys = load_or_make(tmp_path / "keys.json")
    front = next(one for one in parts(Addresses(9100), folder=tmp_path, keys=keys) if one.name == "front")
    settings = Settings.from_env(front.environment)
    assert settings.public_url == "http://127.0.0.1:9100"
    assert settings.endpoint_url == "http://127.0.0.1:9101"
    assert settings.media_url == "http://127.0.0.1:9100/media"
    assert settings.stripe_api_base == "http://127.0.0.1:9103"
    assert settings.oidc_issuer == "http://127.0.0.1:9104"
