// @ts-check
/** A pause between two tries that can be cut short: the network is back, or nobody waits any more. */

export class Pause {
  /** @type {(() => void) | null} */ #wake = null;

  /** @param {number} milliseconds @returns {Promise<void>} */
  wait(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Go on at once. */
  cut() {
    this.#wake?.();
  }
}
