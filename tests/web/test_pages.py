"""The pages in a browser: by keyboard, without scripts, with them, and how much they weigh."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from chalicelib.web.static_files import STATIC
from tests.web.samples import SAMPLES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.web.samples import Sample

PAGE_KB_MAX = 80
IDS = [sample.name for sample in SAMPLES]
BY_NAME = {sample.name: sample for sample in SAMPLES}
FOCUSABLE = "summary, a[href], button, input:not([type=hidden]), select, textarea"


def weight_kb(html: str) -> float:
    """Weigh what a browser fetches for a page, gzipped, fonts aside."""
    addresses = set(re.findall(r'(?:href|src)="(/static/[^"?]+)', html))
    files = [STATIC / path.removeprefix("/static/") for path in addresses if not path.endswith(".woff2")]
    return sum(len(gzip.compress(data)) for data in [html.encode(), *(file.read_bytes() for file in files)]) / 1024


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_a_page_is_light(sample: Sample) -> None:
    for language in ("de", "en"):
        assert weight_kb(sample.html(language)) <= PAGE_KB_MAX


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_nothing_is_inline(sample: Sample) -> None:
    """The policy forbids it; a browser would drop it silently."""
    html = sample.html("de")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)
    assert not re.search(r'<script(?![^>]* src=)(?! type="application/json")', html)


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_english_pages_speak_english_and_keep_it(sample: Sample) -> None:
    """Every internal link and form carries the language."""
    html = sample.html("en")
    assert '<html lang="en"' in html
    addresses = re.findall(r'(?:href|action)="(/[^"]*)"', html)
    lost = [each for each in addresses if not each.startswith("/static/") and "lang=" not in each]
    assert lost == []


@pytest.mark.browser
@pytest.mark.parametrize("name", ["entry", "matter", "slots", "details", "check", "manage", "cancel"])
def test_the_keyboard_walks_in_reading_order_and_shows_where_it_is(page: Page, origin: str, name: str) -> None:
    page.goto(f"{origin}/{name}")
    page.evaluate("document.activeElement.blur()")
    expected = page.evaluate(
        f"[...document.querySelectorAll('{FOCUSABLE}')].filter((each) => each.checkVisibility()"
        " && (each.type !== 'radio' || each.checked)).map((each) => each.outerHTML.slice(0, 120))"
    )
    page.evaluate("getSelection().collapse(document.body, 0)")
    walked = []
    for _ in expected:
        page.keyboard.press("Tab")
        walked.append(page.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
        seen = page.evaluate(
            "[document.activeElement, ...document.activeElement.querySelectorAll('*')].some((each) =>"
            " parseFloat(getComputedStyle(each).outlineWidth) >= 2 ||"
            " parseFloat(getComputedStyle(each, '::after').outlineWidth) >= 2)"
        )
        assert seen, walked[-1]
    assert walked == expected


@pytest.mark.browser
def test_after_a_refused_form_the_summary_has_the_focus_and_leads_to_the_field(page: Page, origin: str) -> None:
    page.goto(f"{origin}/details-wrong")
    assert page.title().startswith("Fehler")
    assert page.evaluate("document.activeElement.id") == "error-summary"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "name"


@pytest.mark.browser
def test_search_finds_everyday_words_as_one_types(page: Page, origin: str) -> None:
    page.goto(f"{origin}/entry")
    page.get_by_label("Anliegen suchen").press_sequentially("umzie")
    lines = page.locator("#groups li:visible")
    assert 1 <= lines.count() < 8
    assert "Wohnung ummelden" in " ".join(lines.all_inner_texts())
    page.locator("#found").get_by_text("gefunden").wait_for()
    page.get_by_label("Anliegen suchen").fill("qqqq")
    page.locator("#found").get_by_text("Dazu haben wir nichts gefunden").wait_for()
    assert page.locator("#groups li:visible").count() > 8


def test_search_works_without_scripts() -> None:
    html = BY_NAME["entry-search"].html("de")
    assert "Das passt zu Ihrer Suche" in html
    assert "Wohnung ummelden" in html.partition('id="all"')[0]


@pytest.mark.browser
def test_a_link_posts_its_secret_once_and_takes_it_out_of_the_address(page: Page, origin: str) -> None:
    page.goto(f"{origin}/open-link#booking.secret")
    page.wait_for_url("**/heidelberg/manage")
    assert "link=booking.secret" in page.inner_text("body")
    page.go_back()
    assert "secret" not in page.url


@pytest.mark.browser
def test_without_scripts_a_link_is_pasted(chromium: Browser, origin: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{origin}/open-link#booking.secret")
    page.get_by_label("Link aus der E-Mail").fill("https://x/#booking.secret")
    page.get_by_role("button", name="Öffnen").click()
    assert urlsplit(page.url).path == "/heidelberg/manage"
    context.close()


@pytest.mark.browser
def test_people_elsewhere_see_their_own_clock(chromium: Browser, origin: str) -> None:
    context = chromium.new_context(timezone_id="America/New_York")
    page = context.new_page()
    page.goto(f"{origin}/slots")
    assert page.locator(".fa-time").first.inner_text().split() == ["08:20", "02:20"]
    context.close()
    context = chromium.new_context(timezone_id="Europe/Vienna")
    page = context.new_page()
    page.goto(f"{origin}/slots")
    assert page.locator(".fa-own-time").count() == 0
    context.close()


@pytest.mark.browser
def test_a_second_tap_sends_no_second_form(page: Page, origin: str) -> None:
    page.goto(f"{origin}/check")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.evaluate("const b = document.querySelector('main form button'); b.click(); b.click();")
    page.wait_for_url("**/confirm")
    assert sent.count("POST") == 1
