/** The middle column: the open file, from who it is to what happened. Closing has its own panes (closing.js). */

import { closingPane, closingSection } from "./closing.js";
import { contactSection } from "./contact.js";
import { deviceSection } from "./device.js";
import { feeSection } from "./fee.js";
import { berlinDay, clock, clockOn, dayInWords } from "./formats.js";
import { guestSection } from "./guest.js";
import { papersSection } from "./papers.js";
import { badge, button, icon, line, section, spoken } from "./parts.js";
import { t } from "./texts.js";
import { h } from "./view.js";

/** @typedef {import("./contract.js").CaseFile} CaseFile */
/** @typedef {import("./model.js").DeskModel} DeskModel */
/** @typedef {import("./acts.js").Acts} Acts */

/** @param {DeskModel} model @param {Acts} acts */
export function fileView(model, acts) {
  if (!model.open) {
    return [h("div", { key: "none", class: "dk-file__none" },
      h("span", { class: "dk-call__mark" }, icon("sheet")),
      h("h2", { class: "dk-title" }, t("file.none_title")), h("p", { class: "dk-muted" }, t("file.none_text")))];
  }
  const { open, file } = model;
  if (file && model.pane !== "file") return [h("div", { key: `${open}-${model.pane}` }, closingPane(model, file, acts))];
  // The heading stays the same element while the file loads: it holds the focus.
  return [
    h("header", { key: `head-${open}`, class: "dk-file__head" },
      h("button", { key: "back", type: "button", class: "dk-plain dk-file__back", on: { click: acts.toList } }, icon("back"), t("file.back")),
      h("div", { key: "who", class: "dk-file__who" },
        h("h2", { class: "dk-file__name", id: "file-name", tabindex: "-1" }, file?.booking.name ?? model.row(open)?.name ?? ""),
        file ? when(model, file) : h("p", { key: "loading", class: "dk-muted", role: "status" }, t("file.loading"))),
      file?.may.call && call(model, file, acts)),
    file && h("div", { key: `sections-${open}`, class: "dk-sections" }, sections(model, file, acts)),
  ];
}

/** @param {CaseFile} file @returns {[string, "success" | "warning" | "info" | "plain"]} */
function standing(file) {
  if (file.booking.state === "cancelled") return [t("file.state_cancelled"), "warning"];
  const { state, mine } = file.visit;
  if (state === "in_call" && !mine) return [t("file.state_in_call_other"), "plain"];
  const kind = /** @type {const} */ ({ expected: "plain", waiting: "info", in_call: "info", hung_up: "warning", done: "success" });
  return [t(`file.state_${state}`), kind[state]];
}

/** @param {DeskModel} model @param {CaseFile} file */
function when(model, file) {
  const { booking } = file;
  const [words, kind] = standing(file);
  const day = berlinDay(booking.start);
  const time = t("file.at", { time: clock(booking.start), minutes: booking.minutes });
  return h("p", { key: "when", class: "dk-file__when" }, badge(words, kind),
    h("span", null, day === berlinDay(model.state.now) ? time : `${dayInWords(day)}, ${time}`),
    h("span", { class: "dk-muted" }, t("file.reference", { reference: booking.reference })));
}

/** @param {DeskModel} model @param {CaseFile} file @param {Acts} acts */
function call(model, file, acts) {
  return button(t(file.visit.state === "hung_up" ? "file.call_again" : "file.call"), { key: "call", icon: "phone",
    kind: "primary", busy: model.busy.has("call"), on: () => acts.call(file.booking.id) });
}

/** @param {DeskModel} model @param {CaseFile} file @param {Acts} acts */
function sections(model, file, acts) {
  const closed = file.outcome;
  return [
    ...file.incidents.map((text, index) => line({ key: `incident-${index}`, kind: "danger", text: t("file.incident", { text }) })),
    file.visit.newcomer && file.visit.mine && line({ key: "newcomer", kind: "warning",
      text: t("file.newcomer", { browser: file.visit.device?.browser || t("device.none") }),
      after: [button(t("file.newcomer_admit"), { key: "admit-device", kind: "primary", busy: model.busy.has("device"), on: acts.admitDevice })] }),
    closed && line({ key: "closed", kind: "success",
      text: [h("strong", null, t(`close.outcome_${closed.result}`)), ` · ${t(`close.delivery_${closed.delivery}`)}. `, t("close.closed_text")] }),
    // Somebody stands at the door: that comes first.
    file.guest?.state === "waiting" && guestSection(model, file, acts),
    matters(file),
    steps(model, file, acts),
    papersSection(model, file, acts),
    feeSection(model, file, acts),
    contactSection(model, file, acts),
    deviceSection(file.visit.device),
    file.guest?.state !== "waiting" && guestSection(model, file, acts),
    !closed && closingSection(file, acts),
    entries(model, file),
  ];
}

/** @param {CaseFile} file */
function matters(file) {
  return section("matters", t("matters.title"), null,
    h("ul", { class: "dk-matters" }, file.booking.matters.map((matter) => h("li", { key: matter.key },
      h("p", { class: "dk-matters__name" }, h("strong", null, matter.name),
        h("span", { class: "dk-muted" }, t("matters.minutes", { minutes: matter.minutes })),
        h("span", { class: "dk-muted" }, matter.fee ? matter.fee.text : t("matters.free"))),
      matter.papers.length > 0 && h("p", { class: "dk-muted dk-small" }, `${t("matters.papers")}: ${matter.papers.join(" · ")}`)))),
    file.booking.note && h("blockquote", { class: "dk-note" }, spoken(`${t("contact.note")}: `), file.booking.note));
}

/** @param {DeskModel} model @param {CaseFile} file @param {Acts} acts */
function steps(model, file, acts) {
  if (!file.steps.length) return section("steps", t("steps.title"), null, h("p", { class: "dk-muted" }, t("steps.none")));
  const done = file.steps.filter((step) => step.done).length;
  const matters = [...new Set(file.steps.map((step) => step.matter))];
  return section("steps", t("steps.title"), h("span", { class: "dk-muted" }, t("steps.count", { done, all: file.steps.length })),
    matters.map((matter, place) => h("div", { key: matter, class: "dk-steps__matter" },
      matters.length > 1 && h("h4", { class: "dk-steps__title", id: `steps-${place}` }, matter),
      h("ul", { class: "dk-steps", "aria-labelledby": matters.length > 1 ? `steps-${place}` : null },
        file.steps.filter((step) => step.matter === matter).map((step) => stepRow(step, model, file, acts))))));
}

/** @param {import("./contract.js").Step} step @param {DeskModel} model @param {CaseFile} file @param {Acts} acts */
function stepRow(step, model, file, acts) {
  return h("li", { key: step.key },
    h("label", { class: "dk-step-row" },
      h("input", {
        type: "checkbox", class: "dk-check", live: { checked: model.ticks.get(step.key) ?? step.done, disabled: !file.may.step },
        "data-step": step.key, "aria-busy": model.busy.has(`step ${step.key}`) ? "true" : null,
        on: { change: (event) => acts.step(step.key, event.target.checked) },
      }),
      h("span", null, step.text)));
}

/** @param {DeskModel} model @param {CaseFile} file */
function entries(model, file) {
  const today = berlinDay(model.state.now);
  const newest = [...file.entries].sort((one, other) => other.seq - one.seq);
  return section("entries", t("entries.title"), h("span", { class: "dk-muted" }, file.entries.length),
    newest.length === 0 ? h("p", { class: "dk-muted" }, t("entries.none"))
      : h("ol", { class: "dk-entries", reversed: true }, newest.map((entry) => h("li", { key: String(entry.seq) },
        h("time", { class: "dk-entries__at", datetime: entry.at }, clockOn(entry.at, today)),
        h("span", { class: entry.erased ? "dk-muted" : "" }, entry.erased ? t("entries.erased") : entry.text),
        h("span", { class: "dk-muted dk-entries__actor" }, entry.actor)))));
}
