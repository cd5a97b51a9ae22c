"""`python -m tests.browser.readme_picture`: makes docs/images/call.png anew.

A real call in two browsers, with drawn people before the cameras: the citizen's phone beside the clerk's desk,
two steps ticked, a paper from each side, the fee paid.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Playwright, expect, sync_playwright

from local import assets
from tests.browser.people import (
    CHROMIUM,
    DESK,
    FLAGS,
    PATIENCE_MS,
    PHONE,
    Person,
    book,
    link,
    open_sheet,
    person,
    sign_in,
)
from tests.browser.portraits import CITIZEN, CLERK, Portrait, draw, film
from tests.browser.test_journey import pay_by_card
from tests.office import RunningOffice

TARGET = Path(__file__).parents[2] / "docs" / "images" / "call.png"
EMAIL = "erika@example.org"
GAP, RADIUS, GROUND, EDGE = 48, 28, "#dfe4ee", "#aeb8c9"
COLOURS = 256  # of the picture's palette: flat pages and drawn people need no more


def main() -> int:
    """Open the office, walk into the call, take both pictures."""
    assets.freshen()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="readme-")))
        office = stack.enter_context(RunningOffice(folder / "office"))
        playwright = stack.enter_context(sync_playwright())
        citizen = _before_camera(stack, playwright, office, portrait=CITIZEN, folder=folder)
        clerk = _before_camera(stack, playwright, office, portrait=CLERK, folder=folder)
        _walk(citizen, clerk, folder)
        compose([one.page.screenshot() for one in (citizen, clerk)], TARGET)
    sys.stdout.write(f"{TARGET}: {TARGET.stat().st_size // 1000} KB\n")
    return 0


def _before_camera(
    stack: ExitStack, playwright: Playwright, office: RunningOffice, *, portrait: Portrait, folder: Path
) -> Person:
    """Somebody whose camera shows the portrait: on a phone if it is upright, else at a desk."""
    y4m = folder / f"{portrait.scene}.y4m"
    film(y4m, portrait)
    camera = f"--use-file-for-fake-video-capture={y4m}"
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, camera])
    stack.callback(browser.close)
    if portrait.size[1] > portrait.size[0]:
        return person(browser, office, PHONE, has_touch=True, is_mobile=True)
    return person(browser, office, DESK)


def _walk(citizen: Person, clerk: Person, folder: Path) -> None:
    """From booking to a call in which everything has happened once."""
    phone, desk, office = citizen.page, clerk.page, citizen.office
    book(citizen, email=EMAIL, matters=("Führungszeugnis beantragen",))
    phone.goto(link(office, EMAIL, "join"))
    phone.get_by_role("button", name="Warteraum betreten").click()
    sign_in(clerk)
    desk.get_by_role("button", name="Nächste Person aufrufen").click()
    expect(phone.locator("call-view[data-state=connected]")).to_be_visible(timeout=PATIENCE_MS)
    open_sheet(citizen, "Unterlagen")
    paper = folder / "Ehrenamt-Bestätigung.png"
    draw(CLERK).save(paper)
    phone.locator("#room-aside input[type=file]:not([capture])").set_input_files(paper)
    expect(phone.get_by_text("angekommen").first).to_be_visible()
    desk.get_by_role("button", name="Gebühr anfordern").click()
    open_sheet(citizen, "Gebühr")
    phone.get_by_role("button", name="Jetzt bezahlen").click()
    pay_by_card(citizen, "4242 4242 4242 4242")
    expect(phone.get_by_role("button", name="Auflegen")).to_be_visible()
    expect(desk.get_by_text("bezahlt", exact=True).first).to_be_visible()
    for step in desk.get_by_role("checkbox").all()[:4]:
        step.check()
    citizen.sees_and_hears()
    clerk.sees_and_hears()
    open_sheet(citizen, "Schritte")
    expect(phone.get_by_text(re.compile("^4 von"))).to_be_visible()
    desk.get_by_role("heading", name="Schritte").scroll_into_view_if_needed()
    desk.locator("#desk-file").evaluate("it => { it.scrollTop = 9_999; it.scrollTop -= 9_999; }")
    phone.wait_for_timeout(1_500)


def compose(pictures: list[bytes], target: Path) -> None:
    """Put the pictures side by side on one ground, each with round corners and an edge."""
    images = [Image.open(io.BytesIO(each)).convert("RGB") for each in pictures]
    width = sum(each.width for each in images) + GAP * (len(images) + 1)
    height = max(each.height for each in images)
    whole = Image.new("RGB", (width, height + 2 * GAP), GROUND)
    left = GAP
    for each in images:
        mask = Image.new("L", each.size, 0)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, each.width - 1, each.height - 1), RADIUS, fill=255)
        top = GAP + (height - each.height) // 2
        whole.paste(each, (left, top), mask)
        frame = (left - 1, top - 1, left + each.width, top + each.height)
        ImageDraw.Draw(whole).rounded_rectangle(frame, RADIUS, outline=EDGE, width=2)
        left += each.width + GAP
    target.parent.mkdir(parents=True, exist_ok=True)
    whole.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
