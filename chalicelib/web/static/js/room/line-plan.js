/**
 * When the next pre-flight may begin, and what its outcome means. Pure.
 *
 * @import {Result} from "../call/preflight-run.js"
 * @import {Figures, Verdict} from "../call/preflight.js"
 *
 * `unknown`: not measured · `relay`: the office answers, its media worker does not, which no other network would mend
 *
 * @typedef {{ verdict: "unknown" | "relay" | Verdict, figures: Readonly<Figures> }} Line
 */

import { judge, UNMEASURED } from "../call/preflight.js";

/** Each pre-flight costs the citizen some 2 MB and the worker a place. */
export const EVERY_MS = 30_000;

/** Two devices are opened one after the other, and a network changes in several steps. */
const SETTLE_MS = 300;

/**
 * How long to wait before the next one, in milliseconds; null: it does not come by itself.
 *
 * @param {object} facts
 * @param {number} facts.nowMs
 * @param {number} facts.beganMs  when the last one began; -Infinity before the first
 * @param {boolean} facts.asked  the citizen pressed the button
 * @param {boolean} facts.spared  this device or its tariff is too weak for another one that nobody asked for
 */
export function pauseBefore({ nowMs, beganMs, asked, spared }) {
  if (spared && !asked && beganMs > -Infinity) return null;
  return Math.max(asked ? 0 : SETTLE_MS, beganMs + EVERY_MS - nowMs);
}

/**
 * What is known after an attempt. One that was given up says nothing new.
 *
 * @param {Line} before
 * @param {Result} result
 * @returns {Line}
 */
export function lineAfter(before, result) {
  if (result.outcome === "measured") return { verdict: judge(result.figures), figures: result.figures };
  return result.outcome === "stopped" ? before : { verdict: result.outcome, figures: UNMEASURED };
}
