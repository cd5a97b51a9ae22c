import assert from "node:assert/strict";
import { test } from "node:test";

import { figuresBetween, readingOf } from "../../chalicelib/web/static/js/call/preflight-figures.js";
import { UNMEASURED, isMeasured, judge } from "../../chalicelib/web/static/js/call/preflight.js";
import { EVERY_MS, lineAfter, pauseBefore } from "../../chalicelib/web/static/js/room/line-plan.js";

const GOOD = { lossPercent: 0.2, roundTripMs: 24, bandwidthKbits: 2400 };

for (const [story, figures, verdict] of [
  ["a good line", {}, "ok"],
  ["the last loss that is fine", { lossPercent: 3 }, "ok"],
  ["a little more", { lossPercent: 3.1 }, "weak"],
  ["the last loss that a voice bears", { lossPercent: 20 }, "weak"],
  ["a voice in pieces", { lossPercent: 20.1 }, "failed"],
  ["nothing came back", { lossPercent: 100 }, "failed"],
  ["the last delay that is fine", { roundTripMs: 300 }, "ok"],
  ["over a satellite", { roundTripMs: 620 }, "weak"],
  ["G.114's end", { roundTripMs: 801 }, "failed"],
  ["just enough for a picture", { bandwidthKbits: 500 }, "ok"],
  ["enough for a voice", { bandwidthKbits: 499 }, "weak"],
  ["not even that", { bandwidthKbits: 59 }, "failed"],
  ["no camera: the width is not known", { bandwidthKbits: null }, "ok"],
  ["the example of the desk", { lossPercent: 6, roundTripMs: 320, bandwidthKbits: 400 }, "weak"],
  ["the worst figure decides", { lossPercent: 1, roundTripMs: 900, bandwidthKbits: 5000 }, "failed"],
])
  test(`judged: ${story}`, () => assert.equal(verdict, judge({ ...GOOD, ...figures })));

test("what was not measured speaks against nothing, and is known as such", () => {
  assert.equal("ok", judge(UNMEASURED));
  assert.equal(false, isMeasured(UNMEASURED));
  assert.equal(true, isMeasured({ ...UNMEASURED, lossPercent: 0 }));
});

/** What Chromium says on the echo seat, in the fields that count. */
const said = (atMs, { selected, sent, resent = 0, received, lost, bytes, frames, pair = {}, limited = "none" }) =>
  new Map(
    [
      { type: "transport", bytesReceived: 1, selectedCandidatePairId: selected },
      { type: "candidate-pair", nominated: false, state: "succeeded", availableOutgoingBitrate: 1, currentRoundTripTime: 9 },
      { type: "candidate-pair", nominated: true, state: "succeeded", ...pair },
      { type: "outbound-rtp", kind: "audio", packetsSent: 50 },
      { type: "outbound-rtp", kind: "video", packetsSent: sent, retransmittedPacketsSent: resent, framesSent: frames, qualityLimitationReason: limited },
      { type: "inbound-rtp", kind: "audio", packetsReceived: 50, packetsLost: 0, bytesReceived: 0 },
      { type: "inbound-rtp", kind: "video", packetsReceived: received, packetsLost: lost, bytesReceived: bytes, headerBytesReceived: 0 },
    ].map((entry, at) => [String(at), { timestamp: atMs, ...entry }]),
  );

const PAIR = { availableOutgoingBitrate: 1_800_000, totalRoundTripTime: 0.2, responsesReceived: 4, currentRoundTripTime: 0.5 };
const BEFORE = readingOf(said(1_000, { sent: 10, received: 10, lost: 0, bytes: 10_000, frames: 5, pair: PAIR }));
const after = (counted) =>
  readingOf(said(6_000, { sent: 510, received: 480, lost: 20, bytes: 635_000, frames: 150, pair: PAIR, ...counted }));

test("gaps in what comes back are loss, the mean of the checks is the round trip, the estimate the width", () => {
  assert.deepEqual({ lossPercent: 4.1, roundTripMs: 50, bandwidthKbits: 1800 }, figuresBetween(BEFORE, after({})));
});

test("of two nominated pairs the one in use counts", () => {
  const readings = ["1", "2"].map((selected) => after({ selected }).roundTripMs);
  assert.deepEqual([9000, 50], readings);
});

test("what truly came back is never less than the estimate says", () => {
  const pair = { ...PAIR, availableOutgoingBitrate: 300_000 };
  assert.equal(1000, figuresBetween(BEFORE, after({ pair })).bandwidthKbits);
});

test("a browser without an estimate proves a good line, and no bad one", () => {
  const pair = { currentRoundTripTime: 0.032 };
  const before = readingOf(said(1_000, { sent: 10, received: 10, lost: 0, bytes: 10_000, frames: 5, pair }));
  assert.deepEqual({ lossPercent: 4.1, roundTripMs: 32, bandwidthKbits: 1000 }, figuresBetween(before, after({ pair })));
  assert.equal(null, figuresBetween(before, after({ pair, bytes: 110_000 })).bandwidthKbits);
});

test("without pictures the estimate never grows: the width stays unknown", () => {
  assert.equal(null, figuresBetween(BEFORE, after({ frames: 5 })).bandwidthKbits);
});

test("an echo that says nothing lost everything; one that was told nothing lost nothing", () => {
  const silent = { received: 10, lost: 0 };
  assert.equal(100, figuresBetween(BEFORE, after(silent)).lossPercent);
  assert.equal(null, figuresBetween(BEFORE, after({ ...silent, sent: 10 })).lossPercent);
  assert.equal(null, figuresBetween(BEFORE, after({ ...silent, sent: 30, resent: 20 })).lossPercent);
});

test("a processor that cannot keep up is noticed", () => {
  assert.equal(false, after({}).burdened);
  assert.equal(true, after({ limited: "cpu" }).burdened);
});

for (const [story, facts, pauseMs] of [
  ["the first one lets the devices settle", {}, 300],
  ["asked for, it begins at once", { asked: true }, 0],
  ["twice in a moment is once", { beganMs: 90_000 }, 20_000],
  ["asking does not hurry it", { beganMs: 90_000, asked: true }, 20_000],
  ["after half a minute it may", { beganMs: 100_000 - EVERY_MS }, 300],
  ["a weak device is tried once", { spared: true }, 300],
  ["and not again by itself", { spared: true, beganMs: 0 }, null],
  ["unless somebody asks", { spared: true, beganMs: 0, asked: true }, 0],
])
  test(`planned: ${story}`, () =>
    assert.equal(pauseMs, pauseBefore({ nowMs: 100_000, beganMs: -Infinity, asked: false, spared: false, ...facts })));

test("an outcome becomes what is known; one that was given up changes nothing", () => {
  const before = { verdict: "weak", figures: GOOD };
  const measured = { outcome: "measured", figures: GOOD, burdened: false };
  assert.deepEqual({ verdict: "ok", figures: GOOD }, lineAfter(before, measured));
  assert.deepEqual({ verdict: "failed", figures: UNMEASURED }, lineAfter(before, { outcome: "failed" }));
  assert.deepEqual({ verdict: "relay", figures: UNMEASURED }, lineAfter(before, { outcome: "relay" }));
  assert.equal(before, lineAfter(before, { outcome: "stopped" }));
});
