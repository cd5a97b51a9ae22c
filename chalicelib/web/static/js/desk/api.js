/** Asking the office: JSON there and back, and every failure as one of a few kinds that the page has words for. */

import { language } from "./texts.js";

/**
 * @typedef {"network" | "session" | "forbidden" | "missing" | "conflict" | "fee" | "busy" | "refused" | "failed"} Kind
 * @typedef {import("./contract.js").CaseFile} CaseFile
 * @typedef {import("./contract.js").DayState} DayState
 * @typedef {import("./contract.js").UploadForm} UploadForm
 */

/** @type {Record<number, Kind>} */
const KINDS = { 400: "refused", 401: "session", 402: "fee", 403: "forbidden", 404: "missing", 409: "conflict",
  410: "missing", 413: "refused", 415: "refused", 422: "refused", 429: "busy", 503: "busy" };

/** An answer later than this is no answer: the next poll asks again. */
const PATIENCE_MS = 12_000;

/** What went wrong: `kind` for the page's own sentence, `detail` what the office said (RFC 9457), if it did. */
export class DeskError extends Error {
  /** @param {Kind} kind @param {string} [detail] */
  constructor(kind, detail = "") {
    super(detail || kind);
    this.kind = kind;
    this.detail = detail;
  }
}

/**
 * @param {string} method @param {string} path @param {object} [body] @param {Record<string, string>} [query]
 * @returns {Promise<any>}
 */
async function ask(method, path, body, query = {}) {
  const address = `${path}?${new URLSearchParams({ ...query, lang: language })}`;
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await sent(address, {
    method, headers, body: body ? JSON.stringify(body) : null, credentials: "same-origin", redirect: "manual",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  // A redirect can only lead to the sign-in page: the session is over.
  if (answer.type === "opaqueredirect") throw new DeskError("session");
  const content = await answer.json().catch(() => null);
  if (!answer.ok) throw new DeskError(KINDS[answer.status] ?? "failed", content?.detail ?? "");
  if (content === null) throw new DeskError("failed");
  return content;
}

/** @param {string} address @param {RequestInit} request */
async function sent(address, request) {
  try {
    return await fetch(address, request);
  } catch {
    throw new DeskError("network");
  }
}

/** @param {string} booking */
const file = (booking) => `/desk/files/${encodeURIComponent(booking)}`;

/** Event `changed`: the office took an act that others in the call should hear of. */
export const news = new EventTarget();

/** @param {string} booking @param {string} act @param {object} [body] */
const act = async (booking, act, body = {}) => {
  const answer = await ask("POST", `${file(booking)}/${act}`, body);
  if (act !== "ticket") news.dispatchEvent(new Event("changed"));
  return answer;
};

export const api = {
  /** @param {string} day @returns {Promise<DayState>} */
  state: (day) => ask("GET", "/desk/state", undefined, { day }),
  /** The way to the worker where whoever is next sits; all null where nobody does.
   * @returns {Promise<{ ticket: string, url: string, generation: number }>} */
  anteroom: () => ask("POST", "/desk/anteroom", {}),
  /** Take the person who is due.
   * @returns {Promise<{ booking: string, ticket: { ticket: string, url: string, generation: number } }>} */
  next: () => ask("POST", "/desk/next", {}),
  /** @param {string} booking @returns {Promise<CaseFile>} */
  file: (booking) => ask("GET", file(booking)),
  /** @param {string} booking @returns {Promise<CaseFile>} */
  call: (booking) => act(booking, "call"),
  /** @param {string} booking @returns {Promise<{ ticket: string, url: string, generation: number }>} */
  ticket: (booking) => act(booking, "ticket"),
  /** Make a link for a third person. @param {string} booking @param {string} role @returns {Promise<{ url: string }>} */
  inviteGuest: (booking, role) => act(booking, "guest", { role }),
  /** @param {string} booking @param {boolean} guest let in, or shown out @returns {Promise<CaseFile>} */
  admit: (booking, guest) => act(booking, "admit", { guest }),
  /** Let the device in that took the citizen's seat. @param {string} booking @returns {Promise<CaseFile>} */
  admitDevice: (booking) => act(booking, "device"),
  /** @param {string} booking @returns {Promise<CaseFile>} */
  hangUp: (booking) => act(booking, "hangup"),
  /** @param {string} booking @param {string} step @param {boolean} done @returns {Promise<CaseFile>} */
  step: (booking, step, done) => act(booking, "step", { step, done }),
  /** @param {string} booking @returns {Promise<CaseFile>} */
  askFee: (booking) => act(booking, "fee"),
  /** @param {string} booking @param {string} reason @returns {Promise<CaseFile>} */
  waive: (booking, reason) => act(booking, "waive", { reason }),
  /** @param {string} booking @param {object} closing @returns {Promise<CaseFile>} */
  close: (booking, closing) => act(booking, "close", closing),
  /** @param {string} booking @param {string} paper @returns {Promise<{ url: string }>} */
  openPaper: (booking, paper) => act(booking, `papers/${encodeURIComponent(paper)}/open`),
  sendPaper,
};

/**
 * Send a paper to the citizen: announce it, post the bytes to the store, say that they are there.
 * @param {string} booking @param {File} paper @returns {Promise<CaseFile>}
 */
async function sendPaper(booking, paper) {
  const announced = { name: paper.name, media_type: paper.type, size: paper.size };
  const form = /** @type {UploadForm} */ (await act(booking, "papers", announced));
  const bytes = new FormData();
  for (const [name, value] of Object.entries(form.fields)) bytes.append(name, value);
  bytes.append("file", paper); // last: the store reads no field after it
  const answer = await sent(form.url, { method: "POST", body: bytes, credentials: "omit" });
  if (!answer.ok) throw new DeskError("refused");
  return act(booking, `papers/${encodeURIComponent(form.paper_id)}/received`);
}
