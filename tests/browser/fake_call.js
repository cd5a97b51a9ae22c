// Stands where static/js/call/connection.js stands: loops no packets, it draws a person. Tests reach it as `fakeCall`.

export class CallOver extends Error {}
function drawn() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 480, height: 640 });
  const pen = canvas.getContext("2d");
  const circle = (x, y, r, colour) => { pen.fillStyle = colour; pen.beginPath(); pen.arc(x, y, r, 0, 7); pen.fill(); };
  const bar = (x, y, w, h, colour) => { pen.fillStyle = colour; pen.fillRect(x, y, w, h); };
  const paint = () => {
    const sway = Math.sin(Date.now() / 900) * 4;
    bar(0, 0, 480, 640, "#d9cfc0"); bar(300, 60, 150, 210, "#9fc1d4"); bar(372, 60, 6, 210, "#f4efe6");
    bar(300, 160, 150, 6, "#f4efe6"); bar(20, 150, 190, 8, "#9a7b5c");
    ["#7a3b3b", "#40607a", "#6b7a40", "#a5814a"].forEach((colour, n) => bar(34 + n * 36, 78, 26, 72, colour));
    pen.fillStyle = "#3f5a6b"; pen.beginPath(); pen.ellipse(240 + sway / 2, 650, 190, 190, 0, 0, 7); pen.fill();
    bar(205 + sway, 400, 70, 80, "#c89a78"); circle(240 + sway, 300, 120, "#3a2a22");
    pen.fillStyle = "#d8ab88"; pen.beginPath(); pen.ellipse(240 + sway, 330, 92, 116, 0, 0, 7); pen.fill();
    bar(150 + sway, 215, 180, 44, "#3a2a22"); circle(206 + sway, 318, 8, "#2c2320"); circle(274 + sway, 318, 8, "#2c2320");
    pen.strokeStyle = "#8c4a3f"; pen.lineWidth = 6; pen.beginPath(); pen.arc(240 + sway, 368, 34, 0.35, 2.8); pen.stroke();
  };
  paint(); setInterval(paint, 100);
  return canvas.captureStream(10);
}
export class CallConnection extends EventTarget {
  #muted = new Map();
  state = "connecting";
  flowing = false;
  privacy = null;
  remote = null;
  second = null;
  seats = null;
  said = [];
  constructor({ ticket, localStream }) { super(); Object.assign(this, { ticket, localStream }); globalThis.fakeCall = this; }
  async connect() {
    this.to("connecting");
    try { await this.ticket(); } catch (error) { if (error instanceof CallOver) return this.hangUp(); throw error; }
    if (this.state === "ended" || sessionStorage.getItem("fake-stuck")) return;
    this.dispatchEvent(new CustomEvent("remote", { detail: drawn() }));
    this.to("connected");
    this.flow(true);
  }
  to(state) { this.state = state; this.dispatchEvent(new CustomEvent("state", { detail: state })); }
  flow(flowing) { this.flowing = flowing; this.dispatchEvent(new CustomEvent("flow", { detail: flowing })); }
  async replaceTrack(kind, track) { this.replaced = kind; }
  setMuted(kind, muted) { this.#muted.set(kind, muted); }
  isMuted(kind) { return this.#muted.get(kind) ?? false; }
  hangUp() { if (this.state !== "ended") this.to("ended"); }
  agree() { this.privacy = { code: "48 31 72 05", seats: ["citizen", "clerk"] }; this.dispatchEvent(new CustomEvent("privacy", { detail: this.privacy })); }
  async send(bytes) { if (this.privacy) this.said.push(JSON.parse(new TextDecoder().decode(bytes))); return this.privacy !== null; }
  hear(from, words) { this.dispatchEvent(new CustomEvent("message", { detail: { from, message: new TextEncoder().encode(JSON.stringify(words)) } })); }
  seat(lit) {
    this.seats = { type: "seats", seats: {}, lit };
    if (lit.includes("guest")) this.dispatchEvent(new CustomEvent("second", { detail: (this.second = drawn()) }));
    this.dispatchEvent(new CustomEvent("seats", { detail: this.seats }));
  }
  async admit(ticket) { this.admitted = ticket; return true; }
  async stats() { return {}; }
}
