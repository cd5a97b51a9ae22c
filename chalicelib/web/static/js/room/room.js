/**
 * The citizen's room: asks the office how things stand, shows the face that fits, carries out what the faces wish.
 * The office's answer is the only truth; a tap changes the page when the office has answered (but for hanging up,
 * which is obeyed at once).
 *
 * @import {Face} from "./faces.js"
 * @import {DeviceState, RoomState} from "./model.js"
 */

import { showAfter } from "./after.js";
import { entitle, entitleCalled, speak, turnTo } from "./announcing.js";
import { arrange } from "./arranging.js";
import { CallView } from "./call-view.js";
import { keepClicksWhereTheyBegan } from "./clicks.js";
import { DeviceChoice } from "./device-choice.js";
import { askAfterMs, faceOf, PRESENCE_EVERY_MS, SEATED } from "./faces.js";
import { cameFromCheckout, RoomFee } from "./fee.js";
import { GreenRoom } from "./green-room.js";
import { recall, remember } from "./memory.js";
import { NotLetIn, Office, Problem } from "./office.js";
import { OwnDevices } from "./own-devices.js";
import { RoomPapers } from "./papers.js";
import { must, one, onTap, part, say } from "./parts.js";
import "./self-view.js";
import { setup, t } from "./setup.js";
import { Sheet } from "./sheet.js";
import { SideSheet } from "./side-sheet.js";
import { TalkPanel } from "../talk/talk-panel.js";
import { allowSounds, chime } from "./sounds.js";
import { RoomSteps } from "./steps.js";
import { keepAwake } from "./wake-lock.js";
import { WaitingRoom } from "./waiting-room.js";
import { Watching } from "./watching.js";

/** A line about a lost office appears at the second failure: one lost packet is not worth a word. */
const FAILURES_UNTIL_SAID = 2;

/** Who has so many before them, or fewer, is connected already; the office decides by the same number. */
const CONNECTED_AHEAD_MAX = 2;

class RoomPage extends HTMLElement {
  #office = new Office(setup.room, setup.query, setup.state?.booking.id);
  #devices = new OwnDevices();
  #watching = new Watching({
    ask: () => this.#ask(),
    everyMs: () => askAfterMs(this.#face, this.#pace()),
    onFailure: (failures) => this.#failed(failures),
  });

  /** @type {RoomState | null} */
  #state = null;
  /** @type {Face} */
  #face = "green";
  /** @type {DeviceState} */
  #connection = "unknown";
  #presenceAt = -Infinity;
  /** The citizen wants the seat that another device has. */
  #claiming = false;
  /** Auflegen was tapped; the office may not know yet. */
  #hangingUp = false;
  /** Back from the hosted checkout; the office does not know yet. */
  #returned = cameFromCheckout();

  green = one(this, GreenRoom);
  waiting = one(this, WaitingRoom);
  call = one(this, CallView);
  fee = one(this, RoomFee);
  papers = one(this, RoomPapers);
  steps = one(this, RoomSteps);
  choice = one(this, DeviceChoice);
  talk = one(this, TalkPanel);
  #sheet = new Sheet(this, one(this, SideSheet), this.call);

  connectedCallback() {
    this.green.office = this.call.office = this.fee.office = this.papers.office = this.#office;
    for (const user of [this.green, this.waiting, this.call, this.choice]) {
      user.use(this.#devices);
    }
    this.#devices.addEventListener("change", () => this.#presenceSoon());
    this.talk.use(this.call.line);
    this.#office.addEventListener("changed", () => this.call.line.nudge());
    this.call.line.addEventListener("said", (event) => {
      if (/** @type {CustomEvent} */ (event).detail.words.type === "changed") {
        this.#watching.soon();
      }
    });
    this.#listen();
    keepClicksWhereTheyBegan(this, () => this.#face);
    // The browser's "back" brings a page whose call was hung up when it left.
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    if (setup.state) {
      this.#take(setup.state);
    }
    this.#watching.start();
  }

  /** What the faces wish, and who grants it. */
  #listen() {
    /** @type {Record<string, (detail: any) => void>} */
    const wishes = {
      "room-enter": (done) => void this.#enter().finally(done),
      "room-hang-up": () => void this.#hangUp(),
      "room-ask": () => this.#watching.soon(),
      "room-sheet": (open) => (open === "toggle" ? this.#sheet.toggle() : this.#sheet.set(open)),
      "room-state": (state) => this.#take(state),
      "room-say": (words) => speak(this, words),
      "room-speaker": () => this.call.useSpeaker(),
      "talk-news": (news) => speak(this, this.#sheet.hear(news)),
    };
    for (const [name, grant] of Object.entries(wishes)) {
      this.addEventListener(name, (event) => grant(/** @type {CustomEvent} */ (event).detail));
    }
    for (const button of this.querySelectorAll('[data-act="devices"]')) {
      button.addEventListener("click", () => void this.choice.open(this.#devices));
    }
    onTap(must(this.querySelector('[data-act="take-over"]')), () => this.#takeOver());
    onTap(must(this.querySelector('[data-act="return"]')), () => this.#enter());
    onTap(must(this.querySelector('[data-act="leave"]')), async () => void (await this.#act("leave")));
  }

  /** What decides how often the office is asked. */
  #pace() {
    const state = this.#state;
    const settled = !state?.papers.some((paper) => paper.state === "announced") && state?.payment?.state !== "AT_CHECKOUT";
    return { ahead: state?.visit.ahead ?? 0, hidden: document.hidden, told: this.call.line.open && settled };
  }

  async #ask() {
    try {
      this.#take(await this.#question());
      this.#returned = null;
      this.#answered("ok");
    } catch (error) {
      if (!(error instanceof NotLetIn)) {
        throw error;
      }
      this.#lost();
    }
  }

  /** @returns {Promise<RoomState>} the state; told together with what the office should know first */
  async #question() {
    const due = performance.now() - this.#presenceAt >= PRESENCE_EVERY_MS;
    const presence = due && SEATED.has(this.#face) ? "presence" : null;
    const act = this.#hangingUp ? "hangup" : this.#returned ?? presence;
    if (!act) {
      return this.#office.state();
    }
    if (act === "presence") {
      this.#presenceAt = performance.now();
    }
    try {
      return await this.#tell(act, act === "presence" ? this.#devices.report("ok") : undefined);
    } catch (error) {
      if (error instanceof NotLetIn || !(error instanceof Problem)) {
        throw error;
      }
      // Decided otherwise meanwhile (the clerk hung up first, the fee is settled): how it stands is what counts.
      this.#hangingUp = false;
      return this.#office.state();
    }
  }

  /** @param {string} act  @param {object} [body]  @returns {Promise<RoomState>} */
  #tell(act, body) {
    return this.#office.post(act, body);
  }

  /** @param {RoomState} state  as the office answered; an answer that was overtaken by a later one is dropped */
  #take(state) {
    const before = this.#state;
    if (before && state.now < before.now) {
      return;
    }
    this.#state = state;
    if (state.visit.state !== "in_call") {
      this.#hangingUp = false;
    }
    if (state.visit.seat !== "elsewhere") {
      this.#claiming = false;
    }
    this.green.show(state);
    this.waiting.show(state);
    this.papers.show(state.papers);
    this.steps.show(state.steps);
    this.fee.show(state);
    this.#sheet.tell(before, state).forEach((words) => speak(this, words));
    this.#turn();
  }

  #turn() {
    const state = this.#state;
    if (!state) {
      return;
    }
    const seat = this.#claiming && state.visit.seat === "elsewhere" ? "free" : state.visit.seat;
    const own = { ...state, visit: { ...state.visit, seat } };
    const face = this.#hangingUp ? "hung_up" : faceOf(own, { checked: recall().checked });
    const former = this.dataset.face === "opening" ? null : this.#face;
    this.#face = face;
    if (former !== face) {
      this.#changeFace(former, face);
    }
    if (face === "call") {
      const third = state.guest?.role ? t(`call.guest.${state.guest.role}`) : t("call.guest.none");
      this.call.show({ visit: state.visit, third });
    } else if (face === "waiting" && state.visit.ahead <= CONNECTED_AHEAD_MAX) {
      this.call.expect();
    }
    if (face === "done") {
      showAfter(must(this.querySelector('.room-face[data-face="done"]')), state);
    }
  }

  /** @param {Face | null} former  @param {Face} face */
  #changeFace(former, face) {
    this.#sheet.turn(face);
    turnTo(this, face);
    keepAwake(SEATED.has(face));
    if (former === "waiting" && face === "call") {
      chime();
      navigator.vibrate?.([200, 100, 200]);
      speak(this, t("live.called"));
      entitleCalled();
    } else {
      entitle(face);
    }
    if (face !== "call" && face !== "waiting") {
      this.call.end();
    }
    this.green.here(face === "green");
    void arrange(this.#devices, { face, seated: SEATED.has(face), green: this.green });
  }

  /** From the green room, or back after hanging up: take the seat, unless it is ours already. */
  async #enter() {
    allowSounds();
    if (this.#hangingUp && !(await this.#act("hangup"))) {
      return;
    }
    const visit = this.#state?.visit;
    const seated = visit?.seat === "here" && (visit.state === "waiting" || visit.state === "in_call");
    if (!seated) {
      const takeOver = this.#claiming ? { take_over: true } : {};
      if (!(await this.#act("enter", { ...this.#devices.report(this.#connection), ...takeOver }))) {
        return;
      }
    }
    remember({ checked: true });
    this.#turn();
    this.#presenceSoon();
  }

  async #takeOver() {
    this.#claiming = true;
    if (recall().checked) {
      await this.#enter();
    } else {
      this.#turn();
    }
  }

  async #hangUp() {
    this.#hangingUp = true;
    this.#turn();
    this.#watching.soon();
  }

  /** @param {string} act  @param {object} [body]  @returns {Promise<boolean>} whether the office took it */
  async #act(act, body) {
    try {
      const state = await this.#tell(act, body);
      this.#note("");
      this.#take(state);
      return true;
    } catch (error) {
      if (error instanceof NotLetIn) {
        this.#lost();
      } else {
        this.#note((error instanceof Error && "status" in error && error.message) || t("trouble"));
      }
      return false;
    }
  }

  /** @param {string} words  why a tap came to nothing; empty: all is well */
  #note(words) {
    say(part(this.green, "note"), words);
    if (this.#face !== "green") {
      this.#line(words);
    }
  }

  #presenceSoon() {
    this.#presenceAt = -Infinity;
    if (SEATED.has(this.#face)) {
      this.#watching.soon();
    }
  }

  /** @param {number} failures */
  #failed(failures) {
    if (failures >= FAILURES_UNTIL_SAID || !navigator.onLine) {
      const away = this.#face === "call" ? "call.office_away" : "line.office";
      this.#line(t(navigator.onLine ? away : "line.offline"));
      this.#answered("missing");
    }
  }

  /** @param {DeviceState} connection */
  #answered(connection) {
    this.#connection = connection;
    this.green.showConnection(connection);
    if (connection === "ok") {
      this.#line("");
    }
  }

  /** @param {string} words */
  #line(words) {
    part(this, "line").hidden = words === "";
    say(part(this, "line-words"), words);
  }

  #lost() {
    this.#watching.stop();
    this.green.here(false);
    this.call.end();
    this.#devices.close();
    this.#sheet.close();
    this.#line("");
    turnTo(this, "lost");
    entitle("lost");
    keepAwake(false);
  }
}

customElements.define("room-page", RoomPage);
