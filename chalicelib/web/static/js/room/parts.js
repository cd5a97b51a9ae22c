/**
 * Ways to the named parts of a face (`data-part`), and buttons that a second tap cannot trigger twice.
 */

/**
 * Find a part; its absence is a mistake of the template, said at once.
 *
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} name
 * @param {new () => T} [kind]
 * @returns {T}
 */
export function part(root, name, kind) {
  const found = root.querySelector(`[data-part="${name}"]`);
  if (!found || (kind && !(found instanceof kind))) {
    throw new Error(`the template lacks the part ${name}`);
  }
  return /** @type {T} */ (/** @type {unknown} */ (found));
}

/**
 * Find the one element of a kind.
 *
 * @template {HTMLElement} T
 * @param {ParentNode} root
 * @param {new () => T} kind
 * @returns {T}
 */
export function one(root, kind) {
  const found = [...root.querySelectorAll("*")].find((each) => each instanceof kind);
  return /** @type {T} */ (must(found));
}

/**
 * @template T
 * @param {T | null | undefined} value
 * @returns {T}
 */
export function must(value) {
  if (value === null || value === undefined) {
    throw new Error("the template lacks a part of the room");
  }
  return value;
}

/**
 * Set text only where it changed: screen readers repeat what is written anew.
 *
 * @param {Element} element
 * @param {string} words
 */
export function say(element, words) {
  if (element.textContent !== words) {
    element.textContent = words;
  }
}

/**
 * Run `act` on a tap; while it runs, further taps do nothing. The button keeps the focus (`aria-disabled`).
 *
 * @param {HTMLElement} button
 * @param {() => Promise<void> | void} act
 */
export function onTap(button, act) {
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") {
      return;
    }
    button.setAttribute("aria-disabled", "true");
    try {
      await act();
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
}

/**
 * Tell the page of a wish that only the page can grant.
 *
 * @param {HTMLElement} from
 * @param {string} name
 * @param {unknown} [detail]
 */
export function wish(from, name, detail) {
  from.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
}
