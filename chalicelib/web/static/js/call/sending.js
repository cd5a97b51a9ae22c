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

/**
 * Two lines that lose one packet in twenty each, ours and the other side's, lose one in ten together: radio does that,
 * repair copes with it, and a smaller picture would not help. Above, it is a queue that overflows.
 */
const LOSS_MAX = 0.15;
/** ITU-T G.114: from here on people talk over each other. */
const ROUND_TRIP_MAX_MS = 600;

/** Looks in a row until it goes down, and until it comes up again. */
const DOWN_AFTER = 2;
const UP_AFTER = 8;
/** Looks over which loss is averaged: in one report of fifty packets, 5 % look like 8 % every sixth time. */
const AVERAGED_LOOKS = 4;

/** @typedef {{ loss: number, roundTripMs: number }} Heard what the other side reports of our packets */

export class Sending {
  #rung = 0;
  #poor = 0;
  #good = 0;
  /** @type {number[]} */ #losses = [];

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
    this.#losses = [...this.#losses.slice(1 - AVERAGED_LOOKS), heard.loss];
    const poor = average(this.#losses) > LOSS_MAX || heard.roundTripMs > ROUND_TRIP_MAX_MS;
    this.#poor = poor ? this.#poor + 1 : 0;
    this.#good = poor ? 0 : this.#good + 1;
    if (this.#poor >= DOWN_AFTER && this.#rung < LADDER.length - 1) return this.#step(1);
    return this.#good >= UP_AFTER && this.#rung > 0 && this.#step(-1);
  }

  /** @param {1 | -1} by */
  #step(by) {
    this.#rung += by;
    this.#poor = this.#good = 0;
    this.#losses = []; // what was lost before says nothing of what is sent now
    return true;
  }
}

/** @param {number[]} numbers */
const average = (numbers) => numbers.reduce((sum, each) => sum + each, 0) / Math.max(numbers.length, 1);

/**
 * What the other side last reported: the loss of voice and picture on average, the longer way of both. Shares, not
 * counts: with two listeners the reports are now of one and now of the other.
 * @param {RTCStatsReport} report
 * @returns {Heard | null}
 */
export function heardOf(report) {
  const reports = [...report.values()].filter(({ type }) => type === "remote-inbound-rtp");
  if (reports.length === 0) return null;
  return {
    loss: average(reports.map(({ fractionLost }) => fractionLost ?? 0)),
    roundTripMs: Math.max(...reports.map(({ roundTripTime }) => (roundTripTime ?? 0) * 1000)),
  };
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
