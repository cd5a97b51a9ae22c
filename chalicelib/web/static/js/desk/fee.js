/** The fee: asked for, at the checkout, paid, or waived with a reason. */

import { badge, button, fieldError, icon, section } from "./parts.js";
import { t } from "./texts.js";
import { h } from "./view.js";

/** @typedef {import("./contract.js").CaseFile} CaseFile */
/** @typedef {import("./contract.js").PaymentState} PaymentState */
/** @typedef {import("./model.js").DeskModel} DeskModel */
/** @typedef {import("./acts.js").Acts} Acts */

/** @type {Record<PaymentState | "not_asked", "success" | "warning" | "danger" | "info" | "plain">} */
const KINDS = { not_asked: "plain", INITIAL: "info", AT_CHECKOUT: "info", PAYED: "success", FAILED: "danger",
  CANCELED: "warning", WAIVED: "success", REFUNDED: "plain" };
const SETTLED = new Set(["PAYED", "WAIVED", "REFUNDED"]);

/** Whether nothing is owed any more. @param {CaseFile} file */
export const settled = (file) => (file.payment ? SETTLED.has(file.payment.state) : file.fee === null);

/** @param {DeskModel} model @param {CaseFile} file @param {Acts} acts */
export function feeSection(model, file, acts) {
  const amount = file.payment?.amount ?? file.fee;
  if (!amount) return section("fee", t("fee.title"), null, h("p", { class: "dk-muted" }, t("fee.free")));
  const state = file.payment?.state ?? "not_asked";
  const draft = model.draft(file.booking.id);
  const again = state === "FAILED" || state === "CANCELED";
  return section("fee", t("fee.title"), badge(t(`fee.${state}`), KINDS[state]),
    h("div", { class: `dk-fee dk-fee--${KINDS[state]}`, "data-fee": state },
      h("p", { class: "dk-fee__amount" }, state === "PAYED" && icon("check"), amount.text),
      h("p", { class: "dk-fee__about" }, t(`fee.about_${state}`)),
      (file.may.ask_fee || file.may.waive) && !draft.waiving && h("div", { class: "dk-acts" },
        file.may.ask_fee && button(t(again ? "fee.ask_again" : "fee.ask"), { key: "ask", kind: "primary",
          busy: model.busy.has("fee"), on: acts.askFee }),
        file.may.waive && button(t("fee.waive"), { key: "waive", on: () => acts.waiving(true) }))),
    file.may.waive && draft.waiving && waiver(model, file, acts));
}

/** @param {DeskModel} model @param {CaseFile} file @param {Acts} acts */
function waiver(model, file, acts) {
  const draft = model.draft(file.booking.id);
  const error = draft.errors.reason;
  return h("form", { key: "waiver", class: "dk-form dk-waiver", novalidate: true,
    on: { submit: (event) => {
      event.preventDefault();
      acts.waive();
    } } },
  h("div", { class: "dk-field" },
    h("label", { class: "dk-field__label", for: "waive-reason" }, t("fee.reason")),
    h("p", { class: "dk-field__hint", id: "waive-hint" }, t("fee.reason_hint")),
    error && fieldError(error, "waive-error"),
    h("textarea", { class: "dk-input", id: "waive-reason", rows: "2", maxlength: "500",
      "aria-describedby": error ? "waive-hint waive-error" : "waive-hint", "aria-invalid": error ? "true" : null,
      initial: { value: draft.reason }, on: { input: (event) => { draft.reason = event.target.value; } } })),
  h("div", { class: "dk-acts" },
    h("button", { type: "submit", class: "dk-button dk-button--primary", "aria-busy": model.busy.has("waive") ? "true" : null }, t("fee.waive_now")),
    button(t("cancel"), { key: "cancel", kind: "plain", on: () => acts.waiving(false) })));
}
