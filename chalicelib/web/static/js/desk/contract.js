/**
 * What the desk and the office say to each other (docs/architecture.md, "What the room and the desk speak").
 * Types only. Times are ISO 8601 in UTC; `text` of money is already in the page's language.
 *
 * @typedef {{ minor_units: number, currency: string, text: string }} Money
 * @typedef {"ok" | "denied" | "missing" | "off" | "unknown"} Check
 * The three numbers are what the pre-flight measured (call/preflight.js).
 * @typedef {{ camera: Check, microphone: Check, connection: Check, browser: string, loss_percent?: number | null,
 *   round_trip_ms?: number | null, bandwidth_kbits?: number | null,
 *   encryption?: "script" | "streams" | "none" | "unknown" }} Device
 * @typedef {"expected" | "waiting" | "in_call" | "hung_up" | "done"} VisitState
 *
 * @typedef {{ booking: string, reference: string, start: string, minutes: number, name: string, matters: string[],
 *   state: VisitState, waiting_minutes: number | null, present: boolean, device: Device | null,
 *   clerk: string | null, mine: boolean }} Row
 * @typedef {{ now: string, day: string, office: { key: string, name: string },
 *   clerk: { id: string, name: string, role: string }, list: Row[], current: string | null }} DayState
 *
 * @typedef {"post" | "download" | "pickup" | "none"} Delivery
 * @typedef {"done" | "incomplete" | "not_possible"} Outcome
 * @typedef {{ key: string, name: string, minutes: number, fee: Money | null, papers: string[],
 *   delivery: Delivery[] }} Matter
 * @typedef {{ key: string, matter: string, text: string, done: boolean }} Step
 * @typedef {{ id: string, from: "citizen" | "clerk", name: string, media_type: string, size: number,
 *   state: "announced" | "checked" | "refused", refusal: string | null, opened: boolean,
 *   announced_at: string }} Paper
 * @typedef {"INITIAL" | "AT_CHECKOUT" | "PAYED" | "FAILED" | "CANCELED" | "WAIVED" | "REFUNDED"} PaymentState
 * @typedef {{ id: string, state: PaymentState, amount: Money }} Payment
 * @typedef {{ seq: number, at: string, actor: string, text: string, erased: boolean }} Entry
 *
 * @typedef {"interpreter" | "relative" | "sign_language" | "colleague"} GuestRole
 * @typedef {{ role: GuestRole, state: "invited" | "waiting" | "admitted" | "left", present: boolean,
 *   device: Device | null }} Guest
 *
 * @typedef {{
 *   booking: { id: string, reference: string, start: string, minutes: number, state: string, name: string,
 *     email: string | null, phone: string | null, note: string | null, language: string, matters: Matter[] },
 *   visit: { state: VisitState, ahead: number, seat: string, generation: number, clerk: string | null, mine: boolean,
 *     newcomer: boolean, called_at: string | null, present: boolean, device: Device | null },
 *   guest: Guest | null, steps: Step[], payment: Payment | null, fee: Money | null, incidents: string[], papers: Paper[],
 *   entries: Entry[], outcome: { text: string, result: Outcome, delivery: Delivery } | null,
 *   may: { call: boolean, invite: boolean, admit: boolean, step: boolean, ask_fee: boolean, waive: boolean, close: boolean, close_without: boolean } }} CaseFile
 *
 * @typedef {{ paper_id: string, url: string, fields: Record<string, string> }} UploadForm
 */

export {};
