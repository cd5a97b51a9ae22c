// @ts-check
/**
 * SFrame (RFC 9605): a header that names key and counter, and AES-GCM over what follows.
 *
 * Key and counter identifiers are whole numbers up to 2^53 - 1; the RFC's 64 bits are more than we count to.
 */

import { joined, numbered, utf8 } from "./bytes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

/**
 * @typedef {object} Suite a cipher suite of RFC 9605, section 4.5
 * @property {number} id
 * @property {"SHA-256" | "SHA-512"} hash of the key derivation
 * @property {number} keyBits
 */

/**
 * @typedef {object} FrameKey what one key identifier stands for
 * @property {number} kid
 * @property {CryptoKey} key
 * @property {Bytes} salt 12 bytes
 */

/** @typedef {{ kid: number, counter: number, length: number }} Header `length` in bytes */

/** @satisfies {Record<string, Suite>} */
export const SUITES = /** @type {const} */ ({
  AES_128_GCM_SHA256_128: { id: 0x0004, hash: "SHA-256", keyBits: 128 },
  AES_256_GCM_SHA512_128: { id: 0x0005, hash: "SHA-512", keyBits: 256 },
});

/** @type {Suite} the one that calls use */
export const SUITE = SUITES.AES_256_GCM_SHA512_128;

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The fewest bytes that can be a protected text: one of header, and the tag. */
export const SHORTEST = 1 + TAG_BYTES;

/**
 * @param {number} value
 * @returns {number} how many bytes it needs, at least one
 */
function width(value) {
  let bytes = 1;
  for (let left = Math.floor(value / 256); left > 0; left = Math.floor(left / 256)) bytes += 1;
  return bytes;
}

/**
 * Write the header of RFC 9605, section 4.3: three bits each for a small number or the length of a large one.
 * @param {number} kid
 * @param {number} counter
 * @returns {Bytes}
 * @throws {RangeError} for what is no whole number from 0 to 2^53 - 1
 */
export function encodeHeader(kid, counter) {
  for (const value of [kid, counter])
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no identifier`);
  const long = [kid, counter].map((value) => value > 7);
  const nibbles = [kid, counter].map((value, at) => (long[at] ? 8 | (width(value) - 1) : value));
  const config = ((nibbles[0] ?? 0) << 4) | (nibbles[1] ?? 0);
  const tails = [kid, counter].map((value, at) => numbered(value, long[at] ? width(value) : 0));
  return joined(Uint8Array.of(config), ...tails);
}

/**
 * Read the header at the beginning of `bytes`.
 * @param {Uint8Array} bytes
 * @returns {Header | null} null where there is none, it is cut short, longer than need be, or counts beyond 2^53 - 1
 */
export function decodeHeader(bytes) {
  const config = bytes[0];
  if (config === undefined) return null;
  let at = 1;
  /** @param {number} nibble */
  const read = (nibble) => {
    if (nibble < 8) return nibble;
    const length = (nibble & 7) + 1;
    const digits = bytes.subarray(at, at + length);
    at += length;
    const value = digits.reduce((sum, byte) => sum * 256 + byte, 0);
    // One number, one spelling: else the same frame could travel under two headers.
    const plain = digits.length === length && value > 7 && (length === 1 || digits[0] !== 0);
    return plain && Number.isSafeInteger(value) ? value : -1;
  };
  const kid = read(config >> 4);
  const counter = read(config & 15);
  return kid < 0 || counter < 0 ? null : { kid, counter, length: at };
}

/**
 * Prepare a secret for `deriveKey`. It cannot be taken out again, but handed to a worker.
 * @param {Bytes} baseKey
 * @param {SubtleCrypto} [subtle]
 * @returns {Promise<CryptoKey>}
 */
export function importBaseKey(baseKey, subtle = crypto.subtle) {
  return subtle.importKey("raw", baseKey, "HKDF", false, ["deriveBits", "deriveKey"]);
}

/**
 * Derive the key and salt of one key identifier: RFC 9605, section 4.4.2.
 * @param {number} kid
 * @param {CryptoKey} baseKey from `importBaseKey`
 * @param {readonly ("encrypt" | "decrypt")[]} usages
 * @param {Suite} [suite]
 * @param {SubtleCrypto} [subtle]
 * @returns {Promise<FrameKey>}
 */
export async function deriveKey(kid, baseKey, usages, suite = SUITE, subtle = crypto.subtle) {
  const context = joined(numbered(kid, 8), numbered(suite.id, 2));
  /** @param {string} label */
  const hkdf = (label) => ({
    name: "HKDF",
    hash: suite.hash,
    salt: new Uint8Array(0),
    info: joined(utf8(label), context),
  });
  const cipher = { name: "AES-GCM", length: suite.keyBits };
  const [key, salt] = await Promise.all([
    subtle.deriveKey(hkdf("SFrame 1.0 Secret key "), baseKey, cipher, false, [...usages]),
    subtle.deriveBits(hkdf("SFrame 1.0 Secret salt "), baseKey, 8 * NONCE_BYTES),
  ]);
  return { kid, key, salt: new Uint8Array(salt) };
}

/**
 * Section 4.4.3: the nonce is the salt, exclusive-or the counter.
 * @param {Bytes} salt
 * @param {number} counter
 */
function nonce(salt, counter) {
  const digits = numbered(counter, NONCE_BYTES);
  return salt.map((byte, at) => byte ^ (digits[at] ?? 0));
}

/**
 * @param {FrameKey} key
 * @param {number} counter never twice under one key: whoever counts answers for it
 * @param {Uint8Array} metadata authenticated, and sent by the caller if the other side does not know it
 * @param {Bytes} plaintext
 * @param {SubtleCrypto} [subtle]
 * @returns {Promise<Bytes>} header, ciphertext and tag
 */
export async function encrypt(key, counter, metadata, plaintext, subtle = crypto.subtle) {
  const header = encodeHeader(key.kid, counter);
  const cipher = { name: "AES-GCM", iv: nonce(key.salt, counter), additionalData: joined(header, metadata) };
  return joined(header, new Uint8Array(await subtle.encrypt(cipher, key.key, plaintext)));
}

/**
 * @param {FrameKey} key the one that the header names
 * @param {Header} header as `decodeHeader` read it from `bytes`
 * @param {Uint8Array} metadata
 * @param {Bytes} bytes as `encrypt` gave them
 * @param {SubtleCrypto} [subtle]
 * @returns {Promise<Bytes>} the plaintext; rejects when anything was altered
 */
export async function decrypt(key, header, metadata, bytes, subtle = crypto.subtle) {
  const additionalData = joined(bytes.subarray(0, header.length), metadata);
  const cipher = { name: "AES-GCM", iv: nonce(key.salt, header.counter), additionalData };
  return new Uint8Array(await subtle.decrypt(cipher, key.key, bytes.subarray(header.length)));
}
