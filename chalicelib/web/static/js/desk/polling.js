/** Asking again and again: one question at a time, sooner when woken. */

export class Poll {
  #wake = () => {};
  #again = false;

  /** @param {() => Promise<void>} ask must not reject @param {() => number} pauseMs asked after each answer */
  constructor(ask, pauseMs) {
    this.ask = ask;
    this.pauseMs = pauseMs;
  }

  /** Run until the page goes. */
  async run() {
    for (;;) {
      this.#again = false;
      await this.ask();
      if (this.#again) continue;
      await /** @type {Promise<void>} */ (new Promise((resolve) => {
        const timer = setTimeout(resolve, this.pauseMs());
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      }));
    }
  }

  /** Ask now; if a question is on its way, once more after it: its answer may already be old. */
  now() {
    this.#again = true;
    this.#wake();
  }
}
