"""What the tests of the pages need once: compiled texts, copied assets, one browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, Playwright

from local import assets, texts
from tests.web.browsers import CHROMIUM, FLAGS, served

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    """Texts and assets as a deployment has them."""
    texts.compile_all()
    assets.freshen()


@pytest.fixture(scope="session")
def origin() -> Iterator[str]:
    with served() as address:
        yield address


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
    yield browser
    browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A phone in Heidelberg."""
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, timezone_id="Europe/Berlin", locale="de-DE"
    )
    yield context.new_page()
    context.close()
