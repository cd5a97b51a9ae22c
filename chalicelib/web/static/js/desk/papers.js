/** Papers both ways: open what came, send one back. */

import { clock, size } from "./formats.js";
import { badge, button, icon, section, spoken } from "./parts.js";
import { t } from "./texts.js";
import { h } from "./view.js";

/** @typedef {import("./contract.js").CaseFile} CaseFile */
/** @typedef {import("./contract.js").Paper} Paper */
/** @typedef {import("./model.js").DeskModel} DeskModel */
/** @typedef {import("./acts.js").Acts} Acts */

const TYPES = ["application/pdf", "image/jpeg", "image/png"];
const SIZE_MAX = 10 * 1024 * 1024;

/** Say why a file cannot be sent, or nothing. @param {File} file */
export function objection(file) {
  if (!TYPES.includes(file.type)) return t("papers.type", { name: file.name });
  if (file.size > SIZE_MAX) return t("papers.large", { name: file.name });
  return file.size === 0 ? t("papers.empty", { name: file.name }) : "";
}

/** @param {DeskModel} model @param {CaseFile} file @param {Acts} acts */
export function papersSection(model, file, acts) {
  const { sending } = model.draft(file.booking.id);
  const send = !file.outcome && file.visit.mine && h("label", { class: "dk-button dk-upload", title: t("papers.limits") },
    icon("plus"), h("span", null, t("papers.send")),
    h("input", {
      type: "file", class: "dk-upload__input", accept: TYPES.join(","), id: "paper-file", "aria-describedby": "paper-limits",
      live: { disabled: Boolean(sending) },
      on: { change: (event) => {
        const [chosen] = event.target.files;
        if (chosen) acts.sendPaper(chosen);
        event.target.value = ""; // the same file can be chosen again after a refusal
      } },
    }), h("span", { class: "kern-sr-only", id: "paper-limits" }, t("papers.limits")));
  return section("papers", t("papers.title"), send,
    file.papers.length === 0 && !sending && h("p", { class: "dk-muted" }, t("papers.none")),
    h("ul", { class: "dk-papers" },
      file.papers.map((paper) => row(model, paper, acts)),
      sending && h("li", { key: "sending", class: "dk-papers__row" }, icon("out"),
        h("span", { class: "dk-papers__name", role: "status" }, t("papers.sending", { name: sending })), h("progress", { class: "dk-progress", "aria-label": sending }))));
}

/** @param {Paper} paper @returns {[string, "success" | "warning" | "danger" | "plain"]} */
function standing(paper) {
  if (paper.state === "refused") return [t("papers.refused"), "danger"];
  if (paper.state === "announced") return [t("papers.announced"), "plain"];
  return paper.opened ? [t("papers.opened"), "success"] : [t("papers.checked"), "success"];
}

/** @param {DeskModel} model @param {Paper} paper @param {Acts} acts */
function row(model, paper, acts) {
  const [words, kind] = standing(paper);
  const from = t(`papers.from_${paper.from}`);
  return h("li", { key: paper.id, class: "dk-papers__row", "data-paper": paper.id },
    icon(paper.from === "citizen" ? "in" : "out"),
    h("span", { class: "dk-papers__name" }, h("strong", null, paper.name),
      h("span", { class: "dk-muted dk-small" }, `${from} ${clock(paper.announced_at)} · ${size(paper.size)}`),
      paper.refusal && h("span", { class: "dk-danger dk-small" }, paper.refusal)),
    badge(words, kind),
    paper.state === "checked" && button([t("papers.open"), spoken(` ${paper.name}`)],
      { key: "open", kind: "plain", busy: model.busy.has(`open ${paper.id}`), on: () => acts.openPaper(paper) }));
}
