// @ts-check
/**
 * What an agreement computes: commitment, transcript, spoken code, and secrets wrapped from one seat to another.
 *
 * Everything that is hashed is a list whose parts stand behind their lengths: no two different lists share bytes.
 */

import { EPOCH_BITS } from "./keyring.js";
import { listed, numbered, utf8 } from "./bytes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {"citizen" | "clerk" | "guest"} Speaker a seat that shares its room */
/** @typedef {Readonly<Partial<Record<Speaker, string>>>} Presence who is there, by which connection */
/** @typedef {{ publicKey: Bytes, random: Bytes }} Opening what a commitment hides until all have committed */
/** @typedef {{ seat: Speaker, connection: string, commitment: Bytes, opening: Opening }} Part */
/** @typedef {{ iv: Bytes, sealed: Bytes }} Wrapped */

/** In the order in which they are hashed. */
export const SPEAKERS = /** @type {const} */ (["citizen", "clerk", "guest"]);
export const HASH_BYTES = 32;
export const RANDOM_BYTES = 32;
export const SECRET_BYTES = 32;
/** A P-256 point, uncompressed. */
export const PUBLIC_KEY_BYTES = 65;
export const IV_BYTES = 12;
export const WRAPPED_BYTES = SECRET_BYTES + 16;

const CURVE = { name: "ECDH", namedCurve: "P-256" };
/** Eight digits are 26.5 bits, said in four pairs. */
const CODE_DIGITS = 8;

/**
 * @param {Presence} presence
 * @returns {Speaker[]} sorted
 */
export const seatsOf = (presence) => SPEAKERS.filter((seat) => presence[seat] !== undefined);

/** @param {Presence} presence */
const connections = (presence) => listed(...seatsOf(presence).flatMap((seat) => [seat, presence[seat] ?? ""]));

/** The computations, with their cryptography as an argument. */
export class Transcripts {
  #subtle;

  /** @param {SubtleCrypto} subtle */
  constructor(subtle) {
    this.#subtle = subtle;
  }

  /** @returns {Promise<CryptoKeyPair>} for one agreement and no other */
  newPair() {
    return this.#subtle.generateKey(CURVE, false, ["deriveBits"]);
  }

  /**
   * @param {CryptoKeyPair} pair
   * @returns {Promise<Bytes>}
   */
  async publicKey(pair) {
    return new Uint8Array(await this.#subtle.exportKey("raw", pair.publicKey));
  }

  /**
   * A name for a set of connections, the same for all of them.
   * @param {Presence} presence
   */
  async setName(presence) {
    return (await this.#hash(listed("fernamt set", connections(presence)))).subarray(0, 16);
  }

  /**
   * @param {Speaker} seat
   * @param {Presence} presence
   * @param {number} round how often this set began anew
   * @param {Opening} opening
   * @returns {Promise<Bytes>} 32 bytes that bind to the opening and hide it
   */
  commitment(seat, presence, round, { publicKey, random }) {
    const parts = [seat, connections(presence), numbered(round, 4), publicKey, random];
    return this.#hash(listed("fernamt commit", ...parts));
  }

  /**
   * @param {number} round
   * @param {readonly Part[]} parts of all, sorted by seat
   * @returns {Promise<Bytes>} 32 bytes that only those have in common who saw the same
   */
  transcript(round, parts) {
    const flat = parts.map(({ seat, connection, commitment, opening }) =>
      listed(seat, connection, commitment, opening.publicKey, opening.random),
    );
    return this.#hash(listed("fernamt transcript", numbered(round, 4), ...flat));
  }

  /**
   * @param {Bytes} transcript
   * @param {number} [digits]
   * @returns {Promise<string>} such as "48 31 72 05"
   */
  async code(transcript, digits = CODE_DIGITS) {
    const bytes = await this.#derived(transcript, new Uint8Array(0), utf8("fernamt code"), 6);
    // 48 bits for 26.5: no code is likelier than another by more than one in two million.
    const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0) % 10 ** digits;
    return (value.toString().padStart(digits, "0").match(/.{1,2}/g) ?? []).join(" ");
  }

  /**
   * @param {Bytes} transcript
   * @returns {Promise<number>} from 0 to 2^22 - 1
   */
  async epoch(transcript) {
    const bytes = await this.#derived(transcript, new Uint8Array(0), utf8("fernamt epoch"), 3);
    return bytes.reduce((sum, byte) => sum * 256 + byte, 0) % 2 ** EPOCH_BITS;
  }

  /**
   * What the two keys of a pair have in common.
   * @param {CryptoKeyPair} own
   * @param {Bytes} publicKey
   * @returns {Promise<Bytes>} rejects for what is no point on the curve
   */
  async shared(own, publicKey) {
    const other = await this.#subtle.importKey("raw", publicKey, CURVE, false, []);
    const algorithm = { name: "ECDH", public: other };
    return new Uint8Array(await this.#subtle.deriveBits(algorithm, own.privateKey, 256));
  }

  /**
   * @param {Bytes} secret
   * @param {Way} way
   * @param {Bytes} iv
   * @returns {Promise<Wrapped>}
   *
   * @typedef {{ sender: Speaker, receiver: Speaker, transcript: Bytes, shared: Bytes }} Way
   */
  async wrap(secret, way, iv) {
    const key = await this.#wrapKey(way);
    return { iv, sealed: new Uint8Array(await this.#subtle.encrypt(cipher(way, iv), key, secret)) };
  }

  /**
   * @param {Wrapped} wrapped
   * @param {Way} way
   * @returns {Promise<Bytes>} rejects unless it was wrapped for this way, under this transcript
   */
  async unwrap({ iv, sealed }, way) {
    const key = await this.#wrapKey(way);
    return new Uint8Array(await this.#subtle.decrypt(cipher(way, iv), key, sealed));
  }

  /**
   * A base key for SFrame out of what a sender drew.
   * @param {Bytes} secret
   * @param {"media" | "messages"} use
   */
  async baseKey(secret, use) {
    const bytes = await this.#derived(secret, new Uint8Array(0), utf8(`fernamt ${use}`), SECRET_BYTES);
    return this.#subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits", "deriveKey"]);
  }

  /** @param {Way} way each direction has a key of its own */
  async #wrapKey({ sender, receiver, transcript, shared }) {
    const bytes = await this.#derived(shared, transcript, listed("fernamt wrap", sender, receiver), 32);
    return this.#subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  }

  /** @param {Bytes} bytes */
  async #hash(bytes) {
    return new Uint8Array(await this.#subtle.digest("SHA-256", bytes));
  }

  /**
   * HKDF-SHA-256 (RFC 5869).
   * @param {Bytes} secret
   * @param {Bytes} salt
   * @param {Bytes} info
   * @param {number} length in bytes
   */
  async #derived(secret, salt, info, length) {
    const key = await this.#subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
    const bits = await this.#subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, 8 * length);
    return new Uint8Array(bits);
  }
}

/**
 * @param {Way} way
 * @param {Bytes} iv
 */
function cipher({ sender, receiver, transcript }, iv) {
  return { name: "AES-GCM", iv, additionalData: listed("fernamt secret", sender, receiver, transcript) };
}
