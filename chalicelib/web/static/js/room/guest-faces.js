/**
 * Which face the guest's page shows: a table, (state, seat, running, checked) → face; `*` is any; the first row that
 * fits decides.
 *
 * @typedef {"green" | "door" | "call" | "elsewhere" | "left"} GuestFace
 * @typedef {object} GuestState
 * @property {string} now  ISO 8601, UTC
 * @property {{role: string, state: "invited" | "waiting" | "admitted" | "left", seat: "here" | "free" | "elsewhere"}} guest
 * @property {{running: boolean, generation: number | null, clerk: string | null, in_it: string[]}} call
 */

/** @type {[string, string, string, string, GuestFace][]} */
export const GUEST_FACES = [
  ["*", "elsewhere", "*", "*", "elsewhere"],
  ["left", "*", "*", "*", "left"],
  ["admitted", "here", "running", "yes", "call"],
  ["waiting", "here", "*", "yes", "door"],
  ["admitted", "here", "*", "yes", "door"],
  ["*", "*", "*", "*", "green"],
];

/**
 * @param {GuestState} state
 * @param {{checked: boolean}} tab
 * @returns {GuestFace}
 */
export function guestFaceOf({ guest, call }, { checked }) {
  const facts = [guest.state, guest.seat, call.running ? "running" : "idle", checked ? "yes" : "no"];
  const row = GUEST_FACES.find((each) => facts.every((fact, at) => each[at] === "*" || each[at] === fact));
  return row ? row[4] : "green";
}
