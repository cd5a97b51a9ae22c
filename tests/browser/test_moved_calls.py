"""A worker is told to go in the middle of a call: the call goes on at another one, and nobody need notice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from call_stage import CHROMIUM, CHROMIUM_FLAGS, TwoWorkers, begun
from playwright.sync_api import Browser, Playwright
from test_call_client import Participant, goes_on, media_ports, wait_for

from chalicelib.domain.calls import Seat

pytestmark = pytest.mark.browser

# The page counts its connections, those it has left included.
COUNT = """
const Real = window.RTCPeerConnection;
window.peers = [];
window.RTCPeerConnection = class extends Real {
  constructor(...options) { super(...options); window.peers.push(this); }
};
window.open_ = () => peers.filter(({ connectionState }) => connectionState !== "closed").length;
"""
# One word after the other; a word that no line takes is said again.
COUNT_ALOUD = """async (words) => {
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  for (let word = 0; word < words; word += 1) {
    while (!(await say(String(word)))) await pause(20);
    await pause(30);
  }
}"""
WORDS = 150


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
    yield launched
    launched.close()


@pytest.fixture
def stage() -> Iterator[TwoWorkers]:
    with begun(TwoWorkers()) as made:
        yield made


@pytest.fixture
def people(browser: Browser, stage: TwoWorkers) -> Iterator[tuple[Participant, Participant]]:
    """Citizen and clerk in a call at the first worker."""
    pair = Participant(browser, stage, "citizen", script=COUNT), Participant(browser, stage, "clerk", script=COUNT)
    for participant in pair:
        wait_for(participant.sees_and_hears, "both see and hear")
    yield pair
    for participant in pair:
        participant.close()


def test_a_drained_call_goes_on_elsewhere_and_every_word_comes_once(
    stage: TwoWorkers, people: tuple[Participant, Participant]
) -> None:
    for participant in people:
        participant.page.evaluate(f"() => {{ window.counting = ({COUNT_ALOUD})({WORDS}); }}")
    stage.drain()
    wait_for(lambda: stage.worker.ended, "the first worker is gone")
    for participant in people:
        participant.page.evaluate("() => counting")
        goes_on(participant)
        assert participant.states() == ["connecting", "connected"], "no connection was ever lost"
        wait_for(lambda: participant.ask("() => open_()") == 1, "the old one is let go")  # noqa: B023  # used at once
    for participant in people:
        wait_for(lambda: len(participant.ask("() => heard")) >= WORDS, "all words came")  # noqa: B023  # used at once
        assert sorted(int(said["text"]) for said in participant.ask("() => heard")) == list(range(WORDS))


def test_a_camera_that_is_off_holds_nobody_up(stage: TwoWorkers, people: tuple[Participant, Participant]) -> None:
    """The clerk gets no picture over the new connection, and goes by the voice: the old line ends soon."""
    citizen, clerk = people
    citizen.ask("() => call.replaceTrack('video', null)")
    stage.draining = True
    citizen.ask("() => { window.moved = call.move(); }")
    took_ms = clerk.ask(
        "async () => { const began = performance.now(); await call.move(); return performance.now() - began; }"
    )
    citizen.ask("() => moved")
    assert took_ms < 3_500, "by the voice: without it, four seconds are waited for a picture"
    wait_for(lambda: clerk.ask("() => call.flowing"), "the voice is there")
    assert clerk.states() == ["connecting", "connected"]


def test_a_word_over_a_connection_that_is_not_shown_yet_waits_for_it(
    stage: TwoWorkers, people: tuple[Participant, Participant]
) -> None:
    """Its code does not stand on the screen: nobody could have compared it."""
    citizen, clerk = people
    for kind in ("audio", "video"):  # nothing to be shown: the citizen's page takes its time
        clerk.ask(f"() => call.replaceTrack('{kind}', null)")
    stage.draining = True
    citizen.ask("() => { window.moved = call.move().then(() => { window.shown = heard.length; }); }")
    clerk.ask("() => call.move()")
    wait_for(lambda: clerk.ask("() => say('zu früh')"), "the clerk speaks over the new connection")
    wait_for(lambda: clerk.ask("() => open_()") == 1, "which is the only one by now")
    assert citizen.ask("() => [heard.length, window.shown]") == [0, None]
    citizen.ask("() => moved")
    wait_for(lambda: citizen.ask("() => heard.map(({ text }) => text)") == ["zu früh"], "it is heard, once")


def test_whom_the_clerk_puts_out_sees_nothing_over_the_worker_that_was_left(
    stage: TwoWorkers, people: tuple[Participant, Participant]
) -> None:
    citizen, clerk = people
    stage.draining = True
    citizen.ask("() => { window.moved = call.move(); }")
    alone = stage.ticket(Seat.CLERK, opens=frozenset(), **stage.placed())
    before, taken, after = clerk.page.evaluate(
        """async (ticket) => {
          await call.move();
          return [open_(), await call.admit(ticket), open_()];
        }""",
        alone,
    )
    assert (before, taken, after) == (2, True, 1), "the old connection does not outlive the decision"
    citizen.ask("() => moved")
    wait_for(lambda: citizen.ask("() => call.seats.lit.join()") == "clerk", "it is dark")


def test_who_hangs_up_in_the_middle_of_a_move_sits_nowhere(
    stage: TwoWorkers, people: tuple[Participant, Participant]
) -> None:
    citizen, clerk = people
    stage.draining = True
    citizen.ask("() => { window.moved = call.move(); }")
    wait_for(lambda: len(media_ports(stage.other.pid)) == 1, "the move is under way")
    citizen.ask("() => call.hangUp()")
    citizen.ask("() => moved")
    wait_for(lambda: not media_ports(stage.other.pid), "nothing is left at the second worker")
    wait_for(lambda: len(media_ports(stage.worker.pid)) == 1, "nor at the first, but the clerk")
    assert citizen.ask("() => open_()") == 0
    assert citizen.states() == ["connecting", "connected", "ended"]
    assert clerk.ask("() => call.state") == "connected"


def test_a_worker_that_dies_in_the_middle_of_a_move_leaves_one_connection(
    stage: TwoWorkers, people: tuple[Participant, Participant]
) -> None:
    citizen, clerk = people
    stage.draining = True
    citizen.ask("() => { window.moved = call.move(); }")  # nobody to be seen there yet: it waits
    wait_for(lambda: len(media_ports(stage.other.pid)) == 1, "the move is under way")
    stage.worker.kill()
    for participant in people:
        wait_for(lambda: participant.states()[-1] == "connected" and participant.ask("() => open_()") == 1, "back")  # noqa: B023  # used at once
        goes_on(participant)
    assert len(media_ports(stage.other.pid)) == 2
    citizen.ask("() => moved")
    assert clerk.states() == ["connecting", "connected", "reconnecting", "connected"]
