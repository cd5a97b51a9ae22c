// @ts-check
/**
 * A participant's connection to the media worker, for the citizen's room and the clerk's desk alike.
 *
 * It keeps itself alive: when the worker falls silent, the network changes or the worker is lost, it fetches
 * a fresh ticket and posts a new offer, again and again, until `hangUp`. The old connection stays until the
 * new one stands, so that the last picture remains on the screen. No words for people in here.
 */

import { Attempt, standing } from "./attempt.js";
import { currentOf, summarise } from "./statistics.js";

/** @typedef {"connecting" | "connected" | "reconnecting" | "ended"} CallState */
/** @typedef {"audio" | "video"} Kind */
/** @typedef {{ ticket: string, url: string }} Ticket */
/** @typedef {import("./statistics.js").CallStatistics} CallStatistics */

/** The worker says something at least every 500 ms, so this much silence means that it is lost. */
export const SILENCE_MAX_MS = 1800;
const WATCH_INTERVAL_MS = 300;
const SETUP_MAX_MS = 6000;
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
 * Events: `state` (detail: CallState), `remote` (detail: MediaStream, a new one after each reconnection),
 * `flow` (detail: boolean, whether anything of the other participant arrives).
 */
export class CallConnection extends EventTarget {
  /** @type {() => Promise<Ticket>} */ #fetchTicket;
  /** @type {Map<Kind, MediaStreamTrack | null>} */ #tracks = new Map();
  /** @type {Map<Kind, boolean>} */ #muted = new Map();
  /** @type {CallState} */ #state = "connecting";
  /** @type {Attempt | null} */ #current = null;
  /** @type {Attempt | null} */ #next = null;
  /** @type {ReturnType<typeof setInterval> | null} */ #watch = null;
  /** @type {(() => void) | null} */ #wake = null;
  /** @type {Promise<void> | null} */ #trying = null;
  #watchedAt = 0;
  #flowing = false;
  #remoteBytes = 0;
  #remoteSilentMs = 0;
  #online = () => this.#hurry();
  #leaving = () => this.hangUp();

  /** @param {{ ticket: () => Promise<Ticket>, localStream: MediaStream | null }} options */
  constructor({ ticket, localStream }) {
    super();
    this.#fetchTicket = ticket;
    this.#tracks.set("audio", localStream?.getAudioTracks()[0] ?? null);
    this.#tracks.set("video", localStream?.getVideoTracks()[0] ?? null);
  }

  /** @returns {CallState} */
  get state() {
    return this.#state;
  }

  /** Whether anything of the other participant arrives. */
  get flowing() {
    return this.#flowing;
  }

  /** Connect, and stay connected until `hangUp`. Resolves when connected for the first time, or ended. */
  async connect() {
    if (this.#watch !== null || this.#state === "ended") return;
    this.#watchedAt = performance.now();
    this.#watch = setInterval(() => void this.#look(), WATCH_INTERVAL_MS);
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
    this.#tracks.set(kind, track);
    this.#applyMute(kind);
    const attempts = [this.#current, this.#next];
    await Promise.all(attempts.map((attempt) => attempt?.senders.get(kind)?.replaceTrack(track)));
  }

  /**
   * Silence the microphone or blacken the picture; holds for later tracks too.
   * @param {Kind} kind
   * @param {boolean} muted
   */
  setMuted(kind, muted) {
    this.#muted.set(kind, muted);
    this.#applyMute(kind);
  }

  /** @param {Kind} kind */
  isMuted(kind) {
    return this.#muted.get(kind) ?? false;
  }

  /** Leave for good. */
  hangUp() {
    if (!this.#step("hungUp")) return;
    if (this.#watch !== null) clearInterval(this.#watch);
    removeEventListener("online", this.#online);
    removeEventListener("pagehide", this.#leaving);
    this.#current?.close();
    this.#next?.close();
    this.#current = this.#next = null;
    this.#hurry();
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
    this.dispatchEvent(new CustomEvent("state", { detail: this.#state }));
  }

  /** @param {Kind} kind */
  #applyMute(kind) {
    const track = this.#tracks.get(kind);
    if (track) track.enabled = !this.isMuted(kind);
  }

  #tryOn() {
    this.#trying ??= this.#tryUntilUp().finally(() => (this.#trying = null));
    return this.#trying;
  }

  async #tryUntilUp() {
    for (let tried = 0; this.#mayTry(); tried += 1) {
      const pause = BACKOFF_MS[Math.min(tried, BACKOFF_MS.length - 1)] ?? 0;
      await this.#pause(pause * (1 + JITTER * Math.random()));
      if (!this.#mayTry()) return;
      const attempt = (this.#next = new Attempt());
      try {
        await this.#open(attempt);
        if (this.#next === attempt) this.#install(attempt);
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

  /** @param {number} milliseconds */
  #pause(milliseconds) {
    return /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      })
    );
  }

  /** Cut a pause short: the network is back, or we leave. */
  #hurry() {
    this.#wake?.();
  }

  /** @param {Attempt} attempt */
  async #open(attempt) {
    const { peer } = attempt;
    for (const kind of /** @type {Kind[]} */ (["audio", "video"])) {
      const track = this.#tracks.get(kind) ?? null;
      const transceiver = peer.addTransceiver(track ?? kind, { direction: "sendrecv" });
      attempt.senders.set(kind, transceiver.sender);
    }
    peer.addEventListener("track", ({ track }) => attempt.stream.addTrack(track));
    const deadline = AbortSignal.timeout(SETUP_MAX_MS);
    // The ticket travels while the offer is made.
    const [offer, ticket] = await Promise.all([peer.createOffer(), this.#fetchTicket()]);
    await peer.setLocalDescription(offer);
    const response = await fetch(ticket.url, {
      method: "POST",
      headers: { "Content-Type": "application/sdp", Authorization: `Bearer ${ticket.ticket}` },
      body: offer.sdp ?? "",
      signal: deadline,
    });
    if (response.status !== 201) throw new Error(`the media worker answered ${response.status}`);
    const location = new URL(response.headers.get("Location") ?? "", new URL(ticket.url, document.baseURI));
    attempt.session = { location: location.href, ticket: ticket.ticket };
    const up = standing(peer, deadline);
    up.catch(() => {});
    await peer.setRemoteDescription({ type: "answer", sdp: await response.text() });
    await up;
  }

  /** @param {Attempt} attempt */
  #install(attempt) {
    const former = this.#current;
    this.#current = attempt;
    this.#next = null;
    // The worker replaced the former session already: it needs no goodbye.
    if (former) former.session = null;
    attempt.peer.addEventListener("connectionstatechange", () => {
      if (this.#current === attempt && attempt.peer.connectionState === "failed") this.#lose();
    });
    this.#remoteBytes = 0;
    this.dispatchEvent(new CustomEvent("remote", { detail: attempt.stream }));
    this.#step("up");
    former?.close();
  }

  #lose() {
    if (this.#step("lost")) void this.#tryOn();
  }

  async #look() {
    const now = performance.now();
    // A page that slept wakes with one long gap: count it as one look, not as silence.
    const elapsed = Math.min(now - this.#watchedAt, 2 * WATCH_INTERVAL_MS);
    this.#watchedAt = now;
    const attempt = this.#current;
    if (!attempt || this.#state !== "connected") return;
    const { transportBytes, remoteBytes } = currentOf(await attempt.peer.getStats());
    if (attempt !== this.#current || this.#state !== "connected") return;
    attempt.silentMs = transportBytes > attempt.heardBytes ? 0 : attempt.silentMs + elapsed;
    attempt.heardBytes = transportBytes;
    this.#remoteSilentMs = remoteBytes > this.#remoteBytes ? 0 : this.#remoteSilentMs + elapsed;
    this.#remoteBytes = remoteBytes;
    this.#setFlowing(remoteBytes > 0 && this.#remoteSilentMs < SILENCE_MAX_MS);
    if (attempt.silentMs >= SILENCE_MAX_MS) this.#lose();
  }

  /** @param {boolean} flowing */
  #setFlowing(flowing) {
    if (flowing === this.#flowing) return;
    this.#flowing = flowing;
    this.dispatchEvent(new CustomEvent("flow", { detail: flowing }));
  }
}
