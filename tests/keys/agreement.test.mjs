import assert from "node:assert/strict";
import { test } from "node:test";

import { STEPS } from "../../chalicelib/web/static/js/call/agreement-steps.js";
import { Budget } from "../../chalicelib/web/static/js/call/agreement-steps.js";
import { encodeMessage, decodeMessage } from "../../chalicelib/web/static/js/call/agreement-messages.js";
import { listed } from "../../chalicelib/web/static/js/call/bytes.js";
import { FrameOpener, FrameSealer } from "../../chalicelib/web/static/js/call/frames.js";
import { Keyring } from "../../chalicelib/web/static/js/call/keyring.js";
import { Person, Relay, chance } from "./people.mjs";

const FRAME = Uint8Array.from({ length: 200 }, (_, at) => at | 1);
const SEATS = ["citizen", "clerk", "guest"];

const call = (seats = ["citizen", "clerk"]) => seats.map((seat) => new Person(seat, `${seat}-1`));
const stepOf = (bytes) => decodeMessage(bytes)?.step;

/** Equal codes and epochs, and everybody's frames reach everybody. */
async function areTogether(people) {
  const [first] = people;
  assert.match(first.code ?? "none", /^\d\d \d\d \d\d \d\d$/);
  const rings = new Map();
  for (const person of people) {
    assert.equal(first.code, person.code);
    assert.equal(first.keys.at(-1).epoch, person.keys.at(-1).epoch);
    rings.set(person, new Keyring());
    await rings.get(person).use(person.keys.at(-1).media);
  }
  for (const sender of people) {
    const sealed = await new FrameSealer({ keyring: rings.get(sender), kind: "video" }).seal(FRAME);
    for (const receiver of people.filter((other) => other !== sender)) {
      const opener = new FrameOpener({ keyring: rings.get(receiver), kind: "video", from: sender.seat });
      assert.deepEqual(FRAME, await opener.open(sealed));
    }
  }
}

for (const seats of [SEATS.slice(0, 2), SEATS])
  test(`${seats.length} agree, in whatever order things arrive`, async () => {
    const codes = new Set();
    for (let seed = 0; seed < 60; seed += 1) {
      const relay = new Relay({ random: chance(seed) });
      const people = call(seats);
      if (seed % 2) relay.seat(...people);
      else for (const person of people) relay.seat(person);
      await relay.run();
      await areTogether(people);
      codes.add(people[0].code);
      for (const person of people) assert.deepEqual([], person.aborted);
    }
    assert.equal(60, codes.size);
  });

test("reordered, doubled and lost messages only delay", async () => {
  for (let seed = 0; seed < 60; seed += 1) {
    const random = chance(seed);
    const late = [];
    const relay = new Relay({
      random,
      tamper: (from, to, bytes) => {
        const luck = random();
        if (luck < 0.2) return [];
        if (luck < 0.4) return [bytes, bytes];
        if (luck < 0.6) {
          late.push([from, to, bytes]);
          return [];
        }
        return [bytes];
      },
    });
    const people = call(seed % 2 ? SEATS : SEATS.slice(0, 2));
    relay.seat(...people);
    await relay.run();
    for (let tries = 0; tries < 40 && people.some(({ code }) => code === null); tries += 1) {
      for (const each of late.splice(0).toReversed()) relay.inject(...each);
      await relay.again();
    }
    await areTogether(people);
  }
});

test("what is said before the other has ears is said again", async () => {
  const relay = new Relay({ random: chance(1) });
  const [citizen, clerk] = call();
  const deaf = new Relay({ random: chance(1) });
  deaf.people = [citizen];
  await citizen.agreement.presence({ citizen: "citizen-1", clerk: "clerk-1" }); // its words are lost
  relay.seat(citizen, clerk);
  await relay.run();
  await areTogether([citizen, clerk]);
});

test("a third joins and leaves: fresh keys each time, and silence only when somebody left", async () => {
  const relay = new Relay({ random: chance(2) });
  const [citizen, clerk, guest] = call(SEATS);
  relay.seat(citizen, clerk);
  await relay.run();
  relay.seat(guest);
  await relay.run();
  await areTogether([citizen, clerk, guest]);
  assert.equal(0, citizen.holds);
  relay.leave("guest");
  relay.announce();
  await relay.run();
  await areTogether([citizen, clerk]);
  assert.deepEqual([1, 1], [citizen.holds, clerk.holds]);
  assert.equal(3, new Set(citizen.keys.map(({ code }) => code)).size);

  const before = new Keyring();
  await before.use(guest.keys.at(-1).media);
  const now = new Keyring();
  await now.use(clerk.keys.at(-1).media);
  const sealed = await new FrameSealer({ keyring: now, kind: "video" }).seal(FRAME);
  const opener = new FrameOpener({ keyring: before, kind: "video", from: "clerk" });
  assert.equal("keyless", await opener.open(sealed), "who left hears nothing more");
});

test("a new connection is a new agreement, and alone there is none", async () => {
  const relay = new Relay({ random: chance(3) });
  const [citizen, clerk] = call();
  relay.seat(citizen, clerk);
  await relay.run();
  for (let time = 2; time < 8; time += 1) {
    const back = new Person("citizen", `citizen-${time}`);
    relay.seat(back);
    await relay.run();
    await areTogether([back, clerk]);
    assert.deepEqual([], clerk.aborted);
  }
  relay.leave("citizen");
  relay.announce();
  await relay.run();
  assert.equal("alone", clerk.agreement.state);
  assert.equal(null, clerk.code);
});

test("dark and light again, for one side before the other", async () => {
  const relay = new Relay({ random: chance(4) });
  const [citizen, clerk] = call();
  relay.seat(citizen, clerk);
  await relay.run();
  await clerk.agreement.presence({ clerk: "clerk-1" });
  relay.announce();
  await relay.run();
  await areTogether([citizen, clerk]);
});

test("one disturbance heals, whatever was altered", async () => {
  for (const step of ["commit", "reveal", "share"])
    for (let seed = 0; seed < 8; seed += 1) {
      let altered = false;
      const relay = new Relay({
        random: chance(seed),
        tamper: (from, _to, bytes) => {
          if (altered || from !== "clerk" || stepOf(bytes) !== step) return [bytes];
          altered = true;
          const message = decodeMessage(bytes);
          const part = message.commitment ?? message.opening?.random ?? message.wrapped.citizen.sealed;
          part[0] ^= 1;
          return [encodeMessage(message)];
        },
      });
      const people = call(seed % 2 ? SEATS : SEATS.slice(0, 2));
      relay.seat(...people);
      await relay.run();
      for (let tries = 0; tries < 5; tries += 1) await relay.again();
      await areTogether(people);
      assert.ok(people.some(({ aborted }) => aborted.length > 0) || step === "commit");
    }
});

test("who is disturbed again and again gives up, and sends nothing", async () => {
  const relay = new Relay({
    random: chance(5),
    tamper: (_from, _to, bytes) => {
      const message = decodeMessage(bytes);
      if (message?.step !== "reveal") return [bytes];
      message.opening.random[0] ^= 1;
      return [encodeMessage(message)];
    },
  });
  const people = call();
  relay.seat(...people);
  await relay.run();
  for (const person of people) assert.equal(0, person.keys.length);
  assert.ok(people.some(({ failed }) => failed));
  for (const { aborted } of people) assert.ok(aborted.length <= Budget.FAILURES_IN_A_ROW + 1);
});

test("a relay cannot draw codes for ever", async () => {
  const budget = new Budget();
  const relay = new Relay({ random: chance(6) });
  const clerk = new Person("clerk", "clerk-1", { budget });
  relay.seat(new Person("citizen", "citizen-0"), clerk);
  for (let time = 1; time <= Budget.DRAWN + 5; time += 1) {
    relay.carried = 0;
    relay.seat(new Person("citizen", `citizen-${time}`));
    await relay.run();
  }
  assert.ok(clerk.failed);
  assert.ok(clerk.keys.length <= Budget.DRAWN + 1);
});

test("rubbish is ignored", async () => {
  const relay = new Relay({ random: chance(7) });
  const people = call();
  relay.seat(...people);
  const rubbish = [
    "",
    "{}",
    "null",
    "[]",
    '{"step":"constructor","set":"AAAAAAAAAAAAAAAAAAAAAA==","round":0}',
    '{"step":"commit","set":"AAAAAAAAAAAAAAAAAAAAAA==","round":-1}',
    '{"step":"reveal","set":"AAAAAAAAAAAAAAAAAAAAAA==","round":0}',
    `{"step":"commit","set":"AAAAAAAAAAAAAAAAAAAAAA==","round":0,"commitment":"${"A".repeat(5000)}"}`,
    "\u{fffd}",
  ];
  for (const text of rubbish)
    for (const from of ["clerk", "citizen", "guest", "echo", "nobody"])
      relay.inject(from, "citizen", Buffer.concat([Buffer.of(0), Buffer.from(text)]));
  relay.inject("clerk", "citizen", Uint8Array.of(0, 0xff, 0xfe));
  await relay.run();
  await areTogether(people);
  assert.equal(rubbish.length * 5 + 1, people[0].agreement.ignored);
});

test("messages survive their journey", async () => {
  const relay = new Relay({
    random: chance(8),
    tamper: (_from, _to, bytes) => {
      assert.deepEqual(bytes, encodeMessage(decodeMessage(bytes)));
      assert.ok(bytes.length < 700);
      return [bytes];
    },
  });
  relay.seat(...call(SEATS));
  await relay.run();
});

test("no two lists have the same bytes", () => {
  const lists = [[], [""], ["", ""], ["ab"], ["a", "b"], ["", "ab"], [listed("a", "b")], [listed("a"), listed("b")]];
  assert.equal(lists.length, new Set(lists.map((list) => Buffer.from(listed(...list)).toString("hex"))).size);
});

test("every state is reached from the first, and failing is the end", () => {
  const reached = new Set(["alone"]);
  for (const state of reached) for (const next of Object.values(STEPS[state])) reached.add(next);
  assert.deepEqual(new Set(Object.keys(STEPS)), reached);
  assert.deepEqual({}, STEPS.failed);
});
