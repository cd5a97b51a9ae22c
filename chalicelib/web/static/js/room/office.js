/**
 * The room's side of the office: one method per act, each answers with JSON or throws.
 *
 *     Unreachable   no answer, or the server itself is in trouble: try again, nothing was decided
 *     Problem       the office decided against it (RFC 9457); `detail` is for the citizen
 *     └── NotLetIn  the cookie is gone or the link was revoked: open the link again
 *
 * @import {RoomState} from "./model.js"
 */

/** An answer later than this counts as none: mobile networks swallow requests without an error. */
const PATIENCE_MS = 12_000;

/** No answer came, or the server is in trouble. Trying again is right. */
export class Unreachable extends Error {
  /** @param {string} message  @param {string} [kind]  of the trouble, where the office could name it: "no_worker" … */
  constructor(message, kind = "") {
    super(message);
    this.kind = kind;
  }
}

/** The office refused, and says why. */
export class Problem extends Error {
  /** @param {number} status  @param {{title?: string, detail?: string, opens_at?: string}} body */
  constructor(status, body) {
    super(body.detail ?? body.title ?? "");
    this.status = status;
    this.title = body.title ?? "";
    this.opensAt = body.opens_at ?? null;
  }
}

/** This browser may not (or no longer) see the room. */
export class NotLetIn extends Problem {}

/** Not 403: a seat that another device has is refused so, and that has a face of its own. */
const NOT_LET_IN = new Set([401, 404, 410]);

/** These change nothing that others in the call would see. */
const SILENT = new Set(["presence", "ticket", "anteroom", "preflight"]);

/** Event: `changed`, when the office took an act that others in the call should hear of. */
export class Office extends EventTarget {
  /**
   * @param {string} room  its address
   * @param {string} query  carried along on every call
   * @param {string} [booking]  which one this page shows: another tab may have brought another session
   */
  constructor(room, query, booking = "") {
    super();
    this.booking = booking;
    this.room = room;
    this.query = query;
  }

  /** @returns {Promise<RoomState>} */
  state() {
    return this.#ask("GET", "state");
  }

  /**
   * @template T
   * @param {string} act  "enter", "papers/8/open" …
   * @param {object} [body]
   * @returns {Promise<T>}
   */
  async post(act, body = {}) {
    const answer = await this.#ask("POST", act, body);
    if (!SILENT.has(act)) {
      this.dispatchEvent(new Event("changed"));
    }
    return answer;
  }

  /**
   * @param {string} method
   * @param {string} act
   * @param {object} [body]
   */
  async #ask(method, act, body) {
    const response = await fetch(`${this.room}/${act}${this.query}`, {
      method,
      headers: { Accept: "application/json", ...(this.booking && { "Fernamt-Booking": this.booking }), ...(body && { "Content-Type": "application/json" }) },
      body: body && JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).catch((error) => {
      throw new Unreachable(String(error));
    });
    return read(response, act);
  }
}

/**
 * @param {Response} response
 * @param {string} act
 */
async function read(response, act) {
  if (response.status >= 500 || response.status === 429) {
    const { type = "" } = await response.json().catch(() => ({}));
    throw new Unreachable(`${act} answered ${response.status}`, String(type).replace("/problems/", ""));
  }
  const answer = await response.json().catch(() => {
    throw new Unreachable(`${act} answered without JSON`);
  });
  if (response.ok) {
    return answer;
  }
  // A missing paper is not a lost room: only the room's own acts say that the link is no longer good.
  const lost = NOT_LET_IN.has(response.status) && !act.includes("/") && (act !== "papers");
  throw new (lost ? NotLetIn : Problem)(response.status, answer);
}
