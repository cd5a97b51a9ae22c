"""A browser that reaches nobody but a TURN server is in the call nevertheless."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.call_stage import Stage
from tests.browser.test_call_client import Participant, browser, open_stage, stage, wait_for
from tests.turn.test_turn import HERE, Server, a_pass, server

__all__ = ["browser", "open_stage", "server", "stage"]  # fixtures

pytestmark = pytest.mark.browser

# As a firewall does that lets out nothing but the way to the TURN server.
RELAY_ONLY = """(() => {
  const Peer = RTCPeerConnection;
  globalThis.peers = [];
  globalThis.RTCPeerConnection = class extends Peer {
    constructor(how) { super({ ...how, iceTransportPolicy: "relay" }); peers.push(this); }
  };
})()"""
CHOSEN = """async () => {
  const stats = [...(await peers.at(-1).getStats()).values()];
  const pairs = stats.filter(({ type, nominated }) => type === "candidate-pair" && nominated);
  const pair = pairs.find(({ state }) => state === "succeeded");
  const local = stats.find(({ id }) => id === pair?.localCandidateId);
  return [local?.candidateType, local?.relayProtocol];
}"""


@pytest.mark.parametrize("way", ["udp", "tcp"])
def test_the_call_goes_over_the_relay(browser: Browser, stage: Stage, server: Server, way: str) -> None:
    username, credential = a_pass()
    urls = [f"turn:{HERE}:{server.port}?transport={way}"]
    stage.ice_servers = [{"urls": urls, "username": username, "credential": credential}]
    people = []
    try:
        for seat in ("citizen", "clerk"):
            person = Participant(browser, stage, seat, script=RELAY_ONLY)
            people.append(person)
        for person in people:
            wait_for(person.sees_and_hears, "each sees and hears the other")
            assert person.ask(CHOSEN) == ["relay", way]
    finally:
        stage.ice_servers = []
        for person in people:
            person.close()
