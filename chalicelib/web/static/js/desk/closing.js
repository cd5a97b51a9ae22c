/** Closing a case: outcome and delivery, what the citizen will get, a check, and then it is closed. */

import { settled } from "./fee.js";
import { button, fieldError, icon, line, section } from "./parts.js";
import { t } from "./texts.js";
import { h } from "./view.js";

/** @typedef {import("./contract.js").CaseFile} CaseFile */
/** @typedef {import("./contract.js").Delivery} Delivery */
/** @typedef {import("./model.js").DeskModel} DeskModel */
/** @typedef {import("./model.js").Draft} Draft */
/** @typedef {import("./acts.js").Acts} Acts */

const OUTCOMES = ["done", "incomplete", "not_possible"];
const ADDRESS_LINES_MIN = 3;

/** The address as the lines of an envelope. @param {string} text */
export const addressLines = (text) => text.split("\n").map((each) => each.trim()).filter(Boolean);

/** Papers that can be the result: sent by the clerk and checked. @param {CaseFile} file */
const results = (file) => file.papers.filter((paper) => paper.from === "clerk" && paper.state === "checked");

/** A result is delivered only when there is one. @param {Draft} draft @returns {Delivery} */
export const deliveryOf = (draft) => (draft.outcome === "done" && draft.delivery ? draft.delivery : "none");

/** What is missing, by field; empty when all is there. @param {Draft} draft @returns {Record<string, string>} */
export function missing(draft) {
  /** @type {Record<string, string>} */
  const errors = {};
  if (!draft.outcome) errors.outcome = t("close.choose_outcome");
  if (draft.outcome !== "done") return errors;
  if (!draft.delivery) errors.delivery = t("close.choose_delivery");
  if (draft.delivery === "post" && addressLines(draft.address).length < ADDRESS_LINES_MIN) errors.address = t("close.address_missing");
  if (draft.delivery === "download" && !draft.document) errors.document = t("close.document_missing");
  return errors;
}

/** Why the case cannot be closed yet. @param {CaseFile} file */
function obstacle(file) {
  const amount = (file.payment?.amount ?? file.fee)?.text ?? "";
  if (!file.visit.mine || settled(file)) return t("close.blocked_other");
  return t(file.payment ? "close.blocked_open" : "close.blocked_not_asked", { amount });
}

/** @param {CaseFile} file @param {Acts} acts */
export function closingSection(file, acts) {
  if (file.may.close) {
    return section("closing", t("close.title"), button(t("close.open"), { key: "open", icon: "check", on: acts.startClosing }));
  }
  if (!["in_call", "hung_up"].includes(file.visit.state)) return null;
  const toFee = file.visit.mine && !settled(file) && button(t("close.to_fee"), { key: "fee", kind: "plain", on: acts.toFee });
  const without = file.may.close_without && button(t("close.without"), { key: "without", kind: "plain", on: acts.startClosing });
  return section("closing", t("close.title"), without, line({ key: "obstacle", kind: "info", text: obstacle(file), after: [toFee] }));
}

/** @param {DeskModel} model @param {CaseFile} file @param {Acts} acts */
export function closingPane(model, file, acts) {
  const checking = model.pane === "check";
  return h("div", { class: "dk-closing" },
    h("button", { type: "button", class: "dk-plain", on: { click: acts.leaveClosing } }, icon("back"), t("close.back")),
    h("h2", { class: "dk-file__name", id: "file-name", tabindex: "-1" }, t(checking ? "close.check_title" : "close.title"),
      h("span", { class: "dk-muted dk-closing__who" }, file.booking.name)),
    checking ? check(model, file, acts) : form(model, file, acts));
}

/** @param {DeskModel} model @param {CaseFile} file @param {Acts} acts */
function form(model, file, acts) {
  const draft = model.draft(file.booking.id);
  /** @type {Set<Delivery>} */
  const offered = new Set(file.booking.matters.flatMap((matter) => matter.delivery));
  const set = (/** @type {Partial<Draft>} */ change) => acts.setDraft(change);
  return h("form", { class: "dk-form", novalidate: true, on: { submit: (event) => {
    event.preventDefault();
    acts.checkClosing();
  } } },
  !file.may.close && line({ key: "obstacle", kind: "info", text: obstacle(file) }),
  choice("outcome", t("close.outcome"), OUTCOMES.filter((each) => each !== "done" || file.may.close), draft.outcome, draft.errors.outcome, (value) => set({ outcome: /** @type {any} */ (value) })),
  draft.outcome === "done" && choice("delivery", t("close.delivery"), [...offered, ...(offered.has("none") ? [] : ["none"])], draft.delivery,
    draft.errors.delivery, (value) => set({ delivery: /** @type {any} */ (value) })),
  deliveryOf(draft) === "post" && address(draft),
  deliveryOf(draft) === "download" && documentChoice(file, draft, set),
  draft.outcome && gets(file, draft),
  h("div", { class: "dk-acts" },
    h("button", { type: "submit", class: "dk-button dk-button--primary" }, t("close.check")),
    button(t("cancel"), { key: "cancel", kind: "plain", on: acts.leaveClosing })));
}

/**
 * @param {string} name @param {string} legend @param {string[]} values @param {string} chosen
 * @param {string | undefined} error @param {(value: string) => void} choose
 */
function choice(name, legend, values, chosen, error, choose) {
  return h("fieldset", { key: name, class: "dk-choice", "aria-describedby": error ? `${name}-error` : null },
    h("legend", { class: "dk-field__label" }, legend),
    error && fieldError(error, `${name}-error`),
    values.map((value) => h("label", { key: value, class: "dk-choice__option" },
      h("input", { type: "radio", class: "dk-radio", name, value, live: { checked: value === chosen },
        on: { change: () => choose(value) } }),
      h("span", null, t(`close.${name}_${value}`)))));
}

/** @param {Draft} draft */
function address(draft) {
  const error = draft.errors.address;
  return h("div", { key: "address", class: "dk-field" },
    h("label", { class: "dk-field__label", for: "close-address" }, t("close.address")),
    h("p", { class: "dk-field__hint", id: "address-hint" }, t("close.address_hint")),
    error && fieldError(error, "address-error"),
    h("textarea", { class: "dk-input", id: "close-address", rows: "4", maxlength: "400",
      "aria-describedby": error ? "address-hint address-error" : "address-hint", "aria-invalid": error ? "true" : null,
      initial: { value: draft.address }, on: { input: (event) => { draft.address = event.target.value; } } }));
}

/** @param {CaseFile} file @param {Draft} draft @param {(change: Partial<Draft>) => void} set */
function documentChoice(file, draft, set) {
  const papers = results(file);
  const error = draft.errors.document;
  if (!papers.length) return line({ key: "document", kind: "warning", text: t("close.document_none") });
  return h("div", { key: "document", class: "dk-field" },
    h("label", { class: "dk-field__label", for: "close-document" }, t("close.document")),
    error && fieldError(error, "document-error"),
    h("select", { class: "dk-input", id: "close-document", "aria-invalid": error ? "true" : null, "aria-describedby": error ? "document-error" : null,
      initial: { value: draft.document }, on: { change: (event) => set({ document: event.target.value }) } },
    h("option", { value: "" }, t("close.document_choose")),
    papers.map((paper) => h("option", { key: paper.id, value: paper.id }, paper.name))));
}

/** What the citizen will get, in words. @param {CaseFile} file @param {Draft} draft */
function gets(file, draft) {
  const delivery = deliveryOf(draft);
  const document = results(file).find((paper) => paper.id === draft.document)?.name ?? "…";
  const { name, email } = file.booking;
  const lines = [email ? t("close.gets_mail", { email }) : t("close.gets_nomail")];
  if (delivery !== "none") lines.push(t(`close.gets_${delivery}`, { document }));
  else if (draft.outcome === "done") lines.push(t("close.gets_none"));
  return h("div", { key: "gets", class: "dk-gets" },
    h("h3", { class: "dk-section__title" }, t("close.gets_title", { name })),
    h("ul", null, lines.map((text) => h("li", { key: text }, text))));
}

/** @param {DeskModel} model @param {CaseFile} file @param {Acts} acts */
function check(model, file, acts) {
  const draft = model.draft(file.booking.id);
  const delivery = deliveryOf(draft);
  const open = file.steps.filter((step) => !step.done).map((step) => step.text);
  /** @type {[string, string[]][]} */
  const rows = [["person", [file.booking.name]], ["outcome", [t(`close.outcome_${draft.outcome}`)]], ["delivery", [t(`close.delivery_${delivery}`)]]];
  if (delivery === "post") rows.push(["address", addressLines(draft.address)]);
  if (delivery === "download") rows.push(["document", results(file).filter((paper) => paper.id === draft.document).map((paper) => paper.name)]);
  if (file.payment) rows.push(["fee", [`${file.payment.amount.text}, ${t(`fee.${file.payment.state}`)}`]]);
  return h("div", { class: "dk-form" },
    h("dl", { class: "dk-data dk-data--check" }, rows.map(([name, values]) => h("div", { key: name, class: "dk-data__row" },
      h("dt", null, t(`sum.${name}`)),
      h("dd", null, h("span", { class: "dk-data__value" }, values.map((value, index) => h("span", { key: String(index), class: "dk-data__line" }, value))))))),
    gets(file, draft),
    open.length > 0 && line({ key: "steps", kind: "warning", text: t("close.steps_open", { steps: open.join(", ") }) }),
    file.visit.state === "in_call" && line({ key: "call", kind: "info", text: t("close.ends_call") }),
    h("div", { class: "dk-acts" },
      button(t("close.now"), { key: "now", kind: "primary", busy: model.busy.has("close"), on: acts.close }),
      button(t("close.change"), { key: "change", on: acts.startClosing })));
}
