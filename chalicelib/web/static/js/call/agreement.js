// @ts-check
/**
 * How the browsers of a call agree on keys that the relay between them cannot know.
 *
 * All commit to a fresh public key, then reveal it, then share the secret that they will send with, wrapped for each
 * other. Who stands between them and wants the same spoken code on both sides must have committed before it could
 * know what would fit. Nothing here sends, waits or asks the time: each call returns what should happen.
 */

import { Budget, STEPS } from "./agreement-steps.js";
import { ROUND_MAX, decodeMessage, encodeMessage } from "./agreement-messages.js";
import { Round } from "./round.js";
import { SPEAKERS, Transcripts, seatsOf } from "./transcript.js";
import { base64 } from "./bytes.js";

/** @typedef {import("./agreement-messages.js").AgreementMessage} AgreementMessage */
/** @typedef {import("./agreement-steps.js").AbortReason} AbortReason */
/** @typedef {import("./agreement-steps.js").Event} Event */
/** @typedef {import("./agreement-steps.js").State} State */
/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./round.js").AgreedKeys} AgreedKeys */
/** @typedef {import("./transcript.js").Presence} Presence */
/** @typedef {import("./transcript.js").Speaker} Speaker */

/**
 * What should happen: `send` to all others; `keys` stand; `hold` back all sending, for somebody has left; an agreement
 * was `aborted` and begins anew; or it `failed` for good.
 * @typedef {{ type: "send", bytes: Bytes } | { type: "keys", keys: AgreedKeys } | { type: "hold" }
 *   | { type: "aborted", reason: AbortReason } | { type: "failed" }} Effect
 */

const EARLY_MAX = 32;
const SETS_REMEMBERED = 16;
/** In one round, so that two who are done do not remind each other for ever. */
const REMINDERS_MAX = 3;
const CONNECTION_ID = /^[\x21-\x7e]{1,64}$/;

/** One seat's side of all agreements of one connection. */
export class Agreement {
  /** Messages that were malformed, out of place or nobody's. */
  ignored = 0;
  #own;
  #budget;
  #transcripts;
  #random;
  /** @type {State} */ #state = "alone";
  /** @type {Presence} */ #presence = {};
  #set = "";
  /** @type {Round | null} */ #round = null;
  /** @type {Map<string, number>} */ #begun = new Map();
  /** @type {{ sender: Speaker, message: AgreementMessage }[]} */ #early = [];
  /** @type {Speaker[]} */ #agreed = [];
  /** @type {Effect[]} */ #effects = [];
  #progress = 0;
  /** @type {Promise<unknown>} */ #turn = Promise.resolve();

  /**
   * @param {object} options
   * @param {Speaker} options.seat our own
   * @param {Budget} [options.budget]
   * @param {Transcripts} [options.transcripts]
   * @param {(length: number) => Bytes} [options.random]
   */
  constructor({ seat, budget = new Budget(), transcripts = new Transcripts(crypto.subtle), random = randomBytes }) {
    this.#own = seat;
    this.#budget = budget;
    this.#transcripts = transcripts;
    this.#random = random;
  }

  get state() {
    return this.#state;
  }

  /**
   * The relay says who is in the light, ourselves included. The same news twice changes nothing.
   * @param {Presence} presence
   * @returns {Promise<Effect[]>}
   */
  presence(presence) {
    return this.#inTurn(() => this.#gather(presence));
  }

  /**
   * @param {string} sender the seat that the relay names
   * @param {Uint8Array} payload from its first byte, 0x00
   * @returns {Promise<Effect[]>}
   */
  receive(sender, payload) {
    return this.#inTurn(async () => {
      const speaker = SPEAKERS.find((seat) => seat === sender && seat !== this.#own);
      const message = decodeMessage(payload);
      if (speaker && message) await this.#take(speaker, message);
      else this.ignored += 1;
    });
  }

  /**
   * Say everything of this round again: to be called now and then while no keys stand, for the relay may drop.
   * @returns {Promise<Effect[]>}
   */
  again() {
    return this.#inTurn(async () => this.#repeat());
  }

  /**
   * One call after the other, although each waits for cryptography.
   * @param {() => Promise<void>} act
   */
  #inTurn(act) {
    const done = this.#turn.then(async () => {
      this.#effects = [];
      await act();
      // What came too early may fit now.
      for (let seen = -1; seen !== this.#progress;) {
        seen = this.#progress;
        for (const { sender, message } of this.#early.splice(0)) await this.#take(sender, message);
      }
      return this.#effects;
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  /** @param {Event} event */
  #step(event) {
    const following = STEPS[this.#state][event];
    if (following === undefined) return false;
    this.#state = following;
    this.#progress += 1;
    return true;
  }

  /** @param {Presence} presence */
  async #gather(presence) {
    const named = seatsOf(presence).filter((seat) => CONNECTION_ID.test(presence[seat] ?? ""));
    const present = Object.fromEntries(named.map((seat) => [seat, presence[seat]]));
    if (JSON.stringify(present) === JSON.stringify(this.#presence)) return;
    this.#presence = present;
    // Whoever left must not hear on; whoever only joins changes nothing until new keys stand.
    if (this.#agreed.some((seat) => present[seat] === undefined)) {
      this.#agreed = [];
      this.#effects.push({ type: "hold" });
    }
    this.#giveUp();
    if (present[this.#own] === undefined || named.length < 2) {
      this.#set = "";
      this.#step("parted");
      return;
    }
    this.#set = base64(await this.#transcripts.setName(present));
    const before = this.#begun.get(this.#set);
    await this.#begin("gathered", before === undefined ? 0 : before + 1);
  }

  /** Leave the round; if we had revealed our part, it counts. */
  #giveUp() {
    if (this.#state === "revealing" || this.#state === "sharing") this.#budget.failed();
    this.#round = null;
  }

  /**
   * @param {"gathered" | "broken"} event
   * @param {number} number
   */
  async #begin(event, number) {
    if (this.#budget.isSpent || number > ROUND_MAX) {
      this.#round = null;
      if (this.#step("exhausted")) this.#effects.push({ type: "hold" }, { type: "failed" });
      return;
    }
    if (!this.#step(event)) return;
    this.#begun.delete(this.#set);
    this.#begun.set(this.#set, number);
    for (const set of this.#begun.keys()) if (this.#begun.size > SETS_REMEMBERED) this.#begun.delete(set);
    this.#round = await Round.begin({
      own: this.#own,
      presence: this.#presence,
      set: this.#set,
      number,
      transcripts: this.#transcripts,
      random: this.#random,
    });
    this.#say(this.#round.commit());
  }

  /** @param {AgreementMessage} message */
  #say(message) {
    const bytes = encodeMessage(message);
    this.#round?.said.push(bytes);
    this.#effects.push({ type: "send", bytes });
  }

  #repeat() {
    for (const bytes of this.#round?.said ?? []) this.#effects.push({ type: "send", bytes });
  }

  /**
   * @param {Speaker} sender
   * @param {AgreementMessage} message
   */
  #keep(sender, message) {
    this.#early.push({ sender, message });
    if (this.#early.length > EARLY_MAX) this.#early.shift();
  }

  /**
   * @param {Speaker} sender
   * @param {AgreementMessage} message
   */
  async #take(sender, message) {
    // News of who is there come by another channel, perhaps later.
    if (!this.#round || message.set !== this.#set) return this.#keep(sender, message);
    if (this.#presence[sender] === undefined) {
      this.ignored += 1;
      return undefined;
    }
    if (message.round < this.#round.number) {
      this.ignored += 1;
      // The other is behind: our newer commitment leads it on.
      return this.#remind(this.#round, message.step);
    }
    if (message.round > this.#round.number) {
      if (message.step !== "commit") return this.#keep(sender, message);
      this.#giveUp();
      await this.#begin("broken", message.round);
    }
    const round = this.#round;
    if (!round) return undefined;
    if (!this.#isDue(round, sender, message.step)) return this.#keep(sender, message);
    const verdict = await this.#hear(round, sender, message);
    // Said again though we know it: it lacks something of ours, and when we are done we say nothing by ourselves.
    if (verdict === "known") return this.#state === "ready" ? this.#remind(round, message.step) : undefined;
    if (verdict !== "new") return this.#abort(verdict);
    this.#progress += 1;
    // Who commits only now may have joined only now, and not have heard us.
    if (message.step === "commit") this.#repeat();
    return this.#goOn(round);
  }

  /**
   * @param {Round} round
   * @param {Speaker} sender
   * @param {AgreementMessage["step"]} step
   */
  #isDue(round, sender, step) {
    if (step === "reveal") return round.hasCommitted(sender);
    return step === "commit" || this.#state === "sharing" || this.#state === "ready";
  }

  /**
   * @param {Round} round
   * @param {Speaker} sender
   * @param {AgreementMessage} message
   */
  #hear(round, sender, message) {
    if (message.step === "commit") return round.hearCommit(sender, message.commitment);
    if (message.step === "reveal") return round.hearReveal(sender, message.opening);
    return round.hearShare(sender, message.wrapped[this.#own]);
  }

  /**
   * Say ours again to one who seems not to have heard it.
   * @param {Round} round
   * @param {AgreementMessage["step"]} step
   */
  #remind(round, step) {
    if (step !== "commit" || round.reminded >= REMINDERS_MAX) return;
    round.reminded += 1;
    this.#repeat();
  }

  /** @param {Round} round */
  async #goOn(round) {
    if (round.allCommitted && this.#step("committed")) {
      this.#budget.drawn();
      this.#say(round.reveal());
    }
    if (round.allRevealed && this.#step("revealed")) this.#say(await round.share());
    if (round.allShared && this.#step("shared")) {
      this.#budget.succeeded();
      const keys = await round.keys();
      this.#agreed = keys.seats;
      this.#effects.push({ type: "keys", keys });
    }
  }

  /** @param {AbortReason} reason */
  async #abort(reason) {
    const number = this.#round?.number ?? 0;
    this.#effects.push({ type: "aborted", reason });
    this.#round = null;
    this.#budget.failed();
    await this.#begin("broken", number + 1);
  }
}

/** @param {number} length */
const randomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));
