// @ts-check
/**
 * Puts the frame worker between the encoders of one connection and the network. One object a connection:
 *
 *     const frames = new FrameProtection();
 *     const peer = new RTCPeerConnection({ ...FrameProtection.peerOptions(), bundlePolicy: "max-bundle" });
 *     frames.protectSender(transceiver.sender, "video");               // each, before setLocalDescription
 *     frames.protectReceiver(transceiver.receiver, "video", "clerk");
 *     await frames.use(keys);                                           // until then, nothing passes either way
 */

/** @typedef {import("./frame-worker.js").Counted} Counted */
/** @typedef {import("./frame-worker.js").Options} Options */
/** @typedef {import("./frame-worker.js").Order} Order */
/** @typedef {import("./frame-worker.js").Streams} Streams */
/** @typedef {import("./frames.js").Kind} Kind */
/** @typedef {import("./keyring.js").EpochKeys} EpochKeys */
/** @typedef {import("./keyring.js").Seat} Seat */

/** How this browser lets us at its frames: the standard's way, Chromium's older one, or not at all. */
/** @typedef {"transform" | "streams" | "none"} Means */
/** @typedef {{ createEncodedStreams: () => Streams }} OlderEnd a sender or receiver */

/** Dispatches `failed` when the worker could not be loaded or broke: then nothing passes any more. */
export class FrameProtection extends EventTarget {
  #means;
  #worker;
  #asked = 0;
  /** @type {Map<string, (value: any) => void>} */ #answers = new Map();

  /** @param {{ means?: Means }} [options] `none` is an error: ask `FrameProtection.means()` first */
  constructor({ means = FrameProtection.means() } = {}) {
    super();
    if (means === "none") throw new Error("this browser cannot encrypt frames");
    this.#means = means;
    this.#worker = new Worker(new URL("./frame-worker.js", import.meta.url), { type: "module" });
    this.#worker.addEventListener("message", ({ data }) => {
      if (data.type === "counts") this.#answer(`counts ${data.id}`, data.counted);
      else this.#answer(`using ${data.epoch}`, undefined);
    });
    this.#worker.addEventListener("error", () => this.dispatchEvent(new Event("failed")));
  }

  /** @returns {Means} */
  static means() {
    if (typeof Worker === "undefined" || !globalThis.crypto?.subtle) return "none"; // no secure context
    if ("RTCRtpScriptTransform" in globalThis) return "transform";
    return "createEncodedStreams" in (globalThis.RTCRtpSender?.prototype ?? {}) ? "streams" : "none";
  }

  /**
   * What the constructor of RTCPeerConnection must be told.
   * @param {Means} [means]
   * @returns {RTCConfiguration}
   */
  static peerOptions(means = FrameProtection.means()) {
    return means === "streams" ? /** @type {RTCConfiguration} */ ({ encodedInsertableStreams: true }) : {};
  }

  /**
   * @param {RTCRtpSender} sender
   * @param {Kind} kind
   */
  protectSender(sender, kind) {
    this.#attach(sender, { kind, from: null });
  }

  /**
   * @param {RTCRtpReceiver} receiver
   * @param {Kind} kind
   * @param {Seat} from whose frames alone may come here
   */
  protectReceiver(receiver, kind, from) {
    this.#attach(receiver, { kind, from });
  }

  /**
   * Send under these keys, and open what others send under them or the former ones.
   * @param {EpochKeys} keys
   * @returns {Promise<void>} resolves when the worker does so
   */
  use(keys) {
    this.#order({ type: "use", keys });
    return this.#answered(`using ${keys.epoch}`);
  }

  /** Send nothing until the next keys. */
  hold() {
    this.#order({ type: "hold" });
  }

  /** @returns {Promise<Counted[]>} for each sender and receiver, in the order in which they were attached */
  counts() {
    const id = (this.#asked += 1);
    this.#order({ type: "count", id });
    return this.#answered(`counts ${id}`);
  }

  /** Close the connection first: frames stop here. */
  close() {
    this.#worker.terminate();
  }

  /**
   * @param {RTCRtpSender | RTCRtpReceiver} end
   * @param {Options} options
   */
  #attach(end, options) {
    if (this.#means === "transform") {
      end.transform = new RTCRtpScriptTransform(this.#worker, options);
      return;
    }
    const { readable, writable } = /** @type {OlderEnd} */ (/** @type {unknown} */ (end)).createEncodedStreams();
    this.#order({ type: "streams", options, readable, writable }, [readable, writable]);
  }

  /**
   * @param {Order} order
   * @param {Transferable[]} [transfer]
   */
  #order(order, transfer = []) {
    this.#worker.postMessage(order, transfer);
  }

  /** @param {string} name @returns {Promise<any>} */
  #answered(name) {
    return new Promise((resolve) => this.#answers.set(name, resolve));
  }

  /** @param {string} name @param {unknown} value */
  #answer(name, value) {
    this.#answers.get(name)?.(value);
    this.#answers.delete(name);
  }
}
