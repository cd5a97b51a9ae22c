/** The words of the page: they come from the catalogue with the page, none stands in a module. */

const held = document.getElementById("desk-texts");
/** @type {Record<string, string>} */
const texts = JSON.parse(held?.textContent ?? "{}");

/**
 * Give the text of `key` with its `{placeholders}` filled. Throws for a key that the page did not bring along.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const text = texts[key];
  if (text === undefined) throw new Error(`no text came with the page for ${key}`);
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** The language of the page, also of its dates. */
export const language = document.documentElement.lang || "de";
