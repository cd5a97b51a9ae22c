import assert from "node:assert/strict";
import { test } from "node:test";

import { LADDER, Sending, heardOf, limit } from "../../chalicelib/web/static/js/call/sending.js";

const report = (loss, roundTripMs = 80) => ({ loss, roundTripMs });
const POOR = report(0.3);
const GOOD = report(0.01);
const looks = (sending, heard, count) => Array.from({ length: count }, () => sending.look(heard));

test("one bad moment changes nothing, a line that stays bad takes from the picture", () => {
  const sending = new Sending();
  assert.deepEqual(looks(sending, GOOD, 5), Array(5).fill(false));
  assert.equal(sending.look(report(0.4)), false);
  assert.deepEqual(looks(sending, GOOD, 5), Array(5).fill(false), "over four looks that was little");
  assert.deepEqual(looks(sending, POOR, 3), [false, false, true]);
  assert.equal(sending.rung, LADDER[1]);
  assert.deepEqual(looks(sending, report(0, 900), 2), [false, true]);
  assert.equal(sending.rung, LADDER[2]);
  assert.deepEqual(looks(sending, POOR, 9), Array(9).fill(false), "there is nothing below");
});

test("a step that helped is not followed by another", () => {
  const sending = new Sending();
  while (sending.rung === LADDER[0]) sending.look(POOR);
  assert.deepEqual(looks(sending, GOOD, 7), Array(7).fill(false));
  assert.equal(sending.rung, LADDER[1]);
});

test("what a poor line loses at random is no reason to take from the picture", () => {
  const sending = new Sending();
  // One in ten on the way over two of them, in lumps as reports show it.
  for (let turn = 0; turn < 50; turn += 1)
    for (const loss of [0.18, 0.05, 0.2, 0.17, 0.02, 0.06, 0.04, 0.1]) assert.equal(sending.look(report(loss)), false);
  assert.equal(sending.rung, LADDER[0]);
});

test("it comes back step by step, and slowly", () => {
  const sending = new Sending();
  while (sending.rung !== LADDER[2]) sending.look(POOR);
  const changes = [];
  for (let look = 1; look <= 40; look += 1) if (sending.look(GOOD)) changes.push(look);
  assert.deepEqual(changes, [8, 16]);
  assert.equal(sending.rung, LADDER[0]);
});

test("without a report nothing is known, and nothing changes", () => {
  const sending = new Sending();
  assert.deepEqual(looks(sending, heardOf(new Map()), 9), Array(9).fill(false));
  const reports = new Map([
    ["a", { type: "remote-inbound-rtp", fractionLost: 0.1, roundTripTime: 0.2 }],
    ["v", { type: "remote-inbound-rtp", fractionLost: 0.3 }],
    ["i", { type: "inbound-rtp", fractionLost: 0.9 }],
  ]);
  assert.deepEqual(heardOf(reports), { loss: 0.2, roundTripMs: 200 });
});

test("each step leaves the picture less, and the voice goes first", async () => {
  for (const [at, rung] of LADDER.slice(1).entries()) {
    assert.ok(rung.bitrate < LADDER[at].bitrate && rung.frames < LADDER[at].frames && rung.scale > LADDER[at].scale);
  }
  const set = {};
  const sender = (kind) => ({ getParameters: () => ({ encodings: [{}] }), setParameters: async (all) => (set[kind] = all.encodings[0]) });
  await limit(new Map([["audio", sender("audio")], ["video", sender("video")]]), LADDER[2]);
  assert.deepEqual(set.audio, { networkPriority: "high", priority: "high" });
  assert.deepEqual(set.video, {
    networkPriority: "low", priority: "low", maxBitrate: 150_000, maxFramerate: 10, scaleResolutionDownBy: 3,
  });
  const deaf = { getParameters: () => ({ encodings: [] }), setParameters: () => Promise.reject(new Error("unknown")) };
  await limit(new Map([["video", deaf]]), LADDER[0]);
});
