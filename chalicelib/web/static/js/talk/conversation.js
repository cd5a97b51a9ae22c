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

  /** The newest change of each line that still grows. @type {Map<string, number>} */
  #changes = new Map();

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
   * A whole line of somebody else; where it grew before, it ends there.
   * @param {Seat} from  @param {string} id  @param {string} text
   * @returns {Entry | null} null: it was here before
   */
  hear(from, id, text) {
    const name = `${from} ${id}`;
    if (this.#known.has(name)) {
      return null;
    }
    this.#known.add(name);
    this.#changes.delete(name);
    return this.#put({ id: name, from, text, state: "whole" });
  }

  /**
   * A line of somebody who writes live, as it stands after so many changes; what is older than what is shown is nothing.
   * @param {Seat} from  @param {import("./words.js").Live} live
   */
  live(from, { line, seq, text }) {
    const name = `${from} ${line}`;
    if (this.#known.has(name) || seq <= (this.#changes.get(name) ?? 0)) {
      return;
    }
    this.#changes.set(name, seq);
    if (text === "") {
      this.entries = this.entries.filter((each) => each.id !== name);
    } else {
      this.#put({ id: name, from, text, state: "growing" });
    }
  }

  /** In the place of the entry of that name, or as the last one. @param {Entry} entry */
  #put(entry) {
    const shown = this.entries.find((each) => each.id === entry.id);
    return shown ? Object.assign(shown, entry) : this.#add(entry);
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
