/** What the citizen's device can do, as three dots for the list and in words with a guide for the file. */

import { h } from "./view.js";
import { icon, line, section, spoken } from "./parts.js";
import { t } from "./texts.js";

/** @typedef {import("./contract.js").Device} Device */
/** @typedef {import("./contract.js").Check} Check */

const PARTS = /** @type {const} */ (["camera", "microphone", "connection"]);
const BROKEN = new Set(["denied", "missing", "off"]);

/** @param {Device} device */
function dots(device) {
  return PARTS.map((part) => {
    const check = device[part];
    const words = `${t(`device.${part}`)}: ${t(`device.${check}`)}`;
    const look = check === "ok" ? "ok" : BROKEN.has(check) ? "broken" : "unknown";
    return h("span", { key: part, class: `dk-dot dk-dot--${look}`, title: words },
      icon(part), look === "broken" && icon("slash", "dk-dot__slash"), spoken(words));
  });
}

/** Three dots, each with its words for screen readers and as a tip. @param {Device | null} device */
export const deviceDots = (device) => device && h("span", { class: "dk-dots" }, dots(device));

/** @param {Device} device */
function troubles(device) {
  return PARTS.filter((part) => BROKEN.has(device[part])).map((part) => t(`device.${part}_${device[part]}`));
}

/** iPhone, Safari 19: Mikrofon nicht erlaubt. @param {Device} device */
function inWords(device) {
  const wrong = troubles(device);
  const unknown = PARTS.some((part) => device[part] === "unknown");
  const state = wrong.length ? wrong.join(", ") : t(unknown ? "device.unknown" : "device.all_ok");
  return [device.browser, state].filter(Boolean).join(" · ");
}

/** What to tell the person, by what is wrong first. @param {Device} device */
function guide(device) {
  if (device.connection !== "ok" && device.connection !== "unknown") return t("device.guide_connection");
  const checks = [device.camera, device.microphone];
  if (checks.includes("denied")) return t("device.guide_permission");
  return checks.includes("missing") ? t("device.guide_missing") : "";
}

/** @param {Device | null} device */
export function deviceSection(device) {
  if (!device) return section("device", t("device.title"), null, h("p", { class: "dk-muted" }, t("device.none")));
  const help = guide(device);
  return section("device", t("device.title"), h("span", { class: "dk-dots" }, dots(device)),
    h("p", null, inWords(device)),
    help && line({ key: "guide", kind: "info", text: help }));
}
