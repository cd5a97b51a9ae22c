/**
 * Where the letter's link leads: takes the secret out of the fragment, exchanges it for a cookie, goes on to the room.
 * Too early, too late, unknown: each has its face. Early ones wait here and go on by themselves.
 */

/** Longer waits are cut into pieces: a timer beyond 24 days fires at once, and phones sleep. */
const LOOK_AGAIN_MAX_MS = 60_000;
const RETRY_MS = 3_000;

/** @typedef {{title?: string, detail?: string, opens_at?: string}} ProblemBody */

class JoinLink extends HTMLElement {
  connectedCallback() {
    const form = /** @type {HTMLFormElement} */ (this.querySelector("[data-part='form']"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const typed = String(new FormData(form).get("link") ?? "").trim();
      if (typed) {
        void this.#join(secretOf(typed));
      } else {
        form.querySelector("input")?.focus();
      }
    });
    addEventListener("hashchange", () => void this.#join(secretOf(location.hash)));
    if (location.hash.length > 1) {
      void this.#join(secretOf(location.hash));
    }
  }

  /** @param {string} link */
  async #join(link) {
    this.#turnTo("opening");
    const response = await fetch(this.dataset.post ?? "", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ link }),
      cache: "no-store",
    }).catch(() => null);
    if (response?.ok) {
      // Replaced, not assigned: the browser's history keeps no address with the secret in it.
      location.replace(this.dataset.room ?? "/");
    } else if (!response || response.status >= 500 || response.status === 429) {
      const detail = /** @type {HTMLElement} */ (this.querySelector("[data-face='opening'] [data-part='detail']"));
      detail.textContent = detail.dataset.retry ?? "";
      setTimeout(() => void this.#join(link), RETRY_MS);
    } else {
      this.#refused(link, response.status, await response.json().catch(() => ({})));
    }
  }

  /**
   * @param {string} link
   * @param {number} status
   * @param {ProblemBody} problem
   */
  #refused(link, status, problem) {
    /** @type {Record<number, string>} */
    const faces = { 400: "unknown", 401: "unknown", 403: "unknown", 404: "unknown", 410: "late", 422: "unknown" };
    const name = problem.opens_at ? "early" : (faces[status] ?? "other");
    const face = this.#turnTo(name);
    this.#fill(face, "title", problem.title);
    this.#fill(face, "detail", problem.detail);
    if (problem.opens_at) {
      this.#awaitOpening(face, link, new Date(problem.opens_at));
    }
    face.querySelector("h1")?.focus();
  }

  /**
   * @param {HTMLElement} face
   * @param {string} link
   * @param {Date} opensAt
   */
  #awaitOpening(face, link, opensAt) {
    const opens = /** @type {HTMLElement} */ (face.querySelector("[data-part='opens']"));
    const when = new Intl.DateTimeFormat(this.dataset.language === "en" ? "en-GB" : this.dataset.language, {
      timeZone: "Europe/Berlin",
      weekday: "long",
      day: "numeric",
      month: "long",
      hour: "2-digit",
      minute: "2-digit",
    }).format(opensAt);
    opens.hidden = false;
    opens.textContent = (opens.dataset.text ?? "{when}").replace("{when}", when);
    const look = () => {
      const left = opensAt.getTime() - Date.now();
      setTimeout(() => (left <= LOOK_AGAIN_MAX_MS ? void this.#join(link) : look()), Math.min(Math.max(left, 5_000), LOOK_AGAIN_MAX_MS));
    };
    look();
  }

  /**
   * @param {HTMLElement} face
   * @param {string} name
   * @param {string | undefined} words
   */
  #fill(face, name, words) {
    const element = face.querySelector(`[data-part="${name}"]`);
    if (element && words) {
      element.textContent = words;
    }
  }

  /** @param {string} name  @returns {HTMLElement} */
  #turnTo(name) {
    const form = /** @type {HTMLElement} */ (this.querySelector("[data-part='form']"));
    form.hidden = name === "opening" || name === "early" || name === "late";
    for (const face of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-face]"))) {
      face.hidden = face.dataset.face !== name;
    }
    return /** @type {HTMLElement} */ (this.querySelector(`[data-face="${name}"]`));
  }
}

/** A whole link, a fragment or a bare code: what stands behind the last "#". @param {string} text */
function secretOf(text) {
  return text.slice(text.lastIndexOf("#") + 1).trim();
}

customElements.define("join-link", JoinLink);
