/**
 * What this tab remembers over a reload: that the green room was passed, what was found there, what was switched off.
 * Lives in sessionStorage and dies with the tab; a browser that forbids it only forgets.
 *
 * @import {Line} from "./line-plan.js"
 *
 * @typedef {object} Remembered
 * @property {boolean} checked  the green room was passed
 * @property {boolean} camera  the citizen wants to be seen
 * @property {boolean} microphone  the citizen wants to be heard
 * @property {Line} line  what the pre-flight found last
 */

import { UNMEASURED } from "../call/preflight.js";

const KEY = `fernamt.room:${location.pathname}`;

/** @type {Remembered} */
const FRESH = { checked: false, camera: true, microphone: true, line: { verdict: "unknown", figures: UNMEASURED } };

/** @returns {Remembered} */
export function recall() {
  try {
    return { ...FRESH, ...JSON.parse(sessionStorage.getItem(KEY) ?? "{}") };
  } catch {
    return { ...FRESH };
  }
}

/** @param {Partial<Remembered>} changed */
export function remember(changed) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ ...recall(), ...changed }));
  } catch {
    // Storage is forbidden: a reload will lead through the green room again, which does no harm.
  }
}
