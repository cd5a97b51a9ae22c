/**
 * Papers both ways: photograph, choose, send with progress, try again; open what was exchanged.
 * A row of the list stands for a paper of the office, or for a file on its way there.
 *
 * @import {Paper} from "./model.js"
 * @import {Office} from "./office.js"
 */

import { Problem } from "./office.js";
import { onTap, part, say, wish } from "./parts.js";
import { sizeOf, t } from "./setup.js";
import { objection, send } from "./uploads.js";

export class RoomPapers extends HTMLElement {
  /** @type {Office | null} */
  office = null;

  /** @type {Map<string, HTMLElement>} */
  #rows = new Map();

  connectedCallback() {
    for (const name of ["photo", "file"]) {
      const input = part(this, name, HTMLInputElement);
      input.addEventListener("change", () => {
        for (const file of input.files ?? []) {
          void this.#send(file, this.#newRow(file.name));
        }
        input.value = ""; // the same file may be chosen again after a refusal
      });
    }
  }

  /** @param {Paper[]} papers */
  show(papers) {
    // Announced but never arrived: those on their way have a row of their own, the others were given up.
    const known = papers.filter((paper) => paper.state !== "announced");
    for (const paper of known) {
      const row = this.#rows.get(paper.id) ?? this.#newRow(paper.name, paper);
      this.#rows.set(paper.id, row);
      this.#fill(row, paper);
    }
    part(this, "none").hidden = part(this, "list").childElementCount > 0;
  }

  /**
   * @param {string} name
   * @param {Paper} [paper]
   */
  #newRow(name, paper) {
    const copy = /** @type {DocumentFragment} */ (part(this, "row", HTMLTemplateElement).content.cloneNode(true));
    const row = /** @type {HTMLElement} */ (copy.firstElementChild);
    say(inside(row, "papers__name"), name);
    if (paper) {
      const open = inside(row, "papers__open");
      open.setAttribute("aria-label", t("papers.open_label", { name }));
      onTap(open, () => this.#open(paper));
    }
    part(this, "list").append(row);
    part(this, "none").hidden = true;
    return row;
  }

  /**
   * @param {HTMLElement} row
   * @param {Paper} paper
   */
  #fill(row, paper) {
    row.dataset.state = paper.state;
    row.dataset.from = paper.from;
    const size = sizeOf(paper.size);
    const arrived = paper.opened ? t("papers.opened") : t("papers.checked", { size });
    const words = {
      checked: paper.from === "clerk" ? t("papers.from_clerk", { size }) : arrived,
      refused: t("papers.refused", { why: paper.refusal ?? "" }),
      announced: t("papers.checking"),
    }[paper.state];
    say(inside(row, "papers__words"), words);
    inside(row, "papers__open").hidden = paper.state !== "checked";
  }

  /**
   * @param {File} file
   * @param {HTMLElement} row
   */
  async #send(file, row) {
    const words = inside(row, "papers__words");
    const against = objection(file);
    if (against) {
      row.dataset.state = "refused";
      say(words, t("papers.refused", { why: t(`papers.${against}`) }));
      say(part(this, "spoken"), `${file.name}: ${words.textContent}`);
      return;
    }
    const progress = /** @type {HTMLProgressElement} */ (inside(row, "papers__progress"));
    row.dataset.state = "sending";
    progress.hidden = false;
    progress.setAttribute("aria-label", file.name);
    const advance = (/** @type {number} */ share) => {
      progress.value = share;
      say(words, share < 1 ? t("papers.sending", { percent: Math.floor(share * 100) }) : t("papers.checking"));
    };
    advance(0);
    try {
      const before = new Set(this.#rows.keys());
      const state = await send(/** @type {Office} */ (this.office), file, advance);
      const arrived = state.papers.findLast((each) => each.from === "citizen" && each.state !== "announced" && !before.has(each.id) && !this.#rows.has(each.id));
      row.remove();
      wish(this, "room-state", state);
      if (arrived) {
        say(part(this, "spoken"), `${arrived.name}: ${inside(/** @type {HTMLElement} */ (this.#rows.get(arrived.id)), "papers__words").textContent}`);
      }
    } catch (error) {
      progress.hidden = true;
      this.#failed(file, row, error);
    }
  }

  /**
   * @param {File} file
   * @param {HTMLElement} row
   * @param {unknown} error
   */
  #failed(file, row, error) {
    const decided = error instanceof Problem && error.message;
    row.dataset.state = decided ? "refused" : "failed";
    const words = inside(row, "papers__words");
    say(words, decided ? t("papers.refused", { why: error.message }) : t("papers.failed"));
    say(part(this, "spoken"), `${file.name}: ${words.textContent}`);
    const again = inside(row, "papers__again");
    again.hidden = Boolean(decided);
    again.onclick = () => {
      again.hidden = true;
      void this.#send(file, row);
    };
  }

  /**
   * The window is opened inside the tap (later, browsers would block it) and led to the paper when its address is there.
   * `opener` is cut at once: what the storage shows must not reach back into the room.
   *
   * @param {Paper} paper
   */
  async #open(paper) {
    const opened = window.open("", "_blank");
    if (opened) {
      opened.opener = null;
    }
    say(part(this, "spoken"), t("papers.opening"));
    try {
      /** @type {{url: string}} */
      const { url } = await /** @type {Office} */ (this.office).post(`papers/${paper.id}/open`);
      if (opened) {
        opened.location.replace(url);
      } else {
        window.open(url, "_blank", "noopener,noreferrer");
      }
    } catch {
      opened?.close();
      say(part(this, "spoken"), t("papers.blocked"));
      const row = this.#rows.get(paper.id);
      if (row) {
        say(inside(row, "papers__words"), t("papers.blocked"));
      }
    }
  }
}

/**
 * @param {Element} row
 * @param {string} name
 * @returns {HTMLElement}
 */
function inside(row, name) {
  return /** @type {HTMLElement} */ (row.querySelector(`.${name}`));
}

customElements.define("room-papers", RoomPapers);
