// @ts-check
/** The own screen in place of the camera, where the browser can show one (desktops). No words for people in here. */

/** Letters must stay sharp; that a screen moves smoothly matters less. */
const FRAMES_PER_SECOND = 15;

/** Event: `change`, when showing begins and when it ends, by whichever button. */
export class ScreenShare extends EventTarget {
  /** @type {MediaStreamTrack | null} */ track = null;

  static get possible() {
    return typeof navigator.mediaDevices?.getDisplayMedia === "function" && matchMedia("(pointer: fine)").matches;
  }

  /** Ask which screen, window or tab, and show it; a refusal in the browser's own dialog changes nothing. */
  async start() {
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: FRAMES_PER_SECOND } } });
      const [track = null] = stream.getVideoTracks();
      if (!track) return;
      track.contentHint = "detail";
      // The browser has a button of its own that ends it.
      track.addEventListener("ended", () => this.stop());
      this.track = track;
      this.dispatchEvent(new Event("change"));
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "NotAllowedError")) throw error;
    }
  }

  stop() {
    if (!this.track) return;
    this.track.stop();
    this.track = null;
    this.dispatchEvent(new Event("change"));
  }
}
