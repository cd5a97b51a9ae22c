/**
 * Letters as they are typed. At each change the whole line goes out at once, and again and again until somebody says
 * that it is on their screen: a lost packet costs one pause between two repeats, not a retransmission.
 *
 * @import {Words} from "./words.js"
 */

/** Between two repeats of a line that nobody has seen yet. */
export const REPEAT_MS = 100;

/** So often at least, whoever has seen it: there may be a third who has not. */
export const REPEATS_MIN = 3;

/** Then nobody is there: what is typed next tells all of it anyway. */
export const REPEATS_MAX = 20;

export class LiveWriter {
  #line = "";
  #seq = 0;
  #text = "";
  #repeats = 0;
  #isSeen = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {object} how
   * @param {(words: Words) => unknown} how.say  over the line on which nothing waits
   * @param {() => string} how.newLine  a name that no line had before
   */
  constructor({ say, newLine }) {
    this.say = say;
    this.newLine = newLine;
  }

  /** The line as it stands now. @param {string} text */
  write(text) {
    this.#line ||= this.newLine();
    this.#text = text;
    this.#seq += 1;
    this.#repeats = 0;
    this.#isSeen = false;
    this.#send();
  }

  /**
   * The line is whole: it is said as one that must arrive. The others know it by this name.
   * @returns {string}
   */
  end() {
    const line = this.#line || this.newLine();
    this.stop();
    this.#line = "";
    this.#seq = 0;
    return line;
  }

  /** Nothing is repeated any more. */
  stop() {
    clearTimeout(this.#timer);
  }

  /** Somebody has it on their screen. @param {string} line  @param {number} seq */
  seen(line, seq) {
    if (line === this.#line && seq === this.#seq) {
      this.#isSeen = true;
    }
  }

  #again() {
    if (!this.#isSeen || this.#repeats < REPEATS_MIN) {
      this.#send();
    }
  }

  #send() {
    this.stop();
    this.say({ type: "live", line: this.#line, seq: this.#seq, text: this.#text });
    this.#repeats += 1;
    if (this.#repeats < (this.#isSeen ? REPEATS_MIN : REPEATS_MAX)) {
      this.#timer = setTimeout(() => this.#again(), REPEAT_MS);
    }
  }
}
