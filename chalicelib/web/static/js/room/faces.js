/**
 * Which face the page shows. A table that can be printed: (visit, seat, checked) → face; `*` is any.
 *
 * `checked` says that this tab has been through the green room. A fresh tab goes through it even if the citizen
 * already waits or talks: the browser may ask for the camera only after a tap that the person understands.
 *
 * @import {RoomState, SeatState, VisitState} from "./model.js"
 * @typedef {"green" | "waiting" | "call" | "elsewhere" | "hung_up" | "done"} Face
 * @typedef {[VisitState | "*", SeatState | "*", "yes" | "no" | "*", Face]} Row
 */

/** @type {Row[]} The first row that fits decides. */
export const FACES = [
  ["done", "*", "*", "done"],
  ["*", "elsewhere", "*", "elsewhere"],
  ["hung_up", "*", "*", "hung_up"],
  ["waiting", "here", "yes", "waiting"],
  ["in_call", "here", "yes", "call"],
  ["*", "*", "*", "green"],
];

/**
 * @param {RoomState} state
 * @param {{checked: boolean}} tab
 * @returns {Face}
 */
export function faceOf(state, { checked }) {
  const facts = [state.visit.state, state.visit.seat, checked ? "yes" : "no"];
  const row = FACES.find((each) => facts.every((fact, at) => each[at] === "*" || each[at] === fact));
  return row ? row[3] : "green";
}

/** @type {Record<Face, number>} How often each face asks for the state, in milliseconds. */
const ASK_EVERY_MS = {
  green: 5_000,
  waiting: 3_000,
  call: 1_500,
  elsewhere: 5_000,
  hung_up: 3_000,
  done: 15_000,
};

/** Whoever is next asks this often: the clerk who called must not look at an empty picture. */
const ASK_NEXT_MS = 1_000;

/** In a call whose people tell each other what changed, asking is only for what nobody told. */
const ASK_TOLD_MS = 10_000;

/** A hidden page asks no oftener than this: a phone in the pocket still waits, but saves its battery. */
const ASK_HIDDEN_MS = 6_000;

/**
 * How long to wait before asking again, in milliseconds.
 *
 * @param {Face} face
 * @param {{ahead: number, hidden: boolean, told: boolean}} facts  `told`: the others in the call say when something changed
 */
export function askAfterMs(face, { ahead, hidden, told }) {
  const next = face === "waiting" && ahead === 0;
  const usual = next ? ASK_NEXT_MS : face === "call" && told ? ASK_TOLD_MS : ASK_EVERY_MS[face];
  return hidden ? Math.max(usual, ASK_HIDDEN_MS) : usual;
}

/** Presence goes out this often, in the faces where the citizen sits in the seat. */
export const PRESENCE_EVERY_MS = 10_000;

/** @type {ReadonlySet<Face>} */
export const SEATED = new Set(/** @type {Face[]} */ (["waiting", "call"]));
