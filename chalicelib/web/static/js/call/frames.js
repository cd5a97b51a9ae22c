// @ts-check
/**
 * One encoded frame, protected: its beginning stays clear where the relay's and the browser's own packet code
 * must read it, and all of it is authenticated.
 *
 *     [clear beginning][SFrame header][ciphertext][tag]
 */

import { Keyring, ReplayWindow, seatOf } from "./keyring.js";
import { SHORTEST, decodeHeader, decrypt, encrypt } from "./sframe.js";
import { joined } from "./bytes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./keyring.js").Seat} Seat */
/** @typedef {"audio" | "video"} Kind */

/**
 * Why a frame goes no further: there is no key yet; it is not ours to read (other seat, no header, altered); it was
 * seen before.
 * @typedef {"keyless" | "unreadable" | "replayed"} Refusal
 */

/** @typedef {{ passed: number } & Record<Refusal, number>} Counts frames since the beginning */

// RFC 6386, section 9.1: bit 0 of the first byte says "no key frame"; a key frame has ten bytes of start code and
// size, others three. Chromium reads them when it puts packets together, and knows no key frame without them.
const VP8_KEY_FRAME_CLEAR_BYTES = 10;
const VP8_CLEAR_BYTES = 3;
const KIND_CODES = { audio: 1, video: 2 };

/** @param {Uint8Array} frame of VP8 */
export const isKeyFrame = (frame) => frame.length > 0 && ((frame[0] ?? 1) & 1) === 0;

/**
 * @param {Kind} kind
 * @param {Uint8Array} frame plain or protected: the answer is the same
 * @returns {number} how many bytes stay clear
 */
export function clearBytes(kind, frame) {
  if (kind === "audio") return 0;
  return isKeyFrame(frame) ? VP8_KEY_FRAME_CLEAR_BYTES : VP8_CLEAR_BYTES;
}

/**
 * What is authenticated beside the header: a picture cannot pass for sound, and its beginning not for another.
 * @param {Kind} kind
 * @param {Uint8Array} clear
 */
const metadata = (kind, clear) => joined(Uint8Array.of(KIND_CODES[kind]), clear);

/** @returns {Counts} */
const noCounts = () => ({ passed: 0, keyless: 0, unreadable: 0, replayed: 0 });

/** Protects what one sender sends. */
export class FrameSealer {
  counts = noCounts();
  #keyring;
  #kind;

  /** @param {{ keyring: Keyring, kind: Kind }} options */
  constructor({ keyring, kind }) {
    this.#keyring = keyring;
    this.#kind = kind;
  }

  /**
   * @param {Bytes} frame as the encoder made it
   * @returns {Promise<Bytes | null>} null while no keys stand, and for what is no VP8: then nothing is sent
   */
  async seal(frame) {
    const cut = clearBytes(this.#kind, frame);
    const sending = frame.length < cut ? null : this.#keyring.next();
    if (!sending) {
      this.counts[frame.length < cut ? "unreadable" : "keyless"] += 1;
      return null;
    }
    const clear = frame.subarray(0, cut);
    const sealed = await encrypt(sending.key, sending.counter, metadata(this.#kind, clear), frame.subarray(cut));
    this.counts.passed += 1;
    return joined(clear, sealed);
  }
}

/** Opens what one seat sends. */
export class FrameOpener {
  counts = noCounts();
  /**
   * Whether pictures are missing that the next ones build upon: some were refused, or began under a new key with no key
   * frame, for their sender drops what it makes before it has the key. The decoder by itself would wait 3 s.
   */
  needsKeyFrame = false;
  #keyring;
  #kind;
  #from;
  /** @type {Map<number, ReplayWindow>} */ #windows = new Map();

  /** @param {{ keyring: Keyring, kind: Kind, from: Seat }} options `from`: nobody else's frames pass */
  constructor({ keyring, kind, from }) {
    this.#keyring = keyring;
    this.#kind = kind;
    this.#from = from;
  }

  /**
   * @param {Bytes} frame as it came
   * @returns {Promise<Bytes | Refusal>} what the encoder had made, or why it is dropped
   */
  async open(frame) {
    const opened = await this.#open(frame);
    this.counts[typeof opened === "string" ? opened : "passed"] += 1;
    if (typeof opened === "string") this.needsKeyFrame ||= opened !== "replayed";
    else if (isKeyFrame(opened)) this.needsKeyFrame = false;
    return opened;
  }

  /**
   * @param {Bytes} frame
   * @returns {Promise<Bytes | Refusal>}
   */
  async #open(frame) {
    const cut = clearBytes(this.#kind, frame);
    const sealed = frame.subarray(cut);
    const header = decodeHeader(sealed);
    if (!header || sealed.length < SHORTEST || seatOf(header.kid) !== this.#from) return "unreadable";
    const key = this.#keyring.find(header.kid);
    if (!key) return "keyless";
    const window = this.#window(header.kid);
    if (!window.isFresh(header.counter)) return "replayed";
    const clear = frame.subarray(0, cut);
    try {
      const plain = await decrypt(key, header, metadata(this.#kind, clear), sealed);
      if (window.isNew) this.needsKeyFrame = true;
      return window.note(header.counter) ? joined(clear, plain) : "replayed";
    } catch {
      return "unreadable";
    }
  }

  /** @param {number} kid */
  #window(kid) {
    const known = this.#windows.get(kid);
    if (known) return known;
    for (const each of this.#windows.keys()) if (!this.#keyring.find(each)) this.#windows.delete(each);
    const made = new ReplayWindow();
    this.#windows.set(kid, made);
    return made;
  }
}
