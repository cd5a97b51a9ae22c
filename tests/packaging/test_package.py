"""The very zip that goes to Lambda, run by Amazon's own client: it serves a page and holds a slot."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

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


def get(gateway: Gateway, path: str, query: str = "") -> Answer:
    return gateway.answer(Call("GET", path, query, BROWSER, b""))


def test_only_what_lambda_runs_is_in_it(task: Path) -> None:
    taken = {path.name for path in (ROOT / "chalicelib").iterdir() if path.name != "__pycache__"}
    assert {path.name for path in (task / "chalicelib").iterdir()} == taken
    assert (task / "app.py").exists()
    strangers = ("aiortc", "av", "aiohttp", "pytest", "ministack", "local", "media_worker", "tests", "infra")
    assert not [name for name in strangers if (task / name).exists()]


def test_it_serves_a_page(gateway: Gateway) -> None:
    answer = get(gateway, "/")
    assert answer.status == 200
    assert "Heidelberg" in answer.body.decode()


def test_a_form_holds_a_slot(gateway: Gateway) -> None:
    """What a browser without scripts does: the page of slots, then one of its buttons."""
    page = get(gateway, "/heidelberg/slots", "m=wohnung-ummelden").body.decode()
    found = re.search(r'name="start" value="([^"]+)"|value="([^"]+)" name="start"', page)
    assert found is not None
    body = f"m=wohnung-ummelden&start={found.group(1) or found.group(2)}".encode()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = gateway.answer(Call("POST", "/heidelberg/holds", "", {**BROWSER, **kind}, body))
    assert answer.status == 303
    headers = dict(answer.headers)
    assert re.fullmatch(r"/heidelberg/holds/[^/]+/details", headers["Location"])
    assert headers["Set-Cookie"].startswith("__Host-booker=")
