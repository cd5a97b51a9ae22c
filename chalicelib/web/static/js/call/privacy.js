// @ts-check
/**
 * The privacy of one connection: it agrees on keys with the others, hands them to the frames, and carries words.
 *
 *     const privacy = new Privacy({ seat: "citizen", frames, budget, send: (bytes) => peers.send(bytes) });
 *     peers.addEventListener("message", ({ data }) => privacy.receive(data));        // channel 0, binaryType "arraybuffer"
 *     office.addEventListener("message", ({ data }) => privacy.news(JSON.parse(data)));                     // channel 1
 *     privacy.addEventListener("keys", ({ detail }) => show(detail.code));
 *
 * Events:
 *   `keys`     {code, epoch, seats}: the call is private among these seats; the code is to be compared aloud
 *   `hold`     {}: nothing is sent until the next `keys`, for somebody left the light
 *   `message`  {from, message}: words of another seat, as bytes
 *   `aborted`  {reason}: something did not fit together; a fresh agreement has begun
 *   `failed`   {}: too often. Somebody may stand between: this connection will never be private
 */

import { Agreement } from "./agreement.js";
import { AGREEMENT } from "./agreement-messages.js";
import { Keyring, SEAT_CODES } from "./keyring.js";
import { MESSAGE, Messages } from "./messages.js";
import { importBaseKey } from "./sframe.js";

/** @typedef {import("./agreement.js").Effect} Effect */
/** @typedef {import("./agreement-steps.js").Budget} Budget */
/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./keyring.js").EpochKeys} EpochKeys */
/** @typedef {import("./keyring.js").Seat} Seat */
/** @typedef {import("./transcript.js").Presence} Presence */
/** @typedef {import("./transcript.js").Speaker} Speaker */

/** @typedef {{ use: (keys: EpochKeys) => Promise<void>, hold: () => void }} Frames such as FrameProtection */
/** @typedef {{ type: string, seats?: Presence, lit?: readonly string[] }} OfficeNews as the worker writes them */

/** A relay may drop a message of an agreement; this much later it is said again. */
const REPEAT_MS = 500;
const EARLY_MAX = 64;

export class Privacy extends EventTarget {
  #send;
  #frames;
  #agreement;
  #keyring = new Keyring();
  #messages = new Messages(this.#keyring);
  /** @type {{ from: Seat, payload: Bytes }[]} */ #early = [];
  /** @type {Promise<unknown>} */ #turn = Promise.resolve();
  #repeat;

  /**
   * @param {object} options
   * @param {Seat} options.seat our own; an echo agrees with nobody, and hears itself
   * @param {Frames} options.frames
   * @param {(bytes: Bytes, how?: { atOnce?: boolean }) => void} options.send to all others in the light; what cannot be sent now may be dropped
   * @param {Budget} [options.budget] one for all connections of a call
   */
  constructor({ seat, frames, send, budget }) {
    super();
    this.#send = send;
    this.#frames = frames;
    this.#agreement = seat === "echo" ? null : new Agreement(budget ? { seat, budget } : { seat });
    if (!this.#agreement) void this.#echo();
    this.#repeat = setInterval(() => this.#sayAgain(), REPEAT_MS);
  }

  /**
   * What the worker says on the office's channel; other news than `seats` change nothing here.
   * @param {OfficeNews} news
   */
  news({ type, seats = {}, lit = [] }) {
    if (type !== "seats") return this.#turn;
    const present = Object.fromEntries(Object.entries(seats).filter(([seat]) => lit.includes(seat)));
    return this.#inTurn(async () => this.#perform(await this.#agreement?.presence(present)));
  }

  /**
   * One message of the peers' channel: a byte that names the sender, and its payload.
   * @param {ArrayBuffer} data
   */
  receive(data) {
    const [code, ...rest] = new Uint8Array(data);
    const from = /** @type {Seat | undefined} */ (
      Object.keys(SEAT_CODES).find((seat) => SEAT_CODES[/** @type {Seat} */ (seat)] === code)
    );
    const payload = Uint8Array.from(rest);
    return this.#inTurn(async () => {
      if (!from) return;
      if (payload[0] === AGREEMENT) await this.#perform(await this.#agreement?.receive(from, payload));
      else if (payload[0] === MESSAGE) await this.#hear(from, payload);
    });
  }

  /**
   * Say something to all others.
   * @param {Bytes} message
   * @param {{ atOnce?: boolean }} [how] `atOnce`: it must not wait for what was lost before it
   * @returns {Promise<boolean>} false, and nothing is sent, while no keys stand or the channel is closed
   */
  say(message, how = {}) {
    return this.#inTurn(async () => {
      const sealed = await this.#messages.seal(message);
      return sealed !== null && this.#sendOrDrop(sealed, how);
    });
  }

  /** Stop; the frames are closed by whoever made them. */
  close() {
    clearInterval(this.#repeat);
    this.#keyring.hold();
  }

  /**
   * In the order of their calls: a message must not overtake the keys that open it.
   * @template Value
   * @param {() => Promise<Value>} act
   * @returns {Promise<Value>}
   */
  #inTurn(act) {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => {});
    return done;
  }

  #sayAgain() {
    const state = this.#agreement?.state;
    if (state === "committing" || state === "revealing" || state === "sharing")
      void this.#inTurn(async () => this.#perform(await this.#agreement?.again()));
  }

  /** @param {Bytes} bytes @param {{ atOnce?: boolean }} [how] */
  #sendOrDrop(bytes, how) {
    try {
      this.#send(bytes, how);
      return true;
    } catch {
      return false; // the channel is not open; agreements are said again
    }
  }

  /** @param {readonly Effect[]} [effects] */
  async #perform(effects = []) {
    for (const effect of effects) {
      if (effect.type === "send") this.#sendOrDrop(effect.bytes);
      else if (effect.type === "keys") await this.#begin(effect.keys);
      else if (effect.type === "hold") {
        this.#frames.hold();
        this.#keyring.hold();
        this.#tell("hold", {});
      } else if (effect.type === "aborted") this.#tell("aborted", { reason: effect.reason });
      else this.#tell("failed", {});
    }
  }

  /** @param {import("./round.js").AgreedKeys} keys */
  async #begin({ epoch, code, seats, media, messages }) {
    await Promise.all([this.#frames.use(media), this.#keyring.use(messages)]);
    this.#tell("keys", { epoch, code, seats });
    for (const { from, payload } of this.#early.splice(0)) await this.#hear(from, payload);
  }

  /**
   * @param {Seat} from
   * @param {Bytes} payload
   */
  async #hear(from, payload) {
    if (this.#messages.isEarly(payload)) {
      this.#early.push({ from, payload });
      if (this.#early.length > EARLY_MAX) this.#early.shift();
      return;
    }
    const message = await this.#messages.open(from, payload);
    if (message) this.#tell("message", { from, message });
  }

  async #echo() {
    const secret = crypto.getRandomValues(new Uint8Array(32));
    const epoch = crypto.getRandomValues(new Uint16Array(1))[0] ?? 0;
    await this.#frames.use({ epoch, own: "echo", secrets: { echo: await importBaseKey(secret) } });
  }

  /**
   * @param {string} type
   * @param {object} detail
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
