/** What the registers need, each value with a button that copies it. */

import { languageName } from "./formats.js";
import { button, icon, section, spoken } from "./parts.js";
import { t } from "./texts.js";
import { h } from "./view.js";

/** @typedef {import("./contract.js").CaseFile} CaseFile */
/** @typedef {import("./model.js").DeskModel} DeskModel */
/** @typedef {import("./acts.js").Acts} Acts */

/** @param {DeskModel} model @param {CaseFile} file @param {Acts} acts */
export function contactSection(model, file, acts) {
  const { booking } = file;
  /** @type {[string, string | null][]} */
  const rows = [["name", booking.name], ["reference", booking.reference], ["email", booking.email], ["phone", booking.phone]];
  const all = rows.filter(([, value]) => value).map(([name, value]) => `${t(`contact.${name}`)}: ${value}`).join("\n");
  const copyAll = button(t("contact.copy_all"), { key: "all", kind: "plain", icon: model.copied === "all" ? "check" : "copy",
    on: () => acts.copy("all", t("contact.title"), all) });
  return section("contact", t("contact.title"), copyAll,
    h("dl", { class: "dk-data" },
      rows.map(([name, value]) => row(model, acts, name, value)),
      h("div", { key: "language", class: "dk-data__row" },
        h("dt", null, t("contact.language")), h("dd", null, languageName(booking.language)))));
}

/** @param {DeskModel} model @param {Acts} acts @param {string} name @param {string | null} value */
function row(model, acts, name, value) {
  const what = t(`contact.${name}`);
  const copied = model.copied === name;
  return h("div", { key: name, class: "dk-data__row" },
    h("dt", null, what),
    h("dd", null, value ? h("span", { class: "dk-data__value" }, value) : h("span", { class: "dk-muted" }, t("contact.missing")),
      value && h("button", { type: "button", class: `dk-copy${copied ? " dk-copy--done" : ""}`, title: t("contact.copy", { what }),
        "data-copy": name, on: { click: () => acts.copy(name, what, value) } },
      icon(copied ? "check" : "copy"), spoken(t("contact.copy", { what })))));
}
