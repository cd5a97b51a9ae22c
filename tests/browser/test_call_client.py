"""Two real browsers in one call through a real media worker: they see and hear each other, whatever happens."""

import contextlib
import json
import logging
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from call_stage import CHROMIUM, CHROMIUM_FLAGS, Stage, a_stage
from playwright.sync_api import Browser, Page, Playwright

from chalicelib.domain.calls import Seat

pytestmark = pytest.mark.browser

PATIENCE_S = 40

logger = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
    yield launched
    launched.close()


@pytest.fixture(scope="module")
def open_stage() -> Iterator[Stage]:
    with a_stage() as made:
        yield made


@pytest.fixture
def stage(open_stage: Stage) -> Stage:
    """The stage with a fresh room, and nobody left over in the worker."""
    wait_for(lambda: not media_ports(open_stage.worker.pid), "the last call's sockets are free")
    open_stage.new_room()
    return open_stage


class Participant:
    """One page in a browser context of its own."""

    def __init__(self, browser: Browser, stage: Stage, seat: str, *, script: str = "") -> None:
        self.context = browser.new_context(permissions=["camera", "microphone"])
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        if script:
            self.page.add_init_script(script)
        self.page.goto(stage.url(seat))

    def ask(self, script: str) -> Any:
        return self.page.evaluate(script)

    def stats(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("async () => window.call ? await call.stats() : { framesDecoded: 0 }")
        return found

    def states(self) -> list[str]:
        found: list[str] = self.ask("() => states.map(({ state }) => state)")
        return found

    def sees_and_hears(self, *, frames: int = 5) -> bool:
        """Tell whether since its (re)load pictures were decoded and sound was received."""
        stats = self.stats()
        return bool(stats["framesDecoded"] >= frames and stats["audioEnergy"] > 0)

    def close(self) -> None:
        self.context.close()
        assert self.errors == []


def wait_for(condition: Callable[[], bool], what: str, *, seconds: float = PATIENCE_S) -> float:
    """Wait until the condition holds; return after how many seconds it did."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"waited {seconds} s in vain until {what}"
        time.sleep(0.02)
    return time.monotonic() - began


@pytest.fixture
def citizen(browser: Browser, stage: Stage) -> Iterator[Participant]:
    participant = Participant(browser, stage, "citizen")
    yield participant
    participant.close()


@pytest.fixture
def clerk(browser: Browser, stage: Stage, citizen: Participant) -> Iterator[Participant]:
    participant = Participant(browser, stage, "clerk")
    wait_for(citizen.sees_and_hears, "the citizen sees and hears")
    wait_for(participant.sees_and_hears, "the clerk sees and hears")
    yield participant
    participant.close()


def goes_on(participant: Participant, *, frames: int = 10) -> float:
    """Return how long it took until more frames and packets of sound came in than there are now."""
    before = participant.stats()

    def more() -> bool:
        now = participant.stats()
        return bool(
            now["framesDecoded"] >= before["framesDecoded"] + frames
            and now["packetsReceived"]["audio"] > before["packetsReceived"]["audio"]
        )

    return wait_for(more, "pictures and sound go on")


def test_both_see_and_hear_each_other(citizen: Participant, clerk: Participant) -> None:
    for participant in (citizen, clerk):
        goes_on(participant)
        assert participant.states() == ["connecting", "connected"]
        wait_for(lambda: participant.ask("() => call.flowing"), "something flows")  # noqa: B023  # used at once
    wait_for(lambda: citizen.stats()["roundTripMs"] is not None, "the round trip is known")
    size = clerk.ask("() => [document.querySelector('#remote').videoWidth, 640]")
    assert size[0] >= 320, "at least QVGA"


def test_a_reload_comes_back_and_the_other_side_goes_on(citizen: Participant, clerk: Participant) -> None:
    for participant, other in ((citizen, clerk), (clerk, citizen)):
        participant.page.reload()
        back = wait_for(participant.sees_and_hears, "the reloaded page sees and hears")
        resumed = goes_on(other)
        logger.info("reload: back after %.2f s, 10 frames on the other side after %.2f s", back, resumed)
        assert other.states() == ["connecting", "connected"], "the other side need not reconnect"
        assert other.stats()["framesDecoded"] > 0


def test_silence_of_the_worker_is_noticed_and_survived(
    stage: Stage, citizen: Participant, clerk: Participant
) -> None:
    stage.worker.kill()
    for participant in (citizen, clerk):
        noticed = wait_for(
            lambda: participant.ask("() => call.state") == "reconnecting",  # noqa: B023  # used at once
            "the loss is noticed",
        )
        logger.info("loss of the worker noticed after %.2f s", noticed)
    stage.generation += 1
    stage.worker.start()
    for participant in (citizen, clerk):
        wait_for(
            lambda: participant.ask("() => call.state") == "connected",  # noqa: B023  # used at once
            "the connection is back",
        )
        goes_on(participant)
        assert participant.states() == ["connecting", "connected", "reconnecting", "connected"]


def test_junk_of_a_stranger_disturbs_nothing(stage: Stage, citizen: Participant, clerk: Participant) -> None:
    ports = media_ports(stage.worker.pid)
    assert len(ports) == 2
    until = time.monotonic() + 2
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        while time.monotonic() < until:
            for data in (
                b"",
                b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02\x02\x28",
                b"\x80\x60" + bytes(99),
                b"\x00\x01junk",
            ):
                for port in ports:
                    stranger.sendto(data, ("127.0.0.1", port))
            time.sleep(0.002)
    for participant in (citizen, clerk):
        goes_on(participant)
        assert participant.states() == ["connecting", "connected"]


def test_muted_means_nothing_is_heard_or_seen(citizen: Participant, clerk: Participant) -> None:
    citizen.ask("() => call.setMuted('audio', true)")
    time.sleep(0.5)
    before = clerk.stats()
    time.sleep(1.5)
    after = clerk.stats()
    assert after["packetsReceived"]["audio"] > before["packetsReceived"]["audio"], "silence is sent, too"
    assert after["audioEnergy"] - before["audioEnergy"] < 0.001
    citizen.ask("() => call.setMuted('audio', false)")
    wait_for(lambda: clerk.stats()["audioEnergy"] > after["audioEnergy"] + 0.01, "the voice is back")


def test_another_camera_needs_no_new_connection(citizen: Participant, clerk: Participant) -> None:
    citizen.ask(
        """async () => {
          const canvas = document.createElement("canvas");
          canvas.width = canvas.height = 64;
          const pen = canvas.getContext("2d");
          setInterval(() => {
            pen.fillStyle = `hsl(${Date.now() % 360} 90% 50%)`;
            pen.fillRect(0, 0, 64, 64);
          }, 30);
          await call.replaceTrack("video", canvas.captureStream(30).getVideoTracks()[0]);
        }"""
    )
    wait_for(
        lambda: clerk.ask("() => document.querySelector('#remote').videoWidth") == 64, "the other camera is seen"
    )
    assert citizen.states() == ["connecting", "connected"]


@pytest.fixture
def guest(browser: Browser, stage: Stage, clerk: Participant) -> Iterator[Participant]:
    participant = Participant(browser, stage, "guest")
    yield participant
    participant.close()


def second_frames(participant: Participant) -> int:
    """How many pictures of the second other person this page has shown."""
    found: int = participant.ask("() => document.querySelector('#second').getVideoPlaybackQuality().totalVideoFrames")
    return found


def test_a_third_person_comes_and_nobody_connects_anew(
    citizen: Participant, clerk: Participant, guest: Participant
) -> None:
    wait_for(guest.sees_and_hears, "the guest sees and hears")
    for participant in (citizen, clerk, guest):
        wait_for(lambda: second_frames(participant) > 10, "everybody sees the second other one")  # noqa: B023  # used at once
        goes_on(participant)
        assert participant.states() == ["connecting", "connected"]
    seats = citizen.ask("() => call.seats")
    assert set(seats["seats"]) == {"citizen", "clerk", "guest"}
    assert seats["you"] == "citizen"


def test_messages_reach_everybody_in_light_and_say_from_whom(
    citizen: Participant, clerk: Participant, guest: Participant
) -> None:
    wait_for(guest.sees_and_hears, "the guest is there")
    assert citizen.ask("() => say('grüß Gott')")
    assert clerk.ask("() => say('guten Tag')")
    for participant, expected in (
        (guest, {("citizen", "grüß Gott"), ("clerk", "guten Tag")}),
        (clerk, {("citizen", "grüß Gott")}),
        (citizen, {("clerk", "guten Tag")}),
    ):
        wait_for(lambda: len(participant.ask("() => heard")) >= len(expected), "the messages came")  # noqa: B023  # used at once
        assert {(each["from"], each["text"]) for each in participant.ask("() => heard")} == expected
    # A long one in many pieces, and after a reload the line stands again.
    guest.ask("() => say('x'.repeat(16000))")
    wait_for(lambda: any(len(each["text"]) == 16_000 for each in citizen.ask("() => heard")), "a long message came")
    guest.page.reload()
    wait_for(guest.sees_and_hears, "the guest is back")
    wait_for(lambda: guest.ask("() => say('wieder da')"), "the guest can speak")
    wait_for(lambda: citizen.ask("() => heard.at(-1).text") == "wieder da", "and is heard")


def test_whom_the_clerk_does_not_admit_stays_in_the_dark(
    stage: Stage, citizen: Participant, clerk: Participant
) -> None:
    """Closed by a new ticket over the standing connection, and opened again: no new connection either way."""
    alone = stage.ticket(Seat.CLERK, opens=frozenset())
    assert clerk.page.evaluate("(ticket) => call.admit(ticket)", alone)
    wait_for(lambda: citizen.ask("() => call.seats.lit.join()") == "clerk", "the light is out")
    time.sleep(0.3)  # what was on its way arrives
    before = (citizen.stats()["framesDecoded"], len(clerk.ask("() => heard")))
    citizen.ask("() => say('hallo?')")
    time.sleep(1)
    assert (citizen.stats()["framesDecoded"], len(clerk.ask("() => heard"))) == before
    assert clerk.page.evaluate("(ticket) => call.admit(ticket)", stage.ticket(Seat.CLERK))
    goes_on(citizen)
    goes_on(clerk)
    for participant in (citizen, clerk):
        assert participant.states() == ["connecting", "connected"]


def test_hanging_up_ends_this_side_and_frees_the_seat(stage: Stage, citizen: Participant, clerk: Participant) -> None:
    citizen.ask("() => call.hangUp()")
    assert citizen.states() == ["connecting", "connected", "ended"]
    wait_for(lambda: len(media_ports(stage.worker.pid)) == 1, "the worker let the citizen's socket go")
    wait_for(lambda: not clerk.ask("() => call.flowing"), "the clerk's page knows that nothing comes")
    assert clerk.ask("() => call.state") == "connected"
    citizen.ask("() => call.connect()")
    assert citizen.ask("() => call.state") == "ended"


def test_devices_are_listed_and_measured(citizen: Participant, clerk: Participant) -> None:
    found = citizen.ask("async () => devices.listDevices()")
    assert all(found[role] for role in ("camera", "microphone"))
    level = citizen.ask(
        """async () => {
          const meter = new devices.LevelMeter(await devices.openDevices({ camera: false }));
          let highest = 0;
          for (let look = 0; look < 60; look += 1) {
            await new Promise((resolve) => setTimeout(resolve, 30));
            highest = Math.max(highest, meter.level());
          }
          await meter.close();
          return highest;
        }"""
    )
    assert 0 < level <= 1
    chosen = found["camera"][0]["id"]
    citizen.page.evaluate("(id) => devices.chooseDevice('camera', id)", chosen)
    assert chosen == citizen.ask("() => devices.chosenDevice('camera')")


def test_a_refused_camera_has_a_kind(browser: Browser, stage: Stage) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(stage.url("citizen"))
    page.wait_for_function("() => window.devices")
    kind = page.evaluate(
        """async () => {
          navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", "NotAllowedError"); };
          return devices.openDevices().catch((error) => [error.constructor.name, error.kind]);
        }"""
    )
    assert kind == ["DeviceError", "denied"]
    context.close()


@pytest.mark.parametrize("kind", ["forged", "expired", "foreign worker", "none"])
def test_no_seat_without_a_good_ticket(stage: Stage, kind: str) -> None:
    past = datetime.now(UTC) - timedelta(minutes=30)
    tickets = {
        "forged": lambda: stage.ticket(Seat.CLERK)[:-4] + "AAAA",
        "expired": lambda: stage.ticket(Seat.CLERK, issued_at=past, expires_at=past + timedelta(minutes=5)),
        "foreign worker": lambda: stage.ticket(Seat.CLERK, worker="http://127.0.0.1:1"),
        "none": lambda: "",
    }
    request = urllib.request.Request(  # our own worker
        f"{stage.worker.address}/media/sessions",
        data=b"v=0",
        method="POST",
        headers={"Authorization": f"Bearer {tickets[kind]()}", "Content-Type": "application/sdp"},
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)  # our own worker
    with refused.value as answer:
        problem = json.load(answer)
    assert problem["status"] == (503 if kind == "foreign worker" else 401)
    assert "fresh ticket" in problem["detail"]


def test_the_worker_ends_cleanly(stage: Stage) -> None:
    assert stage.worker.stop() == 0
    stage.worker.start()


def media_ports(pid: int) -> list[int]:
    """Return the UDP ports of a process, as Linux lists them."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed since it was listed
            target = str(descriptor.readlink())
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    rows = [row.split() for row in Path("/proc/net/udp").read_text("ascii").splitlines()[1:]]
    # Each peer has a socket of its own on its leg's port.
    return sorted({int(row[1].split(":")[1], 16) for row in rows if row[9] in inodes})
