import assert from "node:assert/strict";
import { test } from "node:test";

import { LADDER, Sending, heardOf, limit } from "../../chalicelib/web/static/js/call/sending.js";

const POOR = { loss: 0.2, roundTripMs: 100 };
const GOOD = { loss: 0.01, roundTripMs: 80 };

test("one bad moment changes nothing, a second one takes from the picture", () => {
  const sending = new Sending();
  assert.equal(sending.look(POOR), false);
  assert.equal(sending.look(GOOD), false);
  assert.equal(sending.look(POOR), false);
  assert.equal(sending.look(POOR), true);
  assert.equal(sending.rung, LADDER[1]);
  sending.look(POOR);
  assert.equal(sending.look({ loss: 0, roundTripMs: 900 }), true);
  assert.equal(sending.rung, LADDER[2]);
  for (let look = 0; look < 9; look += 1) assert.equal(sending.look(POOR), false, "there is nothing below");
});

test("it comes back step by step, and slowly", () => {
  const sending = new Sending();
  for (let look = 0; look < 4; look += 1) sending.look(POOR);
  assert.equal(sending.rung, LADDER[2]);
  const changes = [];
  for (let look = 1; look <= 40; look += 1) if (sending.look(GOOD)) changes.push(look);
  assert.deepEqual(changes, [8, 16]);
  assert.equal(sending.rung, LADDER[0]);
});

test("without a report nothing is known, and nothing changes", () => {
  const sending = new Sending();
  for (let look = 0; look < 9; look += 1) assert.equal(sending.look(heardOf(new Map())), false);
  const report = new Map([
    ["a", { type: "remote-inbound-rtp", fractionLost: 0.01, roundTripTime: 0.2 }],
    ["v", { type: "remote-inbound-rtp", fractionLost: 0.3 }],
    ["i", { type: "inbound-rtp", fractionLost: 0.9 }],
  ]);
  assert.deepEqual(heardOf(report), { loss: 0.3, roundTripMs: 200 });
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
