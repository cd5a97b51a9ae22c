"""A page of the front door posts a paper to the stand-in of S3 and reads it back, across origins."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright

from local.aws.process import AwsProcess
from local.wire import Answer, Call, serving

pytestmark = [pytest.mark.browser, pytest.mark.aws]
POST_AND_READ = """
async ({url, fields, readable}) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob(["%PDF-1.7 paper"], {type: "application/pdf"}), "paper.pdf");
  const posted = await fetch(url, {method: "POST", body: form});
  const read = readable ? await fetch(readable) : null;
  return {status: posted.status, text: read && await read.text()};
}
"""


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
    yield chromium
    chromium.close()


def blank(_: Call) -> Answer:
    cookie = ("Set-Cookie", "__Host-visit=1; Path=/; Secure; HttpOnly; SameSite=Lax")
    return Answer(200, (("Content-Type", "text/html"), cookie), b"<title>front door</title>")


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[tuple[int, int, AwsProcess]]:
    """The front door, a stranger's page, and the stand-in that knows the first."""
    with (
        serving(blank) as front,
        serving(blank) as stranger,
        AwsProcess(tmp_path, origin=f"http://127.0.0.1:{front}") as aws,
    ):
        yield front, stranger, aws


def presigned(aws: AwsProcess) -> dict[str, Any]:
    s3 = aws.client("s3")
    post = s3.generate_presigned_post(
        "fernamt-quarantine",
        "heidelberg/paper",
        Fields={"Content-Type": "application/pdf"},
        Conditions=[{"Content-Type": "application/pdf"}, ["content-length-range", 1, 1000]],
        ExpiresIn=60,
    )
    place = {"Bucket": "fernamt-quarantine", "Key": "heidelberg/paper"}
    return {**post, "readable": s3.generate_presigned_url("get_object", Params=place, ExpiresIn=60)}


def test_the_front_doors_page_may_and_a_strangers_may_not(
    browser: Browser, ports: tuple[int, int, AwsProcess]
) -> None:
    front, stranger, aws = ports
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{front}/")
    assert page.evaluate(POST_AND_READ, presigned(aws)) == {"status": 204, "text": "%PDF-1.7 paper"}
    page.goto(f"http://127.0.0.1:{stranger}/")
    refused = page.evaluate(f"(asked) => ({POST_AND_READ})(asked).catch((error) => error.name)", presigned(aws))
    assert refused == "TypeError"
    page.close()


def test_host_cookies_hold_on_this_machine(browser: Browser, ports: tuple[int, int, AwsProcess]) -> None:
    """Secure cookies over plain HTTP: browsers take this machine's own address for trustworthy."""
    front, _, _ = ports
    context = browser.new_context()
    context.new_page().goto(f"http://127.0.0.1:{front}/")
    (cookie,) = context.cookies()
    assert (cookie["name"], cookie["secure"]) == ("__Host-visit", True)
    context.close()
