/** The third person of a file: whom the clerk invites, the link to give on, and the door that only the clerk opens. */

import { badge, button, icon, section } from "./parts.js";
import { t } from "./texts.js";
import { h } from "./view.js";

/** @typedef {import("./contract.js").CaseFile} CaseFile */
/** @typedef {import("./contract.js").GuestRole} GuestRole */
/** @typedef {import("./model.js").DeskModel} DeskModel */
/** @typedef {import("./acts.js").Acts} Acts */

/** @type {GuestRole[]} */
const ROLES = ["interpreter", "sign_language", "relative", "colleague"];

/** @type {Record<string, "info" | "success" | "warning" | "plain">} */
const LOOKS = { invited: "plain", waiting: "warning", admitted: "success", left: "plain" };

/** @param {DeskModel} model @param {CaseFile} file @param {Acts} acts */
export function guestSection(model, file, acts) {
  const { guest, may } = file;
  if (!guest && !may.invite) return null;
  const link = model.draft(file.booking.id).guestLink;
  return section("guest", t("guest.title"), guest && badge(t(`guest.${guest.state}`), LOOKS[guest.state]),
    guest && h("p", { key: "who" }, t(`guest.role_${guest.role}`)),
    guest && may.admit && door(guest.state, model, acts),
    link && linkRow(link, model, acts),
    may.invite && invitation(model, file, acts));
}

/** @param {string} state @param {DeskModel} model @param {Acts} acts */
function door(state, model, acts) {
  const inside = state === "admitted";
  return button(t(inside ? "guest.dismiss" : "guest.admit"), { key: "door", kind: inside ? "plain" : "primary",
    busy: model.busy.has("admit"), on: () => acts.admit(!inside) });
}

/** @param {string} link @param {DeskModel} model @param {Acts} acts */
function linkRow(link, model, acts) {
  const copied = model.copied === "guest";
  return h("div", { key: "link", class: "dk-guest__link" },
    h("label", { for: "guest-link" }, t("guest.link")),
    h("input", { id: "guest-link", class: "dk-input", type: "text", readonly: true, live: { value: link } }),
    button(t("guest.copy"), { key: "copy", icon: copied ? "check" : "copy", on: () => acts.copy("guest", t("guest.link"), link) }),
    h("p", { key: "hint", class: "dk-muted dk-small" }, t("guest.link_hint")));
}

/** @param {DeskModel} model @param {CaseFile} file @param {Acts} acts */
function invitation(model, file, acts) {
  const role = model.draft(file.booking.id).guestRole;
  return h("details", { key: "invite", class: "dk-guest__invite" },
    h("summary", null, icon("plus"), h("span", null, t(file.guest ? "guest.invite_again" : "guest.invite"))),
    h("fieldset", { class: "dk-guest__roles" },
      h("legend", null, t("guest.whom")),
      ROLES.map((each) => h("label", { key: each, class: "dk-step-row" },
        h("input", { type: "radio", name: "guest-role", value: each, class: "dk-check", live: { checked: each === role },
          on: { change: () => acts.setDraft({ guestRole: each }) } }),
        h("span", null, t(`guest.role_${each}`))))),
    button(t("guest.make"), { key: "make", busy: model.busy.has("guest"), on: () => acts.inviteGuest() }));
}
