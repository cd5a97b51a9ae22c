/**
 * The guest's page: green room, before the door, the call. Like the citizen's room, without anything of the case: the
 * office tells the guest only that there is a call, and whether the clerk has let them in.
 *
 * @import {GuestFace, GuestState} from "./guest-faces.js"
 */

import { TalkPanel } from "../talk/talk-panel.js";
import { entitle, speak, turnTo } from "./announcing.js";
import { arrange } from "./arranging.js";
import { CallView } from "./call-view.js";
import { keepClicksWhereTheyBegan } from "./clicks.js";
import { DeviceChoice } from "./device-choice.js";
import { PRESENCE_EVERY_MS } from "./faces.js";
import { GreenRoom } from "./green-room.js";
import { guestFaceOf } from "./guest-faces.js";
import { recall, remember } from "./memory.js";
import { NotLetIn, Office, Problem } from "./office.js";
import { OwnDevices } from "./own-devices.js";
import { must, one, onTap, part, say } from "./parts.js";
import "./self-view.js";
import { setup, t } from "./setup.js";
import { SideSheet } from "./side-sheet.js";
import { allowSounds, chime } from "./sounds.js";
import { keepAwake } from "./wake-lock.js";
import { Watching } from "./watching.js";

const ASK_EVERY_MS = { green: 5_000, door: 1_500, call: 3_000, elsewhere: 5_000, left: 15_000 };

/** Before the door and behind it: the guest sits in the seat. @type {ReadonlySet<GuestFace>} */
const SEATED = new Set(/** @type {GuestFace[]} */ (["door", "call"]));

/** A line about a lost office appears at the second failure: one lost packet is not worth a word. */
const FAILURES_UNTIL_SAID = 2;

class GuestPage extends HTMLElement {
  #office = new Office(setup.room, setup.query);
  #devices = new OwnDevices();
  #watching = new Watching({
    ask: () => this.#ask(),
    everyMs: () => ASK_EVERY_MS[this.#face],
    onFailure: (failures) => this.#failed(failures),
  });

  /** @type {GuestState | null} */
  #state = null;
  /** @type {GuestFace} */
  #face = "green";
  #presenceAt = -Infinity;

  green = one(this, GreenRoom);
  call = one(this, CallView);
  choice = one(this, DeviceChoice);
  sheet = one(this, SideSheet);
  talk = one(this, TalkPanel);

  connectedCallback() {
    this.call.office = this.#office;
    this.call.seat = "guest";
    this.green.dataset.onwards = "guest.enter";
    for (const user of [this.green, this.call, this.choice]) {
      user.use(this.#devices);
    }
    this.talk.use(this.call.line);
    this.call.line.addEventListener("said", (event) => {
      if (/** @type {CustomEvent} */ (event).detail.words.type === "changed") {
        this.#watching.soon();
      }
    });
    this.#devices.addEventListener("change", () => (this.#presenceAt = -Infinity));
    this.#listen();
    keepClicksWhereTheyBegan(this, () => this.#face);
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    if (setup.state) {
      this.#take(/** @type {any} */ (setup.state));
    }
    this.#watching.start();
  }

  #listen() {
    /** @type {Record<string, (detail: any) => void>} */
    const wishes = {
      "room-enter": (done) => void this.#enter().finally(done),
      "room-hang-up": () => void this.#leave(),
      "room-ask": () => this.#watching.soon(),
      "room-sheet": (open) => this.#turnSheet(open === "toggle" ? this.sheet.hidden : open),
      "room-say": (words) => speak(this, words),
      "room-speaker": () => this.call.useSpeaker(),
      "talk-news": ({ words }) => {
        this.#turnSheet(true);
        speak(this, words);
      },
    };
    for (const [name, grant] of Object.entries(wishes)) {
      this.addEventListener(name, (event) => grant(/** @type {CustomEvent} */ (event).detail));
    }
    for (const button of this.querySelectorAll('[data-act="devices"]')) {
      button.addEventListener("click", () => void this.choice.open(this.#devices));
    }
    onTap(must(this.querySelector('[data-act="take-over"]')), () => this.#enter({ take_over: true }));
    onTap(must(this.querySelector('[data-act="return"]')), () => this.#enter());
    onTap(must(this.querySelector('[data-act="leave"]')), () => this.#leave());
  }

  async #ask() {
    const due = SEATED.has(this.#face) && performance.now() - this.#presenceAt >= PRESENCE_EVERY_MS;
    try {
      if (due) {
        this.#presenceAt = performance.now();
      }
      const state = due ? this.#office.post("presence", this.#devices.report("ok")) : this.#office.state();
      this.#take(/** @type {any} */ (await state));
      this.#line("");
      this.green.showConnection("ok");
    } catch (error) {
      if (!(error instanceof NotLetIn)) {
        throw error;
      }
      this.#lost();
    }
  }

  /** @param {GuestState} state */
  #take(state) {
    if (this.#state && state.now < this.#state.now) {
      return;
    }
    this.#state = state;
    say(part(this.green, "appointment"), t(`guest.role.${state.guest.role}`));
    this.#turn();
  }

  #turn() {
    if (!this.#state) {
      return;
    }
    const { call } = this.#state;
    const former = this.dataset.face === "opening" ? null : this.#face;
    const face = guestFaceOf(this.#state, { checked: recall().checked });
    this.#face = face;
    if (former !== face) {
      this.#changeFace(former, face);
    }
    if (face === "call") {
      /** @type {import("./model.js").Visit} */
      const visit = { state: "in_call", ahead: 0, seat: "here", generation: call.generation ?? 0, clerk: call.clerk };
      this.call.show({ visit, third: t("guest.citizen") });
    } else if (face === "door" && call.running) {
      this.call.expect();
    }
  }

  /** @param {GuestFace | null} former  @param {GuestFace} face */
  #changeFace(former, face) {
    this.#turnSheet(face === "call" && matchMedia("(min-width: 60rem)").matches);
    turnTo(this, face);
    entitle(face === "call" ? "call" : "green");
    keepAwake(SEATED.has(face));
    if (former === "door" && face === "call") {
      chime();
      speak(this, t("guest.live.admitted"));
    } else if (former === "call" && face === "door") {
      speak(this, t("guest.live.dismissed"));
    }
    if (face !== "call" && face !== "door") {
      this.call.end();
    } else if (former === "call") {
      // Shown out: what was said is over, and nothing is sent any more.
      this.call.end();
      this.talk.clear();
    }
    void arrange(this.#devices, { face, seated: SEATED.has(face), green: this.green });
  }

  /** @param {object} [more] */
  async #enter(more = {}) {
    allowSounds();
    if (await this.#act("enter", { ...this.#devices.report("ok"), ...more })) {
      remember({ checked: true });
      this.#turn();
    }
  }

  async #leave() {
    this.call.end();
    await this.#act("leave");
  }

  /** @param {string} act  @param {object} [body] */
  async #act(act, body) {
    try {
      const state = await this.#office.post(act, body);
      say(part(this.green, "note"), "");
      this.#take(/** @type {any} */ (state));
      return true;
    } catch (error) {
      if (error instanceof NotLetIn) {
        this.#lost();
      } else {
        const words = (error instanceof Problem && error.message) || t("trouble");
        say(part(this.green, "note"), words);
        this.#line(this.#face === "green" ? "" : words);
      }
      return false;
    }
  }

  /** @param {boolean} open */
  #turnSheet(open) {
    const there = open && this.#face === "call";
    this.sheet.hidden = !there;
    this.toggleAttribute("data-sheet", there);
    part(this.call, "sheet").setAttribute("aria-expanded", String(there));
  }

  /** @param {number} failures */
  #failed(failures) {
    if (failures >= FAILURES_UNTIL_SAID || !navigator.onLine) {
      this.#line(t(navigator.onLine ? "line.office" : "line.offline"));
      this.green.showConnection("missing");
    }
  }

  /** @param {string} words */
  #line(words) {
    part(this, "line").hidden = words === "";
    say(part(this, "line-words"), words);
  }

  #lost() {
    this.#watching.stop();
    this.call.end();
    this.#devices.close();
    this.#line("");
    this.#turnSheet(false);
    turnTo(this, "lost");
    keepAwake(false);
  }
}

customElements.define("guest-page", GuestPage);
