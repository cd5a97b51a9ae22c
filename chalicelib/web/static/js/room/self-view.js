/**
 * The citizen's own small picture: lies in a corner, goes to another by dragging or with the arrow keys.
 */

const CORNERS = ["top-start", "top-end", "bottom-end", "bottom-start"];

/** Fewer pixels than this are a tap, not a drag. */
const DRAG_MIN_PX = 6;

export class SelfView extends HTMLElement {
  /** @type {{x: number, y: number} | null} */
  #from = null;

  connectedCallback() {
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("pointerdown", (event) => this.#grab(event));
    this.addEventListener("pointermove", (event) => this.#drag(event));
    this.addEventListener("pointerup", (event) => this.#drop(event));
    this.addEventListener("pointercancel", () => this.#settle());
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const [vertical, horizontal] = (this.dataset.corner ?? "bottom-end").split("-");
    const rightToLeft = getComputedStyle(this).direction === "rtl";
    /** @type {Record<string, string>} */
    const moves = {
      ArrowUp: `top-${horizontal}`,
      ArrowDown: `bottom-${horizontal}`,
      ArrowLeft: `${vertical}-${rightToLeft ? "end" : "start"}`,
      ArrowRight: `${vertical}-${rightToLeft ? "start" : "end"}`,
    };
    const onwards = CORNERS[(CORNERS.indexOf(this.dataset.corner ?? "") + 1) % CORNERS.length];
    const corner = event.key === "Enter" || event.key === " " ? onwards : moves[event.key];
    if (corner) {
      event.preventDefault();
      this.dataset.corner = corner;
    }
  }

  /** @param {PointerEvent} event */
  #grab(event) {
    this.#from = { x: event.clientX, y: event.clientY };
    this.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    if (!this.#from) {
      return;
    }
    const x = event.clientX - this.#from.x;
    const y = event.clientY - this.#from.y;
    if (Math.hypot(x, y) >= DRAG_MIN_PX) {
      this.classList.add("is-dragged");
      this.style.translate = `${x}px ${y}px`;
    }
  }

  /** @param {PointerEvent} event */
  #drop(event) {
    if (this.#from && this.classList.contains("is-dragged")) {
      const room = this.parentElement?.getBoundingClientRect() ?? document.documentElement.getBoundingClientRect();
      const left = event.clientX < room.left + room.width / 2;
      const rightToLeft = getComputedStyle(this).direction === "rtl";
      const vertical = event.clientY < room.top + room.height / 2 ? "top" : "bottom";
      this.dataset.corner = `${vertical}-${left === rightToLeft ? "end" : "start"}`;
    }
    this.#settle();
  }

  #settle() {
    this.#from = null;
    this.classList.remove("is-dragged");
    this.style.translate = "";
  }
}

customElements.define("self-view", SelfView);
