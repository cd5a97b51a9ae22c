/** People of a call, and the relay between them: honest, slow, or up to something. Chance is a seed. */

import { Agreement } from "../../chalicelib/web/static/js/call/agreement.js";

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One participant: the real agreement, and what came of it. */
export class Person {
  keys = [];
  aborted = [];
  holds = 0;
  failed = false;

  constructor(seat, connection, options = {}) {
    this.seat = seat;
    this.connection = connection;
    this.agreement = new Agreement({ seat, ...options });
  }

  /** The code on the screen, or null while there is none for those who are there now. */
  get code() {
    return this.agreement.state === "ready" ? this.keys.at(-1).code : null;
  }

  /** Note what should happen; return what is to be sent. */
  perform(effects) {
    const sent = [];
    for (const effect of effects) {
      if (effect.type === "send") sent.push(effect.bytes);
      else if (effect.type === "keys") this.keys.push(effect.keys);
      else if (effect.type === "aborted") this.aborted.push(effect.reason);
      else if (effect.type === "hold") this.holds += 1;
      else this.failed = true;
    }
    return sent;
  }
}

/**
 * Carries messages in the order of each sender, and news of who is there, at any pace.
 * `tamper(from, to, bytes)` gives what arrives instead; `presenceFor(to, presence)` what is told.
 */
export class Relay {
  people = [];
  carried = 0;
  #ways = new Map();

  constructor({ random, tamper = (_from, _to, bytes) => [bytes], presenceFor = (_to, presence) => presence }) {
    this.random = random;
    this.tamper = tamper;
    this.presenceFor = presenceFor;
  }

  seat(...people) {
    for (const person of people) {
      this.leave(person.seat);
      this.people.push(person);
    }
    this.announce();
  }

  leave(seat) {
    this.people = this.people.filter((person) => person.seat !== seat);
    for (const way of [...this.#ways.keys()]) if (way.split(">").includes(seat)) this.#ways.delete(way);
  }

  announce() {
    const presence = Object.fromEntries(this.people.map(({ seat, connection }) => [seat, connection]));
    for (const person of this.people) {
      const told = this.presenceFor(person.seat, presence);
      this.#way(`office>${person.seat}`).push(async () => person.agreement.presence(told));
    }
  }

  /** Put bytes on the way from one seat to another, past `tamper`. */
  inject(from, to, bytes) {
    const person = this.people.find(({ seat }) => seat === to);
    if (person) this.#way(`${from}>${to}`).push(async () => person.agreement.receive(from, bytes));
  }

  #way(name) {
    if (!this.#ways.has(name)) this.#ways.set(name, []);
    return this.#ways.get(name);
  }

  async send(person, sent) {
    for (const bytes of sent)
      for (const { seat } of this.people.filter((other) => other !== person))
        for (const instead of await this.tamper(person.seat, seat, bytes)) this.inject(person.seat, seat, instead);
  }

  /** Carry everything there is, whichever way comes next. */
  async run() {
    for (;;) {
      const waiting = [...this.#ways].filter(([, things]) => things.length > 0);
      if (waiting.length === 0) return;
      const [name, things] = waiting[Math.floor(this.random() * waiting.length)];
      const person = this.people.find(({ seat }) => seat === name.split(">")[1]);
      const deliver = things.shift();
      this.carried += 1;
      if (this.carried > 5000) throw new Error("they never stop talking");
      const sent = person.perform(await deliver());
      await this.send(person, sent);
    }
  }

  /** Everybody without keys says it again, and everything is carried. */
  async again() {
    for (const person of this.people)
      if (person.code === null) await this.send(person, person.perform(await person.agreement.again()));
    await this.run();
  }
}
