/**
 * What the participants of a call say to each other over the encrypted channel, as bytes.
 *
 *     {"type": "chat", "id", "text"}     a line of text, until somebody has got it
 *     {"type": "got", "id"}              that it arrived
 *     {"type": "changed"}                the office knows something new of this visit: ask it
 *     {"type": "shows", "what"}          what our picture is: "camera" or "screen"
 *     0x00 and a block                   real-time text (ITU-T T.140 as RFC 8865 carries it), letter by letter
 *
 * What cannot be understood is nothing: it comes from another browser, and may be newer than this page.
 *
 * @typedef {import("../call/bytes.js").Bytes} Bytes
 * @typedef {{type: "chat", id: string, text: string} | {type: "got", id: string} | {type: "changed"}
 *   | {type: "shows", what: "camera" | "screen"} | {type: "live", block: Bytes}} Words
 */

const LIVE = 0x00;

/** A line of text is cut here: sealed it must fit into one message of 16 KiB, whatever the alphabet. */
export const LINE_MAX = 2000;

/** @param {Words} words  @returns {Bytes} */
export function encode(words) {
  if (words.type === "live") {
    const bytes = new Uint8Array(words.block.length + 1);
    bytes[0] = LIVE;
    bytes.set(words.block, 1);
    return bytes;
  }
  return new TextEncoder().encode(JSON.stringify(words));
}

/** @param {Bytes} bytes  @returns {Words | null} */
export function decode(bytes) {
  if (bytes[0] === LIVE) {
    return { type: "live", block: bytes.slice(1) };
  }
  try {
    return understood(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch {
    return null;
  }
}

/** @param {any} said  whatever JSON can be  @returns {Words | null} */
function understood(said) {
  const named = typeof said?.id === "string" && said.id.length > 0 && said.id.length <= 64;
  switch (said?.type) {
    case "chat":
      return named && typeof said.text === "string" ? { type: "chat", id: said.id, text: said.text.slice(0, LINE_MAX) } : null;
    case "got":
      return named ? { type: "got", id: said.id } : null;
    case "changed":
      return { type: "changed" };
    case "shows":
      return said.what === "camera" || said.what === "screen" ? { type: "shows", what: said.what } : null;
    default:
      return null;
  }
}
