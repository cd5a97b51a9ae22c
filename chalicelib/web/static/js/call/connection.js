// @ts-check
/**
 * A participant's connection to the media worker, for the citizen's room and the clerk's desk alike.
 *
 * It keeps itself alive: when the worker falls silent, the network changes or the worker is lost, it fetches
 * a fresh ticket and posts a new offer, again and again, until `hangUp`. The old connection stays until the
 * new one stands, so that the last picture remains on the screen. No words for people in here.
 */

import { Budget } from "./agreement-steps.js";
import { Attempt, shows } from "./attempt.js";
import { FrameProtection } from "./frame-protection.js";
import { Lingering } from "./lingering.js";
import { OwnTracks } from "./own-tracks.js";
import { Pause } from "./pause.js";
import { summarise } from "./statistics.js";
import { Watch } from "./watch.js";

/** @typedef {"connecting" | "connected" | "reconnecting" | "ended"} CallState */
/** @typedef {"audio" | "video"} Kind */
/** @typedef {import("./attempt.js").Ticket} Ticket */
/** @typedef {import("./statistics.js").CallStatistics} CallStatistics */
/** @typedef {import("./keyring.js").Seat} Seat */
/** @typedef {import("./attempt.js").Agreed} Agreed */
/** @typedef {import("./attempt.js").Said} Said */
/** @typedef {import("./channels.js").Seats} Seats */
/** @typedef {import("./channels.js").FromWorker} FromWorker */

/** How long a connection elsewhere may take to show the other person before it is taken nevertheless. */
const MOVE_MAX_MS = 4000;
const BACKOFF_MS = [0, 300, 600, 1000, 1500];
const JITTER = 0.3;

/** Which state follows which event; what is not listed changes nothing. */
const STEPS = /** @type {const} */ ({
  connecting: { up: "connected", hungUp: "ended" },
  connected: { lost: "reconnecting", hungUp: "ended" },
  reconnecting: { up: "connected", hungUp: "ended" },
  ended: {},
});

/** The office says that this call is over: throw it from `ticket` to end instead of trying on. */
export class CallOver extends Error {}

/**
 * Events: `state` (detail: CallState), `remote` and `second` (detail: MediaStream of the first and of the second
 * other person, new ones after each reconnection), `flow` (detail: boolean, whether anything arrives), `seats` (detail:
 * Seats, whenever somebody comes, goes, or is put in light), `privacy` (detail: Agreed, or null while no keys stand, or
 * "failed" when they never will: somebody may stand between), `message` (detail: { from: Seat, message: Uint8Array }).
 */
export class CallConnection extends EventTarget {
  /** @type {Seat} */ #seat;
  /** @type {() => Promise<Ticket>} */ #fetchTicket;
  #budget = new Budget();
  /** @type {Agreed | "failed" | null} */ #privacy = null;
  /** @type {OwnTracks} */ #tracks;
  /** @type {CallState} */ #state = "connecting";
  /** @type {Attempt | null} */ #current = null;
  /** @type {Attempt | null} */ #next = null;
  #lingering = new Lingering();
  #pause = new Pause();
  /** @type {Promise<void> | null} */ #trying = null;
  #moving = false;
  #watch = new Watch({
    standing: () => (this.#state === "connected" ? this.#current : null),
    lost: () => this.#lose(),
    flow: (flowing) => this.#tell("flow", flowing),
  });
  #online = () => this.#pause.cut();
  #leaving = () => this.hangUp();

  /** @param {{ seat: Seat, ticket: () => Promise<Ticket>, localStream: MediaStream | null }} options */
  constructor({ seat, ticket, localStream }) {
    super();
    this.#seat = seat;
    this.#fetchTicket = ticket;
    this.#tracks = new OwnTracks(localStream);
  }

  /** @returns {CallState} */
  get state() {
    return this.#state;
  }

  /** Whether anything of the other participant arrives. */
  get flowing() {
    return this.#watch.flowing;
  }

  /**
   * Connect, and stay connected until `hangUp`. Resolves when connected for the first time, or ended.
   * A browser that cannot encrypt ends at once: nothing ever leaves it unencrypted.
   */
  async connect() {
    if (this.#watch.isOn || this.#state === "ended") return;
    if (FrameProtection.means() === "none") return this.hangUp();
    this.#watch.start();
    addEventListener("online", this.#online);
    addEventListener("pagehide", this.#leaving);
    this.#announce();
    await this.#tryOn();
  }

  /**
   * Send another device's track, or none, without a new connection.
   * @param {Kind} kind
   * @param {MediaStreamTrack | null} track
   */
  async replaceTrack(kind, track) {
    this.#tracks.replace(kind, track);
    const attempts = [this.#current, this.#next, ...this.#lingering.all];
    await Promise.all(attempts.map((attempt) => attempt?.senders.get(kind)?.replaceTrack(track)));
  }

  /**
   * Silence the microphone or blacken the picture; holds for later tracks too.
   * @param {Kind} kind
   * @param {boolean} muted
   */
  setMuted(kind, muted) {
    this.#tracks.mute(kind, muted);
  }

  /** @param {Kind} kind */
  isMuted(kind) {
    return this.#tracks.isMuted(kind);
  }

  /** What the first other person sends over the connection that stands. @returns {MediaStream | null} */
  get remote() {
    return this.#current?.stream ?? null;
  }

  /** What the second other person sends. @returns {MediaStream | null} */
  get second() {
    return this.#current?.second ?? null;
  }

  /** Who is there, as the worker said last; null before. @returns {Seats | null} */
  get seats() {
    return this.#current?.seats ?? null;
  }

  /** What is agreed with the others over the connection that stands; null while nothing is. */
  get privacy() {
    return this.#privacy;
  }

  /**
   * Say something to everybody who sees us, encrypted.
   * @param {Uint8Array<ArrayBuffer>} message
   * @param {{ atOnce?: boolean }} [how] `atOnce`: it must not wait for what was lost before it, and may overtake others
   * @returns {Promise<boolean>} false: no keys stand, or no line
   */
  async send(message, how) {
    return (await this.#current?.privacy.say(message, how)) ?? false;
  }

  /** Let a new ticket decide who is in light, over the connection that stands. @param {string} ticket */
  async admit(ticket) {
    // Who is put out of light must not look on over a worker that was left.
    this.#lingering.end();
    return (await this.#current?.move(ticket)) ?? false;
  }

  /**
   * Connect where a fresh ticket leads, and leave the old connection only when the new one shows the other person: the
   * worker is about to end, or the office placed the call anew. Without a standing connection one is on its way anyway.
   */
  async move() {
    if (this.#state !== "connected" || this.#moving) return;
    this.#moving = true;
    const attempt = (this.#next = this.#attempt());
    try {
      await attempt.open(this.#tracks.all, this.#fetchTicket);
      await shows(attempt, MOVE_MAX_MS);
      if (this.#next === attempt) this.#install(attempt, { elsewhere: true });
      else attempt.close();
    } catch (error) {
      attempt.close();
      if (this.#next === attempt) this.#next = null;
      if (error instanceof CallOver) this.hangUp();
    } finally {
      this.#moving = false;
    }
  }

  /** Leave for good. */
  hangUp() {
    if (!this.#step("hungUp")) return;
    this.#watch.stop();
    removeEventListener("online", this.#online);
    removeEventListener("pagehide", this.#leaving);
    this.#current?.close();
    this.#next?.close();
    this.#lingering.end();
    this.#current = this.#next = null;
    this.#pause.cut();
  }

  /** @returns {Promise<CallStatistics>} figures of the standing connection; zeros when there is none */
  async stats() {
    return summarise(this.#current ? await this.#current.peer.getStats() : null);
  }

  /** @param {"up" | "lost" | "hungUp"} event */
  #step(event) {
    /** @type {Partial<Record<string, CallState>>} */
    const steps = STEPS[this.#state];
    const following = steps[event];
    if (following === undefined) return false;
    this.#state = following;
    this.#announce();
    return true;
  }

  #announce() {
    this.#tell("state", this.#state);
  }

  #tryOn() {
    this.#trying ??= this.#tryUntilUp().finally(() => (this.#trying = null));
    return this.#trying;
  }

  async #tryUntilUp() {
    for (let tried = 0; this.#mayTry(); tried += 1) {
      const pause = BACKOFF_MS[Math.min(tried, BACKOFF_MS.length - 1)] ?? 0;
      await this.#pause.wait(pause * (1 + JITTER * Math.random()));
      if (!this.#mayTry()) return;
      this.#next?.close(); // a move that was under way: it must not take the seat any more
      const attempt = (this.#next = this.#attempt());
      try {
        await attempt.open(this.#tracks.all, this.#fetchTicket);
        if (this.#next === attempt) this.#install(attempt);
        else attempt.close();
      } catch (error) {
        attempt.close();
        if (this.#next === attempt) this.#next = null;
        if (error instanceof CallOver) this.hangUp();
      }
    }
  }

  #mayTry() {
    return this.#state === "connecting" || this.#state === "reconnecting";
  }

  #attempt() {
    const attempt = new Attempt(this.#seat, this.#budget, (said) => this.#hear(attempt, said));
    attempt.addEventListener("agreed", () => {
      if (attempt === this.#current) this.#setPrivacy(attempt.agreed);
    });
    attempt.privacy.addEventListener("message", (event) => this.#receive(attempt, /** @type {CustomEvent} */ (event).detail));
    return attempt;
  }

  /**
   * While a call moves, the other side may be a step behind us, or ahead: what it says over the connection that we do
   * not show yet waits, for its code does not stand on the screen.
   * @param {Attempt} attempt
   * @param {Said} said
   */
  #receive(attempt, said) {
    if (attempt === this.#current || this.#lingering.has(attempt)) this.#tell("message", said);
    else if (attempt === this.#next) attempt.early.push(said);
  }

  /** @param {Agreed | "failed" | null} privacy */
  #setPrivacy(privacy) {
    this.#privacy = privacy;
    this.#tell("privacy", privacy);
  }

  /** @param {Attempt} attempt @param {FromWorker} said */
  #hear(attempt, said) {
    if (said.type === "seats") {
      if (attempt === this.#current) this.#tell("seats", said);
    } else if (attempt === this.#current) {
      void this.move();
    }
  }

  /** @param {string} name @param {unknown} detail */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** @param {Attempt} attempt @param {{ elsewhere?: boolean }} [where] */
  #install(attempt, { elsewhere = false } = {}) {
    const former = this.#current;
    this.#current = attempt;
    this.#next = null;
    // On the same worker the new session replaced the former one already: that needs no goodbye.
    if (former && !elsewhere) former.session = null;
    attempt.peer.addEventListener("connectionstatechange", () => {
      if (this.#current === attempt && attempt.peer.connectionState === "failed") this.#lose();
    });
    this.#watch.turnTo(attempt);
    this.#tell("remote", attempt.stream);
    this.#tell("second", attempt.second);
    if (attempt.seats) this.#tell("seats", attempt.seats);
    this.#setPrivacy(attempt.agreed);
    this.#step("up");
    for (const said of attempt.early.splice(0)) this.#tell("message", said);
    if (former && elsewhere) this.#lingering.keep(former);
    else former?.close();
  }

  #lose() {
    if (this.#step("lost")) void this.#tryOn();
  }
}
