// @ts-check
/**
 * One pre-flight: our own tracks to the real media worker and back, for a few seconds, on the echo seat. Loaded when needed.
 *
 * @import {Ticket} from "./attempt.js"
 * @import {Reading} from "./preflight-figures.js"
 * @import {Figures} from "./preflight.js"
 *
 * `measured`: the line stood, and this is how it was · `failed`: the worker answered, but no line to it came about (its
 * packets do not pass this network) · `relay`: the worker did not answer · `stopped`: we gave up before anything was known
 *
 * @typedef {{ outcome: "measured", figures: Figures, burdened: boolean }
 *   | { outcome: "failed" | "relay" | "stopped" }} Result
 */

import { Budget } from "./agreement-steps.js";
import { Attempt } from "./attempt.js";
import { figuresBetween, readingOf } from "./preflight-figures.js";

/** The sender's estimate begins at 300 kbit/s and has climbed to what a picture needs after three seconds. */
const MEASURE_MS = 5_000;
const READ_EVERY_MS = 500;
/** What was measured in less says nothing. */
const ENOUGH_MS = 2_000;

/**
 * @param {object} how
 * @param {Ticket} how.ticket to the echo seat
 * @param {MediaStream} how.stream whose tracks are sent, and left as they are
 * @param {AbortSignal} how.signal hang up now; what is known by then counts
 * @returns {Promise<Result>}
 */
export async function tryLine({ ticket, stream, signal }) {
  const attempt = new Attempt("echo", new Budget(), () => {});
  const close = () => attempt.close();
  signal.addEventListener("abort", close);
  try {
    await attempt.open(
      new Map([
        ["audio", stream.getAudioTracks()[0] ?? null],
        ["video", stream.getVideoTracks()[0] ?? null],
      ]),
      async () => ticket,
    );
    return await measured(attempt.peer, signal);
  } catch {
    if (signal.aborted) return { outcome: "stopped" };
    return { outcome: attempt.session ? "failed" : "relay" };
  } finally {
    signal.removeEventListener("abort", close);
    attempt.close();
  }
}

/**
 * @param {RTCPeerConnection} peer
 * @param {AbortSignal} signal
 * @returns {Promise<Result>}
 */
async function measured(peer, signal) {
  // The first packets find a line that is still being set up.
  await pause(READ_EVERY_MS, signal);
  /** @type {Reading[]} */
  const readings = [];
  for (let elapsed = 0; elapsed <= MEASURE_MS && !signal.aborted; elapsed += READ_EVERY_MS) {
    const reading = readingOf(await peer.getStats());
    if (signal.aborted) break;
    if (peer.connectionState !== "connected") return { outcome: "failed" };
    readings.push(reading);
    await pause(READ_EVERY_MS, signal);
  }
  const [first, last] = [readings[0], readings.at(-1)];
  if (!first || !last || last.atMs - first.atMs < ENOUGH_MS) return { outcome: "stopped" };
  return { outcome: "measured", figures: figuresBetween(first, last), burdened: last.burdened };
}

/** @param {number} milliseconds @param {AbortSignal} signal @returns {Promise<void>} */
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
