/**
 * Asks again and again, one question at a time, slower while the office does not answer.
 *
 * `ask` is called; when it settles, the next call is planned `everyMs()` later. A failed ask doubles the pause from
 * one second up to fifteen, with some chance in it: a thousand phones that lost the office together must not
 * return together. The browser's `online` event, or the page coming to the front, asks at once.
 */

const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_MAX_MS = 15_000;

export class Watching {
  #timer = 0;
  #failures = 0;
  #running = false;
  #asking = false;
  #hurried = false;

  /**
   * @param {object} how
   * @param {() => Promise<void>} how.ask
   * @param {() => number} how.everyMs
   * @param {(failures: number) => void} how.onFailure
   */
  constructor({ ask, everyMs, onFailure }) {
    this.ask = ask;
    this.everyMs = everyMs;
    this.onFailure = onFailure;
  }

  start() {
    if (this.#running) {
      return;
    }
    this.#running = true;
    addEventListener("online", this.#atOnce);
    document.addEventListener("visibilitychange", this.#atOnce);
    this.#plan(0);
  }

  stop() {
    this.#running = false;
    clearTimeout(this.#timer);
    removeEventListener("online", this.#atOnce);
    document.removeEventListener("visibilitychange", this.#atOnce);
  }

  /** Forget the pause: the next answer is wanted now. */
  soon() {
    if (this.#asking) {
      this.#hurried = true;
    } else if (this.#running) {
      this.#plan(0);
    }
  }

  #atOnce = () => {
    if (!document.hidden) {
      this.soon();
    }
  };

  /** @param {number} pauseMs */
  #plan(pauseMs) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#turn(), pauseMs);
  }

  async #turn() {
    this.#asking = true;
    let pauseMs;
    try {
      await this.ask();
      this.#failures = 0;
      pauseMs = this.everyMs();
    } catch {
      const doubled = Math.min(BACKOFF_FIRST_MS * 2 ** this.#failures, BACKOFF_MAX_MS);
      pauseMs = doubled * (0.75 + Math.random() / 2);
      this.#failures += 1;
      this.onFailure(this.#failures);
    } finally {
      this.#asking = false;
    }
    if (this.#running) {
      this.#plan(this.#hurried ? 0 : pauseMs);
    }
    this.#hurried = false;
  }
}
