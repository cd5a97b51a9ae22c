/**
 * The call: the clerk's picture, the own small one, four buttons, and one line when the connection is lost.
 *
 * A connection lives from the first `show` in a call to `end`; the generation in the state says that the office placed
 * the call anew, then a new connection follows and the last picture stays until its first frame.
 *
 * @import {CallState, Seat} from "../call/connection.js"
 * @import {CallStatistics} from "../call/statistics.js"
 * @import {RoomState} from "./model.js"
 * @import {Office} from "./office.js"
 * @import {OwnDevices} from "./own-devices.js"
 * @import {Quality} from "./quality.js"
 */

import { CallConnection, CallOver } from "../call/connection.js";
import { useChosenSpeaker } from "../call/devices.js";
import { ScreenShare } from "../call/screen.js";
import { Line } from "../talk/line.js";
import { NotLetIn, Problem } from "./office.js";
import { onTap, part, say, wish } from "./parts.js";
import { qualityBetween } from "./quality.js";
import { t } from "./setup.js";
import { Third } from "./third.js";

/** A seat that is not to be had yet is asked for again only after this. */
const EXPECT_AGAIN_MS = 5_000;

const QUALITY_EVERY_MS = 4_000;

/** A bad line is said only after this many looks in a row, or the words would flicker. */
const POOR_LOOKS = 2;

export class CallView extends HTMLElement {
  /** @type {Office | null} */
  office = null;
  /** Whose call this is. @type {"citizen" | "guest"} */
  seat = "citizen";
  /** What is written in this call. */
  line = new Line();
  #screen = new ScreenShare();
  /** @type {Third | null} */
  #third = null;
  /** The name of whoever may be the third. */
  #thirdName = "";
  /** @type {OwnDevices | null} */
  #devices = null;
  /** @type {CallConnection | null} */
  #connection = null;
  /** Which of the office's tickets leads into the room now. @type {"anteroom" | "ticket"} */
  #act = "ticket";
  #generation = 0;
  /** When the office last found it too early to be connected. */
  #refusedAt = -Infinity;
  #clerk = "";
  #seen = false;
  /** This device took the seat during the call: the clerk has to let it in. */
  #newcomer = false;
  #poor = 0;
  /** @type {Quality} */
  #quality = "good";
  /** @type {CallStatistics | null} */
  #before = null;

  /** @param {OwnDevices} devices */
  use(devices) {
    this.#devices = devices;
    for (const kind of /** @type {const} */ (["camera", "microphone"])) {
      onTap(part(this, kind), () => devices.setOn(kind, !devices.isLive(kind)));
    }
    onTap(part(this, "hang-up"), () => wish(this, "room-hang-up"));
    part(this, "sheet").addEventListener("click", () => wish(this, "room-sheet", "toggle"));
    part(this, "unmute").addEventListener("click", () => void this.#play());
    this.#third = new Third(this);
    const screen = part(this, "screen");
    screen.hidden = !ScreenShare.possible;
    onTap(screen, () => (this.#screen.track ? this.#screen.stop() : this.#screen.start()));
    this.#screen.addEventListener("change", () => this.#showScreen());
    this.line.addEventListener("said", (event) => this.#told(/** @type {CustomEvent} */ (event).detail));
    this.line.addEventListener("open", () => this.#sayWhatIsShown());
    const remote = part(this, "remote", HTMLVideoElement);
    for (const event of ["playing", "resize", "emptied"]) {
      remote.addEventListener(event, () => this.#draw());
    }
    devices.addEventListener("change", () => this.#draw());
    devices.addEventListener("track", (event) => {
      const { kind, track } = /** @type {CustomEvent} */ (event).detail;
      if (this.#act === "ticket" && !(kind === "video" && this.#screen.track)) {
        void this.#connection?.replaceTrack(kind, track);
      }
    });
    setInterval(() => void this.#measure(), QUALITY_EVERY_MS);
  }

  /** @param {{visit: RoomState["visit"], third: string}} call  that this device sits in */
  show({ visit, third }) {
    this.#clerk = visit.clerk ?? t("call.clerk");
    this.#thirdName = third;
    this.#newcomer = visit.newcomer ?? false;
    const waited = this.#act === "anteroom";
    this.#act = "ticket";
    if (waited) {
      this.#sendOwn();
    }
    if (!this.#connection || this.#connection.state === "ended") {
      this.#connect(visit.generation);
    } else if (visit.generation > this.#generation) {
      this.#generation = visit.generation;
      void this.#connection.move();
    }
    this.#draw();
  }

  /** Be connected before the call, silent and in the dark: the clerk's click then needs only the light. */
  expect() {
    this.#act = "anteroom";
    const refused = performance.now() - this.#refusedAt < EXPECT_AGAIN_MS;
    if (!refused && (!this.#connection || this.#connection.state === "ended")) {
      this.#connect(0);
      this.#draw();
    }
  }

  /** Let the others see and hear us: the call begins. */
  #sendOwn() {
    void this.#connection?.replaceTrack("video", this.#devices?.track("camera") ?? null);
    void this.#connection?.replaceTrack("audio", this.#devices?.track("microphone") ?? null);
  }

  /** Leave the media worker; the room itself is another matter. */
  end() {
    this.#screen.stop();
    this.line.over(null);
    this.#connection?.hangUp();
    this.#connection = null;
    this.#seen = false;
    part(this, "remote", HTMLVideoElement).srcObject = null;
  }

  /** @param {number} number  of things in the sheet that the citizen has not seen; 0 hides it */
  showCount(number) {
    const count = part(this, "count");
    count.hidden = number === 0;
    say(count, String(number));
  }

  useSpeaker() {
    void useChosenSpeaker(part(this, "remote", HTMLVideoElement));
  }

  /** @param {number} generation */
  #connect(generation) {
    this.#connection?.hangUp();
    this.#generation = generation;
    const connection = new CallConnection({
      seat: this.seat,
      ticket: () => this.#ticket(),
      // Before the call nothing is sent at all.
      localStream: this.#act === "ticket" ? (this.#devices?.stream ?? null) : null,
    });
    this.#connection = connection;
    this.line.over(connection);
    connection.addEventListener("state", (event) => {
      if (this.#connection === connection) {
        this.#spoken(/** @type {CustomEvent<CallState>} */ (event).detail);
      }
    });
    for (const news of ["flow", "privacy"]) {
      connection.addEventListener(news, () => this.#draw());
    }
    connection.addEventListener("second", (event) => this.#third?.receive(/** @type {CustomEvent} */ (event).detail));
    connection.addEventListener("seats", (event) => {
      this.#draw();
      // The worker says that we are seen before the office is asked again.
      if (this.#act === "anteroom" && /** @type {CustomEvent} */ (event).detail.lit.includes(this.seat)) {
        wish(this, "room-ask");
      }
    });
    connection.addEventListener("remote", (event) => {
      if (this.#connection === connection) {
        part(this, "remote", HTMLVideoElement).srcObject = /** @type {CustomEvent<MediaStream>} */ (event).detail;
        this.useSpeaker();
        void this.#play();
      }
    });
    void connection.connect();
  }

  /** The screen instead of the camera, or the camera again. */
  #showScreen() {
    void this.#connection?.replaceTrack("video", this.#screen.track ?? this.#devices?.track("camera") ?? null);
    this.#sayWhatIsShown();
    this.#draw();
  }

  #sayWhatIsShown() {
    void this.line.say({ type: "shows", what: this.#screen.track ? "screen" : "camera" });
  }

  /** @param {{from: Seat, words: import("../talk/words.js").Words}} said */
  #told({ from, words }) {
    if (words.type === "shows" && from === "clerk") {
      this.dataset.shows = words.what;
    }
  }

  /** Whether the third person is in light, as the worker says. */
  get #isThree() {
    const other = this.seat === "guest" ? "citizen" : "guest";
    return this.#connection?.seats?.lit.includes(other) ?? false;
  }

  /** @returns {Promise<{ticket: string, url: string}>} */
  async #ticket() {
    try {
      /** @type {{ticket: string, url: string, generation: number}} */
      const ticket = await /** @type {Office} */ (this.office).post(
        this.seat === "guest" ? "ticket" : this.#act,
      );
      if (!ticket.ticket) {
        this.#refusedAt = performance.now();
        throw new CallOver("too early: others are called first");
      }
      this.#generation = Math.max(this.#generation, ticket.generation);
      return ticket;
    } catch (error) {
      if (error instanceof Problem) {
        this.#refusedAt = performance.now();
      }
      const refused = error instanceof NotLetIn || (this.#act === "anteroom" && error instanceof Problem);
      throw refused ? new CallOver("not let in", { cause: error }) : error;
    }
  }

  async #play() {
    const remote = part(this, "remote", HTMLVideoElement);
    try {
      await remote.play();
      part(this, "sound").hidden = true;
    } catch (error) {
      // Without a tap on this page (after a reload), some browsers keep sound back until there is one.
      part(this, "sound").hidden = !(error instanceof DOMException && error.name === "NotAllowedError");
    }
  }

  /** @param {CallState} state */
  #spoken(state) {
    const words = { connected: "live.connected", reconnecting: "live.reconnecting" }[/** @type {string} */ (state)];
    if (words && this.#act === "ticket") {
      wish(this, "room-say", t(words));
    }
    this.#draw();
  }

  #draw() {
    const state = this.#connection?.state ?? "connecting";
    const remote = part(this, "remote", HTMLVideoElement);
    this.#seen ||= remote.videoWidth > 0;
    this.dataset.state = state;
    part(this, "cover").hidden = this.#seen;
    const waiting = this.#newcomer ? "call.newcomer" : "call.waiting_for";
    const heard = this.#connection?.flowing ? "call.heard" : waiting;
    say(part(this, "cover-words"), t(state === "connected" ? heard : "call.connecting", { clerk: this.#clerk }));
    say(part(this, "title"), t("call.title"));
    say(part(this, "clerk"), this.#clerk);
    const quality = state === "connected" ? this.#quality : state === "reconnecting" ? "lost" : "none";
    this.dataset.quality = quality;
    say(part(this, "quality"), t(`call.quality.${quality}`));
    const lost = state === "reconnecting";
    const { privacy = null } = this.#connection ?? {};
    const unsafe = privacy === "failed";
    part(this, "code").hidden = unsafe || privacy === null;
    say(part(this, "code-digits"), unsafe ? "" : (privacy?.code ?? ""));
    part(this, "line").hidden = !unsafe && !lost && !(quality === "poor");
    part(this, "line").dataset.kind = unsafe ? "unsafe" : lost ? "lost" : "poor";
    say(part(this, "line-words"), t(unsafe ? "call.code.failed" : lost ? "call.reconnecting" : "call.poor"));
    for (const kind of /** @type {const} */ (["camera", "microphone"])) {
      const live = this.#devices?.isLive(kind) ?? false;
      part(this, kind).setAttribute("aria-checked", String(live));
      const shown = live || (kind === "camera" && this.#screen.track !== null);
      this.#connection?.setMuted(kind === "camera" ? "video" : "audio", !shown);
    }
    part(this, "screen").setAttribute("aria-pressed", String(this.#screen.track !== null));
    this.#third?.show(this.#isThree && this.#seen, this.#thirdName);
    part(this, "muted").hidden = this.#devices?.isLive("microphone") ?? false;
    const visible = this.#devices?.isLive("camera") ?? false;
    this.#devices?.showIn(part(this, "self", HTMLVideoElement));
    part(this, "self").hidden = !visible;
    part(this, "blind").hidden = visible;
  }

  async #measure() {
    const connection = this.#connection;
    if (connection?.state !== "connected") {
      this.#before = null;
      return;
    }
    const after = await connection.stats();
    const looked = this.#before ? qualityBetween(this.#before, after) : "good";
    this.#before = after;
    this.#poor = looked === "poor" ? this.#poor + 1 : 0;
    this.#quality = looked === "poor" && this.#poor < POOR_LOOKS ? "fair" : looked;
    this.#draw();
  }
}

customElements.define("call-view", CallView);
