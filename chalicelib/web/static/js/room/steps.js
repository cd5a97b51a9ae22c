/**
 * The steps of each matter, ticked by the clerk and seen by both.
 *
 * @import {Step} from "./model.js"
 */

import { part, say } from "./parts.js";
import { t } from "./setup.js";

export class RoomSteps extends HTMLElement {
  /** @param {Step[]} steps  in the order of the matters; one matter alone needs no heading */
  show(steps) {
    this.hidden = steps.length === 0;
    const done = steps.filter((each) => each.done).length;
    say(part(this, "count"), t("steps.count", { done, all: steps.length }));
    const matters = [...new Set(steps.map((each) => each.matter))];
    const groups = this.#fitted(part(this, "matters"), "matter", matters.length);
    for (const [at, matter] of matters.entries()) {
      const group = /** @type {HTMLElement} */ (groups[at]);
      const name = /** @type {HTMLElement} */ (group.querySelector(".steps__matter"));
      name.hidden = matters.length === 1;
      say(name, matter);
      this.#list(/** @type {HTMLElement} */ (group.querySelector("ol")), steps.filter((each) => each.matter === matter));
    }
  }

  /** @param {HTMLElement} list @param {Step[]} steps */
  #list(list, steps) {
    const rows = this.#fitted(list, "row", steps.length);
    for (const [at, step] of steps.entries()) {
      const row = /** @type {HTMLElement} */ (rows[at]);
      row.dataset.done = step.done ? "yes" : "no";
      const said = /** @type {HTMLElement} */ (row.querySelector(".steps__said"));
      say(said, `${(step.done ? said.dataset.done : said.dataset.open) ?? ""} `);
      say(/** @type {HTMLElement} */ (row.querySelector(".steps__text")), step.text);
    }
  }

  /**
   * What is there stays: a screen reader keeps its place in a list that only changes its words.
   *
   * @param {HTMLElement} parent @param {string} template  the data-part of the template of one child @param {number} count
   */
  #fitted(parent, template, count) {
    while (parent.children.length > count) {
      parent.lastElementChild?.remove();
    }
    while (parent.children.length < count) {
      parent.append(part(this, template, HTMLTemplateElement).content.cloneNode(true));
    }
    return parent.children;
  }
}

customElements.define("room-steps", RoomSteps);
