/**
 * The green room: shows the citizen to themselves, ticks three checks, and helps where the browser refuses.
 *
 * The stage follows from what was found (first row that fits): see `STAGES`.
 *
 * @import {DeviceState, RoomState} from "./model.js"
 * @import {Found, OwnDevices} from "./own-devices.js"
 * @typedef {"ask" | "starting" | "denied" | "trouble" | "ready"} Stage
 */

import { guideFor } from "./browser.js";
import { VOICE_LEVEL } from "./own-devices.js";
import { onTap, part, say, wish } from "./parts.js";
import { t, timeOf } from "./setup.js";

/** @type {[(found: Found[]) => boolean, Stage][]} */
export const STAGES = [
  [(found) => found.every((each) => each === "unknown"), "ask"],
  [(found) => found.includes("denied"), "denied"],
  [(found) => found.includes("busy") || found.includes("insecure"), "trouble"],
  [(found) => found.every((each) => each === "missing"), "trouble"],
  [() => true, "ready"],
];

/** @type {Record<RoomState["visit"]["state"], string>} What the button leads to. */
const ONWARDS = {
  expected: "green.enter",
  waiting: "green.back",
  in_call: "green.resume",
  hung_up: "green.back",
  done: "green.back",
};

export class GreenRoom extends HTMLElement {
  /** @type {OwnDevices | null} */
  #devices = null;
  #opening = false;
  /** Whether somebody asked for the devices: a mail scanner that presses one button of the page stays outside. */
  #tried = false;
  #heard = false;

  /** @param {OwnDevices} devices */
  use(devices) {
    this.#devices = devices;
    devices.addEventListener("change", () => this.#draw());
    devices.onLevel((level) => this.#level(level));
    for (const name of ["allow", "again", "again-too"]) {
      onTap(part(this, name), () => {
        this.#tried = true;
        return this.open();
      });
    }
    onTap(part(this, "enter"), () => new Promise((done) => wish(this, "room-enter", done)));
    const guide = part(this, "guide", HTMLSelectElement);
    guide.value = guideFor();
    guide.addEventListener("change", () => this.#turnToGuide(guide.value));
    this.#turnToGuide(guide.value);
    this.#draw();
  }

  /** Open the devices; where the browser asks, it asks now. */
  async open() {
    this.#opening = true;
    this.#draw();
    await this.#devices?.open();
    this.#opening = false;
    this.#draw();
    if (this.dataset.stage === "denied") {
      part(this, "help-title").focus();
    }
  }

  /** @param {RoomState} state */
  show({ booking, visit }) {
    const matters = booking.matters.map((matter) => matter.name).join(", ");
    say(part(this, "appointment"), t("green.appointment", { time: timeOf(booking.start), matters }));
    this.dataset.onwards = ONWARDS[visit.state];
    this.#draw();
  }

  /** @param {DeviceState} state  whether the office answers */
  showConnection(state) {
    this.#check("connection", state === "unknown" ? "unknown" : state);
  }

  /** @returns {Stage} */
  #stage() {
    if (this.#opening) {
      return "starting";
    }
    const found = this.#devices ? Object.values(this.#devices.found) : [];
    return STAGES.find(([fits]) => fits(found))?.[1] ?? "ready";
  }

  #draw() {
    if (!this.#devices) {
      return;
    }
    const { found, on } = this.#devices;
    const stage = this.#stage();
    const nothing = found.camera !== "ok" && found.microphone !== "ok";
    const untried = nothing && !this.#tried;
    this.dataset.stage = stage;
    const seen = found.camera === "ok" && stage !== "starting";
    this.#devices.showIn(part(this, "preview", HTMLVideoElement));
    part(this, "preview").hidden = !seen;
    part(this, "cover-ask").hidden = stage !== "ask";
    part(this, "cover-starting").hidden = stage !== "starting";
    part(this, "cover-guide").hidden = seen || stage !== "denied";
    part(this, "cover-dark").hidden = seen || (stage !== "ready" && stage !== "trouble");
    say(part(this, "dark-words"), t(found.microphone === "ok" ? "green.dark" : "green.nothing"));
    part(this, "allow-box").hidden = !(stage === "ask" || (stage === "ready" && untried));
    part(this, "help").hidden = stage !== "denied";
    part(this, "trouble").hidden = stage !== "trouble";
    part(this, "checks").hidden = stage === "denied";
    const reason = Object.values(found).find((each) => each === "busy" || each === "insecure") ?? "missing";
    for (const box of part(this, "trouble").querySelectorAll("[data-reason]")) {
      /** @type {HTMLElement} */ (box).hidden = box.getAttribute("data-reason") !== reason;
    }
    this.#check("camera", found.camera === "ok" && !on.camera ? "off" : found.camera);
    this.#check("microphone", found.microphone === "ok" && !on.microphone ? "off" : found.microphone);
    part(this, "level").hidden = found.microphone !== "ok";
    part(this, "enter").hidden = stage === "starting" || untried;
    say(part(this, "enter-words"), t(nothing ? "green.enter_without" : (this.dataset.onwards ?? "green.enter")));
    part(this, "enter").classList.toggle("kern-btn--primary", !nothing);
    part(this, "enter").classList.toggle("kern-btn--secondary", nothing);
  }

  /**
   * @param {"camera" | "microphone" | "connection"} name
   * @param {Found | "off"} state
   */
  #check(name, state) {
    const row = this.querySelector(`[data-check="${name}"]`);
    row?.setAttribute("data-state", state);
    const words = state === "insecure" ? "denied" : name === "microphone" && state === "ok" && this.#heard ? "heard" : state;
    say(part(this, `words-${name}`), t(`device.${name}.${words}`));
  }

  /** @param {number} level */
  #level(level) {
    part(this, "level", HTMLMeterElement).value = level;
    if (level > VOICE_LEVEL && !this.#heard && !this.hidden) {
      this.#heard = true;
      this.#draw();
    }
  }

  /** @param {string} guide */
  #turnToGuide(guide) {
    for (const each of this.querySelectorAll("[data-guide]")) {
      /** @type {HTMLElement} */ (each).hidden = each.getAttribute("data-guide") !== guide;
    }
  }
}

customElements.define("green-room", GreenRoom);
