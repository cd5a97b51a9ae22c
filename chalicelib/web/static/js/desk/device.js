/** What the citizen's device can do, as three dots for the list and in words with a guide for the file. */

import { lineInWords, lineVerdict } from "./device-line.js";
import { h } from "./view.js";
import { icon, line, section, spoken } from "./parts.js";
import { t } from "./texts.js";

/** @typedef {import("./contract.js").Device} Device */
/** @typedef {import("./contract.js").Check} Check */

const PARTS = /** @type {const} */ (["camera", "microphone", "connection"]);
const BROKEN = new Set(["denied", "missing", "off"]);
const LOOKS = /** @type {const} */ ({ ok: "ok", weak: "weak", failed: "broken" });

/** Whoever comes with such a browser is not let in: docs/adr/0013. @param {Device | null} device */
export const isUnfit = (device) => device?.encryption === "none";

/** @param {Device} device */
function dots(device) {
  return PARTS.map((part) => {
    const check = device[part];
    const verdict = part === "connection" && !BROKEN.has(check) ? lineVerdict(device) : null;
    const words = verdict ? lineInWords(device) : `${t(`device.${part}`)}: ${t(`device.${check}`)}`;
    const look = verdict ? LOOKS[verdict] : check === "ok" ? "ok" : BROKEN.has(check) ? "broken" : "unknown";
    return h("span", { key: part, class: `dk-dot dk-dot--${look}`, title: words },
      icon(part), look === "broken" && icon("slash", "dk-dot__slash"), spoken(words));
  });
}

/** Three dots, each with its words for screen readers and as a tip. @param {Device | null} device */
export const deviceDots = (device) => device && h("span", { class: "dk-dots" }, dots(device));

/** What the clerk should know before the call, in a word or two for the list. @param {Device | null} device */
export function deviceNote(device) {
  if (!device) return null;
  if (isUnfit(device)) return h("span", { class: "dk-row__note" }, t("device.unfit"));
  const verdict = BROKEN.has(device.connection) ? null : lineVerdict(device);
  return verdict && verdict !== "ok" && h("span", { class: "dk-row__note", title: lineInWords(device) }, t(`device.line_${verdict}`));
}

/** @param {Device} device */
function troubles(device) {
  return PARTS.filter((part) => BROKEN.has(device[part])).map((part) => t(`device.${part}_${device[part]}`));
}

/** iPhone, Safari 19: Mikrofon nicht erlaubt. @param {Device} device */
function inWords(device) {
  const wrong = isUnfit(device) ? [t("device.unfit")] : troubles(device);
  const unknown = PARTS.some((part) => device[part] === "unknown");
  const state = wrong.length ? wrong.join(", ") : t(unknown ? "device.unknown" : "device.all_ok");
  return [device.browser, state].filter(Boolean).join(" · ");
}

/** What to tell the person, by what is wrong first. @param {Device} device */
function guide(device) {
  if (isUnfit(device)) return t("device.guide_unfit");
  if (device.connection !== "ok" && device.connection !== "unknown") return t("device.guide_connection");
  const checks = [device.camera, device.microphone];
  if (checks.includes("denied")) return t("device.guide_permission");
  if (checks.includes("missing")) return t("device.guide_missing");
  const verdict = lineVerdict(device);
  if (verdict === "failed") return t("device.guide_connection");
  return verdict === "weak" ? t("device.guide_weak") : "";
}

/** @param {Device | null} device */
export function deviceSection(device) {
  if (!device) return section("device", t("device.title"), null, h("p", { class: "dk-muted" }, t("device.none")));
  const help = guide(device);
  const measured = lineInWords(device);
  return section("device", t("device.title"), h("span", { class: "dk-dots" }, dots(device)),
    h("p", null, inWords(device)),
    measured && h("p", { key: "line" }, measured),
    help && line({ key: "guide", kind: "info", text: help }));
}
