/** Who is new in the waiting room: one chime, a word for screen readers, and the title while nobody looks. */

import { t } from "./texts.js";

/** @typedef {import("./model.js").DeskModel} DeskModel */

const TITLE = document.title;
const NEW_FOR_MS = 8000;
const NOTES_HZ = [659.3, 880];
const NOTE_S = 0.32;
const LOUDNESS = 0.12;

export class Arrivals {
  /** @type {Set<string> | null} */
  #known = null;
  /** @type {AudioContext | null} */
  #audio = null;

  /** @param {DeskModel} model @param {(text: string) => void} say */
  constructor(model, say) {
    this.model = model;
    this.say = say;
    addEventListener("focus", () => this.#seen());
  }

  /** Look at the newest state; whoever waits since the last look is announced once. */
  look() {
    const waiting = this.model.liveRows().filter((row) => row.state === "waiting");
    const known = this.#known;
    const arrived = known ? waiting.filter((row) => !known.has(row.booking)) : [];
    this.#known = new Set(waiting.map((row) => row.booking));
    for (const booking of this.model.arrived) if (!this.#known.has(booking)) this.model.arrived.delete(booking);
    if (arrived.length) {
      for (const row of arrived) this.model.arrived.add(row.booking);
      this.say(t("arrived", { name: arrived.map((row) => row.name).join(", ") }));
      if (this.model.sound) void this.#chime();
      if (document.hasFocus()) setTimeout(() => this.#seen(), NEW_FOR_MS);
    }
    this.#entitle(waiting.length);
  }

  /** @param {number} count */
  #entitle(count) {
    const key = this.model.arrived.size ? "title_arrived" : "title_waiting";
    document.title = count ? t(key, { count, title: TITLE }) : TITLE;
  }

  #seen() {
    if (!this.model.arrived.size) return;
    this.model.arrived.clear();
    this.#entitle(this.model.liveRows().filter((row) => row.state === "waiting").length);
    this.model.changed();
  }

  /** Two soft notes. A page that was never touched may not sound: then the title and the list must do. */
  async #chime() {
    this.#audio ??= new AudioContext();
    await Promise.race([this.#audio.resume(), new Promise((done) => setTimeout(done, 300))]);
    if (this.#audio.state !== "running") return;
    const audio = this.#audio;
    NOTES_HZ.forEach((frequency, index) => {
      const at = audio.currentTime + index * NOTE_S * 0.6;
      const gain = new GainNode(audio, { gain: 0 });
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.001, at + NOTE_S);
      const note = new OscillatorNode(audio, { frequency, type: "sine" });
      note.connect(gain).connect(audio.destination);
      note.start(at);
      note.stop(at + NOTE_S);
    });
  }
}
