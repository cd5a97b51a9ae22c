/**
 * Interceptions of the key agreement, made at the relay between the real code of both sides.
 *
 *     node benchmarks/swapped_keys.mjs '{"attempts": 1000, "control": 60, "seed": 1}'
 *
 * prints one object as JSON: how many were tried, how many ended with different codes or no agreement at all, by kind;
 * and the control, in which nobody commits and codes have three digits, against an attacker who tries what fits.
 */

import { decodeMessage, encodeMessage } from "../chalicelib/web/static/js/call/agreement-messages.js";
import { Transcripts } from "../chalicelib/web/static/js/call/transcript.js";
import { Person, Relay, chance } from "../tests/keys/people.mjs";

const CONTROL_DIGITS = 3;
const GUESSES_MAX = 20_000;
const random = (length) => crypto.getRandomValues(new Uint8Array(length));
const transcripts = new Transcripts(crypto.subtle);

/** A message with one of its parts replaced; others as they are. */
function altered(bytes, step, change) {
  const message = decodeMessage(bytes);
  if (message?.step !== step) return [bytes];
  change(message);
  return [encodeMessage(message)];
}

const strangersKey = async () => transcripts.publicKey(await transcripts.newPair());

/** Two or three people who sit down, and a relay that tampers all the time. */
async function attempt({ luck, seats, tamper, presenceFor, before = async () => {} }) {
  const people = seats.map((seat) => new Person(seat, `${seat}-1`));
  const relay = new Relay({ random: luck, tamper, presenceFor });
  await before(people, relay);
  relay.seat(...people);
  await relay.run();
  await relay.again();
  return people;
}

/** The relay answers each side itself, in the name of all others, with agreements of its own. */
class Impostor {
  constructor(seats, options = {}) {
    this.presence = Object.fromEntries(seats.map((seat) => [seat, `${seat}-1`]));
    this.worlds = new Map(
      seats.map((victim) => [
        victim,
        seats.filter((seat) => seat !== victim).map((seat) => new Person(seat, `${seat}-1`, options)),
      ]),
    );
  }

  /** What `victim` said reaches nobody but the impostor; the answers are all that it hears. */
  async answer(relay, victim, bytes) {
    for (const mask of this.worlds.get(victim)) {
      if (mask.agreement.state === "alone") await this.say(relay, victim, mask, await mask.agreement.presence(this.presence));
      await this.say(relay, victim, mask, await mask.agreement.receive(victim, bytes));
    }
  }

  async say(relay, victim, mask, effects) {
    for (const bytes of mask.perform(effects)) {
      relay.inject(mask.seat, victim, bytes);
      for (const other of this.worlds.get(victim))
        if (other !== mask) await this.say(relay, victim, other, await other.agreement.receive(mask.seat, bytes));
    }
  }
}

/** Each kind makes one attempt and gives the people as they ended. */
const KINDS = {
  async "the relay answers both sides itself"({ luck, seats }) {
    const impostor = new Impostor(seats);
    const heard = new Set();
    let relay;
    return attempt({
      luck,
      seats,
      before: async (_, made) => (relay = made),
      tamper: async (from, to, bytes) => {
        // With three, each message is on two ways; the impostor needs it once.
        if (!heard.has(bytes)) await impostor.answer(relay, from, bytes);
        heard.add(bytes);
        return [];
      },
    });
  },
  async "another public key is revealed"({ luck, seats }) {
    const publicKey = await strangersKey();
    return attempt({ luck, seats, tamper: (_from, _to, bytes) => altered(bytes, "reveal", ({ opening }) => (opening.publicKey = publicKey)) });
  },
  async "another random number is revealed"({ luck, seats }) {
    const other = random(32);
    return attempt({ luck, seats, tamper: (_from, _to, bytes) => altered(bytes, "reveal", ({ opening }) => (opening.random = other)) });
  },
  async "another commitment is made"({ luck, seats }) {
    return attempt({ luck, seats, tamper: (_from, _to, bytes) => altered(bytes, "commit", (message) => (message.commitment = random(32))) });
  },
  async "commitment and opening are replaced on one way"({ luck, seats }) {
    const opening = { publicKey: await strangersKey(), random: random(32) };
    const presence = Object.fromEntries(seats.map((seat) => [seat, `${seat}-1`]));
    return attempt({
      luck,
      seats,
      tamper: async (from, _to, bytes) => {
        const message = decodeMessage(bytes);
        if (from !== "citizen" || message?.step === "share") return [bytes];
        if (message.step === "reveal") return [encodeMessage({ ...message, opening })];
        return [encodeMessage({ ...message, commitment: await transcripts.commitment(from, presence, message.round, opening) })];
      },
    });
  },
  async "two agreements are spliced"({ luck, seats }) {
    // The same seats and connections talk to an accomplice elsewhere; his parts are slipped in here.
    const elsewhere = seats.map((seat) => new Person(seat, `${seat}-1`));
    const parts = new Map();
    const other = new Relay({
      random: luck,
      tamper: (from, _to, bytes) => {
        parts.set(`${from} ${decodeMessage(bytes)?.step}`, bytes);
        return [bytes];
      },
    });
    other.seat(...elsewhere);
    await other.run();
    const steps = [["commit", "reveal", "share"], ["reveal"], ["share"], ["reveal", "share"]][Math.floor(luck() * 4)];
    return attempt({
      luck,
      seats,
      tamper: (from, _to, bytes) => {
        const step = decodeMessage(bytes)?.step;
        const spliced = steps.includes(step) && from === "clerk" ? parts.get(`${from} ${step}`) : null;
        return [spliced ?? bytes];
      },
    });
  },
  async "an old agreement is replayed"({ luck, seats }) {
    const old = [];
    const former = new Relay({
      random: luck,
      tamper: (from, to, bytes) => {
        old.push([from, to, bytes]);
        return [bytes];
      },
    });
    former.seat(...seats.map((seat) => new Person(seat, `${seat}-1`)));
    await former.run();
    let relay;
    return attempt({
      luck,
      seats,
      before: async (_, made) => (relay = made),
      tamper: (from, to) => {
        // In place of whatever is said now, everything that was said then.
        for (const [before, target, bytes] of old)
          if (before === from && target === to) relay.inject(before, target, bytes);
        return [];
      },
    });
  },
  async "one kind of message is dropped"({ luck, seats }) {
    const step = ["commit", "reveal", "share"][Math.floor(luck() * 3)];
    const victim = seats[Math.floor(luck() * seats.length)];
    return attempt({ luck, seats, tamper: (from, _to, bytes) => (from === victim && decodeMessage(bytes)?.step === step ? [] : [bytes]) });
  },
  async "everybody hears themselves"({ luck, seats }) {
    let relay;
    return attempt({
      luck,
      seats,
      before: async (_, made) => (relay = made),
      tamper: (from, to, bytes) => {
        relay.inject(to, from, bytes);
        return [];
      },
    });
  },
  async "other secrets are wrapped"({ luck, seats }) {
    return attempt({
      luck,
      seats,
      tamper: (_from, _to, bytes) =>
        altered(bytes, "share", ({ wrapped }) => {
          for (const each of Object.values(wrapped)) each.sealed = random(each.sealed.length);
        }),
    });
  },
  async "one side is told of other connections"({ luck, seats }) {
    const lies = [{ clerk: "clerk-2" }, { guest: "guest-9" }, { citizen: "citizen-2" }][Math.floor(luck() * 3)];
    return attempt({
      luck,
      seats,
      tamper: (_from, _to, bytes) => [bytes],
      presenceFor: (to, presence) => (to === "citizen" ? { ...presence, ...lies } : presence),
    });
  },
};

/** Whether the interception shows: different codes, or none on at least one side. */
const shows = (people) => people.some(({ code }) => code === null) || new Set(people.map(({ code }) => code)).size > 1;

/** The agreement without its defence: nothing binds, and the code is short enough to be tried out. */
class Unbound extends Transcripts {
  async commitment() {
    return new Uint8Array(32);
  }

  code(transcript) {
    return super.code(transcript, CONTROL_DIGITS);
  }
}

/** As short, but with the commitment: chance alone decides. */
class Bound extends Transcripts {
  code(transcript) {
    return super.code(transcript, CONTROL_DIGITS);
  }
}

/** A random number that makes both codes the same; drawn after both sides have revealed. */
class Grinder {
  constructor(computed) {
    this.transcripts = computed;
  }

  /** What both victims hear from the other's mask. */
  async openings(round, real) {
    const mine = { publicKey: await strangersKey(), random: random(32) };
    const target = await this.#code(round, { citizen: real.citizen, clerk: mine });
    for (let guess = 0; guess < GUESSES_MAX; guess += 1) {
      const other = { publicKey: mine.publicKey, random: random(32) };
      if ((await this.#code(round, { citizen: other, clerk: real.clerk })) === target)
        return { forCitizen: mine, forClerk: other };
    }
    return { forCitizen: mine, forClerk: mine };
  }

  async #code(round, openings) {
    const parts = ["citizen", "clerk"].map((seat) => ({
      seat,
      connection: `${seat}-1`,
      commitment: new Uint8Array(32),
      opening: openings[seat],
    }));
    return this.transcripts.code(await this.transcripts.transcript(round, parts));
  }
}

/** Grind without commitments; return whether the codes came out different. What is shared stays the relay's guess. */
async function control(luck) {
  const computed = new Unbound(crypto.subtle);
  const codes = {};
  /** The code is fixed when all have revealed, whatever follows. */
  const watching = (seat) =>
    new (class extends Unbound {
      async transcript(round, parts) {
        const transcript = await super.transcript(round, parts);
        codes[seat] = await this.code(transcript);
        return transcript;
      }
    })(crypto.subtle);
  const people = ["citizen", "clerk"].map((seat) => new Person(seat, `${seat}-1`, { transcripts: watching(seat) }));
  const grinder = new Grinder(computed);
  const revealed = {};
  const relay = new Relay({
    random: luck,
    tamper: async (from, to, bytes) => {
      const message = decodeMessage(bytes);
      if (message.step === "commit") return [bytes];
      if (message.step === "share") return [];
      revealed[from] = message.opening;
      if (!revealed[to]) return [];
      const { forCitizen, forClerk } = await grinder.openings(message.round, revealed);
      relay.inject("clerk", "citizen", encodeMessage({ ...message, opening: forCitizen }));
      relay.inject("citizen", "clerk", encodeMessage({ ...message, opening: forClerk }));
      return [];
    },
  });
  relay.seat(...people);
  await relay.run();
  return codes.citizen === undefined || codes.citizen !== codes.clerk;
}

/** The same impostor as above against codes of three digits, with commitments. */
async function shortened(luck) {
  const seats = ["citizen", "clerk"];
  const options = { transcripts: new Bound(crypto.subtle) };
  const people = seats.map((seat) => new Person(seat, `${seat}-1`, options));
  const impostor = new Impostor(seats, options);
  const relay = new Relay({
    random: luck,
    tamper: async (from, _to, bytes) => {
      await impostor.answer(relay, from, bytes);
      return [];
    },
  });
  relay.seat(...people);
  await relay.run();
  return shows(people);
}

async function main({ attempts = 1000, control: controls = 60, seed = 1 }) {
  const luck = chance(seed);
  const [impostor, ...others] = Object.keys(KINDS);
  const names = [impostor, ...others];
  const kinds = Object.fromEntries(names.map((name) => [name, { attempts: 0, detected: 0, codes_differ: 0 }]));
  for (let number = 0; number < attempts; number += 1) {
    // Half of them are the only kind that gets as far as a code; the others break off before.
    const name = number % 2 ? others[Math.floor(number / 2) % others.length] : impostor;
    const seats = Math.floor(number / names.length) % 3 === 2 ? ["citizen", "clerk", "guest"] : ["citizen", "clerk"];
    const people = await KINDS[name]({ luck, seats });
    kinds[name].attempts += 1;
    kinds[name].detected += shows(people) ? 1 : 0;
    kinds[name].codes_differ += new Set(people.map(({ code }) => code)).size > 1 && people.every(({ code }) => code) ? 1 : 0;
  }
  let detected = 0;
  let detectedShort = 0;
  for (let number = 0; number < controls; number += 1) {
    detected += (await control(luck)) ? 1 : 0;
    detectedShort += (await shortened(luck)) ? 1 : 0;
  }
  const sum = (what) => Object.values(kinds).reduce((total, kind) => total + kind[what], 0);
  return {
    attempts: sum("attempts"),
    detected: sum("detected"),
    kinds,
    control: { attempts: controls, detected, digits: CONTROL_DIGITS, detected_with_commitment: detectedShort },
  };
}

console.log(JSON.stringify(await main(JSON.parse(process.argv[2] ?? "{}"))));
