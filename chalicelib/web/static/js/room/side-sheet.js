/**
 * The sheet with papers, steps and fee. On a narrow screen it shows one of them, chosen above; on a wide one, and in
 * the waiting room, all below each other. It never traps the focus: the call beside it stays in reach.
 */

import { part, wish } from "./parts.js";

export class SideSheet extends HTMLElement {
  connectedCallback() {
    for (const tab of this.querySelectorAll("[data-tab]")) {
      tab.addEventListener("click", () => this.turnTo(/** @type {HTMLElement} */ (tab).dataset.tab ?? "papers"));
    }
    part(this, "close").addEventListener("click", () => wish(this, "room-sheet", false));
    this.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        wish(this, "room-sheet", false);
      }
    });
  }

  /** @param {string} name  papers, steps, fee or talk */
  turnTo(name) {
    this.dataset.show = name;
    for (const tab of this.querySelectorAll("[data-tab]")) {
      tab.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (tab).dataset.tab === name));
    }
    this.querySelector(".aside__body")?.scrollTo({ top: 0 });
  }
}

customElements.define("side-sheet", SideSheet);
