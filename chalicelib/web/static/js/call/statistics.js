// @ts-check
/** What `RTCPeerConnection.getStats` says, in the few figures that a call needs. */

/**
 * @typedef {object} CallStatistics
 * @property {number} framesDecoded pictures of the other participant that were decoded
 * @property {number} framesPerSecond
 * @property {number} freezeCount how often the picture stood still
 * @property {number} audioEnergy total energy of the voice received (W3C webrtc-stats, totalAudioEnergy)
 * @property {{ audio: number, video: number }} packetsReceived
 * @property {number} packetsLost of voice and picture together
 * @property {number} framesSent
 * @property {number | null} roundTripMs to the other participant and back, null before the first report
 */

/**
 * Bytes received so far: over the whole transport, and of the other participant's streams.
 * @param {RTCStatsReport} report
 */
export function currentOf(report) {
  let transportBytes = 0;
  let remoteBytes = 0;
  for (const entry of report.values()) {
    if (entry.type === "transport") transportBytes += entry.bytesReceived ?? 0;
    if (entry.type === "inbound-rtp") remoteBytes += entry.bytesReceived ?? 0;
  }
  return { transportBytes, remoteBytes };
}

/**
 * @param {RTCStatsReport | null} report
 * @returns {CallStatistics}
 */
export function summarise(report) {
  /** @type {CallStatistics} */
  const summary = {
    framesDecoded: 0,
    framesPerSecond: 0,
    freezeCount: 0,
    audioEnergy: 0,
    packetsReceived: { audio: 0, video: 0 },
    packetsLost: 0,
    framesSent: 0,
    roundTripMs: null,
  };
  for (const entry of report?.values() ?? []) {
    if (entry.type === "inbound-rtp") {
      summary.packetsLost += entry.packetsLost ?? 0;
      if (entry.kind === "audio") {
        summary.packetsReceived.audio += entry.packetsReceived ?? 0;
        summary.audioEnergy += entry.totalAudioEnergy ?? 0;
      } else {
        summary.packetsReceived.video += entry.packetsReceived ?? 0;
        summary.framesDecoded += entry.framesDecoded ?? 0;
        summary.framesPerSecond += entry.framesPerSecond ?? 0;
        summary.freezeCount += entry.freezeCount ?? 0;
      }
    } else if (entry.type === "outbound-rtp" && entry.kind === "video") {
      summary.framesSent += entry.framesSent ?? 0;
    } else if (entry.type === "remote-inbound-rtp" && entry.roundTripTime !== undefined) {
      summary.roundTripMs = Math.round(entry.roundTripTime * 1000);
    }
  }
  return summary;
}
