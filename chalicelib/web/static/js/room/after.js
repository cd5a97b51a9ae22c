/**
 * The last face: what was done, how the result comes, the receipt.
 *
 * @import {RoomState, Step} from "./model.js"
 */

import { part, say } from "./parts.js";
import { t } from "./setup.js";

/**
 * @param {HTMLElement} face
 * @param {RoomState} state
 */
export function showAfter(face, { booking, outcome, payment, steps }) {
  const result = outcome?.result ?? "done";
  face.dataset.result = result;
  say(part(face, "title"), t(`done.title.${result}`));
  part(face, "onwards-row").hidden = result === "done";
  say(part(face, "onwards"), result === "done" ? "" : t(`done.onwards.${result}`));
  part(face, "delivery-row").hidden = result !== "done" && (outcome?.delivery ?? "none") === "none";
  say(part(face, "matters"), booking.matters.map((matter) => matter.name).join(", "));
  say(part(face, "outcome"), outcome?.text ?? "");
  say(part(face, "reference"), booking.reference);
  say(part(face, "delivery"), t(`delivery.${outcome?.delivery ?? "none"}`));
  const settled = { PAYED: "done.fee_paid", WAIVED: "done.fee_waived" }[/** @type {string} */ (payment?.state)];
  part(face, "fee-row").hidden = !settled;
  if (settled && payment) {
    say(part(face, "fee"), t(settled, { amount: payment.amount.text }));
  }
  const done = steps.filter((step) => step.done);
  part(face, "steps-box").hidden = done.length === 0;
  const several = new Set(steps.map((step) => step.matter)).size > 1;
  const words = (/** @type {Step} */ step) => (several ? `${step.matter}: ${step.text}` : step.text);
  const rows = done.map((step) => Object.assign(document.createElement("li"), { textContent: words(step) }));
  part(face, "steps").replaceChildren(...rows);
}
