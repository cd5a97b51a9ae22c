/**
 * The fee: asked for by the clerk, paid on a hosted page, and the way back from there.
 *
 * @import {Payment, PaymentState, RoomState} from "./model.js"
 * @import {Office} from "./office.js"
 */

import { Unreachable } from "./office.js";
import { onTap, part, say } from "./parts.js";
import { t } from "./setup.js";

/**
 * What each state says, and what its button says (none: nothing to do).
 *
 * @type {Record<PaymentState, {words: string, button: string | null}>}
 */
export const FEE_FACES = {
  INITIAL: { words: "fee.ask", button: "fee.pay" },
  AT_CHECKOUT: { words: "fee.checkout", button: "fee.to_checkout" },
  FAILED: { words: "fee.failed", button: "fee.pay_again" },
  CANCELED: { words: "fee.cancelled", button: "fee.pay_again" },
  PAYED: { words: "fee.paid", button: null },
  WAIVED: { words: "fee.waived", button: null },
  REFUNDED: { words: "fee.refunded", button: null },
};

/** @param {Payment | null} payment  @returns {boolean} whether the citizen has something to do */
export const isDue = (payment) => payment !== null && FEE_FACES[payment.state].button !== null;

/**
 * How the hosted page sent the citizen back, as the act that tells the office; null: it did not. Asked once: the address
 * forgets it, or a reload would tell it again.
 *
 * @returns {"pay/returned" | "pay/left" | null}
 */
export function cameFromCheckout() {
  const address = new URL(location.href);
  const how = address.searchParams.get("checkout");
  address.searchParams.delete("checkout");
  history.replaceState(null, "", address);
  return how === null ? null : how === "left" ? "pay/left" : "pay/returned";
}

export class RoomFee extends HTMLElement {
  /** @type {Office | null} */
  office = null;

  connectedCallback() {
    onTap(part(this, "pay"), () => this.#pay());
  }

  /** @param {RoomState} state */
  show({ payment, fee, booking }) {
    const owed = payment?.amount ?? fee;
    const expected = booking.matters.filter((matter) => matter.fee && matter.fee.minor_units > 0);
    this.hidden = !owed;
    this.dataset.state = payment?.state ?? "none";
    say(part(this, "matter"), expected.map((matter) => matter.name).join(", "));
    say(part(this, "amount"), owed?.text ?? "");
    const face = payment && FEE_FACES[payment.state];
    if (part(this, "words").dataset.trouble !== this.dataset.state) {
      say(part(this, "words"), t(face ? face.words : "fee.later"));
    }
    const button = part(this, "pay");
    // A focused button that vanishes would drop the focus to the page's top.
    if (!face?.button && button.contains(document.activeElement)) {
      const title = this.querySelector("h2");
      title?.setAttribute("tabindex", "-1");
      title?.focus();
    }
    button.hidden = !face?.button;
    part(this, "ways").hidden = !face?.button;
    if (face?.button) {
      say(part(this, "pay-words"), t(face.button));
    }
  }

  async #pay() {
    try {
      /** @type {{url: string}} */
      const { url } = await /** @type {Office} */ (this.office).post("pay");
      location.assign(url);
      // The page stays as it is until the next one comes: a second tap must not begin a second checkout.
      await new Promise((resolve) => setTimeout(resolve, 4_000));
    } catch (error) {
      const words = part(this, "words");
      words.dataset.trouble = this.dataset.state;
      say(words, error instanceof Unreachable || !(error instanceof Error) ? t("fee.trouble") : error.message || t("fee.trouble"));
    }
  }
}

customElements.define("room-fee", RoomFee);
