// @ts-check
/** One attempt at a connection to the media worker; a call may need several, one after the other. */

import { Channels } from "./channels.js";
import { FrameProtection } from "./frame-protection.js";
import { Privacy } from "./privacy.js";

/** @typedef {"audio" | "video"} Kind */
/** @typedef {{ ticket: string, url: string, ice_servers?: RTCIceServer[] }} Ticket `ice_servers`: ways round a firewall */
/** @typedef {import("./channels.js").FromWorker} FromWorker */
/** @typedef {import("./keyring.js").Seat} Seat */
/** @typedef {{ code: string, seats: readonly Seat[] }} Agreed the code to compare aloud, and who holds the keys */
/** @typedef {{ from: Seat, message: Uint8Array }} Said */

const SHOWS_EVERY_MS = 40;
/** Half a second of Opus. */
const VOICE_PACKETS = 25;
const SETUP_MAX_MS = 6000;

/** @type {Kind[]} */
const KINDS = ["audio", "video"];

/** Whom a seat receives, in the order of the worker's answer. @type {Record<Seat, Seat[]>} */
const OTHERS = {
  citizen: ["clerk", "guest"],
  clerk: ["citizen", "guest"],
  guest: ["clerk", "citizen"],
  echo: ["echo"],
};

/** One browser connection and what belongs to it. Event: `agreed`, whenever that changed. */
export class Attempt extends EventTarget {
  /** What holds with the others; null while no keys stand, "failed" when they never will. @type {Agreed | "failed" | null} */
  agreed = null;

  /** What others said before this connection was shown. @type {Said[]} */
  early = [];

  #giveUp = new AbortController();

  /**
   * @param {Seat} seat our own
   * @param {import("./agreement-steps.js").Budget} budget of broken agreements, one for the whole call
   * @param {(said: FromWorker) => void} hearWorker
   */
  constructor(seat, budget, hearWorker) {
    super();
    this.seat = seat;
    this.peer = new RTCPeerConnection({
      ...FrameProtection.peerOptions(),
      bundlePolicy: "max-bundle",
      iceServers: [],
    });
    this.frames = new FrameProtection();
    const channels = new Channels(this.peer, {
      peers: (data) => void this.privacy.receive(data),
      worker: (said) => {
        if (said.type === "seats") this.seats = said;
        void this.privacy.news(said);
        hearWorker(said);
      },
    });
    this.privacy = new Privacy({ seat, frames: this.frames, budget, send: (bytes, how) => channels.send(bytes, how) });
    this.privacy.addEventListener("keys", (event) => this.#agree(/** @type {CustomEvent<Agreed>} */ (event).detail));
    this.privacy.addEventListener("hold", () => this.#agree(null));
    this.privacy.addEventListener("failed", () => this.#agree("failed"));
    /** The person whom this seat is here for. */
    this.stream = new MediaStream();
    /** The other one, who may come later: the place is offered from the start, so that nobody negotiates anew. */
    this.second = new MediaStream();
    /** What the worker said last about who is there. @type {import("./channels.js").Seats | null} */
    this.seats = null;
    /** @type {{ location: string, ticket: string } | null} */
    this.session = null;
    /** @type {Map<Kind, RTCRtpSender>} */
    this.senders = new Map();
  }

  /**
   * Prepare both directions for the first person, and one for the second. Frames are encrypted from the first one on.
   * @param {ReadonlyMap<Kind, MediaStreamTrack | null>} tracks of our own
   */
  prepare(tracks) {
    const others = OTHERS[this.seat];
    /** @type {Map<RTCRtpReceiver, MediaStream>} */
    const streams = new Map();
    for (const [place, other] of others.entries()) {
      for (const kind of KINDS) {
        const own = place === 0 ? (tracks.get(kind) ?? kind) : kind;
        const direction = place === 0 ? "sendrecv" : "recvonly";
        const { sender, receiver } = this.peer.addTransceiver(own, { direction });
        this.frames.protectReceiver(receiver, kind, other);
        streams.set(receiver, place === 0 ? this.stream : this.second);
        if (place === 0) {
          this.frames.protectSender(sender, kind);
          this.senders.set(kind, sender);
        }
      }
    }
    this.peer.addEventListener("track", ({ receiver, track }) => streams.get(receiver)?.addTrack(track));
  }

  /**
   * Connect to the media worker. Resolves when the connection stands. Once `session` is set, the worker has answered.
   * Rejects when it takes too long or is closed meanwhile: what waits for a closed peer would wait for ever.
   * @param {ReadonlyMap<Kind, MediaStreamTrack | null>} tracks of our own
   * @param {() => Promise<Ticket>} fetchTicket
   */
  async open(tracks, fetchTicket) {
    const { signal } = this.#giveUp;
    const timer = setTimeout(() => this.#giveUp.abort(new Error("it takes too long")), SETUP_MAX_MS);
    const givenUp = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    try {
      await Promise.race([this.#connect(tracks, fetchTicket, signal), givenUp]);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * @param {ReadonlyMap<Kind, MediaStreamTrack | null>} tracks
   * @param {() => Promise<Ticket>} fetchTicket
   * @param {AbortSignal} deadline
   */
  async #connect(tracks, fetchTicket, deadline) {
    const { peer } = this;
    this.prepare(tracks);
    // The ticket travels while the offer is made.
    const [offer, ticket] = await Promise.all([peer.createOffer(), fetchTicket()]);
    if (ticket.ice_servers) this.peer.setConfiguration({ ...this.peer.getConfiguration(), iceServers: ticket.ice_servers });
    await peer.setLocalDescription(offer);
    const response = await fetch(ticket.url, {
      method: "POST",
      headers: { "Content-Type": "application/sdp", Authorization: `Bearer ${ticket.ticket}` },
      body: offer.sdp ?? "",
      signal: deadline,
    });
    if (response.status !== 201) throw new Error(`the media worker answered ${response.status}`);
    const location = new URL(response.headers.get("Location") ?? "", new URL(ticket.url, document.baseURI));
    this.session = { location: location.href, ticket: ticket.ticket };
    const up = standing(peer, deadline);
    up.catch(() => {});
    await peer.setRemoteDescription({ type: "answer", sdp: await response.text() });
    await up;
  }

  /**
   * Go on with a new ticket over this connection: into another room, or with others in light.
   * @param {string} ticket
   * @returns {Promise<boolean>} whether the worker took it
   */
  async move(ticket) {
    if (!this.session) return false;
    const { location } = this.session;
    const answer = await fetch(location, { method: "PATCH", headers: { Authorization: `Bearer ${ticket}` } });
    if (answer.ok && this.session) this.session.ticket = ticket;
    return answer.ok;
  }

  /** @param {Agreed | "failed" | null} agreed */
  #agree(agreed) {
    this.agreed = agreed;
    this.dispatchEvent(new Event("agreed"));
  }

  /** End it, and tell the worker. */
  close() {
    this.#giveUp.abort(new Error("it was given up"));
    this.peer.close();
    this.privacy.close();
    this.frames.close();
    if (this.session) {
      const { location, ticket } = this.session;
      this.session = null;
      // Kept alive: it must also leave when the page is closed. It may fail: the worker notices anyway.
      fetch(location, {
        method: "DELETE",
        keepalive: true,
        headers: { Authorization: `Bearer ${ticket}` },
      }).catch(() => {});
    }
  }
}

/**
 * Resolve when the connection stands; reject when it fails, is closed or takes too long.
 * @param {RTCPeerConnection} peer
 * @param {AbortSignal} deadline
 * @returns {Promise<void>}
 */
export function standing(peer, deadline) {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (peer.connectionState === "connected") resolve();
      else if (peer.connectionState === "failed") reject(new Error("the connection failed"));
    };
    peer.addEventListener("connectionstatechange", look);
    deadline.addEventListener("abort", () => reject(deadline.reason));
    look();
  });
}

/**
 * Resolve with whether the first person was received before the time was over: a picture, or half a second of the
 * voice of somebody who sends no picture.
 * @param {Attempt} attempt
 * @param {number} milliseconds
 */
export async function shows(attempt, milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end && attempt.peer.connectionState === "connected") {
    const tracks = attempt.stream.getTracks().map(({ id }) => id);
    let [voice, pictures] = [0, 0];
    for (const entry of (await attempt.peer.getStats()).values()) {
      if (entry.type !== "inbound-rtp" || !tracks.includes(entry.trackIdentifier)) continue;
      if ((entry.framesDecoded ?? 0) > 0) return true;
      if (entry.kind === "audio") voice += entry.packetsReceived ?? 0;
      else pictures += entry.packetsReceived ?? 0;
    }
    if (pictures === 0 && voice >= VOICE_PACKETS && attempt.agreed && attempt.agreed !== "failed") return true;
    await new Promise((resolve) => setTimeout(resolve, SHOWS_EVERY_MS));
  }
  return false;
}
