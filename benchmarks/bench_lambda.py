"""A function's cold import and its size; CPU of a warm request."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from chalice.test import Client

import app as application
from benchmarks.figures import Figures
from chalicelib import composition
from local.package import build
from tests.doubles.browser import Browser
from tests.doubles.house import House

IMPORTS = 15
REQUESTS = 60
IMPORT = "import time; began = time.perf_counter(); import app; print((time.perf_counter() - began) * 1000)"
PAGES = (
    "/heidelberg",
    "/heidelberg/matters/meldebescheinigung",
    "/heidelberg/slots?m=meldebescheinigung",
    "/heidelberg/join",
)


def measure(figures: Figures, folder: Path) -> None:
    """Import in fresh processes, build the zip, answer pages without a socket."""
    times = [float(subprocess.check_output([sys.executable, "-c", IMPORT])) for _ in range(IMPORTS)]
    print(f"  import app: median {statistics.median(times):.0f} ms of {IMPORTS}, slowest {max(times):.0f} ms")
    figures.add("lambda.import_ms", statistics.median(times), "ms", goal="<=400")

    with zipfile.ZipFile(build(folder / "deployment.zip")) as package:
        sizes: dict[str, int] = {}
        for entry in package.infolist():
            top = entry.filename.partition("/")[0]
            sizes[top] = sizes.get(top, 0) + entry.file_size
    for name, size in sorted(sizes.items(), key=lambda pair: -pair[1])[:8]:
        print(f"  {size / 1e6:6.1f} MB {name}")
    figures.add("lambda.unpacked_mb", sum(sizes.values()) / 1e6, "mb", goal="<=120")

    composition.install(House())
    with Client(application.app) as client:
        browser = Browser(client, accept="text/html")
        spent = [ms for path in PAGES for ms in _cpu_ms(browser, path)]
    figures.add("http.warm_cpu_ms_p50", statistics.median(spent), "ms")


def _cpu_ms(browser: Browser, path: str) -> list[float]:
    """CPU milliseconds of each warm request; the first ones fill the caches."""
    for _ in range(3):
        browser.get(path)
    spent = []
    for _ in range(REQUESTS):
        began = time.process_time()
        answer = browser.get(path)
        spent.append((time.process_time() - began) * 1000)
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
    print(f"  {path}: {statistics.median(spent):.1f} ms CPU")
    return spent
