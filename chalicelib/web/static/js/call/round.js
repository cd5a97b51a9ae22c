// @ts-check
/** One attempt of one set of connections to agree: what was said and heard, and whether it fits together. */

import { HASH_BYTES, IV_BYTES, RANDOM_BYTES, SECRET_BYTES, Transcripts, seatsOf } from "./transcript.js";
import { same } from "./bytes.js";

/** @typedef {import("./agreement-messages.js").Commit} Commit */
/** @typedef {import("./agreement-messages.js").Reveal} Reveal */
/** @typedef {import("./agreement-messages.js").Share} Share */
/** @typedef {import("./agreement-steps.js").AbortReason} AbortReason */
/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./keyring.js").EpochKeys} EpochKeys */
/** @typedef {import("./transcript.js").Opening} Opening */
/** @typedef {import("./transcript.js").Presence} Presence */
/** @typedef {import("./transcript.js").Speaker} Speaker */
/** @typedef {import("./transcript.js").Wrapped} Wrapped */

/**
 * @typedef {object} Circumstances
 * @property {Speaker} own
 * @property {Presence} presence
 * @property {string} set the name of these connections
 * @property {number} number how often they began anew
 * @property {Transcripts} transcripts
 * @property {(length: number) => Bytes} random
 */

/**
 * @typedef {object} AgreedKeys
 * @property {number} epoch
 * @property {string} code to be compared aloud, such as "48 31 72 05"
 * @property {Speaker[]} seats who takes part
 * @property {EpochKeys} media
 * @property {EpochKeys} messages
 */

/** Verdicts: what was heard was `new`, was `known` already, or breaks the agreement for the reason named. */
export class Round {
  /** @type {Bytes[]} */ said = [];
  reminded = 0;
  #at;
  #seats;
  #pair;
  /** @type {Map<Speaker, Bytes>} */ #commitments = new Map();
  /** @type {Map<Speaker, Opening>} */ #openings = new Map();
  /** @type {Map<Speaker, Bytes>} */ #shared = new Map();
  /** @type {Map<Speaker, Bytes>} */ #secrets = new Map();
  /** @type {Bytes} */ #transcript = new Uint8Array(HASH_BYTES);

  /**
   * @param {Circumstances} circumstances
   * @param {CryptoKeyPair} pair
   */
  constructor(circumstances, pair) {
    this.#at = circumstances;
    this.#seats = seatsOf(circumstances.presence);
    this.#pair = pair;
  }

  /**
   * Begin with a fresh pair and fresh chance.
   * @param {Circumstances} circumstances
   */
  static async begin(circumstances) {
    const { own, presence, number, transcripts, random } = circumstances;
    const pair = await transcripts.newPair();
    const round = new Round(circumstances, pair);
    const opening = { publicKey: await transcripts.publicKey(pair), random: random(RANDOM_BYTES) };
    round.#openings.set(own, opening);
    round.#commitments.set(own, await transcripts.commitment(own, presence, number, opening));
    return round;
  }

  get number() {
    return this.#at.number;
  }

  get allCommitted() {
    return this.#commitments.size === this.#seats.length;
  }

  get allRevealed() {
    return this.#openings.size === this.#seats.length;
  }

  get allShared() {
    return this.#secrets.size === this.#seats.length;
  }

  /** @param {Speaker} sender */
  hasCommitted(sender) {
    return this.#commitments.has(sender);
  }

  get #place() {
    return { set: this.#at.set, round: this.#at.number };
  }

  /** @returns {Commit} */
  commit() {
    return { ...this.#place, step: "commit", commitment: this.#held(this.#commitments, this.#at.own) };
  }

  /** @returns {Reveal} */
  reveal() {
    return { ...this.#place, step: "reveal", opening: this.#held(this.#openings, this.#at.own) };
  }

  /**
   * Close the transcript, and wrap a fresh secret of ours for each of the others.
   * @returns {Promise<Share>}
   */
  async share() {
    const { own, presence, number, transcripts, random } = this.#at;
    const parts = this.#seats.map((seat) => ({
      seat,
      connection: presence[seat] ?? "",
      commitment: this.#held(this.#commitments, seat),
      opening: this.#held(this.#openings, seat),
    }));
    this.#transcript = await transcripts.transcript(number, parts);
    const secret = random(SECRET_BYTES);
    this.#secrets.set(own, secret);
    /** @type {Share["wrapped"]} */
    const wrapped = {};
    for (const [receiver, shared] of this.#shared) {
      const way = { sender: own, receiver, transcript: this.#transcript, shared };
      wrapped[receiver] = await transcripts.wrap(secret, way, random(IV_BYTES));
    }
    return { ...this.#place, step: "share", wrapped };
  }

  /**
   * @param {Speaker} sender
   * @param {Bytes} commitment
   * @returns {"new" | "known" | AbortReason}
   */
  hearCommit(sender, commitment) {
    const known = this.#commitments.get(sender);
    if (known) return same(known, commitment) ? "known" : "second-commit";
    this.#commitments.set(sender, commitment);
    return "new";
  }

  /**
   * @param {Speaker} sender who has committed
   * @param {Opening} opening
   * @returns {Promise<"new" | "known" | AbortReason>}
   */
  async hearReveal(sender, opening) {
    const { presence, number, transcripts } = this.#at;
    const known = this.#openings.get(sender);
    if (known) {
      const repeated = same(known.publicKey, opening.publicKey) && same(known.random, opening.random);
      return repeated ? "known" : "second-reveal";
    }
    const fitting = await transcripts.commitment(sender, presence, number, opening);
    if (!same(fitting, this.#held(this.#commitments, sender))) return "unfit-reveal";
    try {
      this.#shared.set(sender, await transcripts.shared(this.#pair, opening.publicKey));
    } catch {
      return "bad-key";
    }
    this.#openings.set(sender, opening);
    return "new";
  }

  /**
   * @param {Speaker} sender
   * @param {Wrapped | undefined} wrapped what it shared with us; only after `share`
   * @returns {Promise<"new" | "known" | AbortReason>}
   */
  async hearShare(sender, wrapped) {
    if (this.#secrets.has(sender)) return "known";
    if (!wrapped) return "bad-secret";
    const shared = this.#held(this.#shared, sender);
    const way = { sender, receiver: this.#at.own, transcript: this.#transcript, shared };
    try {
      this.#secrets.set(sender, await this.#at.transcripts.unwrap(wrapped, way));
      return "new";
    } catch {
      return "bad-secret";
    }
  }

  /**
   * What all have agreed on. The secrets themselves are forgotten.
   * @returns {Promise<AgreedKeys>}
   */
  async keys() {
    const { own, transcripts } = this.#at;
    const [epoch, code] = await Promise.all([
      transcripts.epoch(this.#transcript),
      transcripts.code(this.#transcript),
    ]);
    /** @param {"media" | "messages"} use */
    const keysFor = async (use) => {
      const entries = [...this.#secrets].map(async ([seat, secret]) => [seat, await transcripts.baseKey(secret, use)]);
      return { epoch, own, secrets: Object.fromEntries(await Promise.all(entries)) };
    };
    const [media, messages] = await Promise.all([keysFor("media"), keysFor("messages")]);
    for (const secret of [...this.#secrets.values(), ...this.#shared.values()]) secret.fill(0);
    return { epoch, code, seats: this.#seats, media, messages };
  }

  /**
   * @template Value
   * @param {ReadonlyMap<Speaker, Value>} map
   * @param {Speaker} seat who is in it
   * @returns {Value}
   */
  #held(map, seat) {
    const value = map.get(seat);
    if (value === undefined) throw new Error(`the ${seat} has not got so far`);
    return value;
  }
}
