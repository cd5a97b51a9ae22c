/**
 * How good the line is, in three words, from what the browser counts.
 *
 * @import {CallStatistics} from "../call/statistics.js"
 * @typedef {"good" | "fair" | "poor"} Quality
 */

/** The first row whose limits are both kept. Loss as a share of packets; round trip in milliseconds (ITU-T G.114). */
export const LIMITS = /** @type {const} */ ([
  { quality: "good", lossMax: 0.02, roundTripMaxMs: 250 },
  { quality: "fair", lossMax: 0.08, roundTripMaxMs: 600 },
]);

/**
 * @param {CallStatistics} before
 * @param {CallStatistics} after
 * @returns {Quality}
 */
export function qualityBetween(before, after) {
  const lost = Math.max(after.packetsLost - before.packetsLost, 0);
  const received = packets(after) - packets(before);
  const loss = lost + received > 0 ? lost / (lost + received) : 0;
  const roundTrip = after.roundTripMs ?? 0;
  const row = LIMITS.find((limits) => loss <= limits.lossMax && roundTrip <= limits.roundTripMaxMs);
  return row?.quality ?? "poor";
}

/** @param {CallStatistics} statistics */
const packets = ({ packetsReceived }) => packetsReceived.audio + packetsReceived.video;
