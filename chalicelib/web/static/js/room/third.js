/** The third person of a call: a second picture beside the first, with a name on it, as long as they are in light. */

import { part, say } from "./parts.js";

/** @typedef {import("../call/connection.js").Seat} Seat */

export class Third {
  /** @param {HTMLElement} view  the call, whose layout follows */
  constructor(view) {
    this.view = view;
    this.video = part(view, "second", HTMLVideoElement);
  }

  /** @param {MediaStream | null} stream */
  receive(stream) {
    this.video.srcObject = stream;
    void this.video.play().catch(() => {});
  }

  /**
   * @param {boolean} there
   * @param {string} name  of the third; the first one's stands above
   */
  show(there, name) {
    this.view.toggleAttribute("data-three", there);
    this.video.hidden = !there;
    part(this.view, "tag").hidden = !there;
    say(part(this.view, "tag"), there ? name : "");
  }
}
