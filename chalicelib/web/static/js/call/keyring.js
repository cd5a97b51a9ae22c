// @ts-check
/** Which keys are in use: those of this epoch and the former, one a seat, and which counters were seen. */

import { deriveKey } from "./sframe.js";

/** @typedef {"citizen" | "clerk" | "guest" | "echo"} Seat */
/** @typedef {import("./sframe.js").FrameKey} FrameKey */

/**
 * @typedef {object} EpochKeys the secrets of one agreement; they can be handed to a worker
 * @property {number} epoch from 0 to 2^22 - 1
 * @property {Seat} own
 * @property {Partial<Record<Seat, CryptoKey>>} secrets base keys (SFrame) of what each seat sends, our own too
 */

/** Two bits of the key identifier name the seat. */
export const SEAT_CODES = /** @type {const} */ ({ echo: 0, citizen: 1, clerk: 2, guest: 3 });
const SEATS = /** @type {Seat[]} */ (Object.keys(SEAT_CODES));

/** The browsers' own count of an agreement has this many bits, so that a key identifier fits three bytes. */
export const EPOCH_BITS = 22;
/** So many counters behind the newest one are told apart; at 80 frames a second these are 12 seconds. */
const WINDOW = 1024;

/**
 * @param {number} epoch
 * @param {Seat} seat
 */
export const kidOf = (epoch, seat) => epoch * 4 + SEAT_CODES[seat];

/**
 * @param {number} kid
 * @returns {Seat}
 */
export const seatOf = (kid) => /** @type {Seat} */ (SEATS.find((seat) => SEAT_CODES[seat] === kid % 4));

/** Refuses what was seen before. Counters may come out of order, but not `WINDOW` behind the newest. */
export class ReplayWindow {
  #newest = -1;
  /** @type {Set<number>} */ #seen = new Set();

  /** Whether nothing was noted yet. */
  get isNew() {
    return this.#newest < 0;
  }

  /** @param {number} counter */
  isFresh(counter) {
    return counter > this.#newest - WINDOW && !this.#seen.has(counter);
  }

  /**
   * Only after it was authenticated: else a forger could close the window.
   * @param {number} counter
   * @returns {boolean} false if it was seen before
   */
  note(counter) {
    if (!this.isFresh(counter)) return false;
    this.#seen.add(counter);
    if (counter > this.#newest) {
      this.#newest = counter;
      if (this.#seen.size > 2 * WINDOW)
        this.#seen = new Set([...this.#seen].filter((each) => each > counter - WINDOW));
    }
    return true;
  }
}

/** The keys that one participant sends and receives with. */
export class Keyring {
  #epoch = -1;
  /** @type {FrameKey | null} */ #sending = null;
  /** Shared by everything that is sent under one key: voice and picture must never meet at one counter. */
  #counter = 0;
  /** @type {Map<number, FrameKey>} */ #current = new Map();
  /** @type {Map<number, FrameKey>} */ #former = new Map();

  /**
   * Begin an epoch. The keys of the epoch before last are forgotten. Await one call before the next.
   * @param {EpochKeys} keys
   */
  async use({ epoch, own, secrets }) {
    // Told twice, it must not count from zero again: a counter met twice under one key opens both frames.
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    const entries = Object.entries(secrets);
    const derived = await Promise.all(
      entries.map(([seat, secret]) => {
        const usage = seat === own ? "encrypt" : "decrypt";
        // An echo hears itself.
        const usages = own === "echo" ? /** @type {const} */ (["encrypt", "decrypt"]) : /** @type {const} */ ([usage]);
        return deriveKey(kidOf(epoch, /** @type {Seat} */ (seat)), secret, usages);
      }),
    );
    this.#former = this.#current;
    this.#current = new Map(derived.filter(({ key }) => key.usages.includes("decrypt")).map((key) => [key.kid, key]));
    this.#sending = derived.find(({ key }) => key.usages.includes("encrypt")) ?? null;
    this.#counter = 0;
  }

  /** Send nothing until the next epoch; what others still send can be read. */
  hold() {
    this.#sending = null;
  }

  /**
   * The key to send with and a counter that nobody else gets, or null while there is none.
   * @returns {{ key: FrameKey, counter: number } | null}
   */
  next() {
    return this.#sending && { key: this.#sending, counter: this.#counter++ };
  }

  /**
   * @param {number} kid
   * @returns {FrameKey | null}
   */
  find(kid) {
    return this.#current.get(kid) ?? this.#former.get(kid) ?? null;
  }
}
