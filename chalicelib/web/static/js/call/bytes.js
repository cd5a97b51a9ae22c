// @ts-check
/** Bytes for the call's cryptography: joined, named without ambiguity, and written as text. */

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

const encoder = new TextEncoder();

/**
 * @param {string} text
 * @returns {Bytes} as UTF-8
 */
export const utf8 = (text) => encoder.encode(text);

/**
 * @param {readonly Uint8Array[]} parts
 * @returns {Bytes} one after the other
 */
export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Several values as one, so that no two different lists give the same bytes: each stands behind its length,
 * and the whole behind its count, in four bytes, the most significant first.
 * @param {readonly (Uint8Array | string)[]} values texts count as their UTF-8
 * @returns {Bytes}
 */
export function listed(...values) {
  const parts = [numbered(values.length, 4)];
  for (const value of values) {
    const part = typeof value === "string" ? utf8(value) : value;
    parts.push(numbered(part.length, 4), joined(part));
  }
  return joined(...parts);
}

/**
 * @param {number} value a whole number from 0 to 2^53 - 1 that fits
 * @param {number} length in bytes
 * @returns {Bytes} the most significant first
 */
export function numbered(value, length) {
  const bytes = new Uint8Array(length);
  let left = value;
  for (let at = length - 1; at >= 0; at -= 1) {
    bytes[at] = left % 256;
    left = Math.floor(left / 256);
  }
  return bytes;
}

/**
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 */
export function same(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/**
 * @param {Uint8Array} bytes
 * @returns {string} base64
 */
export function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

/**
 * @param {unknown} text
 * @param {number} length how many bytes it has to be
 * @returns {Bytes | null} null for anything that is not the base64 of that many bytes
 */
export function fromBase64(text, length) {
  if (typeof text !== "string" || text.length !== 4 * Math.ceil(length / 3)) return null;
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return bytes.length === length && base64(bytes) === text ? bytes : null;
  } catch {
    return null;
  }
}
