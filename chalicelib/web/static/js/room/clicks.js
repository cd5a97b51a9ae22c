/** A double click must not reach the face that its own first half brought up: it would press what nobody aimed at. */

/**
 * Swallow the later clicks of a series once the face has changed since its first one.
 *
 * @param {HTMLElement} page
 * @param {() => string} face  which one is shown
 */
export function keepClicksWhereTheyBegan(page, face) {
  let begun = face();
  /** @param {MouseEvent} event  whose `detail` counts the clicks of a series; a key's click counts 0 */
  const look = (event) => {
    if (event.detail <= 1) {
      begun = face();
    } else if (begun !== face()) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  page.addEventListener("mousedown", look, { capture: true });
  page.addEventListener("click", look, { capture: true });
}
