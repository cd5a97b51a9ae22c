/**
 * When the sheet is open, what in it is new, and where the focus goes. In the waiting room it is always there; in the call
 * the citizen opens it, or a wish of the clerk does (a fee, a paper), unless a hand is busy in it.
 *
 * @import {CallView} from "./call-view.js"
 * @import {Face} from "./faces.js"
 * @import {RoomState} from "./model.js"
 * @import {SideSheet} from "./side-sheet.js"
 */

import { restsOnSomething } from "./announcing.js";
import { isDue } from "./fee.js";
import { newsBetween } from "./news.js";
import { part } from "./parts.js";
import { t } from "./setup.js";

/** A tap so soon after the sheet opened by itself was meant to open it. */
const SAME_WISH_MS = 700;

/** From here on the sheet stands beside the picture, and is open from the start. */
const WIDE = matchMedia("(min-width: 60rem)");

export class Sheet {
  open = WIDE.matches;

  /** @type {Face} */
  #face = "green";

  #cameAt = -Infinity;

  /** @type {Set<string>} names of papers that nobody has looked at */
  #unseen = new Set();

  /** @param {HTMLElement} page  @param {SideSheet} element  @param {CallView} call */
  constructor(page, element, call) {
    this.page = page;
    this.element = element;
    this.call = call;
  }

  /** The page turns to another face. @param {Face} face */
  turn(face) {
    if (face === "call" && this.#face !== "call") {
      this.open = WIDE.matches || this.#busy();
    }
    this.#face = face;
    this.#draw();
  }

  /** The citizen opens or closes it: the focus follows. @param {boolean} open */
  set(open) {
    this.#turnTo(open);
    if (open) {
      this.element.querySelector("button")?.focus();
    } else {
      part(this.call, "sheet").focus();
    }
  }

  toggle() {
    if (!(this.open && performance.now() - this.#cameAt < SAME_WISH_MS)) {
      this.set(!this.open);
    }
  }

  close() {
    this.element.hidden = true;
  }

  /**
   * Show what is new; give the sentences to say.
   *
   * @param {RoomState | null} before
   * @param {RoomState} after
   */
  tell(before, after) {
    const news = newsBetween(before, after);
    for (const { kind, values } of news) {
      if (kind !== "paid" && this.#face === "call" && !this.#busy()) {
        this.element.turnTo(kind === "fee" ? "fee" : "papers");
        this.#come();
      } else if (kind === "paper") {
        this.#unseen.add(String(values.name));
      }
    }
    const due = isDue(after.payment);
    part(this.element, "fee-dot").hidden = !due;
    this.call.showCount(this.open ? 0 : this.#unseen.size + (due ? 1 : 0));
    return news.map(({ key, values }) => t(key, values));
  }

  /**
   * Somebody wrote: show it, unless a hand is busy elsewhere in the sheet.
   *
   * @param {{from: string, words: string}} news
   * @returns {string} what to say to those who do not see it
   */
  hear({ words }) {
    if (this.#face === "call" && !this.#busy()) {
      this.element.turnTo("talk");
      this.#come();
    } else {
      this.#unseen.add("talk");
      this.call.showCount(this.open ? 0 : this.#unseen.size);
    }
    return words;
  }

  /** Open by itself: something is new. */
  #come() {
    this.#cameAt = this.open ? this.#cameAt : performance.now();
    this.#turnTo(true);
  }

  /** @param {boolean} open */
  #turnTo(open) {
    const inside = this.#busy();
    this.open = open;
    this.#unseen.clear();
    this.#draw();
    if (inside && !restsOnSomething()) {
      part(this.call, "sheet").focus();
    }
  }

  /** Whether the citizen's hand is in it. */
  #busy() {
    return this.element.contains(document.activeElement);
  }

  #draw() {
    const besideCall = this.#face === "call" && this.open;
    this.element.hidden = !(besideCall || this.#face === "waiting");
    this.page.toggleAttribute("data-sheet", besideCall);
    part(this.call, "sheet").setAttribute("aria-expanded", String(this.open));
    if (this.open) {
      this.call.showCount(0);
    }
  }
}
