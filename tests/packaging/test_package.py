"""The very zip that goes to Lambda, run by Amazon's own client: it serves a page and takes a booking."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from app import app
from local.aws.process import AwsProcess
from local.front.gateway import Gateway
from local.keys import load_or_make
from local.package import ROOT, build
from local.parts import Addresses, parts
from local.wire import Answer, Call
from tests.packaging.lambda_runtime import LambdaFunction

pytestmark = [pytest.mark.aws, pytest.mark.office, pytest.mark.timeout(900)]
BROWSER = {"accept": "text/html", "host": "office.example", "origin": "http://127.0.0.1:8700"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
UNPACKED_MAX_MB = 120
OURS_BUT_NOT_LAMBDAS = ("local", "media_worker", "tests", "infra", "benchmarks", "node_modules")
PACKAGES_LEFT_OUT = (
    "aiortc",
    "av",
    "aiohttp",
    "chalice",
    "holidays",
    "ministack",
    "pip",
    "pytest",
    "setuptools",
    "typst",
)


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    with zipfile.ZipFile(build(folder / "deployment.zip")) as made:
        made.extractall(folder / "task")
    return folder / "task"


@pytest.fixture(scope="module")
def gateway(task: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """API Gateway before the function, and the AWS stand-in behind it."""
    folder = tmp_path_factory.mktemp("function")
    keys = load_or_make(folder / "keys.json")
    (front,) = [part for part in parts(Addresses(), folder=folder, keys=keys) if part.name == "front"]
    with AwsProcess(folder / "office") as aws:
        environment = {**front.environment, **aws.environment}
        with LambdaFunction(task, handler="app.app", environment=environment, folder=folder) as function:
            yield Gateway(app, invoke=lambda event, _: function(event))


def get(gateway: Gateway, path: str, query: str = "", *, cookie: str = "") -> Answer:
    return gateway.answer(Call("GET", path, query, {**BROWSER, "cookie": cookie}, b""))


def post(gateway: Gateway, path: str, form: dict[str, str], *, cookie: str = "") -> Answer:
    headers = {**BROWSER, **FORM, "cookie": cookie}
    return gateway.answer(Call("POST", path, "", headers, urlencode(form).encode()))


def location(answer: Answer) -> str:
    assert answer.status == 303, answer.body
    return dict(answer.headers)["Location"]


def test_only_what_lambda_runs_is_in_it(task: Path) -> None:
    taken = {path.name for path in (ROOT / "chalicelib").iterdir() if path.name != "__pycache__"}
    assert {path.name for path in (task / "chalicelib").iterdir()} == taken
    assert (task / "app.py").exists()
    assert not [name for name in OURS_BUT_NOT_LAMBDAS if (task / name).exists()]


def test_no_package_is_in_it_that_it_does_not_run(task: Path) -> None:
    """Of Chalice only the runtime: its packager puts these two files in, and pip puts none."""
    packages = {path.name.partition("-")[0] for path in task.glob("*.dist-info")}
    assert {"boto3", "jinja2", "pydantic"} <= packages
    assert packages.isdisjoint(PACKAGES_LEFT_OUT)
    assert not [name for name in PACKAGES_LEFT_OUT if name != "chalice" and (task / name).exists()]
    assert sorted(path.name for path in (task / "chalice").iterdir()) == ["__init__.py", "app.py"]


def test_it_stays_small(task: Path) -> None:
    """A cold start unpacks all of it, and Lambda takes at most 250 MB."""
    assert sum(path.stat().st_size for path in task.rglob("*") if path.is_file()) <= UNPACKED_MAX_MB * 1e6


def test_it_serves_a_page(gateway: Gateway) -> None:
    answer = get(gateway, "/")
    assert answer.status == 200
    assert "Heidelberg" in answer.body.decode()


def test_it_takes_a_booking(gateway: Gateway) -> None:
    """What a browser without scripts does: slots, one of their buttons, the details, the last button."""
    page = get(gateway, "/heidelberg/slots", "m=wohnung-ummelden").body.decode()
    found = re.search(r'name="start" value="([^"]+)"|value="([^"]+)" name="start"', page)
    assert found is not None
    held = post(gateway, "/heidelberg/holds", {"m": "wohnung-ummelden", "start": found.group(1) or found.group(2)})
    assert re.fullmatch(r"/heidelberg/holds/[^/]+/details", location(held))
    cookies = [value.partition(";")[0] for name, value in held.headers if name == "Set-Cookie"]
    assert {cookie.partition("=")[0] for cookie in cookies} == {"__Host-booker", "__Host-draft"}
    cookie = "; ".join(cookies)

    draft = location(held).removesuffix("/details")
    typed = {"name": "Ada Lovelace", "email": "ada@example.org", "language": "de"}
    assert location(post(gateway, f"{draft}/details", typed, cookie=cookie)) == f"{draft}/check"
    assert location(post(gateway, f"{draft}/confirm", {}, cookie=cookie)) == f"{draft}/confirmed"
    confirmation = get(gateway, f"{draft}/confirmed", cookie=cookie)
    assert confirmation.status == 200
    assert "ada@example.org" in confirmation.body.decode()
