/** The right column: the person large, oneself small, and the few buttons of a call. */

import { CallConnection, CallOver } from "../call/connection.js";
import { DeviceError, openDevices, useChosenSpeaker } from "../call/devices.js";
import { FrameProtection } from "../call/frame-protection.js";
import { api, DeskError } from "./api.js";
import { Company } from "./company.js";
import { showDeviceChoice } from "./device_choice.js";
import { duration } from "./formats.js";
import { Lobby } from "./lobby.js";
import { button } from "./parts.js";
import { popOut } from "./popout.js";
import { t } from "./texts.js";
import { patch } from "./view.js";

/** @typedef {import("../call/connection.js").CallState} CallState */
/** @typedef {{ name: string, present: boolean, atCheckout: boolean, seconds: number }} Known what the file says */

/** @template {Element} T @param {string} id @param {new () => T} type @returns {T} */
function part(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${id}`);
  return found;
}

/** Problems with devices and the words for them. */
const DEVICE_TEXTS = { denied: "call.denied", insecure: "call.denied", missing: "call.missing", busy: "call.in_use", failed: "call.missing" };

export class CallPanel {
  #home = part("desk-call", HTMLElement);
  #idle = part("call-idle", HTMLElement);
  #away = part("call-away", HTMLElement);
  #stage = part("call-stage", HTMLElement);
  #name = part("call-name", HTMLElement);
  #state = part("call-state", HTMLElement);
  #time = part("call-time", HTMLElement);
  #remote = part("call-remote", HTMLVideoElement);
  #local = part("call-local", HTMLVideoElement);
  #curtain = part("call-curtain", HTMLElement);
  #banner = part("call-banner", HTMLElement);
  #sound = part("call-sound", HTMLButtonElement);
  #problem = part("call-problem", HTMLElement);
  #devices = part("call-device-panel", HTMLElement);
  #mute = part("call-mute", HTMLButtonElement);
  #camera = part("call-camera", HTMLButtonElement);
  #code = part("call-code", HTMLElement);
  #codeDigits = part("call-code-digits", HTMLElement);
  #deviceButton = part("call-devices", HTMLButtonElement);
  #muteLabel = part("call-mute-label", HTMLElement);
  #cameraLabel = part("call-camera-label", HTMLElement);
  /** @type {string | null} */ #booking = null;
  /** @type {CallConnection | null} */ #connection = null;
  /** @type {MediaStream | null} */ #stream = null;
  /** @type {{ moved: boolean, close: () => void } | null} */ #window = null;
  /** @type {Known} */ #known = { name: "", present: true, atCheckout: false, seconds: 0 };
  #knownAt = 0;
  #lobby = new Lobby();
  #company = new Company(this.#stage);
  /** The ticket that came with the call. @type {{ booking: string, ticket: import("./lobby.js").Ticket } | null} */ #admitted = null;

  /** @type {() => void} */ #changed;

  /** @param {{ hangUp: () => void, cannotPopOut: () => void, changed: () => void }} page */
  constructor(page) {
    this.#changed = page.changed;
    this.#company.addEventListener("changed", page.changed);
    this.#company.screen.addEventListener("change", () => void this.#showScreen());
    this.#mute.addEventListener("click", () => this.#toggle("audio"));
    this.#camera.addEventListener("click", () => this.#toggle("video"));
    this.#deviceButton.addEventListener("click", () => void this.#showDevices(this.#devices.hidden !== false));
    this.#sound.addEventListener("click", () => void this.#play());
    part("call-hangup", HTMLButtonElement).addEventListener("click", page.hangUp);
    part("call-back", HTMLButtonElement).addEventListener("click", () => this.#window?.close());
    part("call-popout", HTMLButtonElement).addEventListener("click", () => void this.#popOut(page.cannotPopOut));
    setInterval(() => this.#showTime(), 1000);
  }

  /** The booking whose call is here, or null. */
  get booking() {
    return this.#booking;
  }

  /** Be in the call of `booking`, or in none; being there already changes nothing. @param {string | null} booking */
  follow(booking) {
    if (booking === this.#booking) return;
    this.#leave();
    this.#booking = booking;
    if (booking) void this.#join(booking);
    this.#show();
  }

  /** A call begins, and this is the way in. @param {string} booking @param {import("./lobby.js").Ticket} ticket */
  admit(booking, ticket) {
    this.#admitted = { booking, ticket };
  }

  /** Somebody waits and may be called next, or nobody does. @param {boolean} wanted */
  expect(wanted) {
    if (!this.#booking) void this.#lobby.keep(wanted);
  }

  /** @param {Known} known */
  describe(known) {
    this.#known = known;
    this.#knownAt = performance.now();
    this.#show();
  }

  /** Whether the others in the call say when something changed. */
  get told() {
    return this.#company.line.open;
  }

  /** The office took an act that the others in the call should hear of. */
  nudge() {
    this.#company.line.nudge();
  }

  /** The office decided anew who is in light: a fresh ticket says so to the worker. @param {string} booking */
  async relight(booking) {
    if (booking !== this.#booking) return;
    const { ticket } = await ticketFor(booking);
    await this.#connection?.admit(ticket);
  }

  /** Close what is open over the call; tells whether anything was. */
  escape() {
    if (this.#devices.hidden) return false;
    void this.#showDevices(false);
    return true;
  }

  /** @param {string} booking */
  async #join(booking) {
    if (FrameProtection.means() === "none") return this.#say(t("call.unfit"));
    this.#say(null);
    const fetch = () => ticketFor(booking);
    const admitted = this.#admitted?.booking === booking ? this.#admitted.ticket : null;
    this.#admitted = null;
    const opening = openedDevices();
    opening.catch(() => {});
    // The citizen sees an empty chair for a moment rather than the clerk waiting for a camera.
    const ready = await this.#lobby.into(admitted, fetch);
    if (this.#booking !== booking) return ready?.hangUp();
    if (ready) this.#take(ready, booking);
    /** @type {MediaStream} */
    let stream;
    try {
      stream = await opening;
    } catch (error) {
      const kind = error instanceof DeviceError ? error.kind : "failed";
      if (this.#booking === booking) this.#say(t(DEVICE_TEXTS[kind]), booking);
      return;
    }
    if (this.#booking !== booking) return stop(stream);
    this.#stream = stream;
    this.#local.srcObject = stream;
    if (ready) {
      await Promise.all(stream.getTracks().map((track) => ready.replaceTrack(track.kind === "audio" ? "audio" : "video", track)));
      return this.#show();
    }
    const connection = new CallConnection({ seat: "clerk", ticket: fetch, localStream: stream });
    this.#take(connection, booking);
    await connection.connect();
  }

  /** @param {CallConnection} connection @param {string} booking */
  #take(connection, booking) {
    this.#connection = connection;
    this.#company.join(connection);
    connection.addEventListener("remote", (event) => this.#receive(/** @type {CustomEvent} */ (event).detail));
    connection.addEventListener("flow", () => this.#show());
    connection.addEventListener("privacy", () => this.#show());
    // Who comes may be a device that waits for a yes, and nobody else tells us of it.
    connection.addEventListener("seats", () => this.#changed());
    connection.addEventListener("state", () => {
      if (connection === this.#connection && connection.state === "ended") this.#say(t("call.failed"), booking);
      this.#show();
    });
    if (connection.remote) this.#receive(connection.remote);
    this.#show();
  }

  #leave() {
    const connection = this.#connection;
    this.#connection = null;
    this.#company.leave();
    connection?.hangUp();
    if (this.#stream) stop(this.#stream);
    this.#stream = this.#local.srcObject = this.#remote.srcObject = null;
    this.#window?.close();
    this.#sound.hidden = true;
    void this.#showDevices(false);
    this.#say(null);
  }

  /** @param {MediaStream} stream */
  #receive(stream) {
    this.#remote.srcObject = stream;
    void useChosenSpeaker(this.#remote);
    void this.#play();
  }

  /** A page that was reloaded and never touched may not sound by itself: then one button asks for it. */
  async #play() {
    try {
      await this.#remote.play();
      this.#sound.hidden = true;
    } catch (error) {
      this.#sound.hidden = !(error instanceof DOMException && error.name === "NotAllowedError");
    }
  }

  /** @param {"audio" | "video"} kind */
  #toggle(kind) {
    this.#connection?.setMuted(kind, !this.#connection.isMuted(kind));
    this.#show();
  }

  /** @param {boolean} open */
  async #showDevices(open) {
    const had = !this.#devices.hidden;
    this.#devices.hidden = !open;
    this.#deviceButton.setAttribute("aria-expanded", String(open));
    if (open) await showDeviceChoice(this.#devices, (role) => void this.#changeDevice(role), () => void this.#showDevices(false));
    else if (had && this.#booking) this.#deviceButton.focus();
  }

  /** @param {import("../call/devices.js").DeviceRole} role */
  async #changeDevice(role) {
    if (role === "speaker") return void (await useChosenSpeaker(this.#remote));
    const connection = this.#connection;
    const kind = role === "camera" ? "video" : "audio";
    try {
      const [track] = (await openDevices({ camera: role === "camera", microphone: role === "microphone" })).getTracks();
      if (!track || !this.#stream || connection !== this.#connection) return track?.stop();
      for (const former of this.#stream.getTracks().filter((each) => each.kind === kind)) {
        this.#stream.removeTrack(former);
        former.stop();
      }
      this.#stream.addTrack(track);
      if (kind === "audio" || !this.#company.screen.track) await connection?.replaceTrack(kind, track);
    } catch (error) {
      if (error instanceof DeviceError) this.#say(t(DEVICE_TEXTS[error.kind]));
      else throw error;
    }
  }

  /** The screen instead of the camera, or the camera again. */
  async #showScreen() {
    const screen = this.#company.screen.track;
    await this.#connection?.replaceTrack("video", screen ?? this.#stream?.getVideoTracks()[0] ?? null);
    if (screen) this.#connection?.setMuted("video", false);
    this.#show();
  }

  /** @param {() => void} cannot */
  async #popOut(cannot) {
    try {
      this.#window = await popOut(this.#stage, this.#remote, (moved) => this.#comeHome(moved));
    } catch {
      return cannot();
    }
    this.#show();
    if (this.#window.moved) await Promise.allSettled([this.#remote.play(), this.#local.play()]);
  }

  /** @param {boolean} moved */
  #comeHome(moved) {
    this.#window = null;
    if (moved) {
      this.#home.insertBefore(this.#stage, this.#problem);
      void this.#remote.play().catch(() => {});
      void this.#local.play().catch(() => {});
    }
    this.#show();
  }

  /** @param {string | null} text @param {string} [booking] offers to try this call again */
  #say(text, booking) {
    this.#problem.hidden = text === null;
    const again = () => {
      this.#leave();
      void this.#join(booking ?? "");
    };
    patch(this.#problem, text === null ? [] : [text, booking ? button(t("line.try"), { key: "again", on: again }) : null]);
  }

  #show() {
    const there = this.#booking !== null;
    const away = this.#window?.moved ?? false;
    const state = this.#connection?.state ?? "connecting";
    this.#idle.hidden = there;
    this.#away.hidden = !(there && away);
    this.#stage.hidden = !there;
    this.#stage.dataset.state = state;
    this.#home.dataset.call = there ? state : "none";
    this.#name.textContent = this.#known.name;
    this.#state.textContent = t(`call.${state}`);
    const { privacy = null } = this.#connection ?? {};
    const unsafe = privacy === "failed";
    this.#code.hidden = unsafe || privacy === null;
    this.#codeDigits.textContent = unsafe ? "" : (privacy?.code ?? "");
    this.#banner.hidden = !unsafe && state !== "reconnecting";
    this.#banner.textContent = t(unsafe ? "call.code.failed" : "call.banner");
    this.#curtain.textContent = this.#curtainText(state);
    this.#curtain.hidden = this.#curtain.textContent === "";
    this.#press(this.#mute, this.#muteLabel, "audio", ["call.mute", "call.unmute"]);
    this.#press(this.#camera, this.#cameraLabel, "video", ["call.camera_off", "call.camera_on"]);
    this.#local.classList.toggle("is-off", this.#connection?.isMuted("video") ?? false);
    this.#showTime();
  }

  /** What stands over the picture when there is none. @param {CallState} state */
  #curtainText(state) {
    const { name, atCheckout } = this.#known;
    if (state === "connecting") return t("call.curtain_connecting", { name });
    if (state !== "connected" || this.#connection?.flowing) return "";
    if (atCheckout) return t("call.curtain_checkout", { name });
    return t(this.#known.present ? "call.curtain_connecting" : "call.curtain_absent", { name });
  }

  /** @param {HTMLButtonElement} control @param {HTMLElement} label @param {"audio" | "video"} kind @param {[string, string]} words */
  #press(control, label, kind, words) {
    const off = this.#connection?.isMuted(kind) ?? false;
    control.setAttribute("aria-pressed", String(off));
    label.textContent = t(words[off ? 1 : 0]);
  }

  #showTime() {
    const elapsed = this.#known.seconds + (performance.now() - this.#knownAt) / 1000;
    this.#time.textContent = this.#booking && this.#connection?.state === "connected" ? duration(elapsed) : "";
  }
}

/** @param {MediaStream} stream */
function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/** Camera and microphone; where one is missing or taken, the microphone alone: a voice is enough for a call. */
async function openedDevices() {
  try {
    return await openDevices();
  } catch (error) {
    if (error instanceof DeviceError && ["missing", "busy"].includes(error.kind)) return openDevices({ camera: false });
    throw error;
  }
}

/** @param {string} booking */
async function ticketFor(booking) {
  try {
    return await api.ticket(booking);
  } catch (error) {
    // Somebody else sits there now, or the case is closed: trying on would not help.
    if (error instanceof DeskError && ["conflict", "missing", "forbidden"].includes(error.kind)) throw new CallOver();
    throw error;
  }
}
