// @ts-check
/** The states of a key agreement, what can happen, and how often it may be tried. */

/** @typedef {"alone" | "committing" | "revealing" | "sharing" | "ready" | "failed"} State */
/** @typedef {"gathered" | "parted" | "committed" | "revealed" | "shared" | "broken" | "exhausted"} Event */
/** @typedef {"second-commit" | "second-reveal" | "unfit-reveal" | "bad-key" | "bad-secret"} AbortReason */

/**
 * Which state follows which event; what is not listed changes nothing.
 * @type {Record<State, Partial<Record<Event, State>>>}
 */
export const STEPS = {
  alone: { gathered: "committing", exhausted: "failed" },
  committing: {
    gathered: "committing",
    parted: "alone",
    committed: "revealing",
    broken: "committing",
    exhausted: "failed",
  },
  revealing: {
    gathered: "committing",
    parted: "alone",
    revealed: "sharing",
    broken: "committing",
    exhausted: "failed",
  },
  sharing: { gathered: "committing", parted: "alone", shared: "ready", broken: "committing", exhausted: "failed" },
  ready: { gathered: "committing", parted: "alone", broken: "committing", exhausted: "failed" },
  failed: {},
};

/**
 * How many codes a relay may see drawn. Each agreement in which we have revealed our part is one guess at the code
 * for whoever stands between: 100 guesses at 10^8 codes are one in a million. Shared by all connections of a call.
 */
export class Budget {
  static FAILURES_IN_A_ROW = 5;
  static DRAWN = 100;
  #failures = 0;
  #drawn = 0;

  drawn() {
    this.#drawn += 1;
  }

  failed() {
    this.#failures += 1;
  }

  succeeded() {
    this.#failures = 0;
  }

  get isSpent() {
    return this.#failures > Budget.FAILURES_IN_A_ROW || this.#drawn > Budget.DRAWN;
  }
}
