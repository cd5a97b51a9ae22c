/**
 * No wait at the door: while somebody waits, the desk is connected already to the worker where they sit, in a room of its
 * own, without camera and microphone. The call then needs only the ticket that opens it.
 */

import { CallConnection, CallOver } from "../call/connection.js";
import { FrameProtection } from "../call/frame-protection.js";
import { api } from "./api.js";

/** @typedef {import("../call/attempt.js").Ticket & { generation: number }} Ticket */

export class Lobby {
  /** @type {CallConnection | null} */ #connection = null;
  /** Whose call the connection is now, once it has left the lobby. @type {() => Promise<Ticket>} */ #fetch = lobbyTicket;
  #asking = false;

  /** Be there, or not. @param {boolean} wanted somebody waits, and no call is on */
  async keep(wanted) {
    if (!wanted || FrameProtection.means() === "none") return this.leave();
    if (this.#connection || this.#asking) return;
    this.#asking = true;
    try {
      const first = await api.anteroom();
      // Whoever is next is not connected: there is no worker to wait at.
      if (first.ticket) this.#connect(first);
    } catch {
      // The next look at the day's list tries again; the call can do without.
    } finally {
      this.#asking = false;
    }
  }

  leave() {
    this.#connection?.hangUp();
    this.#connection = null;
  }

  /**
   * Turn the standing connection into that of a call.
   * @param {Ticket | null} ticket into the call
   * @param {() => Promise<Ticket>} fetch further ones, for reconnecting
   * @returns {Promise<CallConnection | null>} null: connect anew
   */
  async into(ticket, fetch) {
    const connection = this.#connection;
    this.#connection = null;
    if (!connection) return null;
    if (ticket && connection.state === "connected") {
      this.#fetch = fetch;
      const taken = await connection.admit(ticket.ticket).catch(() => false);
      if (taken && connection.state === "connected") return connection;
    }
    connection.hangUp();
    return null;
  }

  /** @param {Ticket} first */
  #connect(first) {
    /** @type {Ticket | null} */
    let ready = first;
    this.#fetch = lobbyTicket;
    const connection = new CallConnection({
      seat: "clerk",
      ticket: async () => {
        const ticket = ready ?? (await this.#fetch());
        ready = null;
        return ticket;
      },
      localStream: null,
    });
    this.#connection = connection;
    connection.addEventListener("state", () => {
      if (connection === this.#connection && connection.state === "ended") this.#connection = null;
    });
    void connection.connect();
  }
}

/** @returns {Promise<Ticket>} */
async function lobbyTicket() {
  const ticket = await api.anteroom();
  if (!ticket.ticket || !ticket.url) throw new CallOver("nobody waits there any more");
  return ticket;
}
