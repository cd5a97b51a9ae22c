/**
 * The green room's third check: tries the line to the media worker out while the citizen looks at themselves.
 *
 * It runs only where `here` said that the green room is shown, only once a device is open (a mail scanner that opens the
 * page has none), and never beside another connection to the worker: leaving the green room hangs up. Event: `change`.
 *
 * @import {Office} from "./office.js"
 * @import {OwnDevices} from "./own-devices.js"
 * @import {Line} from "./line-plan.js"
 */

import { FrameProtection } from "../call/frame-protection.js";
import { UNMEASURED } from "../call/preflight.js";
import { lineAfter, pauseBefore } from "./line-plan.js";
import { Unreachable } from "./office.js";

/** @typedef {EventTarget & { saveData?: boolean, type?: string }} NetworkInformation Chromium's; `type` on phones */

const { connection: network } = /** @type {{ connection?: NetworkInformation }} */ (navigator);

export class LineCheck extends EventTarget {
  #office;
  #devices;
  #here = false;
  #beganMs = -Infinity;
  #burdened = false;
  /** @type {ReturnType<typeof setTimeout> | null} */
  #planned = null;
  /** @type {AbortController | null} */
  #running = null;
  #network = network?.type;
  /** What was found stands until the next attempt begins; else the citizen sees that one is on its way. */
  #quiet = false;

  /** @param {Office} office  @param {OwnDevices} devices */
  constructor(office, devices) {
    super();
    this.#office = office;
    this.#devices = devices;
    devices.addEventListener("track", (event) => {
      if (/** @type {CustomEvent} */ (event).detail.track) this.#plan();
    });
    addEventListener("online", () => this.#networkChanged());
    network?.addEventListener("change", () => {
      // It also fires for each new guess at the line's speed.
      if (network.type !== this.#network) this.#networkChanged();
      this.#network = network.type;
    });
  }

  /** @returns {"checking" | "due" | Line["verdict"]} */
  get state() {
    if (this.#running) return "checking";
    return this.#planned === null || this.#quiet ? this.#devices.line.verdict : "due";
  }

  /** The green room is shown, or left. @param {boolean} shown */
  here(shown) {
    if (shown === this.#here) return;
    this.#here = shown;
    if (shown) this.#plan();
    else this.#stop();
  }

  /** The citizen wants to know anew. */
  again() {
    this.#plan({ asked: true });
  }

  /** @param {{ asked?: boolean, quiet?: boolean }} [why] */
  #plan({ asked = false, quiet = false } = {}) {
    const open = this.#devices.track("camera") ?? this.#devices.track("microphone");
    if (!this.#here || !open || FrameProtection.means() === "none") return;
    const pauseMs = this.#pause(asked);
    if (pauseMs === null) return;
    this.#forgetPlan();
    this.#quiet = quiet;
    this.#planned = setTimeout(() => {
      this.#planned = null;
      // What ran meanwhile may have shown that this device is to be spared.
      if (this.#pause(asked) === null) this.#changed();
      else void this.#run();
    }, pauseMs);
    this.#changed();
  }

  /** @param {boolean} asked */
  #pause(asked) {
    const spared = this.#burdened || (network?.saveData ?? false);
    return pauseBefore({ nowMs: performance.now(), beganMs: this.#beganMs, asked, spared });
  }

  async #run() {
    this.#running?.abort();
    const running = (this.#running = new AbortController());
    this.#beganMs = performance.now();
    this.#changed();
    const result = await this.#tried(running.signal);
    const current = this.#running === running;
    if (current) this.#running = null;
    if (result.outcome === "measured") this.#burdened ||= result.burdened;
    if (current || result.outcome === "measured") this.#devices.noteLine(lineAfter(this.#devices.line, result));
    this.#changed();
    // The office's trouble, or its worker's, is not the citizen's to mend: it is looked after without their asking.
    if (current && (result.outcome === "relay" || result.outcome === "stopped")) this.#plan({ quiet: true });
  }

  /** @param {AbortSignal} signal  @returns {Promise<import("../call/preflight-run.js").Result>} */
  async #tried(signal) {
    try {
      /** @type {[import("../call/attempt.js").Ticket, typeof import("../call/preflight-run.js")]} */
      const [ticket, { tryLine }] = await Promise.all([this.#office.post("preflight"), import("../call/preflight-run.js")]);
      if (signal.aborted) return { outcome: "stopped" };
      return await tryLine({ ticket, stream: this.#devices.stream, signal });
    } catch (error) {
      // That the office does not answer is said by whoever asks it all the time.
      return { outcome: error instanceof Unreachable && error.kind === "no_worker" ? "relay" : "stopped" };
    }
  }

  /** Hang up at once: the next connection is that of the call. */
  #stop() {
    this.#forgetPlan();
    this.#running?.abort();
    this.#running = null;
    this.#changed();
  }

  #networkChanged() {
    if (this.#here) this.#plan();
    // What was measured was another network.
    else if (this.#devices.line.verdict !== "unknown") this.#devices.noteLine({ verdict: "unknown", figures: UNMEASURED });
  }

  #forgetPlan() {
    if (this.#planned !== null) clearTimeout(this.#planned);
    this.#planned = null;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
