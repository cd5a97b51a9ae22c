// @ts-check
/** One attempt at a connection to the media worker; a call may need several, one after the other. */

/** @typedef {"audio" | "video"} Kind */

/** One browser connection and what belongs to it. */
export class Attempt {
  constructor() {
    this.peer = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: [] });
    this.stream = new MediaStream();
    /** @type {{ location: string, ticket: string } | null} */
    this.session = null;
    /** @type {Map<Kind, RTCRtpSender>} */
    this.senders = new Map();
    this.heardBytes = -1;
    this.silentMs = 0;
  }

  /** End it, and tell the worker. */
  close() {
    this.peer.close();
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
