// @ts-check
/**
 * The two data channels of a connection, agreed beforehand by their numbers: `peers` to the others in the call, passed
 * on unread by the worker, and `office`, on which only the worker speaks.
 */

/** @typedef {"citizen" | "clerk" | "guest" | "echo"} Seat */
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

/** @type {Record<number, Seat>} The worker's first byte in front of each message says from which seat it came. */
const SENDERS = { 1: "citizen", 2: "clerk", 3: "guest", 4: "echo" };

/** A message that waits longer than this for the line is of no use any more. */
const UNSENT_MAX_BYTES = 256 * 1024;

export class Channels {
  /** @type {RTCDataChannel} */ #peers;

  /**
   * @param {RTCPeerConnection} peer before its offer is made
   * @param {{ message: (from: Seat, message: Uint8Array) => void, worker: (said: FromWorker) => void }} hear
   */
  constructor(peer, hear) {
    this.#peers = peer.createDataChannel("peers", { negotiated: true, id: 0 });
    this.#peers.binaryType = "arraybuffer";
    this.#peers.addEventListener("message", ({ data }) => {
      const bytes = new Uint8Array(data);
      const from = SENDERS[bytes[0] ?? 0];
      if (from) hear.message(from, bytes.subarray(1));
    });
    const office = peer.createDataChannel("office", { negotiated: true, id: 1 });
    office.binaryType = "arraybuffer";
    office.addEventListener("message", ({ data }) => {
      const said = JSON.parse(typeof data === "string" ? data : new TextDecoder().decode(data));
      if (said.type === "seats" || said.type === "move") hear.worker(said);
    });
  }

  /**
   * Send to everybody who sees us.
   * @param {Uint8Array} message at most 16 KiB
   * @returns {boolean} whether the line took it
   */
  send(message) {
    if (this.#peers.readyState !== "open" || this.#peers.bufferedAmount > UNSENT_MAX_BYTES) return false;
    this.#peers.send(/** @type {Uint8Array<ArrayBuffer>} */ (message));
    return true;
  }
}
