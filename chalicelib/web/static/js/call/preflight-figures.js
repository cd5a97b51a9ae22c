// @ts-check
/**
 * From what the browser counts on the echo seat to the figures of the pre-flight. Pure.
 *
 * @import {Figures} from "./preflight.js"
 *
 * @typedef {object} Reading what `RTCPeerConnection.getStats` said at one moment, all counted since the beginning
 * @property {number} atMs
 * @property {number} sentPackets first sendings only
 * @property {number} receivedPackets
 * @property {number} lostPackets of those that were to be received (gaps in their numbers)
 * @property {number} receivedBytes
 * @property {number} sentPictures
 * @property {number | null} availableKbits the browser's estimate for sending
 * @property {number | null} roundTripMs the mean of all checks of the connection so far (RFC 8445, STUN binding requests)
 * @property {boolean} burdened the processor, not the line, limits the picture
 */

import { LIMITS } from "./preflight.js";

/**
 * @param {RTCStatsReport | ReadonlyMap<string, any>} report
 * @returns {Reading}
 */
export function readingOf(report) {
  /** @type {Reading} */
  const reading = {
    atMs: 0,
    sentPackets: 0,
    receivedPackets: 0,
    lostPackets: 0,
    receivedBytes: 0,
    sentPictures: 0,
    availableKbits: null,
    roundTripMs: null,
    burdened: false,
  };
  for (const entry of report.values()) {
    if (entry.type === "inbound-rtp") {
      reading.receivedPackets += entry.packetsReceived ?? 0;
      reading.lostPackets += entry.packetsLost ?? 0;
      reading.receivedBytes += (entry.bytesReceived ?? 0) + (entry.headerBytesReceived ?? 0);
    } else if (entry.type === "outbound-rtp") {
      reading.sentPackets += (entry.packetsSent ?? 0) - (entry.retransmittedPacketsSent ?? 0);
      reading.sentPictures += entry.kind === "video" ? (entry.framesSent ?? entry.framesEncoded ?? 0) : 0;
      reading.burdened ||= entry.qualityLimitationReason === "cpu";
    }
    reading.atMs = Math.max(reading.atMs, entry.timestamp);
  }
  const pair = pairInUse(report);
  reading.availableKbits = pair?.availableOutgoingBitrate ? pair.availableOutgoingBitrate / 1000 : null;
  reading.roundTripMs = pair ? roundTripOf(pair) : null;
  return reading;
}

/**
 * Several pairs may have been nominated, one after the other. Older Firefox does not say which one is in use.
 * @param {RTCStatsReport | ReadonlyMap<string, any>} report
 */
function pairInUse(report) {
  const entries = [...report.values()];
  const selected = entries.find((entry) => entry.type === "transport" && entry.selectedCandidatePairId);
  if (selected) return report.get(selected.selectedCandidatePairId);
  return entries.find((entry) => entry.type === "candidate-pair" && entry.nominated && entry.state === "succeeded");
}

/** @param {any} pair */
function roundTripOf({ totalRoundTripTime, responsesReceived, currentRoundTripTime }) {
  if (totalRoundTripTime && responsesReceived) return (totalRoundTripTime / responsesReceived) * 1000;
  return currentRoundTripTime === undefined ? null : currentRoundTripTime * 1000;
}

/**
 * The figures of the time between two readings.
 *
 * `lossPercent`: the echo gives each packet one way out and one way back; a gap in what comes back was lost on either.
 * 100 when nothing came back of what was sent; null when nothing was sent.
 *
 * `bandwidthKbits`: the browser's own estimate of what it may send at the end (`availableOutgoingBitrate`; congestion
 * control's feedback comes from the far end of the echo, so the narrower of both ways bounds it), and never less than what
 * truly came back. It is an estimate that a few seconds of a camera allow, not the line's full width. Browsers without an
 * estimate (Firefox) give what came back, and only if that is enough for a picture: less may be all that the camera sent.
 * Without pictures the estimate never grows: then null.
 *
 * @param {Reading} before
 * @param {Reading} after
 * @returns {Figures}
 */
export function figuresBetween(before, after) {
  const lost = Math.max(after.lostPackets - before.lostPackets, 0);
  const received = after.receivedPackets - before.receivedPackets;
  const sent = after.sentPackets - before.sentPackets;
  return {
    lossPercent: lost + received > 0 ? tenths((100 * lost) / (lost + received)) : sent > 0 ? 100 : null,
    roundTripMs: after.roundTripMs === null ? null : tenths(after.roundTripMs),
    bandwidthKbits: bandwidth(before, after),
  };
}

/** @param {Reading} before @param {Reading} after */
function bandwidth(before, after) {
  const elapsedMs = after.atMs - before.atMs;
  if (after.sentPictures === before.sentPictures || elapsedMs <= 0) return null;
  const receivedKbits = (8 * (after.receivedBytes - before.receivedBytes)) / elapsedMs;
  if (after.availableKbits !== null) return Math.round(Math.max(after.availableKbits, receivedKbits));
  return receivedKbits >= LIMITS[0].bandwidthMinKbits ? Math.round(receivedKbits) : null;
}

/** @param {number} value */
const tenths = (value) => Math.round(value * 10) / 10;
