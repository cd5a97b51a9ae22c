"""Every page in both languages, light and dark, on a phone and narrower: no finding of axe-core, nothing cut off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.web.languages import LANGUAGES
from tests.web.samples import SAMPLES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.web.samples import Sample

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
IDS = [sample.name for sample in SAMPLES]


def findings(page: Page) -> list[str]:
    """Run axe in the page; one line a finding. Evaluated by the debugger, so that the page's own policy stays."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate(f"axe.run({{runOnly: {json.dumps(RULES)}}})")
    return [
        f"{found['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for found in result["violations"]
        for node in found["nodes"]
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_axe_finds_nothing(page: Page, origin: str, sample: Sample, language: str) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{origin}/{sample.name}?lang={language}")
    assert findings(page) == []
    assert said == [], "the page breaks its own policy, or a file is missing"


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_axe_finds_nothing_in_the_dark(chromium: Browser, origin: str, sample: Sample) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{origin}/{sample.name}")
    assert findings(page) == []
    context.close()


@pytest.mark.parametrize("fonts", ["with our fonts", "before they came"])
@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_nothing_is_cut_off_at_320_pixels(chromium: Browser, origin: str, sample: Sample, fonts: str) -> None:
    """WCAG 2.2, 1.4.10: as wide as 1280 pixels at 400 %; on a first visit the system's wider font stands in."""
    context = chromium.new_context(viewport={"width": 320, "height": 640}, locale="de-DE")
    page = context.new_page()
    if fonts == "before they came":
        page.route("**/*.woff2*", lambda route: route.abort())
    for language in LANGUAGES:
        page.goto(f"{origin}/{sample.name}?lang={language}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()
