/** Two connections in one page, straight to each other: what their frames and words do under which keys. */

import { FrameProtection } from "/static/vendor/js/call/frame-protection.js";
import { Privacy } from "/static/vendor/js/call/privacy.js";
import { importBaseKey } from "/static/vendor/js/call/sframe.js";

const CODES = { citizen: 1, clerk: 2 };
const vp8 = RTCRtpReceiver.getCapabilities("video").codecs.filter(({ mimeType }) => /VP8|rtx/.test(mimeType));
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const camera = navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360 } });

const base = (fill) => importBaseKey(new Uint8Array(32).fill(fill));

/** Keys that nobody agreed on. */
export async function keys(own, { epoch = 5, fill = 1 } = {}) {
  return { epoch, own, secrets: { citizen: await base(fill), clerk: await base(fill + 1) } };
}

/** The citizen sends to the clerk. */
export class Pair {
  static async open(means = FrameProtection.means()) {
    const pair = new Pair();
    const options = FrameProtection.peerOptions(means);
    for (const seat of ["citizen", "clerk"])
      pair[seat] = { peer: new RTCPeerConnection(options), frames: new FrameProtection({ means }) };
    const { citizen, clerk } = pair;
    citizen.peer.onicecandidate = ({ candidate }) => candidate && clerk.peer.addIceCandidate(candidate);
    clerk.peer.onicecandidate = ({ candidate }) => candidate && citizen.peer.addIceCandidate(candidate);
    const video = document.createElement("video");
    video.srcObject = new MediaStream();
    clerk.peer.ontrack = ({ track }) => {
      video.srcObject.addTrack(track);
      void video.play();
    };
    for (const track of (await camera).getTracks()) {
      // Added as a track, it takes the place that the clerk's offer has for it.
      citizen.frames.protectSender(citizen.peer.addTrack(track.clone()), track.kind);
      const transceiver = clerk.peer.addTransceiver(track.kind, { direction: "recvonly" });
      clerk.frames.protectReceiver(transceiver.receiver, track.kind, "citizen");
      if (track.kind === "video") transceiver.setCodecPreferences(vp8);
    }
    return pair;
  }

  /** The clerk's transceivers stand already: the offer must meet them, so it is the clerk who offers. */
  async connect() {
    const { citizen, clerk } = this;
    await clerk.peer.setLocalDescription(await clerk.peer.createOffer());
    await citizen.peer.setRemoteDescription(clerk.peer.localDescription);
    await citizen.peer.setLocalDescription(await citizen.peer.createAnswer());
    await clerk.peer.setRemoteDescription(citizen.peer.localDescription);
  }

  async figures() {
    const found = { sent: 0, packets: 0, decoded: 0, voice: 0 };
    for (const each of (await this.citizen.peer.getStats()).values())
      if (each.type === "outbound-rtp") {
        found.packets += each.packetsSent;
        found.sent += each.framesSent ?? 0;
      }
    for (const each of (await this.clerk.peer.getStats()).values())
      if (each.type === "inbound-rtp") {
        found.decoded += each.framesDecoded ?? 0;
        found.voice += each.totalAudioEnergy ?? 0;
      }
    const dropped = {};
    for (const { frames } of [this.citizen, this.clerk])
      for (const { kind, from, counts } of await frames.counts()) dropped[`${from ?? "out"} ${kind}`] = counts;
    return { ...found, dropped };
  }

  /** Wait until so many more frames are decoded, or the time is over. */
  async decodes(frames, { milliseconds }) {
    const { decoded } = await this.figures();
    for (const began = performance.now(); performance.now() - began < milliseconds; await pause(50))
      if ((await this.figures()).decoded >= decoded + frames) break;
    return this.figures();
  }

  close() {
    for (const { peer, frames } of [this.citizen, this.clerk]) {
      peer.close();
      frames.close();
    }
  }
}

/** The two agree, over a relay of two lines; each notes what it is told. */
export class Agreed {
  heard = { citizen: [], clerk: [] };

  constructor(pair) {
    for (const [seat, other] of [["citizen", "clerk"], ["clerk", "citizen"]]) {
      const privacy = new Privacy({
        seat,
        frames: pair[seat].frames,
        send: (bytes) => queueMicrotask(() => this[other].receive(Uint8Array.of(CODES[seat], ...bytes).buffer)),
      });
      for (const type of ["keys", "message", "hold", "aborted", "failed"])
        privacy.addEventListener(type, ({ detail }) => this.heard[seat].push({ type, ...detail }));
      this[seat] = privacy;
    }
  }

  async gather(connection) {
    const began = performance.now();
    const news = { type: "seats", seats: { citizen: connection, clerk: "desk" }, lit: ["citizen", "clerk"] };
    const count = this.codes("clerk").length;
    this.citizen.news(news);
    this.clerk.news(news);
    while (Math.min(this.codes("clerk").length, this.codes("citizen").length) === count) await pause(1);
    return performance.now() - began;
  }

  codes(seat) {
    return this.heard[seat].filter(({ type }) => type === "keys").map(({ code }) => code);
  }

  close() {
    this.citizen.close();
    this.clerk.close();
  }
}

window.stage = { Agreed, FrameProtection, Pair, keys, pause };
