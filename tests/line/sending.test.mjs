import assert from "node:assert/strict";
import { test } from "node:test";

import { LADDER, Sending, heardOf, limit } from "../../chalicelib/web/static/js/call/sending.js";

/** Reports of a line: each look so many more packets were sent, and that share of them lost. */
function line() {
  const heard = { lost: 0, sent: 0 };
  return (loss, { packets = 300, roundTripMs = 80 } = {}) => {
    heard.sent += packets;
    heard.lost += Math.round(loss * packets);
    return { ...heard, roundTripMs };
  };
}
const POOR = 0.3;
const GOOD = 0.01;

test("one bad moment changes nothing, a line that stays bad takes from the picture", () => {
  const sending = new Sending();
  const report = line();
  const looks = (loss, count, more) => Array.from({ length: count }, () => sending.look(report(loss, more)));
  assert.ok(looks(GOOD, 5).every((changed) => !changed));
  assert.equal(sending.look(report(0.25)), false);
  assert.ok(looks(GOOD, 5).every((changed) => !changed), "over four looks that was little");
  assert.deepEqual(looks(POOR, 3), [false, false, true]);
  assert.equal(sending.rung, LADDER[1]);
  assert.deepEqual(looks(0, 2, { roundTripMs: 900 }), [false, true]);
  assert.equal(sending.rung, LADDER[2]);
  assert.ok(looks(POOR, 9).every((changed) => !changed), "there is nothing below");
});

test("what a poor line loses at random is no reason to take from the picture", () => {
  const sending = new Sending();
  const report = line();
  // One in ten on the way over two of them, in lumps as reports show it.
  for (let turn = 0; turn < 50; turn += 1)
    for (const loss of [0.18, 0.05, 0.2, 0.17, 0.02, 0.06, 0.04, 0.1]) assert.equal(sending.look(report(loss)), false);
  assert.equal(sending.rung, LADDER[0]);
});

test("another connection counts from nothing", () => {
  const sending = new Sending();
  const before = line();
  for (let look = 0; look < 5; look += 1) sending.look(before(GOOD));
  const after = line();
  for (let look = 0; look < 5; look += 1) assert.equal(sending.look(after(GOOD)), false);
  assert.equal(sending.rung, LADDER[0]);
});

test("it comes back step by step, and slowly", () => {
  const sending = new Sending();
  const report = line();
  while (sending.rung !== LADDER[2]) sending.look(report(POOR));
  const changes = [];
  for (let look = 1; look <= 40; look += 1) if (sending.look(report(0))) changes.push(look);
  assert.equal(changes.length, 2);
  assert.ok(changes[0] >= 8 && changes[1] - changes[0] === 8, `${changes}`);
  assert.equal(sending.rung, LADDER[0]);
});

test("without a report nothing is known, and nothing changes", () => {
  const sending = new Sending();
  for (let look = 0; look < 9; look += 1) assert.equal(sending.look(heardOf(new Map())), false);
  const report = new Map([
    ["a", { type: "remote-inbound-rtp", localId: "oa", packetsLost: 1, roundTripTime: 0.2 }],
    ["v", { type: "remote-inbound-rtp", localId: "ov", packetsLost: 30 }],
    ["oa", { type: "outbound-rtp", packetsSent: 100 }],
    ["ov", { type: "outbound-rtp", packetsSent: 400 }],
    ["i", { type: "inbound-rtp", packetsLost: 9 }],
  ]);
  assert.deepEqual(heardOf(report), { lost: 31, sent: 500, roundTripMs: 200 });
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
