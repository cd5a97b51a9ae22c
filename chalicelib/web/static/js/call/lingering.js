// @ts-check
/** Connections that we left but go on sending over for a moment: the other side may still be looking at them. */

/** @typedef {import("./attempt.js").Attempt} Attempt */

const LINGER_MS = 1500;

export class Lingering {
  /** @type {Set<Attempt>} */ #attempts = new Set();

  /** @returns {Attempt[]} */
  get all() {
    return [...this.#attempts];
  }

  /** @param {Attempt} attempt */
  has(attempt) {
    return this.#attempts.has(attempt);
  }

  /** @param {Attempt} attempt */
  keep(attempt) {
    this.#attempts.add(attempt);
    setTimeout(() => {
      if (this.#attempts.delete(attempt)) attempt.close();
    }, LINGER_MS);
  }

  /** End them all now. */
  end() {
    for (const attempt of this.#attempts) attempt.close();
    this.#attempts.clear();
  }
}
