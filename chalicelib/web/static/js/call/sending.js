// @ts-check
/**
 * What we send when the line is poor: the voice first. The picture gives way in steps, and comes back slowly, so that
 * it does not swing.
 */

/**
 * @typedef {object} Rung what the picture may take
 * @property {number} bitrate bits a second
 * @property {number} frames a second
 * @property {number} scale by which width and height are divided
 */

/** From the best to the least; the first is what a good line carries. @type {readonly Rung[]} */
export const LADDER = [
  { bitrate: 1_500_000, frames: 30, scale: 1 },
  { bitrate: 500_000, frames: 20, scale: 1.5 },
  { bitrate: 150_000, frames: 10, scale: 3 },
];

/** ITU-T G.114 and G.113: from here on a voice suffers. */
const LOSS_MAX = 0.08;
const ROUND_TRIP_MAX_MS = 600;

/** Looks in a row until it goes down, and until it comes up again. */
const DOWN_AFTER = 2;
const UP_AFTER = 8;

/** @typedef {{ loss: number, roundTripMs: number }} Heard what the other side reports of our packets */

export class Sending {
  #rung = 0;
  #poor = 0;
  #good = 0;

  /** @returns {Rung} */
  get rung() {
    return /** @type {Rung} */ (LADDER[this.#rung]);
  }

  /**
   * @param {Heard | null} heard null: nothing was reported
   * @returns {boolean} whether the picture may take more, or less, from now on
   */
  look(heard) {
    if (!heard) return false;
    const poor = heard.loss > LOSS_MAX || heard.roundTripMs > ROUND_TRIP_MAX_MS;
    this.#poor = poor ? this.#poor + 1 : 0;
    this.#good = poor ? 0 : this.#good + 1;
    if (this.#poor >= DOWN_AFTER && this.#rung < LADDER.length - 1) return this.#step(1);
    return this.#good >= UP_AFTER && this.#rung > 0 && this.#step(-1);
  }

  /** @param {1 | -1} by */
  #step(by) {
    this.#rung += by;
    this.#poor = this.#good = 0;
    return true;
  }
}

/**
 * What the other side last reported of our packets, the worst of voice and picture.
 * @param {RTCStatsReport} report
 * @returns {Heard | null}
 */
export function heardOf(report) {
  /** @type {Heard | null} */
  let heard = null;
  for (const entry of report.values()) {
    if (entry.type !== "remote-inbound-rtp") continue;
    heard ??= { loss: 0, roundTripMs: 0 };
    heard.loss = Math.max(heard.loss, entry.fractionLost ?? 0);
    heard.roundTripMs = Math.max(heard.roundTripMs, (entry.roundTripTime ?? 0) * 1000);
  }
  return heard;
}

/**
 * Let the picture take what the rung allows, and the voice go first. A sender that knows no such parameters keeps its own.
 * @param {ReadonlyMap<"audio" | "video", RTCRtpSender>} senders
 * @param {Rung} rung
 */
export async function limit(senders, { bitrate, frames, scale }) {
  await Promise.allSettled(
    [...senders].map(([kind, sender]) => {
      const parameters = sender.getParameters();
      for (const encoding of parameters.encodings) {
        encoding.networkPriority = encoding.priority = kind === "audio" ? "high" : "low";
        if (kind === "video") Object.assign(encoding, { maxBitrate: bitrate, maxFramerate: frames, scaleResolutionDownBy: scale });
      }
      return sender.setParameters(parameters);
    }),
  );
}
