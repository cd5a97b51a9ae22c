// @ts-check
/** Looks at the connection that stands: is the worker lost, does the other person arrive, what does the line carry? */

import { Sending, heardOf, limit } from "./sending.js";
import { Silence } from "./silence.js";
import { currentOf } from "./statistics.js";

/** @typedef {import("./attempt.js").Attempt} Attempt */

const EVERY_MS = 300;
/** How often what we send is fitted to the line. */
const SENDING_EVERY_MS = 2000;

export class Watch {
  /** Whether anything of the other participant arrives. */
  flowing = false;
  /** @type {() => Attempt | null} */ #standing;
  /** @type {() => void} */ #lost;
  /** @type {(flowing: boolean) => void} */ #flow;
  /** @type {ReturnType<typeof setInterval> | null} */ #timer = null;
  #silence = new Silence();
  #sending = new Sending();
  #lookedAt = 0;
  #fittedAt = -Infinity;

  /**
   * @param {object} of
   * @param {() => Attempt | null} of.standing the connection to look at; null while none stands
   * @param {() => void} of.lost called when the worker has been silent for too long
   * @param {(flowing: boolean) => void} of.flow called whenever `flowing` changes
   */
  constructor({ standing, lost, flow }) {
    this.#standing = standing;
    this.#lost = lost;
    this.#flow = flow;
  }

  get isOn() {
    return this.#timer !== null;
  }

  start() {
    this.#lookedAt = performance.now();
    this.#timer = setInterval(() => void this.#look(), EVERY_MS);
  }

  stop() {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** A new connection stands: silence is counted anew, and it begins with what the line carried. @param {Attempt} attempt */
  turnTo(attempt) {
    this.#silence = new Silence();
    void limit(attempt.senders, this.#sending.rung);
  }

  async #look() {
    const now = performance.now();
    // A page that slept wakes with one long gap: count it as one look, not as silence.
    const elapsed = Math.min(now - this.#lookedAt, 2 * EVERY_MS);
    this.#lookedAt = now;
    const attempt = this.#standing();
    if (!attempt) return;
    const report = await attempt.peer.getStats();
    if (attempt !== this.#standing()) return;
    const { lost, flowing } = this.#silence.look(currentOf(report), elapsed);
    if (flowing !== this.flowing) {
      this.flowing = flowing;
      this.#flow(flowing);
    }
    if (lost) this.#lost();
    else if (now - this.#fittedAt >= SENDING_EVERY_MS) {
      this.#fittedAt = now;
      if (this.#sending.look(heardOf(report))) void limit(attempt.senders, this.#sending.rung);
    }
  }
}
