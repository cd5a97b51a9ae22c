"""`python -m local`: every part answers, a killed one comes back, and a restart finds what was there."""

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import boto3
import pytest

from local.aws.names import ACCESS_KEY, SECRET_KEY
from local.parts import PORTS, REGION, Addresses
from local.ports import is_taken

pytestmark = [pytest.mark.office, pytest.mark.aws, pytest.mark.timeout(600)]
ROOT = Path(__file__).parents[2]
START_SECONDS_MAX = 150


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Message
    text: str


def ask(method: str, address: str, body: str | None = None, **headers: str) -> Reply:
    url = urllib.parse.urlsplit(address)
    connection = http.client.HTTPConnection(url.netloc, timeout=60)
    target = url.path + (f"?{url.query}" if url.query else "")
    connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    reply = Reply(response.status, response.headers, response.read().decode(errors="replace"))
    connection.close()
    return reply


class Office:
    """One office of its own, started as a person starts it."""

    def __init__(self, folder: Path, addresses: Addresses) -> None:
        self.addresses = addresses
        self._folder = folder
        self.printed: list[str] = []

    def open(self) -> None:
        environment = {"PORT_BASE": str(self.addresses.base), "OFFICE_DIR": str(self._folder)}
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "local"],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.printed = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.wait_for("Fernamt is open", within_seconds=START_SECONDS_MAX)

    def _read(self) -> None:
        assert self._process.stdout is not None
        self.printed.extend(line.rstrip() for line in self._process.stdout)

    def wait_for(self, text: str, *, within_seconds: float = 30) -> None:
        end = time.monotonic() + within_seconds
        while not any(text in line for line in list(self.printed)):
            if time.monotonic() > end or self._process.poll() is not None:
                logs = "\n".join(self.printed)
                raise AssertionError(f"{text!r} was not printed:\n{logs}")
            time.sleep(0.05)

    def end(self, number: signal.Signals) -> int:
        self._process.send_signal(number)
        code = self._process.wait(timeout=30)
        self._reader.join(timeout=10)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code

    def is_closed(self) -> bool:
        return not any(is_taken(self.addresses.base + offset) for offset in range(len(PORTS)))

    def get(self, part: str, path: str) -> Reply:
        return ask("GET", f"{self.addresses.origin(part)}{path}")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    base = next(base for base in range(21000, 30000, 10) if not any(is_taken(base + n) for n in range(len(PORTS))))
    office = Office(tmp_path, Addresses(base))
    office.open()
    yield office
    office.end(signal.SIGTERM)
    assert office.is_closed()


def part_pid(office: Office, module: str, setting: str = "") -> int:
    """The process of a part: the one with this module, this office's folder, and `setting` in its environment."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            command = (entry / "cmdline").read_bytes().decode().split("\0")
            environment = (entry / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        wanted = {f"OFFICE_DIR={office._folder}", *([setting] if setting else [])}  # noqa: SLF001
        if module in command and "local.leash" in command and wanted <= set(environment.split("\0")):
            return int(entry.name)
    raise AssertionError(f"{module} does not run")


def sign_in(office: Office) -> str:
    """Walk from the desk to the sign-in page and back; returns where the desk sent us, signed in."""
    begun = office.get("front", "/desk/signin")
    assert begun.status in {302, 303}
    cookies = "; ".join(value.partition(";")[0] for value in begun.headers.get_all("Set-Cookie") or [])
    authorize = begun.headers["Location"]
    assert authorize.startswith(office.addresses.origin("signin") + "/authorize?")
    query = urllib.parse.urlsplit(authorize).query
    form = "application/x-www-form-urlencoded"
    chosen = ask("POST", authorize.partition("?")[0], f"{query}&clerk=heidelberg-clerk-1", Content_Type=form)
    assert chosen.status == 303
    back = ask("GET", chosen.headers["Location"], Cookie=cookies)
    assert back.status in {302, 303}
    assert any(value.startswith("__Host-desk=") for value in back.headers.get_all("Set-Cookie") or [])
    return back.headers["Location"]


def test_the_office_opens_works_and_closes(office: Office) -> None:
    addresses = {word for line in office.printed for word in line.split() if word.startswith("http://127.0.0.1:")}
    assert office.addresses.origin("front") + "/heidelberg" in addresses
    assert office.addresses.origin("front") + "/karlsruhe" in addresses
    for address in sorted(addresses):
        assert ask("GET", address, Accept="text/html").status in {200, 302, 303}, address
    page = office.get("front", "/heidelberg")
    style, *_ = re.findall(r'href="(/static/[^"]+\.css\?v=[^"]+)"', page.text)
    assert "immutable" in office.get("front", style).headers["Cache-Control"]
    assert ask("POST", office.addresses.origin("front") + "/media/sessions", "v=0").status in {400, 401, 403}
    assert sign_in(office).startswith("/desk")


def test_parts_and_the_whole_survive_kill_9(office: Office) -> None:
    dynamodb = boto3.client(
        "dynamodb",
        endpoint_url=office.addresses.origin("aws"),
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    key = {"pk": {"S": "heidelberg|FILE|x"}, "sk": {"S": "PRESENCE"}}
    dynamodb.put_item(TableName="fernamt-office", Item=key)
    os.kill(part_pid(office, "media_worker", "WORKER_ID=worker-1"), signal.SIGKILL)
    office.wait_for("media ended (killed by signal 9)")
    # The other worker takes what comes meanwhile.
    assert ask("POST", office.addresses.origin("front") + "/media/sessions", "v=0").status in {400, 401, 403}
    os.kill(part_pid(office, "local.aws"), signal.SIGKILL)
    office.wait_for("aws ended (killed by signal 9)")
    office.end(signal.SIGKILL)
    end = time.monotonic() + 20
    while not office.is_closed() and time.monotonic() < end:
        time.sleep(0.1)
    assert office.is_closed()
    office.open()
    assert dynamodb.get_item(TableName="fernamt-office", Key=key)["Item"] == key


def test_a_second_office_over_the_same_data_is_refused(office: Office, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local"],
        cwd=ROOT,
        env={**os.environ, "PORT_BASE": "20900", "OFFICE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Fernamt cannot open. Another office runs over ")
    assert done.stderr.count("\n") == 1
