/**
 * Writing beside speaking, for the citizen, the clerk and the guest: what was written, a field, and a switch that lets
 * every letter appear at once. Words for people stand in the template (components/talk.html).
 *
 * Events: `talk-news` (bubbles; detail: {from, words}): somebody wrote a line, in a sentence.
 *
 * @import {Entry} from "./conversation.js"
 * @import {Line} from "./line.js"
 * @import {Words} from "./words.js"
 * @typedef {import("../call/connection.js").Seat} Seat
 */

import { Conversation } from "./conversation.js";
import { LiveWriter } from "./live.js";
import { LINE_MAX } from "./words.js";

const LIVE = "fernamt.talk-live";

/** Whether this person wants to be read along; a browser that forbids storage forgets it. */
function recalled() {
  try {
    return localStorage.getItem(LIVE) === "on";
  } catch {
    return false;
  }
}

/** @param {boolean} on */
function remember(on) {
  try {
    localStorage.setItem(LIVE, on ? "on" : "off");
  } catch {
    // Forbidden: the switch holds for this page.
  }
}

export class TalkPanel extends HTMLElement {
  #conversation = new Conversation();

  /** @type {Line | null} */
  #line = null;

  #writer = new LiveWriter({
    say: (words) => this.#line?.say(words, { atOnce: true }),
    newLine: () => crypto.randomUUID(),
  });

  /** @param {Line} line */
  use(line) {
    this.#line = line;
    line.addEventListener("said", (event) => this.#hear(/** @type {CustomEvent} */ (event).detail));
    line.addEventListener("open", () => void this.#repeat());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.#field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#form.requestSubmit();
      }
    });
    this.#field.maxLength = LINE_MAX;
    this.#field.addEventListener("input", () => this.#switch.checked && this.#writer.write(this.#field.value));
    this.#switch.checked = recalled();
    this.#switch.addEventListener("change", () => this.#turnLive(this.#switch.checked));
    this.#draw();
  }

  /** @param {boolean} on */
  #turnLive(on) {
    remember(on);
    if (on && this.#field.value) {
      this.#writer.write(this.#field.value);
    } else if (!on) {
      // What was half written is taken back: from now on nobody reads along.
      this.#writer.write("");
      this.#writer.end();
    }
  }

  /** Another person: what was said with the one before is not for them. */
  clear() {
    this.#conversation = new Conversation();
    this.#writer.end();
    this.#field.value = "";
    this.#draw();
  }

  /** @returns {HTMLFormElement} */
  get #form() {
    return /** @type {HTMLFormElement} */ (this.querySelector("form"));
  }

  /** @returns {HTMLTextAreaElement} */
  get #field() {
    return /** @type {HTMLTextAreaElement} */ (this.querySelector("textarea"));
  }

  /** @returns {HTMLInputElement} */
  get #switch() {
    return /** @type {HTMLInputElement} */ (this.querySelector('[data-part="live"]'));
  }

  async #send() {
    const text = this.#field.value.trim();
    if (!text) {
      return this.#field.focus();
    }
    const id = this.#writer.end();
    this.#conversation.write(text, id);
    this.#field.value = "";
    this.#draw();
    await this.#line?.say({ type: "chat", id, text });
  }

  /** New keys stand: say again what nobody has got. */
  async #repeat() {
    for (const { id, text } of this.#conversation.unheard) {
      await this.#line?.say({ type: "chat", id, text });
    }
  }

  /** @param {{from: Seat, words: Words}} said */
  #hear({ from, words }) {
    if (words.type === "got") {
      this.#conversation.got(words.id);
    } else if (words.type === "chat") {
      void this.#line?.say({ type: "got", id: words.id });
      if (this.#conversation.hear(from, words.id, words.text)) {
        this.#tell(from, words.text);
      }
    } else if (words.type === "live") {
      this.#conversation.live(from, words);
      void this.#line?.say({ type: "seen", line: words.line, seq: words.seq }, { atOnce: true });
    } else if (words.type === "seen") {
      this.#writer.seen(words.line, words.seq);
    } else {
      return;
    }
    this.#draw();
  }

  /** @param {Seat} from  @param {string} text */
  #tell(from, text) {
    const who = this.dataset[from] ?? "";
    const words = (this.dataset.news ?? "").replace("{who}", who).replace("{text}", text);
    this.dispatchEvent(new CustomEvent("talk-news", { bubbles: true, detail: { from, words } }));
  }

  #draw() {
    const log = /** @type {HTMLElement} */ (this.querySelector("[role=log]"));
    const { entries } = this.#conversation;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    const lines = /** @type {HTMLElement} */ (log.firstElementChild);
    const shown = new Map([...lines.children].map((row) => [/** @type {HTMLElement} */ (row).dataset.id, row]));
    for (const [at, entry] of entries.entries()) {
      const row = shown.get(entry.id) ?? this.#row(entry);
      shown.delete(entry.id);
      this.#fill(/** @type {HTMLElement} */ (row), entry);
      if (lines.children[at] !== row) {
        lines.insertBefore(row, lines.children[at] ?? null);
      }
    }
    shown.forEach((row) => row.remove());
    log.hidden = entries.length === 0;
    if (atEnd) {
      log.scrollTop = log.scrollHeight;
    }
  }

  /** @param {Entry} entry */
  #row(entry) {
    const row = /** @type {HTMLElement} */ (
      /** @type {HTMLTemplateElement} */ (this.querySelector("template")).content.firstElementChild?.cloneNode(true)
    );
    row.dataset.id = entry.id;
    row.dataset.from = entry.from;
    this.#say(row, "who", this.dataset[entry.from] ?? "");
    return row;
  }

  /** @param {HTMLElement} row  @param {Entry} entry */
  #fill(row, entry) {
    row.dataset.state = entry.state;
    this.#say(row, "text", entry.text);
    this.#say(row, "state", entry.state === "sending" ? (this.dataset.sending ?? "") : "");
  }

  /** @param {HTMLElement} row  @param {string} name  @param {string} words */
  #say(row, name, words) {
    const place = row.querySelector(`[data-part="${name}"]`);
    if (place && place.textContent !== words) {
      place.textContent = words;
    }
  }
}

customElements.define("talk-panel", TalkPanel);
