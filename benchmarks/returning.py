"""When does somebody see somebody again? Pictures noted in the page, and the figures over many returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playwright.sync_api import TimeoutError as PlaywrightTimeout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
# The first of so many pictures that follow each other without a pause: of several pauses since `at` the last counts.
# Without any, `at`; or nothing yet, where there must be one.
_BACK = f"""([at, frames, pause]) => {{
  const since = [at, ...(window.shown ?? []).filter((moment) => moment >= at)];
  let first = 0;
  for (const [place, moment] of since.entries()) if (place && moment - since[place - 1] > {PAUSE_MS}) first = place;
  return (first > 0 || !pause) && since.length - first > frames ? since[first] : 0;
}}"""


def watch(person: Person) -> None:
    """Note the pictures in this page and in all that the person opens from now on."""
    person.context.add_init_script(_WATCH)
    person.page.evaluate(_WATCH)


def back_ms(person: Person, *, since_ms: int, pause: bool) -> int:
    """The moment (ms since 1970) at which the person sees again, for good. Raises PlaywrightTimeout.

    `pause`: the fault stops pictures for longer than PAUSE_MS in this page, so nobody is back who has not had one.
    """
    arguments = [since_ms, SETTLED_FRAMES, pause]
    handle = person.page.wait_for_function(_BACK, arg=arguments, timeout=GONE_MS, polling=100)
    return int(handle.json_value())


@dataclass
class Returns:
    """What became of all who were interrupted."""

    took_ms: list[int] = field(default_factory=list)
    lost: int = 0

    def add(self, moments: Mapping[str, Callable[[], int]], *, since_ms: int) -> None:
        """Count one interruption: the later of both sides counts, and one side that never sees again is a loss."""
        try:
            self.took_ms.append(max(moment() for moment in moments.values()) - since_ms)
        except PlaywrightTimeout:
            self.lost += 1

    def say(self, what: str) -> None:
        """Say how far it is, each ten."""
        done = len(self.took_ms) + self.lost
        if done % 10 == 0:
            print(
                f"  {done} {what}, {self.lost} not back, the slowest took {max(self.took_ms, default=0)} ms",
                flush=True,
            )

    def add_to(self, figures: Figures, name: str) -> None:
        """The table's rows."""
        figures.add(f"{name}.not_back", self.lost, "calls", goal="=0")
        ordered = sorted(self.took_ms)
        if ordered:
            figures.add(f"{name}.back_ms_p50", ordered[len(ordered) // 2], "ms")
            figures.add(
                f"{name}.back_ms_p95", ordered[round(0.95 * (len(ordered) - 1))], "ms", goal=f"<={P95_MS_MAX}"
            )
            figures.add(f"{name}.back_ms_max", ordered[-1], "ms", goal=f"<={LONGEST_MS_MAX}")
