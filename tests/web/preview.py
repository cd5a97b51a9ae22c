"""Write every sample page as picture: `python -m tests.web.preview [name …]` → test-results/pages/."""

import sys
from pathlib import Path

from playwright.sync_api import ConsoleMessage, sync_playwright

from local import texts
from tests.web.browsers import CHROMIUM, FLAGS, served
from tests.web.samples import SAMPLES

SIZES = {"phone": (390, 844), "small": (320, 640), "desk": (1440, 900)}
TARGET = Path("test-results") / "pages"


def _say(message: ConsoleMessage) -> None:
    sys.stdout.write(f"console: {message.text}\n")


def main(names: list[str]) -> None:
    """Render, photograph whole pages in three widths; say where a page is wider than its window."""
    texts.compile_all()
    TARGET.mkdir(parents=True, exist_ok=True)
    options = [each for each in names if each.startswith("--")]
    wanted = [each for each in names if not each.startswith("--")]
    language = "en" if "--en" in options else "de"
    with served() as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for size, (width, height) in SIZES.items():
            if "--phone" in options and size != "phone":
                continue
            page = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme="dark" if "--dark" in options else "light",
                timezone_id="Europe/Berlin",
            )
            page.on("console", _say)
            for sample in SAMPLES:
                if wanted and sample.name not in wanted:
                    continue
                page.goto(f"{origin}/{sample.name}?lang={language}")
                page.wait_for_load_state("networkidle")
                page.screenshot(path=TARGET / f"{sample.name}-{size}.png", full_page=True)
                wide = page.evaluate("document.documentElement.scrollWidth")
                if wide > width:
                    sys.stdout.write(f"{sample.name} {size}: {wide} px wide\n")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
