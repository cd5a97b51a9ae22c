/**
 * What the participants of a call say to each other over the encrypted channels, as JSON.
 *
 *     {"type": "chat", "id", "text"}              a line of text, said again until somebody has got it
 *     {"type": "got", "id"}                       that it arrived
 *     {"type": "live", "line", "seq", "text"}     real-time text: the line as it stands after the seq-th change
 *     {"type": "seen", "line", "seq"}             that it is on the other screen
 *     {"type": "changed"}                         the office knows something new of this visit: ask it
 *     {"type": "shows", "what"}                   what our picture is: "camera" or "screen"
 *
 * Real-time text (EN 301 549, 6.2) is sent whole at each letter and repeated until it is seen: any packet that arrives
 * makes up for all that were lost before it, as the redundancy of RFC 4103 does, and nothing is ever out of order.
 *
 * What cannot be understood is nothing: it comes from another browser, and may be newer than this page.
 *
 * @typedef {import("../call/bytes.js").Bytes} Bytes
 * @typedef {{type: "live", line: string, seq: number, text: string}} Live
 * @typedef {{type: "chat", id: string, text: string} | {type: "got", id: string} | Live
 *   | {type: "seen", line: string, seq: number} | {type: "changed"} | {type: "shows", what: "camera" | "screen"}} Words
 */

/** A line of text is cut here: sealed it must fit into one message of 16 KiB, whatever the alphabet. */
export const LINE_MAX = 2000;

/** @param {Words} words  @returns {Bytes} */
export const encode = (words) => new TextEncoder().encode(JSON.stringify(words));

/** @param {Bytes} bytes  @returns {Words | null} */
export function decode(bytes) {
  try {
    return understood(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch {
    return null;
  }
}

/** @param {unknown} name */
const isName = (name) => typeof name === "string" && name.length > 0 && name.length <= 64;

/** @param {any} said  whatever JSON can be  @returns {Words | null} */
function understood(said) {
  switch (said?.type) {
    case "chat":
      return isName(said.id) && isText(said.text) ? { type: "chat", id: said.id, text: cut(said.text) } : null;
    case "got":
      return isName(said.id) ? { type: "got", id: said.id } : null;
    case "live":
      return isName(said.line) && Number.isSafeInteger(said.seq) && isText(said.text)
        ? { type: "live", line: said.line, seq: said.seq, text: cut(said.text) }
        : null;
    case "seen":
      return isName(said.line) && Number.isSafeInteger(said.seq) ? { type: "seen", line: said.line, seq: said.seq } : null;
    case "changed":
      return { type: "changed" };
    case "shows":
      return said.what === "camera" || said.what === "screen" ? { type: "shows", what: said.what } : null;
    default:
      return null;
  }
}

/** @param {unknown} text */
const isText = (text) => typeof text === "string";

/** @param {string} text */
const cut = (text) => text.slice(0, LINE_MAX);
