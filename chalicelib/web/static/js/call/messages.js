// @ts-check
/**
 * Words between the participants (chat, real-time text, nudges), protected like frames, with a key of their own.
 *
 *     [0x01][SFrame header][ciphertext][tag]
 */

import { Keyring, ReplayWindow, seatOf } from "./keyring.js";
import { SHORTEST, decodeHeader, decrypt, encrypt } from "./sframe.js";
import { joined, utf8 } from "./bytes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./keyring.js").Seat} Seat */

/** The first byte of such a payload; 0x00 is the key agreement. */
export const MESSAGE = 0x01;
const METADATA = utf8("fernamt message");

/** Seals and opens messages. Two channels carry them, each in its own time: what a window has noted is a replay. */
export class Messages {
  refused = 0;
  #keyring;
  /** @type {Map<number, ReplayWindow>} */ #heard = new Map();

  /** @param {Keyring} keyring of message keys, not of the frames' */
  constructor(keyring) {
    this.#keyring = keyring;
  }

  /**
   * @param {Bytes} message
   * @returns {Promise<Bytes | null>} what to send; null while no keys stand
   */
  async seal(message) {
    const sending = this.#keyring.next();
    if (!sending) return null;
    return joined(Uint8Array.of(MESSAGE), await encrypt(sending.key, sending.counter, METADATA, message));
  }

  /**
   * Whether its key may yet come: a message can overtake the last piece of an agreement among three.
   * @param {Bytes} payload
   */
  isEarly(payload) {
    const header = decodeHeader(payload.subarray(1));
    return header !== null && !this.#keyring.find(header.kid);
  }

  /**
   * @param {Seat} from who sent it, as the relay says
   * @param {Bytes} payload with its first byte
   * @returns {Promise<Bytes | null>} null for what is forged, altered, somebody else's or said before
   */
  async open(from, payload) {
    const sealed = payload.subarray(1);
    const header = decodeHeader(sealed);
    const key = header && this.#keyring.find(header.kid);
    if (header && key && payload[0] === MESSAGE && sealed.length >= SHORTEST && seatOf(header.kid) === from) {
      try {
        const message = await decrypt(key, header, METADATA, sealed);
        const heard = this.#heard.get(header.kid) ?? new ReplayWindow();
        this.#heard.set(header.kid, heard);
        if (heard.note(header.counter)) return message;
      } catch {
        // altered: counted below
      }
    }
    this.refused += 1;
    return null;
  }
}
