/**
 * What the template hands to the scripts: texts of the page's language, addresses, the language itself.
 *
 * @typedef {object} Setup
 * @property {string} language  BCP 47
 * @property {string} room  address of the room, without a query
 * @property {string} query  "?lang=en" or ""
 * @property {Record<string, string>} texts
 * @property {string[]} ahead  the sentence for 0, 1, 2 … people ahead, in the grammar of the language
 * @property {import("./model.js").RoomState | null} state  the state when the page was rendered
 */

const block = document.getElementById("room-setup");

/** @type {Setup} */
export const setup = JSON.parse(block?.textContent ?? "null");

/**
 * Give a text with its `{placeholders}` filled. Throws for a key that the template did not hand over.
 *
 * @param {string} key  without the area: "waiting.title"
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const text = setup.texts[key];
  if (text === undefined) {
    throw new Error(`no text for ${key}: add it to the list in join/texts.html`);
  }
  return text.replaceAll(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** @param {number} count  people who wait before this citizen */
export function peopleAhead(count) {
  return setup.ahead[Math.min(count, setup.ahead.length - 1)] ?? "";
}

const clock = new Intl.DateTimeFormat(setup.language === "en" ? "en-GB" : setup.language, {
  timeZone: "Europe/Berlin",
  hour: "2-digit",
  minute: "2-digit",
});

/** @param {string} moment  ISO 8601 */
export const timeOf = (moment) => t("clock", { time: clock.format(new Date(moment)) });

/** @param {number} bytes */
export function sizeOf(bytes) {
  const mega = bytes >= 100_000;
  return new Intl.NumberFormat(setup.language, {
    style: "unit",
    unit: mega ? "megabyte" : "kilobyte",
    maximumFractionDigits: mega ? 1 : 0,
  }).format(Math.max(bytes / (mega ? 1e6 : 1e3), 1 / (mega ? 10 : 1)));
}
