/** What a call has beside picture and sound: a third person, the own screen, and what is written. */

import { ScreenShare } from "../call/screen.js";
import { Line } from "../talk/line.js";
import { TalkPanel } from "../talk/talk-panel.js";

/** @typedef {import("../call/connection.js").CallConnection} CallConnection */
/** @typedef {import("../talk/words.js").Words} Words */

export class Company extends EventTarget {
  line = new Line();
  screen = new ScreenShare();
  /** @type {CallConnection | null} */ #connection = null;
  #picture;
  #second;
  #talk;
  #screenButton;

  /** @param {HTMLElement} stage holds all of it, wherever it moves */
  constructor(stage) {
    super();
    const find = (/** @type {string} */ id) => /** @type {HTMLElement} */ (stage.querySelector(`#${id}`));
    this.#picture = find("call-picture");
    this.#second = /** @type {HTMLVideoElement} */ (find("call-second"));
    this.#screenButton = /** @type {HTMLButtonElement} */ (find("call-screen"));
    this.#talk = /** @type {TalkPanel} */ (stage.querySelector("talk-panel"));
    this.#talk.use(this.line);
    this.#screenButton.hidden = !ScreenShare.possible;
    this.#screenButton.addEventListener("click", () => void (this.screen.track ? this.screen.stop() : this.screen.start()));
    this.screen.addEventListener("change", () => this.#sayWhatIsShown());
    this.line.addEventListener("open", () => this.#sayWhatIsShown());
    this.line.addEventListener("said", (event) => {
      const { from, words } = /** @type {{ from: string, words: Words }} */ (/** @type {CustomEvent} */ (event).detail);
      if (words.type === "shows" && from === "citizen") this.#picture.dataset.shows = words.what;
      if (words.type === "changed") this.dispatchEvent(new Event("changed"));
    });
  }

  /** @param {CallConnection} connection */
  join(connection) {
    this.#connection = connection;
    this.#talk.clear();
    this.line.over(connection);
    connection.addEventListener("second", (event) => this.#receive(/** @type {CustomEvent<MediaStream>} */ (event).detail));
    connection.addEventListener("seats", () => this.show());
    if (connection.second) this.#receive(connection.second);
    this.show();
  }

  leave() {
    this.screen.stop();
    this.line.over(null);
    this.#connection = null;
    this.#second.srcObject = null;
    this.show();
  }

  show() {
    const three = this.#connection?.seats?.lit.includes("guest") ?? false;
    this.#picture.toggleAttribute("data-three", three);
    this.#second.hidden = !three;
    this.#screenButton.setAttribute("aria-pressed", String(this.screen.track !== null));
  }

  /** @param {MediaStream} stream */
  #receive(stream) {
    this.#second.srcObject = stream;
    void this.#second.play().catch(() => {});
  }

  #sayWhatIsShown() {
    void this.line.say({ type: "shows", what: this.screen.track ? "screen" : "camera" });
    this.show();
  }
}
