/** How the citizen's line was when their browser tried it out, in words: "Verbindung knapp · 6 % Verlust · 320 ms · 0,4 Mbit/s". */

import { isMeasured, judge } from "../call/preflight.js";
import { decimal } from "./formats.js";
import { t } from "./texts.js";

/** @typedef {import("./contract.js").Device} Device */
/** @typedef {import("../call/preflight.js").Verdict} Verdict */

/** @param {Device} device */
const figuresOf = (device) => ({
  lossPercent: device.loss_percent ?? null,
  roundTripMs: device.round_trip_ms ?? null,
  bandwidthKbits: device.bandwidth_kbits ?? null,
});

/** @param {Device} device @returns {Verdict | null} null: it was not tried out */
export function lineVerdict(device) {
  const figures = figuresOf(device);
  return isMeasured(figures) ? judge(figures) : null;
}

/** With its figures; empty when it was not tried out. @param {Device} device */
export function lineInWords(device) {
  const verdict = lineVerdict(device);
  const { lossPercent, roundTripMs, bandwidthKbits } = figuresOf(device);
  return [
    verdict && t(`device.line_${verdict}`),
    lossPercent !== null && t("device.loss", { percent: decimal(lossPercent) }),
    roundTripMs !== null && t("device.round_trip", { milliseconds: decimal(roundTripMs) }),
    bandwidthKbits !== null && t("device.bandwidth", { megabits: decimal(bandwidthKbits / 1000) }),
  ].filter(Boolean).join(" · ");
}
