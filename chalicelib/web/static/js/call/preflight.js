// @ts-check
/**
 * What the pre-flight's figures mean for a call: the table that the citizen's page and the clerk's list share.
 *
 * @typedef {object} Figures
 * @property {number | null} lossPercent of the packets sent, how many did not come back: both ways together
 * @property {number | null} roundTripMs from this browser to the media worker and back
 * @property {number | null} bandwidthKbits what the line carries; null where the browser could not tell
 *
 * @typedef {"ok" | "weak" | "failed"} Verdict
 */

/** @type {Readonly<Figures>} */
export const UNMEASURED = { lossPercent: null, roundTripMs: null, bandwidthKbits: null };

/**
 * The first row whose limits are all kept; none: failed. What was not measured speaks against nothing.
 *
 * - loss: a call's own limit for "good" is 2 % one way (room/quality.js); the echo goes both. Opus stays intelligible up
 *   to about 20 % with its forward error correction; a picture does not.
 * - round trip: ITU-T G.114 finds 150 ms from mouth to ear good and 400 ms the end. A call adds to half of this figure
 *   the clerk's half (a few ms in an office) and about 100 ms for encoding and evening out. From 800 ms on, the half alone
 *   is G.114's end.
 * - bandwidth: 640 x 360 in VP8 shows a face from some 500 kbit/s on. Opus with its packets' heads, encryption and what
 *   the call's own reports need takes 60 kbit/s.
 */
export const LIMITS = /** @type {const} */ ([
  { verdict: "ok", lossMaxPercent: 3, roundTripMaxMs: 300, bandwidthMinKbits: 500 },
  { verdict: "weak", lossMaxPercent: 20, roundTripMaxMs: 800, bandwidthMinKbits: 60 },
]);

/**
 * @param {Figures} figures
 * @returns {Verdict}
 */
export function judge({ lossPercent, roundTripMs, bandwidthKbits }) {
  const row = LIMITS.find(
    (limits) =>
      (lossPercent ?? 0) <= limits.lossMaxPercent &&
      (roundTripMs ?? 0) <= limits.roundTripMaxMs &&
      (bandwidthKbits ?? Infinity) >= limits.bandwidthMinKbits,
  );
  return row?.verdict ?? "failed";
}

/** @param {Figures} figures */
export const isMeasured = (figures) => Object.values(figures).some((figure) => figure !== null);
