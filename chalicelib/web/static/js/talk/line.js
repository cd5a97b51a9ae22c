/**
 * The line of words through a whole call, over whichever connection stands.
 *
 * Events: `said` (detail: {from: Seat, words: Words}), `open` (keys stand: what was said before them may be lost).
 *
 * @import {CallConnection} from "../call/connection.js"
 * @import {Words} from "./words.js"
 */

import { decode, encode } from "./words.js";

export class Line extends EventTarget {
  /** @type {CallConnection | null} */
  #connection = null;

  /** @type {AbortController | null} */
  #listening = null;

  /** Speak over another connection from now on, or over none. @param {CallConnection | null} connection */
  over(connection) {
    this.#listening?.abort();
    this.#connection = connection;
    this.#listening = connection && new AbortController();
    if (!connection || !this.#listening) {
      return;
    }
    const { signal } = this.#listening;
    connection.addEventListener("message", (event) => this.#hear(/** @type {CustomEvent} */ (event).detail), { signal });
    connection.addEventListener("privacy", () => this.#look(), { signal });
    this.#look();
  }

  /**
   * @param {Words} words
   * @param {{atOnce?: boolean}} [how]  `atOnce`: not behind what was lost before; it may overtake other words
   * @returns {Promise<boolean>} false, and nothing went out, while no keys stand
   */
  async say(words, how) {
    return (await this.#connection?.send(encode(words), how)) ?? false;
  }

  /** The office knows something new: whoever is in the call asks it now. */
  nudge() {
    void this.say({ type: "changed" });
  }

  /** Whether what is said now reaches the others. */
  get open() {
    const privacy = this.#connection?.privacy ?? null;
    return privacy !== null && privacy !== "failed";
  }

  #look() {
    if (this.open) {
      this.dispatchEvent(new Event("open"));
    }
  }

  /** @param {{from: import("../call/connection.js").Seat, message: import("../call/bytes.js").Bytes}} heard */
  #hear({ from, message }) {
    const words = decode(message);
    if (words) {
      this.dispatchEvent(new CustomEvent("said", { detail: { from, words } }));
    }
  }
}
