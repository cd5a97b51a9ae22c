/**
 * The steps of the matter, ticked by the clerk and seen by both.
 *
 * @import {Step} from "./model.js"
 */

import { part, say } from "./parts.js";
import { t } from "./setup.js";

export class RoomSteps extends HTMLElement {
  /** @param {Step[]} steps */
  show(steps) {
    this.hidden = steps.length === 0;
    const done = steps.filter((each) => each.done).length;
    say(part(this, "count"), t("steps.count", { done, all: steps.length }));
    const list = part(this, "list");
    while (list.children.length > steps.length) {
      list.lastElementChild?.remove();
    }
    for (const [at, step] of steps.entries()) {
      const row = list.children[at] ?? list.appendChild(this.#row());
      row.setAttribute("data-done", step.done ? "yes" : "no");
      const said = /** @type {HTMLElement} */ (row.querySelector(".steps__said"));
      say(said, `${(step.done ? said.dataset.done : said.dataset.open) ?? ""} `);
      say(/** @type {HTMLElement} */ (row.querySelector(".steps__text")), step.text);
    }
  }

  #row() {
    const copy = /** @type {DocumentFragment} */ (part(this, "row", HTMLTemplateElement).content.cloneNode(true));
    return /** @type {HTMLElement} */ (copy.firstElementChild);
  }
}

customElements.define("room-steps", RoomSteps);
