/**
 * The green room: shows the citizen to themselves, ticks three checks, and helps where the browser refuses. Whoever has a
 * line to try out gives it an `office` before `use`; without, the third check says whether the office answers.
 *
 * The stage follows from what was found (first row that fits): see `STAGES`.
 *
 * @import {DeviceState, RoomState} from "./model.js"
 * @import {Office} from "./office.js"
 * @import {Found, OwnDevices} from "./own-devices.js"
 * @typedef {"unfit" | "ask" | "starting" | "denied" | "trouble" | "ready"} Stage
 */

import { FrameProtection } from "../call/frame-protection.js";
import { guideFor } from "./browser.js";
import { LineCheck } from "./line-check.js";
import { VOICE_LEVEL } from "./own-devices.js";
import { onTap, part, say, wish } from "./parts.js";
import { t, timeOf } from "./setup.js";

/** @type {[(found: Found[]) => boolean, Stage][]} */
export const STAGES = [
  [() => FrameProtection.means() === "none", "unfit"],
  [(found) => found.every((each) => each === "unknown"), "ask"],
  [(found) => found.includes("denied"), "denied"],
  [(found) => found.includes("busy") || found.includes("insecure"), "trouble"],
  [(found) => found.every((each) => each === "missing"), "trouble"],
  [() => true, "ready"],
];

/** What the third check looks like; others look like what they are. @type {Record<string, string>} */
const LINE_LOOKS = { failed: "missing", relay: "missing", checking: "unknown", due: "unknown" };

/** After these the citizen may want to know again. */
const DOUBTFUL = new Set(["weak", "failed", "relay"]);

/** @type {Record<RoomState["visit"]["state"], string>} What the button leads to. */
const ONWARDS = {
  expected: "green.enter",
  waiting: "green.back",
  in_call: "green.resume",
  hung_up: "green.back",
  done: "green.back",
};

export class GreenRoom extends HTMLElement {
  /** @type {Office | null} */
  office = null;
  /** @type {OwnDevices | null} */
  #devices = null;
  /** @type {LineCheck | null} */
  #line = null;
  /** @type {DeviceState} */
  #answering = "unknown";
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
    this.#line = this.office && new LineCheck(this.office, devices);
    this.#line?.addEventListener("change", () => this.#draw());
    onTap(part(this, "try-line"), () => this.#line?.again());
    onTap(part(this, "enter"), () => new Promise((done) => wish(this, "room-enter", done)));
    const guide = part(this, "guide", HTMLSelectElement);
    guide.value = guideFor();
    guide.addEventListener("change", () => this.#turnToGuide(guide.value));
    this.#turnToGuide(guide.value);
    this.#draw();
  }

  /** Open the devices; where the browser asks, it asks now. */
  async open() {
    if (this.#stage() === "unfit") {
      return;
    }
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
    this.#answering = state;
    this.#draw();
  }

  /** Whether this is the face that the page shows: only then the line is tried out. @param {boolean} shown */
  here(shown) {
    this.#line?.here(shown);
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
    part(this, "unfit").hidden = stage !== "unfit";
    part(this, "allow-box").hidden = !(stage === "ask" || (stage === "ready" && untried));
    part(this, "help").hidden = stage !== "denied";
    part(this, "trouble").hidden = stage !== "trouble";
    part(this, "checks").hidden = stage === "denied" || stage === "unfit";
    const reason = Object.values(found).find((each) => each === "busy" || each === "insecure") ?? "missing";
    for (const box of part(this, "trouble").querySelectorAll("[data-reason]")) {
      /** @type {HTMLElement} */ (box).hidden = box.getAttribute("data-reason") !== reason;
    }
    this.#check("camera", found.camera === "ok" && !on.camera ? "off" : found.camera);
    this.#check("microphone", found.microphone === "ok" && !on.microphone ? "off" : found.microphone);
    this.#checkLine();
    part(this, "level").hidden = found.microphone !== "ok";
    const unfit = stage === "unfit";
    // A guest's page has nobody to tell: whoever invited them is in the call already.
    part(this, "enter").hidden = stage === "starting" || (unfit ? !this.#line : untried);
    const onwards = nothing ? "green.enter_without" : (this.dataset.onwards ?? "green.enter");
    say(part(this, "enter-words"), t(unfit ? "green.unfit_tell" : onwards));
    part(this, "enter").classList.toggle("kern-btn--primary", !nothing);
    part(this, "enter").classList.toggle("kern-btn--secondary", nothing);
  }

  #checkLine() {
    const line = this.#answering === "missing" || !this.#line ? this.#answering : this.#line.state;
    // A line that was tried out is told in other words than an office that answers.
    const words = this.#line && line === "ok" ? "good" : line;
    this.querySelector('[data-check="connection"]')?.setAttribute("data-state", LINE_LOOKS[line] ?? line);
    say(part(this, "words-connection"), t(`device.connection.${words}`));
    part(this, "try-line").hidden = !DOUBTFUL.has(line);
  }

  /**
   * @param {"camera" | "microphone"} name
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
