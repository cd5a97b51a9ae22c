/**
 * Stands in for js/call/connection.js: a clerk who is drawn, over a line that a test can cut.
 * The page's tests look at faces; that media really flow is tested against the worker.
 */

export class CallOver extends Error {}

/** @type {Set<CallConnection>} */
const live = new Set();

/** What a test holds in its hand: `fernamtFake.lose()`, `.restore()`, `.count()`. */
globalThis.fernamtFake = {
  lose: () => live.forEach((each) => each.become("reconnecting")),
  restore: () => live.forEach((each) => each.become("connected")),
  muted: () => [...live].map((each) => ({ ...each.muted })),
  sent: () => [...live].map((each) => ({ ...each.tracks })),
  count: () => live.size,
  lossShare: 0,
  /** Keys stand: words go to and fro. */
  agree: () => live.forEach((each) => each.agree()),
  said: () => [...live].flatMap((each) => each.said),
  hear: (from, words) => live.forEach((each) => each.hear(from, words)),
  seat: (lit) => live.forEach((each) => each.seat(lit)),
};

export class CallConnection extends EventTarget {
  state = "connecting";
  flowing = false;
  privacy = null;
  remote = null;
  seats = null;
  said = [];
  muted = { audio: false, video: false };

  constructor({ ticket, localStream }) {
    super();
    this.ticket = ticket;
    this.packets = 0;
    this.lost = 0;
    this.tracks = {
      audio: localStream?.getAudioTracks()[0]?.label ?? null,
      video: localStream?.getVideoTracks()[0]?.label ?? null,
    };
  }

  async connect() {
    live.add(this);
    try {
      await this.ticket();
    } catch (error) {
      if (error instanceof CallOver) return this.hangUp();
      throw error;
    }
    if (this.state === "ended") return;
    this.become("connected");
    if (!new URLSearchParams(location.search).has("unseen") && !globalThis.fernamtUnseen) {
      this.dispatchEvent(new CustomEvent("remote", { detail: clerkStream() }));
      this.flowing = true;
      this.dispatchEvent(new CustomEvent("flow", { detail: true }));
    }
  }

  async move() {
    await this.ticket();
  }

  agree() {
    this.privacy = { code: "48 31 72 05", seats: ["citizen", "clerk"] };
    this.dispatchEvent(new CustomEvent("privacy", { detail: this.privacy }));
  }

  async send(bytes) {
    if (!this.privacy) return false;
    this.said.push(JSON.parse(new TextDecoder().decode(bytes)));
    return true;
  }

  hear(from, words) {
    const message = new TextEncoder().encode(JSON.stringify(words));
    this.dispatchEvent(new CustomEvent("message", { detail: { from, message } }));
  }

  seat(lit) {
    this.seats = { type: "seats", seats: {}, lit };
    if (lit.includes("guest")) this.dispatchEvent(new CustomEvent("second", { detail: clerkStream() }));
    this.dispatchEvent(new CustomEvent("seats", { detail: this.seats }));
  }

  become(state) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }

  async replaceTrack(kind, track) {
    this.tracks[kind] = track?.label ?? null;
  }

  setMuted(kind, muted) {
    this.muted[kind] = muted;
  }

  async stats() {
    const share = globalThis.fernamtFake.lossShare;
    this.packets += 100 * (1 - share);
    this.lost += 100 * share;
    return { packetsReceived: { audio: 0, video: this.packets }, packetsLost: this.lost, roundTripMs: 40 };
  }

  hangUp() {
    live.delete(this);
    this.state = "ended";
  }
}

function clerkStream() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 960, height: 540 });
  const pen = canvas.getContext("2d");
  const draw = () => {
    const wall = pen.createLinearGradient(0, 0, 0, 540);
    wall.addColorStop(0, "#dfe7ea");
    wall.addColorStop(1, "#b9c8cd");
    pen.fillStyle = wall;
    pen.fillRect(0, 0, 960, 540);
    pen.fillStyle = "#8fa5ab";
    pen.fillRect(90, 60, 150, 260);
    pen.fillRect(700, 40, 190, 120);
    const sway = Math.sin(performance.now() / 900) * 4;
    pen.fillStyle = "#33506b";
    pen.beginPath();
    pen.ellipse(480 + sway, 560, 210, 190, 0, 0, 7);
    pen.fill();
    pen.fillStyle = "#d9a583";
    pen.fillRect(445 + sway, 330, 70, 70);
    pen.beginPath();
    pen.ellipse(480 + sway, 255, 90, 115, 0, 0, 7);
    pen.fill();
    pen.fillStyle = "#4a3426";
    pen.beginPath();
    pen.ellipse(480 + sway, 215, 98, 86, 0, Math.PI, 2 * Math.PI);
    pen.fill();
    requestAnimationFrame(draw);
  };
  draw();
  return canvas.captureStream(15);
}
