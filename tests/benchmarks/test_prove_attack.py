"""The attack of `make prove-calls`, short and without root: calls under junk, and who is named in hostile offers."""

from __future__ import annotations

import asyncio
import os
import random
import re

import pytest

from benchmarks.hostile.calls import OpenWorker, Plan
from benchmarks.hostile.candidates import EACH, HostilePeer
from benchmarks.hostile.datagrams import KINDS, corpus
from benchmarks.media_load.namespaces import no_namespace
from benchmarks.media_load.relays import Worker
from benchmarks.prove_attack import attack
from media_worker.signalling.protocol import parse_offer

import aiortc  # isort: skip  # after the peers, which hide the decoder

RATE = 5_000


def cores() -> tuple[int, int]:
    every = sorted(os.sched_getaffinity(0))
    return every[0], every[-1]


@pytest.mark.office
def test_calls_come_about_and_last_under_junk() -> None:
    found, _ = attack(Worker(), no_namespace(), Plan(calls=4, alive=2, pace_s=0.5), cores=cores(), rate=RATE)
    assert (found.calls, found.lost) == (4, 0)
    assert found.frames_sent > 400


@pytest.mark.office
def test_without_a_guard_they_do_not() -> None:
    found, _ = attack(OpenWorker(), no_namespace(), Plan(calls=1, alive=1, pace_s=0.5), cores=cores(), rate=RATE)
    assert found.lost == 1
    assert found.frames_pct < 99


def test_junk_is_of_every_kind_and_no_two_runs_differ() -> None:
    made = corpus(random.Random(1))
    assert {data[0] for data in made if data} >= {0, 1, 20, 21, 22, 23, 0x80, 0x90}
    assert (min(map(len, made)), max(map(len, made)) > 1_472) == (0, True)
    assert len(made) > 256 * len(KINDS)
    # All but the handshakes of a real client, which draws its own random numbers.
    again = corpus(random.Random(1))
    assert [data for data in made if data[:1] != b"\x16"] == [data for data in again if data[:1] != b"\x16"]


def test_a_hostile_offer_is_an_offer_and_names_ten_strangers() -> None:
    async def offers() -> list[str]:
        certificate = aiortc.RTCCertificate.generateCertificate()
        peers = [HostilePeer(certificate, number) for number in range(100)]
        described = [await peer.describe("127.0.0.1", setup="actpass") for peer in peers]
        for peer in peers:
            await peer.close()
        return described

    named: set[tuple[str, str]] = set()
    for text in asyncio.run(offers()):
        assert parse_offer(text).audio
        found = re.findall(r"(198\.18\.74\.\d+) (\d+) typ", text)
        assert len(set(found)) == EACH
        named.update(found)
    assert len(named) > 800
