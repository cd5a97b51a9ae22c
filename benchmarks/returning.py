"""When does somebody see somebody again? Pictures noted in the page, and the figures over many returns."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playwright.sync_api import TimeoutError as PlaywrightTimeout

if TYPE_CHECKING:
    from benchmarks.figures import Figures
    from tests.browser.people import Person

GONE_MS = 30_000  # who is not back by then is counted as lost
P95_MS_MAX, LONGEST_MS_MAX = 8_000, 15_000
# Whoever returns has to stay: so many pictures, and no pause among them. Cameras give 30 a second.
SETTLED_FRAMES = 15
PAUSE_MS = 250
# Notes when each picture of the other side was shown, in this page and after each reload.
_WATCH = """(() => {
  window.shown = [];
  const watched = new WeakSet();
  const begin = (video) => {
    watched.add(video);
    const note = () => { window.shown.push(Date.now()); video.requestVideoFrameCallback(note); };
    video.requestVideoFrameCallback(note);
  };
  setInterval(() => {
    for (const video of document.querySelectorAll(".call__remote, #call-remote")) {
      if (!watched.has(video)) begin(video);
    }
  }, 20);
})()"""
# The first of so many pictures that follow each other without a pause, the last of them just now: of several pauses
# since `at` the last counts. Nothing before there was one: every interruption takes longer than that, on both sides.
_BACK = f"""([at, frames]) => {{
  const since = [at, ...(window.shown ?? []).filter((moment) => moment >= at)];
  let first = 0;
  for (const [place, moment] of since.entries()) if (place && moment - since[place - 1] > {PAUSE_MS}) first = place;
  const goesOn = Date.now() - since.at(-1) <= {PAUSE_MS};
  return first > 0 && goesOn && since.length - first >= frames ? since[first] : 0;
}}"""


def watch(person: Person) -> None:
    """Note the pictures in this page and in all that the person opens from now on."""
    person.context.add_init_script(_WATCH)
    person.page.evaluate(_WATCH)


def back_ms(person: Person, *, since_ms: int) -> int:
    """The moment (ms since 1970) at which the person sees again, and goes on seeing. Raises PlaywrightTimeout."""
    left_ms = max(since_ms + GONE_MS - time.time_ns() // 1_000_000, 1)
    handle = person.page.wait_for_function(_BACK, arg=[since_ms, SETTLED_FRAMES], timeout=left_ms, polling=100)
    return int(handle.json_value())


@dataclass
class Returns:
    """What became of all who were interrupted; who did not come back counts as if it had taken all the time."""

    took_ms: list[int] = field(default_factory=list)
    lost: int = 0

    def add(self, *people: Person, since_ms: int) -> None:
        """Wait for both sides and count one interruption: the later one counts."""
        try:
            self.took_ms.append(max(back_ms(person, since_ms=since_ms) for person in people) - since_ms)
        except PlaywrightTimeout:
            self.lost += 1
            self.took_ms.append(GONE_MS)

    def say(self, what: str) -> None:
        """Say how far it is, each ten."""
        done, slowest_ms = len(self.took_ms), max(self.took_ms)
        if done % 10 == 0:
            print(f"  {done} {what}, {self.lost} not back, the slowest took {slowest_ms} ms", flush=True)

    def add_to(self, figures: Figures, name: str) -> None:
        """The table's rows."""
        ordered = sorted(self.took_ms)
        figures.add(f"{name}.not_back", self.lost, "calls", goal="=0")
        figures.add(f"{name}.back_ms_p50", ordered[len(ordered) // 2], "ms")
        figures.add(f"{name}.back_ms_p95", ordered[round(0.95 * (len(ordered) - 1))], "ms", goal=f"<={P95_MS_MAX}")
        figures.add(f"{name}.back_ms_max", ordered[-1], "ms", goal=f"<={LONGEST_MS_MAX}")
