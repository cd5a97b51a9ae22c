/**
 * The shapes that the office answers with, as docs/architecture.md writes them. Nothing here runs.
 *
 * @typedef {{minor_units: number, currency: string, text: string}} Amount
 * @typedef {{key: string, name: string, minutes: number, fee: Amount | null}} Matter
 * @typedef {"expected" | "waiting" | "in_call" | "hung_up" | "done"} VisitState
 * @typedef {"here" | "free" | "elsewhere"} SeatState
 * @typedef {{state: VisitState, ahead: number, seat: SeatState, generation: number, clerk: string | null, newcomer?: boolean}} Visit
 * @typedef {{key: string, matter: string, text: string, done: boolean}} Step  `matter` is its name
 * @typedef {"INITIAL" | "AT_CHECKOUT" | "PAYED" | "FAILED" | "CANCELED" | "WAIVED" | "REFUNDED"} PaymentState
 * @typedef {{id: string, state: PaymentState, amount: Amount}} Payment
 * @typedef {object} Paper
 * @property {string} id
 * @property {"citizen" | "clerk"} from
 * @property {string} name
 * @property {string} media_type
 * @property {number} size  bytes
 * @property {"announced" | "checked" | "refused"} state
 * @property {string | null} refusal  a sentence in the page's language
 * @property {boolean} opened
 * @property {string} announced_at  ISO 8601, UTC
 * @typedef {{text: string, result?: "done" | "incomplete" | "not_possible", delivery: "post" | "download" | "pickup" | "none"}} Outcome
 * @typedef {{role: "interpreter" | "relative" | "sign_language" | "colleague", state: string}} Guest  the third person
 * @typedef {object} RoomState
 * @property {string} now  ISO 8601, UTC
 * @property {{id: string, reference: string, start: string, minutes: number, name: string, matters: Matter[]}} booking
 * @property {Visit} visit
 * @property {Step[]} steps
 * @property {Amount | null} fee  of all matters, by the catalogue
 * @property {Payment | null} payment
 * @property {Paper[]} papers
 * @property {Guest | null} [guest]
 * @property {Outcome | null} outcome
 *
 * @typedef {"ok" | "denied" | "missing" | "off" | "unknown"} DeviceState
 * @typedef {object} DeviceReport
 * @property {DeviceState} camera
 * @property {DeviceState} microphone
 * @property {DeviceState} connection
 * @property {string} browser  in words
 * @property {number | null} loss_percent  of the pre-flight, like the next two: see call/preflight.js
 * @property {number | null} round_trip_ms
 * @property {number | null} bandwidth_kbits
 * @property {"script" | "streams" | "none"} encryption  how this browser can encrypt end to end
 */

export {};
