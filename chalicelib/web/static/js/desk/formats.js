/** Dates and times as the office's clock shows them, in the page's language. */

import { language } from "./texts.js";

const ZONE = "Europe/Berlin";
const LOCALE = language === "en" ? "en-GB" : language;
const clockFormat = new Intl.DateTimeFormat(LOCALE, { timeZone: ZONE, hour: "2-digit", minute: "2-digit" });
const dateClockFormat = new Intl.DateTimeFormat(LOCALE, { timeZone: ZONE, day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat(LOCALE, { timeZone: "UTC", weekday: "long", day: "numeric", month: "long" });
const isoFormat = new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE });
const languageNames = new Intl.DisplayNames([language], { type: "language" });

/** 10:20. @param {string} moment */
export const clock = (moment) => clockFormat.format(new Date(moment));

/** Dienstag, 24. November. @param {string} day as 2026-11-24 */
export const dayInWords = (day) => dayFormat.format(new Date(`${day}T00:00Z`));

/** 20.11., 17:12 for a moment of another day, else 17:12. @param {string} moment @param {string} day as 2026-11-24 */
export const clockOn = (moment, day) => (berlinDay(moment) === day ? clock(moment) : dateClockFormat.format(new Date(moment)));

/** The Berlin date of a moment, as 2026-11-24. @param {string} moment */
export const berlinDay = (moment) => isoFormat.format(new Date(moment));

/** The day `days` later. @param {string} day @param {number} days */
export function dayShifted(day, days) {
  const date = new Date(`${day}T00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** Deutsch. @param {string} tag */
export function languageName(tag) {
  try {
    return languageNames.of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** 12 KB, 1,4 MB. @param {number} bytes */
export function size(bytes) {
  const mega = bytes >= 950_000;
  const number = mega ? bytes / 1_000_000 : Math.max(1, bytes / 1000);
  const digits = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: mega ? 1 : 0 });
  return `${digits.format(number)} ${mega ? "MB" : "KB"}`;
}

/** 0,4 and 320: one decimal where there is something behind the comma. @param {number} number */
export const decimal = (number) => new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 }).format(number);

/** 4:07 for a call of that many seconds. @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
