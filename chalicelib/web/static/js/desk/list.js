/** The left column: who waits, who is being served, who is still to come, who is done. */

import { berlinDay, clock, dayInWords, dayShifted } from "./formats.js";
import { deviceDots, deviceNote, isUnfit } from "./device.js";
import { badge, icon, spoken } from "./parts.js";
import { t } from "./texts.js";
import { h } from "./view.js";

/** @typedef {import("./contract.js").Row} Row */
/** @typedef {import("./model.js").DeskModel} DeskModel */
/**
 * @typedef {{ open: (booking: string) => void, showDay: (day: string) => void, toggleSound: () => void }} ListActs
 */

/** @param {Row} one @param {Row} other */
const byStart = (one, other) => one.start.localeCompare(other.start) || one.reference.localeCompare(other.reference);

/** Waiting people and calls are always today's, whichever day is looked at. @param {DeskModel} model */
export function groups(model) {
  const live = [...model.liveRows()].sort(byStart);
  const day = [...model.state.list].sort(byStart);
  const calls = live.filter((row) => row.state === "in_call" || row.state === "hung_up");
  return {
    waiting: live.filter((row) => row.state === "waiting"),
    calls: [...calls.filter((row) => row.mine), ...calls.filter((row) => !row.mine)],
    expected: day.filter((row) => row.state === "expected"),
    done: day.filter((row) => !["waiting", "in_call", "hung_up", "expected"].includes(row.state)),
  };
}

/** @param {DeskModel} model @param {ListActs} acts */
export function listView(model, acts) {
  const { waiting, calls, expected, done } = groups(model);
  const isToday = model.state.day === berlinDay(model.state.now);
  const empty = model.state.list.length === 0;
  const show = (/** @type {Row[]} */ rows) => rows.map((row) => rowView(row, model, acts));
  return [
    dayView(model, acts, isToday),
    group("waiting", t("list.waiting"), waiting.length, show(waiting), t("list.nobody_waits")),
    calls.length > 0 && group("calls", t("list.in_call"), calls.length, show(calls)),
    empty && h("div", { key: "empty", class: "dk-list__empty" },
      h("p", { class: "dk-list__empty-title" }, t("list.empty_title")), h("p", { class: "dk-muted" }, t("list.empty_text"))),
    expected.length > 0 && group("expected", t(isToday ? "list.day_today" : "list.day"), expected.length, show(expected)),
    done.length > 0 && h("details", { key: "done", class: "dk-group dk-group--done" },
      h("summary", { class: "dk-group__title" }, h("span", null, t("list.done")), count(done.length)),
      h("ul", { class: "dk-rows" }, show(done))),
    h("button", { key: "sound", type: "button", class: "dk-plain dk-sound", "aria-pressed": String(model.sound),
      on: { click: acts.toggleSound } }, icon("bell"), t(model.sound ? "list.sound_on" : "list.sound_off")),
  ];
}

/** @param {DeskModel} model @param {ListActs} acts @param {boolean} isToday */
function dayView(model, acts, isToday) {
  const day = model.state.day;
  const step = (/** @type {number} */ by, /** @type {"previous" | "following"} */ name) =>
    h("button", { key: name, type: "button", class: "dk-step", "aria-label": t(`list.${name}`),
      on: { click: () => acts.showDay(dayShifted(day, by)) } }, icon(name));
  return h("div", { key: "day", class: "dk-day" },
    step(-1, "previous"),
    h("h2", { class: "dk-day__name" }, dayInWords(day), isToday && h("span", { class: "dk-muted" }, t("today"))),
    step(1, "following"),
    !isToday && h("button", { key: "today", type: "button", class: "dk-plain dk-day__today",
      on: { click: () => acts.showDay(berlinDay(model.state.now)) } }, t("list.today")));
}

/** @param {number} number */
const count = (number) => h("span", { class: `dk-count${number ? "" : " dk-count--none"}` }, number);

/**
 * @param {string} key @param {string} title @param {number} number @param {import("./view.js").Described[]} rows
 * @param {string} [none]
 */
function group(key, title, number, rows, none) {
  return h("div", { key, class: `dk-group dk-group--${key}` },
    h("h3", { class: "dk-group__title", id: `group-${key}` }, h("span", null, title), count(number)),
    rows.length ? h("ul", { class: "dk-rows", "aria-labelledby": `group-${key}` }, rows)
      : none && h("p", { key: "none", class: "dk-muted dk-group__none" }, none));
}

/** @param {Row} row @param {DeskModel} model @param {ListActs} acts */
function rowView(row, model, acts) {
  const isNew = model.arrived.has(row.booking);
  return h("li", { key: row.booking },
    h("button", {
      type: "button", class: `dk-row dk-row--${row.state}${isNew ? " dk-row--new" : ""}`,
      "data-booking": row.booking, "aria-current": row.booking === model.open ? "true" : null,
      on: { click: () => acts.open(row.booking) },
    },
    h("span", { class: "dk-row__time" }, clock(row.start)),
    h("span", { class: "dk-row__name" }, row.name),
    h("span", { class: "dk-row__matters" }, row.matters.join(", ")),
    h("span", { class: "dk-row__side" }, side(row, model)),
    // Whoever was not let in waits for help, not in the waiting room.
    (row.state === "waiting" || (row.state === "expected" && isUnfit(row.device))) &&
      h("span", { class: "dk-row__device" }, row.state === "waiting" && deviceDots(row.device), deviceNote(row.device))));
}

/** What stands at the right of a row: minutes, or where the person is. @param {Row} row @param {DeskModel} model */
function side(row, model) {
  if (row.state === "waiting") {
    if (!row.present) return badge(t("list.gone"), "warning");
    const minutes = row.waiting_minutes ?? 0;
    const since = minutes < 1 ? t("list.since_now") : t("list.since", { minutes });
    return h("span", { class: "dk-row__since" }, spoken(t("list.waiting")), since);
  }
  if (row.state === "in_call") return row.mine ? badge(t("list.mine"), "info") : h("span", { class: "dk-muted" }, t("list.theirs"));
  if (row.state === "hung_up") return badge(t("list.hung_up"), "warning");
  if (row.state === "expected" && row.start < model.state.now) return h("span", { class: "dk-late" }, t("list.missing"));
  if (row.state === "done") return h("span", { class: "dk-muted" }, icon("check"), spoken(t("list.state_done")));
  return h("span", { class: "dk-muted" }, t("list.minutes", { minutes: row.minutes }));
}
