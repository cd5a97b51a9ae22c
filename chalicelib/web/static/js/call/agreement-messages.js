// @ts-check
/** The three messages of a key agreement, as they travel: the byte 0x00, then JSON. */

import {
  HASH_BYTES,
  IV_BYTES,
  PUBLIC_KEY_BYTES,
  RANDOM_BYTES,
  SPEAKERS,
  WRAPPED_BYTES,
} from "./transcript.js";
import { base64, fromBase64, joined, utf8 } from "./bytes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./transcript.js").Opening} Opening */
/** @typedef {import("./transcript.js").Speaker} Speaker */
/** @typedef {import("./transcript.js").Wrapped} Wrapped */
/** @typedef {{ set: string, round: number }} Place `set`: 16 bytes in base64, the name of a set of connections */
/** @typedef {Place & { step: "commit", commitment: Bytes }} Commit */
/** @typedef {Place & { step: "reveal", opening: Opening }} Reveal */
/** @typedef {Place & { step: "share", wrapped: Partial<Record<Speaker, Wrapped>> }} Share one for each receiver */
/** @typedef {Commit | Reveal | Share} AgreementMessage */

/** The first byte of such a payload; 0x01 is a message of the participants. */
export const AGREEMENT = 0x00;
const LONGEST_BYTES = 2048;
/** How often a set may begin anew before nobody believes it any more. */
export const ROUND_MAX = 255;

/**
 * @param {AgreementMessage} message
 * @returns {Bytes}
 */
export function encodeMessage(message) {
  /** @param {string} _ @param {unknown} value */
  const plain = (_, value) => (value instanceof Uint8Array ? base64(value) : value);
  return joined(Uint8Array.of(AGREEMENT), utf8(JSON.stringify(message, plain)));
}

/**
 * @param {Uint8Array} payload
 * @returns {AgreementMessage | null} null for anything that `encodeMessage` did not write
 */
export function decodeMessage(payload) {
  if (payload[0] !== AGREEMENT || payload.length > LONGEST_BYTES) return null;
  try {
    const found = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload.subarray(1)));
    const place = { set: found.set, round: found.round };
    const placed = fromBase64(place.set, 16) && Number.isInteger(place.round);
    if (!placed || place.round < 0 || place.round > ROUND_MAX) return null;
    if (!Object.hasOwn(READ, found.step)) return null;
    return READ[/** @type {AgreementMessage["step"]} */ (found.step)](place, found);
  } catch {
    return null;
  }
}

/** @type {Record<AgreementMessage["step"], (place: Place, found: any) => AgreementMessage | null>} */
const READ = {
  commit(place, found) {
    const commitment = fromBase64(found.commitment, HASH_BYTES);
    return commitment && { ...place, step: "commit", commitment };
  },
  reveal(place, found) {
    const publicKey = fromBase64(found.opening.publicKey, PUBLIC_KEY_BYTES);
    const random = fromBase64(found.opening.random, RANDOM_BYTES);
    return publicKey && random && { ...place, step: "reveal", opening: { publicKey, random } };
  },
  share(place, found) {
    /** @type {Share["wrapped"]} */
    const wrapped = {};
    for (const seat of SPEAKERS) {
      const iv = fromBase64(found.wrapped[seat]?.iv, IV_BYTES);
      const sealed = fromBase64(found.wrapped[seat]?.sealed, WRAPPED_BYTES);
      if (iv && sealed) wrapped[seat] = { iv, sealed };
    }
    return { ...place, step: "share", wrapped };
  },
};
