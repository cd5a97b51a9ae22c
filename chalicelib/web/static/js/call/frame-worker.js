// @ts-check
/**
 * The worker through which every frame goes on its way to the network and from it. It alone holds the frames' keys.
 * What comes before there are keys, or cannot be opened, goes no further.
 *
 * It is a module of our own origin, which the pages' `script-src 'self'` allows.
 */

import { FrameOpener, FrameSealer } from "./frames.js";
import { Keyring } from "./keyring.js";

/** @typedef {import("./frames.js").Counts} Counts */
/** @typedef {import("./frames.js").Kind} Kind */
/** @typedef {import("./keyring.js").EpochKeys} EpochKeys */
/** @typedef {import("./keyring.js").Seat} Seat */

/** @typedef {{ kind: Kind, from: Seat | null }} Options `from`: whose frames are received; null for what we send */
/** @typedef {Options & { counts: Counts }} Counted */
/** @typedef {{ data: ArrayBuffer }} EncodedFrame */
/** @typedef {{ readable: ReadableStream<EncodedFrame>, writable: WritableStream<EncodedFrame> }} Streams */

/**
 * Where frames come from: an RTCRtpScriptTransformer, with what not every browser has, or two bare streams.
 * @typedef {object} Asking
 * @property {Options} options
 * @property {() => Promise<unknown>} [generateKeyFrame]
 * @property {() => Promise<unknown>} [sendKeyFrameRequest]
 * @typedef {Streams & Asking} Source
 */

/**
 * What the page says.
 * @typedef {{ type: "use", keys: EpochKeys } | { type: "hold" } | { type: "count", id: number }
 *   | ({ type: "streams", options: Options } & Streams)} Order
 */

/** Asking oftener would flood a phone's encoder, which answers each time with a large frame. */
const KEY_FRAME_MIN_INTERVAL_MS = 500;

const scope = /** @type {EventTarget & { postMessage: (message: unknown) => void }} */ (/** @type {unknown} */ (self));
const keyring = new Keyring();
/** @type {{ options: Options, counts: Counts, begin: () => void }[]} */
const paths = [];
let order = Promise.resolve();

/** @param {Source} source of what we send */
function protect(source) {
  const { kind } = source.options;
  const sealer = new FrameSealer({ keyring, kind });
  // The other side can begin only with a key frame.
  const begin = () => void (kind === "video" && source.generateKeyFrame?.().catch(() => {}));
  paths.push({ options: source.options, counts: sealer.counts, begin });
  pass(source, (frame) => sealer.seal(frame));
}

/**
 * @param {Source} source of what `from` sends
 * @param {Seat} from
 */
function open(source, from) {
  const { kind } = source.options;
  const opener = new FrameOpener({ keyring, kind, from });
  let askedMs = -Infinity;
  const ask = () => {
    const now = performance.now();
    if (kind === "audio" || !opener.needsKeyFrame || now - askedMs < KEY_FRAME_MIN_INTERVAL_MS) return;
    askedMs = now;
    source.sendKeyFrameRequest?.().catch(() => {});
  };
  paths.push({ options: source.options, counts: opener.counts, begin: ask });
  pass(source, async (frame) => {
    const opened = await opener.open(frame);
    // Without the key an answer would help nobody: that is asked for when the key has come.
    if (opened !== "keyless") ask();
    return typeof opened === "string" ? null : opened;
  });
}

/**
 * @param {Streams} streams
 * @param {(frame: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer> | null>} change null drops the frame
 */
function pass({ readable, writable }, change) {
  /** @type {TransformStream<EncodedFrame, EncodedFrame>} */
  const transform = new TransformStream({
    async transform(frame, controller) {
      const changed = await change(new Uint8Array(frame.data));
      if (!changed) return;
      frame.data = changed.buffer;
      controller.enqueue(frame);
    },
  });
  // It ends when the connection does; an error ends it too, and nothing passes any more.
  readable.pipeThrough(transform).pipeTo(writable).catch(() => {});
}

/** @param {Source} source */
function add(source) {
  if (source.options.from === null) protect(source);
  else open(source, source.options.from);
}

/** @param {Order} given */
async function obey(given) {
  if (given.type === "streams") add(given);
  else if (given.type === "hold") keyring.hold();
  else if (given.type === "count") {
    const counted = paths.map(({ options, counts }) => ({ ...options, counts: { ...counts } }));
    scope.postMessage({ type: "counts", id: given.id, counted });
  } else {
    await keyring.use(given.keys);
    for (const { begin } of paths) begin();
    scope.postMessage({ type: "using", epoch: given.keys.epoch });
  }
}

scope.addEventListener("message", (event) => {
  const given = /** @type {MessageEvent<Order>} */ (event).data;
  order = order.then(() => obey(given));
});
scope.addEventListener("rtctransform", (event) => {
  add(/** @type {Event & { transformer: Source }} */ (event).transformer);
});
