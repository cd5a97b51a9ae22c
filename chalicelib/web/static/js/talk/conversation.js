/**
 * What was written in this call, by whom. It lives in this page alone and ends with it: nobody stores it.
 *
 * A line of our own is said again whenever new keys stand, until somebody has got it; a line that comes twice is shown
 * once. Letters of somebody who writes live grow in their own last line.
 *
 * @typedef {import("../call/connection.js").Seat} Seat
 * @typedef {object} Entry
 * @property {string} id  unique in this page
 * @property {Seat | "me"} from
 * @property {string} text
 * @property {"sending" | "got" | "growing" | "whole"} state  of our own: sending, got; of others: growing, whole
 */

/** More lines than this are of no use to anybody, and cost a phone its breath. */
const LINES_MAX = 500;

export class Conversation {
  /** @type {Entry[]} */
  entries = [];

  /** How many whole lines each live writer has given so far. @type {Map<Seat, number>} */
  #lines = new Map();

  /** @type {Set<string>} */
  #known = new Set();

  /** @param {string} text  @param {string} id  @returns {Entry} */
  write(text, id) {
    return this.#add({ id: `me ${id}`, from: "me", text, state: "sending" });
  }

  /** Our own lines that nobody has got yet, oldest first. @returns {{id: string, text: string}[]} */
  get unheard() {
    return this.entries
      .filter(({ from, state }) => from === "me" && state === "sending")
      .map(({ id, text }) => ({ id: id.slice("me ".length), text }));
  }

  /** Somebody got our line. @param {string} id */
  got(id) {
    const entry = this.entries.find((each) => each.id === `me ${id}`);
    if (entry) {
      entry.state = "got";
    }
  }

  /**
   * A line of somebody else.
   * @param {Seat} from  @param {string} id  @param {string} text
   * @returns {Entry | null} null: it was here before
   */
  hear(from, id, text) {
    const name = `${from} ${id}`;
    if (this.#known.has(name)) {
      return null;
    }
    this.#known.add(name);
    return this.#add({ id: name, from, text, state: "whole" });
  }

  /**
   * All that somebody has written live so far; a line feed ends a line.
   * @param {Seat | "me"} from  @param {string} text
   * @returns {Entry[]} lines that became whole
   */
  live(from, text) {
    const seat = /** @type {Seat} */ (from);
    const lines = text.split("\n");
    const before = this.#lines.get(seat) ?? 0;
    const whole = lines.slice(before, -1).map((line, at) => this.#live(from, before + at, line, "whole"));
    this.#lines.set(seat, lines.length - 1);
    this.#live(from, lines.length - 1, lines.at(-1) ?? "", "growing");
    return whole.filter((entry) => entry !== null);
  }

  /**
   * @param {Seat | "me"} from  @param {number} number  @param {string} text  @param {"growing" | "whole"} state
   * @returns {Entry | null} null: an empty line
   */
  #live(from, number, text, state) {
    const id = `live ${from} ${number}`;
    const entry = this.entries.find((each) => each.id === id);
    if (text === "") {
      this.entries = this.entries.filter((each) => each !== entry);
      return null;
    }
    if (!entry) {
      return this.#add({ id, from, text, state });
    }
    Object.assign(entry, { text, state });
    return entry;
  }

  /** @param {Entry} entry */
  #add(entry) {
    this.entries.push(entry);
    if (this.entries.length > LINES_MAX) {
      this.entries.shift();
    }
    return entry;
  }
}
