/** What the whole page says: its title, its live region, and where the focus goes when the face changes. */

import { part, say } from "./parts.js";
import { t } from "./setup.js";

const office = document.title.slice(document.title.indexOf(" – "));

/** @param {string} key  of a text below `title.` */
export function entitle(key) {
  document.title = t(`title.${key}`) + office;
}

/** A hidden tab that is called says so in its title until somebody looks. */
export function entitleCalled() {
  if (!document.hidden) {
    return entitle("call");
  }
  entitle("called");
  document.addEventListener("visibilitychange", () => entitle("call"), { once: true });
}

/**
 * Say something to screen readers without moving anything.
 *
 * @param {HTMLElement} page
 * @param {string} words
 */
export function speak(page, words) {
  const live = part(page, "live");
  say(live, "");
  requestAnimationFrame(() => say(live, words));
}

/**
 * Show one face and lead the focus to its heading, unless it rests on something that stays.
 *
 * @param {HTMLElement} page
 * @param {string} name
 */
export function turnTo(page, name) {
  const first = page.dataset.face === "opening";
  page.dataset.face = name;
  document.body.dataset.face = name;
  /** @type {HTMLElement | null} */
  let shown = null;
  for (const face of /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll(".room-face"))) {
    face.hidden = face.dataset.face !== name;
    shown ??= face.hidden ? null : face;
  }
  if (!first && !restsOnSomething()) {
    shown?.querySelector("h1")?.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }
}

/** Whether the focused element is still to be seen; the body is nothing. */
export function restsOnSomething() {
  const focused = document.activeElement;
  return focused !== null && focused !== document.body && focused.checkVisibility();
}
