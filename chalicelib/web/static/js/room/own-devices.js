/**
 * The citizen's own camera and microphone through the whole visit: one stream, opened once, whose tracks are swapped.
 *
 * Events: `change` (a state, a switch or a track is different), `track` (detail: {kind, track}, to be sent instead).
 *
 * @import {Line} from "./line-plan.js"
 * @import {DeviceReport, DeviceState} from "./model.js"
 * @typedef {"camera" | "microphone"} Kind
 * @typedef {"unknown" | "ok" | "denied" | "missing" | "busy" | "insecure"} Found
 */

import { chooseDevice, DeviceError, LevelMeter, openDevices, watchDevices } from "../call/devices.js";
import { FrameProtection } from "../call/frame-protection.js";
import { browserInWords } from "./browser.js";
import { recall, remember } from "./memory.js";

/** @type {Kind[]} */
const KINDS = ["camera", "microphone"];

/** How the office calls the ways in which a browser can encrypt. */
const ENCRYPTION = /** @type {const} */ ({ transform: "script", streams: "streams", none: "none" });

/** Pictures of the level a second: enough for an eye, little for a battery. */
const LEVEL_EVERY_MS = 80;

/** Below this the microphone hears a room; above it, somebody who speaks. */
export const VOICE_LEVEL = 0.35;

export class OwnDevices extends EventTarget {
  stream = new MediaStream();

  /** @type {Record<Kind, Found>} */
  found = { camera: "unknown", microphone: "unknown" };

  /** @type {Record<Kind, boolean>} what the citizen wants */
  on = { camera: recall().camera, microphone: recall().microphone };

  /** @type {Line} what the pre-flight found last; the green room keeps it */
  line = recall().line;

  /** @type {LevelMeter | null} */
  #meter = null;

  /** @type {Promise<void> | null} */
  #opening = null;

  /** @type {Set<(level: number) => void>} */
  #listeners = new Set();

  constructor() {
    super();
    watchDevices(() => void this.#devicesChanged());
    setInterval(() => this.#measure(), LEVEL_EVERY_MS);
  }

  /** @param {Kind} kind  @returns {MediaStreamTrack | null} */
  track(kind) {
    const tracks = kind === "camera" ? this.stream.getVideoTracks() : this.stream.getAudioTracks();
    return tracks[0] ?? null;
  }

  /** Whether the browser would open both without asking. */
  async allowed() {
    const states = await Promise.all(KINDS.map(permission));
    return states.every((state) => state === "granted");
  }

  /** Let both go: the lamp beside the camera goes out. `open` takes them again. */
  close() {
    for (const kind of KINDS) {
      this.track(kind)?.stop();
      this.#drop(kind);
      this.found[kind] = "unknown";
    }
    void this.#meter?.close();
    this.#meter = null;
    this.#changed();
  }

  /** Whether nobody has asked for the devices yet. */
  get untouched() {
    return !this.#opening && KINDS.every((kind) => this.found[kind] === "unknown");
  }

  /** Open both; what one lacks does not take the other away. Never throws: `found` says how it went. */
  open() {
    this.#opening ??= this.#openBoth().finally(() => (this.#opening = null));
    return this.#opening;
  }

  async #openBoth() {
    try {
      this.#take(await openDevices());
    } catch (error) {
      const kind = kindOf(error);
      // Asking again would only repeat the refusal, unless the browser says that one of the two is allowed.
      const states = await Promise.all(KINDS.map(permission));
      for (const [at, each] of KINDS.entries()) {
        const pointless = kind === "insecure" || (kind === "denied" && states[at] !== "granted");
        this.found[each] = pointless ? kind : await this.#openOne(each);
      }
    }
    this.#changed();
  }

  /**
   * Use another device, now and on the next page of this tab.
   *
   * @param {Kind} kind
   * @param {string} id
   */
  async choose(kind, id) {
    chooseDevice(kind, id);
    await this.reopen(kind);
  }

  /** @param {Kind} kind */
  async reopen(kind) {
    this.found[kind] = await this.#openOne(kind);
    this.#changed();
  }

  /**
   * @param {Kind} kind
   * @param {boolean} on
   */
  async setOn(kind, on) {
    this.on[kind] = on;
    remember({ [kind]: on });
    if (on && !this.track(kind)) {
      await this.reopen(kind);
    }
    this.#applySwitches();
    this.#changed();
  }

  /** @param {Kind} kind  @returns {boolean} whether others get something of it */
  isLive(kind) {
    return this.on[kind] && this.found[kind] === "ok";
  }

  /**
   * Show the citizen to themselves. A video with an empty stream would keep the page "loading" for ever.
   *
   * @param {HTMLVideoElement} video
   */
  showIn(video) {
    const stream = this.track("camera") ? this.stream : null;
    if (video.srcObject !== stream) {
      video.srcObject = stream;
    }
  }

  /** What is known of the line is different. @param {Line} line */
  noteLine(line) {
    this.line = line;
    remember({ line });
    this.#changed();
  }

  /**
   * @param {DeviceState} connection
   * @returns {DeviceReport} what the office is told; it knows fewer reasons than we do
   */
  report(connection) {
    /** @type {(kind: Kind) => DeviceState} */
    const state = (kind) => {
      const found = this.found[kind];
      if (found === "ok") {
        return this.on[kind] ? "ok" : "off";
      }
      return found === "busy" || found === "insecure" ? "missing" : found;
    };
    const { verdict, figures } = this.line;
    return {
      camera: state("camera"),
      microphone: state("microphone"),
      // The office hears us; that our line carries a call is another matter.
      connection: verdict === "failed" ? "missing" : connection,
      browser: browserInWords(),
      loss_percent: figures.lossPercent,
      round_trip_ms: figures.roundTripMs,
      bandwidth_kbits: figures.bandwidthKbits,
      encryption: ENCRYPTION[FrameProtection.means()],
    };
  }

  /**
   * Hear of the microphone's level, 0 to 1, a dozen times a second.
   *
   * @param {(level: number) => void} listener
   */
  onLevel(listener) {
    this.#listeners.add(listener);
  }

  /** @param {Kind} kind  @returns {Promise<Found>} */
  async #openOne(kind) {
    // A phone opens only one of its cameras at a time: the old one is let go first.
    this.track(kind)?.stop();
    try {
      this.#take(await openDevices({ camera: kind === "camera", microphone: kind === "microphone" }));
      return "ok";
    } catch (error) {
      this.#drop(kind);
      return kindOf(error);
    }
  }

  /** @param {MediaStream} opened */
  #take(opened) {
    for (const track of opened.getTracks()) {
      const kind = track.kind === "video" ? "camera" : "microphone";
      const former = this.track(kind);
      former?.stop();
      if (former) {
        this.stream.removeTrack(former);
      }
      this.stream.addTrack(track);
      this.found[kind] = "ok";
      track.addEventListener("ended", () => {
        if (this.track(kind) === track) {
          this.#drop(kind);
          this.found[kind] = "missing";
          this.#changed();
        }
      });
      this.#announce(kind, track);
    }
    this.#applySwitches();
    this.#renewMeter();
  }

  /** @param {Kind} kind */
  #drop(kind) {
    const track = this.track(kind);
    if (track) {
      this.stream.removeTrack(track);
      this.#announce(kind, null);
    }
  }

  /**
   * @param {Kind} kind
   * @param {MediaStreamTrack | null} track
   */
  #announce(kind, track) {
    this.dispatchEvent(new CustomEvent("track", { detail: { kind: kind === "camera" ? "video" : "audio", track } }));
  }

  #applySwitches() {
    for (const kind of KINDS) {
      const track = this.track(kind);
      if (track) {
        track.enabled = this.on[kind];
      }
    }
  }

  #renewMeter() {
    void this.#meter?.close();
    this.#meter = this.track("microphone") ? new LevelMeter(this.stream) : null;
  }

  #measure() {
    if (this.#meter && !document.hidden) {
      const level = this.#meter.level();
      this.#listeners.forEach((listener) => listener(level));
    }
  }

  /** A headset was plugged in where nothing was: try again, but ask nobody who had refused. */
  async #devicesChanged() {
    for (const kind of KINDS) {
      if (this.found[kind] === "missing") {
        await this.reopen(kind);
      }
    }
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {unknown} error  @returns {Exclude<Found, "ok" | "unknown">} */
function kindOf(error) {
  const kind = error instanceof DeviceError ? error.kind : "failed";
  return kind === "failed" ? "busy" : kind;
}

/** @param {Kind} kind  @returns {Promise<PermissionState | "unknown">} */
async function permission(kind) {
  try {
    const status = await navigator.permissions.query({ name: /** @type {PermissionName} */ (kind) });
    return status.state;
  } catch {
    return "unknown"; // older Firefox does not answer for camera and microphone
  }
}
