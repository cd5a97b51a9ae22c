// @ts-check
/**
 * The data channels of a connection, agreed beforehand by their numbers: `peers` to the others in the call, passed on
 * unread by the worker; `text` likewise, but nothing on it waits for what was lost before; and `office`, on which only
 * the worker speaks.
 */

/** @typedef {import("./keyring.js").Seat} Seat */
/**
 * @typedef {object} Seats who is there, as the worker says
 * @property {"seats"} type
 * @property {string} room
 * @property {number} generation
 * @property {Seat} you
 * @property {Partial<Record<Seat, string>>} seats the name of each connection; it changes when somebody comes anew
 * @property {Seat[]} lit who sees and is seen
 */
/** @typedef {Seats | { type: "move" }} FromWorker */

/** A message that waits longer than this for the line is of no use any more. */
const UNSENT_MAX_BYTES = 256 * 1024;

export class Channels {
  /** @type {RTCDataChannel} */ #peers;
  /** @type {RTCDataChannel} */ #text;

  /**
   * @param {RTCPeerConnection} peer before its offer is made
   * @param {{ peers: (data: ArrayBuffer) => void, worker: (said: FromWorker) => void }} hear messages of others begin
   *   with one byte that names the sender's seat
   */
  constructor(peer, hear) {
    this.#peers = peer.createDataChannel("peers", { negotiated: true, id: 0 });
    this.#peers.binaryType = "arraybuffer";
    this.#peers.addEventListener("message", ({ data }) => hear.peers(data));
    this.#text = peer.createDataChannel("text", { negotiated: true, id: 2, ordered: false });
    this.#text.binaryType = "arraybuffer";
    this.#text.addEventListener("message", ({ data }) => hear.peers(data));
    const office = peer.createDataChannel("office", { negotiated: true, id: 1 });
    office.binaryType = "arraybuffer";
    // What is said to us before we hear is lost: so we say when we do.
    office.addEventListener("open", () => office.send("hello"));
    office.addEventListener("message", ({ data }) => {
      const said = JSON.parse(typeof data === "string" ? data : new TextDecoder().decode(data));
      if (said.type === "seats" || said.type === "move") hear.worker(said);
    });
  }

  /**
   * Send to everybody who sees us. Throws InvalidStateError while the line does not stand or is full.
   * @param {Uint8Array<ArrayBuffer>} message at most 16 KiB
   * @param {{ atOnce?: boolean }} [how] `atOnce`: it must not wait for others, and may come before them
   */
  send(message, { atOnce = false } = {}) {
    const channel = atOnce ? this.#text : this.#peers;
    if (channel.bufferedAmount > UNSENT_MAX_BYTES) throw new DOMException("the line is full", "InvalidStateError");
    channel.send(message);
  }
}
