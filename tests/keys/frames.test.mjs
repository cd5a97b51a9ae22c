import assert from "node:assert/strict";
import { test } from "node:test";

import { FrameOpener, FrameSealer, clearBytes } from "../../chalicelib/web/static/js/call/frames.js";
import { Keyring, ReplayWindow, kidOf, seatOf } from "../../chalicelib/web/static/js/call/keyring.js";
import { Messages } from "../../chalicelib/web/static/js/call/messages.js";
import { importBaseKey } from "../../chalicelib/web/static/js/call/sframe.js";

const KEY_FRAME = Uint8Array.from({ length: 900 }, (_, at) => (at * 7) & 0xfe);
const DELTA = KEY_FRAME.with(0, 0x31);
const VOICE = Uint8Array.from({ length: 80 }, (_, at) => at);

const secret = (fill) => importBaseKey(new Uint8Array(32).fill(fill));

/** The citizen and the clerk, each with their ring of keys. */
async function pair({ epoch = 9, fill = 1 } = {}) {
  const rings = { citizen: new Keyring(), clerk: new Keyring() };
  await begin(rings, { epoch, fill });
  return rings;
}

async function begin(rings, { epoch, fill }) {
  const secrets = { citizen: await secret(fill), clerk: await secret(fill + 100) };
  for (const own of ["citizen", "clerk"]) await rings[own].use({ epoch, own, secrets });
}

const ends = ({ citizen, clerk }, kind = "video") => ({
  sealer: new FrameSealer({ keyring: citizen, kind }),
  opener: new FrameOpener({ keyring: clerk, kind, from: "citizen" }),
});

test("what was sent is what comes out, and only the beginning of a picture is readable on the way", async () => {
  const rings = await pair();
  for (const [kind, frame, clear] of [
    ["video", KEY_FRAME, 10],
    ["video", DELTA, 3],
    ["video", DELTA.subarray(0, 3), 3],
    ["video", KEY_FRAME.subarray(0, 10), 10],
    ["audio", VOICE.subarray(0, 1), 0],
    ["audio", new Uint8Array(0), 0],
    ["audio", VOICE, 0],
  ]) {
    const { sealer, opener } = ends(rings, kind);
    const sealed = await sealer.seal(frame);
    assert.equal(clear, clearBytes(kind, sealed.subarray(0, frame.length)));
    assert.deepEqual(frame.subarray(0, clear), sealed.subarray(0, clear));
    const rest = Buffer.from(sealed.subarray(clear));
    assert.equal(-1, frame.length < clear + 8 ? -1 : rest.indexOf(frame.subarray(clear, clear + 8)));
    assert.deepEqual(frame, await opener.open(sealed));
  }
});

test("what is too short to be a picture is not sent", async () => {
  const { sealer } = ends(await pair());
  for (const frame of [new Uint8Array(0), DELTA.subarray(0, 2), KEY_FRAME.subarray(0, 9)])
    assert.equal(null, await sealer.seal(frame));
});

test("no keys, no frame: neither out nor in", async () => {
  const { citizen: ready } = await pair();
  const nobody = new Keyring();
  const sealer = new FrameSealer({ keyring: nobody, kind: "video" });
  assert.equal(null, await sealer.seal(KEY_FRAME));
  assert.equal(1, sealer.counts.keyless);
  const sealed = await new FrameSealer({ keyring: ready, kind: "video" }).seal(KEY_FRAME);
  const opener = new FrameOpener({ keyring: nobody, kind: "video", from: "citizen" });
  assert.equal("keyless", await opener.open(sealed));
  ready.hold();
  assert.equal(null, await new FrameSealer({ keyring: ready, kind: "video" }).seal(KEY_FRAME));
});

test("a plain frame is never shown", async () => {
  const { opener } = ends(await pair());
  for (const frame of [KEY_FRAME, DELTA, DELTA.subarray(0, 3), new Uint8Array(0)])
    assert.ok(["unreadable", "keyless"].includes(await opener.open(frame)));
  assert.equal(0, opener.counts.passed);
});

test("every byte is authenticated, the clear ones too", async () => {
  const { sealer, opener } = ends(await pair());
  const sealed = await sealer.seal(KEY_FRAME);
  for (let at = 0; at < sealed.length; at += 1)
    assert.equal("string", typeof (await opener.open(sealed.with(at, sealed[at] ^ 0x80))), `byte ${at}`);
  assert.equal(0, opener.counts.passed);
  assert.deepEqual(KEY_FRAME, await opener.open(sealed));
});

test("a wrong key, another seat and another kind open nothing", async () => {
  const { sealer } = ends(await pair());
  const sealed = await sealer.seal(DELTA);
  assert.equal("unreadable", await ends(await pair({ fill: 2 })).opener.open(sealed));
  const { clerk } = await pair();
  assert.equal("unreadable", await new FrameOpener({ keyring: clerk, kind: "video", from: "guest" }).open(sealed));
  const voice = await ends(await pair(), "audio").sealer.seal(DELTA);
  assert.equal("unreadable", await ends(await pair()).opener.open(Uint8Array.of(...DELTA.subarray(0, 3), ...voice)));
});

test("a relay cannot show the same picture twice, however it shuffles", async () => {
  const { sealer, opener } = ends(await pair());
  const frames = await Promise.all(Array.from({ length: 40 }, () => sealer.seal(DELTA)));
  for (const frame of frames.toReversed()) assert.deepEqual(DELTA, await opener.open(frame));
  for (const frame of frames) assert.equal("replayed", await opener.open(frame));
  assert.deepEqual({ passed: 40, keyless: 0, unreadable: 0, replayed: 40 }, opener.counts);
});

test("a window forgets nothing that it would let in again", () => {
  const window = new ReplayWindow();
  for (let counter = 0; counter < 10_000; counter += 1) assert.ok(window.note(counter));
  for (let counter = 0; counter < 10_000; counter += 1) assert.ok(!window.note(counter));
});

test("the former epoch is still read, the one before no more", async () => {
  const rings = await pair({ epoch: 1 });
  const { sealer, opener } = ends(rings);
  const sealed = [];
  for (const epoch of [2, 3, 4]) {
    sealed.push(await sealer.seal(DELTA), await sealer.seal(DELTA));
    assert.deepEqual(DELTA, await opener.open(sealed.at(-2)));
    await begin(rings, { epoch, fill: epoch });
  }
  assert.equal("keyless", await opener.open(sealed[1]));
  assert.equal("keyless", await opener.open(sealed[3]));
  assert.deepEqual(DELTA, await opener.open(sealed[5]));
});

test("voice and picture never share a counter, and the same keys told twice do not count anew", async () => {
  const { citizen } = await pair();
  const keys = { epoch: 9, own: "citizen", secrets: { citizen: await secret(1), clerk: await secret(101) } };
  const counters = new Set();
  for (let sent = 0; sent < 50; sent += 1) {
    counters.add(citizen.next().counter);
    await citizen.use(keys);
  }
  assert.equal(50, counters.size);
});

test("the key identifier names the seat", () => {
  for (const seat of ["echo", "citizen", "clerk", "guest"])
    for (const epoch of [0, 1, 2 ** 22 - 1]) assert.equal(seat, seatOf(kidOf(epoch, seat)));
  assert.ok(kidOf(2 ** 22 - 1, "guest") < 2 ** 24);
});

test("an echo hears itself", async () => {
  const ring = new Keyring();
  await ring.use({ epoch: 3, own: "echo", secrets: { echo: await secret(7) } });
  const sealed = await new FrameSealer({ keyring: ring, kind: "audio" }).seal(VOICE);
  assert.deepEqual(VOICE, await new FrameOpener({ keyring: ring, kind: "audio", from: "echo" }).open(sealed));
});

test("words: opened once, by those they are for, from whom they are", async () => {
  const rings = await pair();
  const [citizen, clerk] = [new Messages(rings.citizen), new Messages(rings.clerk)];
  const word = new TextEncoder().encode("Grüß Gott");
  const [first, second] = [await citizen.seal(word), await citizen.seal(word)];
  assert.equal(1, first[0]);
  assert.deepEqual(word, await clerk.open("citizen", first));
  assert.equal(null, await clerk.open("citizen", first), "a replay");
  assert.equal(null, await clerk.open("guest", second), "of another seat");
  assert.equal(null, await clerk.open("citizen", second.with(9, second[9] ^ 1)), "altered");
  assert.deepEqual(word, await clerk.open("citizen", second));
  assert.equal(null, await clerk.open("citizen", first), "an old one");
  assert.equal(null, await citizen.open("citizen", second), "reflected");
  assert.equal(5, clerk.refused + citizen.refused);
  rings.citizen.hold();
  assert.equal(null, await citizen.seal(word));
});
