/** What the desk knows at this moment. Views read it, acts change it and say `changed()`. */

import { berlinDay } from "./formats.js";

/** @typedef {import("./contract.js").DayState} DayState */
/** @typedef {import("./contract.js").CaseFile} CaseFile */
/** @typedef {import("./contract.js").Outcome} Outcome */
/** @typedef {import("./contract.js").Delivery} Delivery */
/**
 * What the clerk has typed into a file and not sent yet; kept per file, so that looking at another loses nothing.
 * @typedef {{ waiving: boolean, reason: string, outcome: Outcome | "", delivery: Delivery | "", address: string,
 *   guestRole: import("./contract.js").GuestRole, guestLink: string, document: string, errors: Record<string, string>, sending: string }} Draft
 */
/**
 * @typedef {{ key: string, kind: "info" | "success" | "warning" | "danger", text: string,
 *   retry?: () => void }} Line
 */

const SOUND = "fernamt-desk-sound";

export class DeskModel {
  /** @param {DayState} state @param {() => void} render */
  constructor(state, render) {
    this.state = state;
    /** Today as it stands, while another day is looked at. @type {DayState | null} */
    this.today = null;
    /** The booking whose file is open. @type {string | null} */
    this.open = null;
    /** @type {CaseFile | null} */
    this.file = null;
    /** @type {"file" | "closing" | "check"} */
    this.pane = "file";
    /** Acts on their way, by name: their buttons wait. @type {Set<string>} */
    this.busy = new Set();
    /** Steps as the clerk ticked them, until the office has answered. @type {Map<string, boolean>} */
    this.ticks = new Map();
    /** @type {Map<string, Line>} */
    this.lines = new Map();
    /** Bookings that came into the waiting room since the clerk last looked. @type {Set<string>} */
    this.arrived = new Set();
    /** @type {"on" | "network" | "session"} */
    this.link = "on";
    /** What was copied last, for its tick. */
    this.copied = "";
    this.sound = localStorage.getItem(SOUND) !== "off";
    /** Raised by every act: an answer to a poll that was asked before it is old news. */
    this.epoch = 0;
    /** @type {Map<string, Draft>} */
    this.drafts = new Map();
    this.scheduled = false;
    this.render = render;
  }

  /** Show the change, once for all changes of this turn. */
  changed() {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.render();
    });
  }

  /** Whether the day looked at is today. */
  get isToday() {
    return this.state.day === berlinDay(this.state.now);
  }

  /** Today's people, whichever day is looked at. */
  liveRows() {
    return (this.isToday ? this.state : this.today ?? this.state).list;
  }

  /** @param {string} booking */
  row(booking) {
    return this.liveRows().find((row) => row.booking === booking) ??
      this.state.list.find((row) => row.booking === booking);
  }

  /** @param {string} booking @returns {Draft} */
  draft(booking) {
    let draft = this.drafts.get(booking);
    if (!draft) {
      draft = { waiving: false, reason: "", outcome: "", delivery: "", address: "", document: "", errors: {}, sending: "",
        guestRole: "interpreter", guestLink: "" };
      this.drafts.set(booking, draft);
    }
    return draft;
  }

  /** @param {Line} line */
  say(line) {
    this.lines.set(line.key, line);
    this.changed();
  }

  toggleSound() {
    this.sound = !this.sound;
    localStorage.setItem(SOUND, this.sound ? "on" : "off");
    this.changed();
  }
}
