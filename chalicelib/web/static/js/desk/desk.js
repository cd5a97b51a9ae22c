/** The desk: state from the office, a render after every change, keys, and the call that follows the state. */

import { Acts } from "./acts.js";
import { api, DeskError, news } from "./api.js";
import { Arrivals } from "./arrivals.js";
import { CallPanel } from "./call.js";
import { fileView } from "./file.js";
import { berlinDay, clock } from "./formats.js";
import { groups, listView } from "./list.js";
import { DeskModel } from "./model.js";
import { button, line } from "./parts.js";
import { Poll } from "./polling.js";
import { t } from "./texts.js";
import { h, patch } from "./view.js";

/** @typedef {import("./contract.js").CaseFile} CaseFile */
/** @typedef {import("./view.js").Child} Child */

const POLL_MS = 3000;
const POLL_CALL_MS = 1500;
/** In a call whose people tell each other what changed, asking is only for what nobody told. */
const POLL_TOLD_MS = 10_000;
const LINKS = { on: "live.on", network: "live.off", session: "live.session" };
const OPEN = "fernamt-desk-open";

/** @param {string} id */
function part(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

const parts = { list: part("desk-list"), file: part("desk-file"), lines: part("desk-lines"), said: part("desk-said"),
  next: /** @type {HTMLButtonElement} */ (part("desk-next")), link: part("desk-link"), columns: part("desk-columns"),
  dispatch: /** @type {HTMLAnchorElement} */ (part("desk-dispatch")) };
const model = new DeskModel(JSON.parse(part("desk-state").textContent ?? ""), render);
let focus = "";

const panel = new CallPanel({
  hangUp: () => void acts.hangUp(),
  changed: () => filePoll.now(),
  cannotPopOut: () => model.say({ key: "act", kind: "warning", text: t("call.popout_failed") }),
});
const arrivals = new Arrivals(model, say);
const statePoll = new Poll(pollState, () => POLL_MS);
const filePoll = new Poll(pollFile, filePause);
const acts = new Acts(model, {
  say,
  taken,
  admitted: (booking, ticket) => panel.admit(booking, ticket),
  relight: (booking) => panel.relight(booking),
  focus: (selector) => {
    focus = selector;
    model.changed();
  },
  refresh: () => {
    statePoll.now();
    filePoll.now();
  },
});

/** What the office itself may change (a payment, a paper under examination, a guest's arrival) is asked for soon. */
function filePause() {
  const { file, open, state } = model;
  if (!open || open !== state.current) return POLL_MS;
  const open_ = file?.payment?.state === "AT_CHECKOUT" || file?.papers.some((paper) => paper.state === "announced");
  const expected = file?.visit.newcomer || file?.guest && file.guest.state !== "left";
  return panel.told && !open_ && !expected ? POLL_TOLD_MS : POLL_CALL_MS;
}

/** Say it to screen readers. @param {string} text */
function say(text) {
  parts.said.textContent = text;
}

function render() {
  const { file, state } = model;
  patch(parts.list, listView(model, { open: acts.open, showDay, toggleSound: () => model.toggleSound() }));
  patch(parts.file, fileView(model, acts));
  patch(parts.lines, lineViews());
  parts.next.setAttribute("aria-busy", String(model.busy.has("next")));
  parts.next.classList.toggle("is-idle", state.current !== null || groups(model).waiting.length === 0);
  parts.link.textContent = t(LINKS[model.link]);
  parts.link.dataset.link = model.link;
  parts.columns.dataset.open = String(model.open !== null);
  parts.dispatch.search = new URLSearchParams({ ...Object.fromEntries(new URLSearchParams(parts.dispatch.search)), day: state.day }).toString();
  panel.follow(state.current);
  panel.expect(state.current === null && groups(model).waiting.some((row) => row.present));
  parts.columns.dataset.call = String(panel.booking !== null);
  if (state.current) describeCall(state.current, file);
  if (focus) moveFocus();
}

/** @param {string} booking @param {CaseFile | null} file */
function describeCall(booking, file) {
  const row = model.row(booking);
  const known = file?.booking.id === booking ? file : null;
  const calledAt = known?.visit.called_at;
  panel.describe({
    name: row?.name ?? known?.booking.name ?? "",
    present: known?.visit.present ?? row?.present ?? true,
    atCheckout: known?.payment?.state === "AT_CHECKOUT",
    seconds: calledAt ? (Date.now() - clockAhead - Date.parse(calledAt)) / 1000 : 0,
  });
}

/** How far this computer's clock is ahead of the office's, in ms. */
let clockAhead = Date.now() - Date.parse(model.state.now);

function moveFocus() {
  const target = document.querySelector(focus);
  focus = "";
  if (!(target instanceof HTMLElement)) return;
  target.focus({ preventScroll: true });
  if (target.id === "file-name") parts.file.scrollTo({ top: 0 });
  else target.scrollIntoView({ block: "nearest" });
}

/** @returns {Child[]} */
function lineViews() {
  /** @type {Child[]} */
  const views = [];
  if (model.link === "network") {
    views.push(line({ key: "network", kind: "warning", text: `${t("line.network")} ${t("line.network_since", { time: clock(model.state.now) })}` }));
  }
  if (model.link === "session") {
    const address = `/desk/signin?lang=${document.documentElement.lang}`;
    views.push(line({ key: "session", kind: "danger", text: t("line.session"),
      after: [h("a", { class: "dk-button", href: address, target: "_blank", rel: "noopener" }, t("line.session_link"))] }));
  }
  for (const each of model.lines.values()) {
    views.push(line({ key: each.key, kind: each.kind, text: each.text, after: [
      each.retry && button(t("line.try"), { key: "try", on: each.retry }),
      button(t("dismiss"), { key: "dismiss", kind: "plain", on: () => dismiss(each.key) }),
    ] }));
  }
  return [h("div", { key: "lines", role: "alert" }, views)];
}

/** @param {string} key */
function dismiss(key) {
  model.lines.delete(key);
  model.changed();
}

/** @param {CaseFile} file what the office now says of the open file */
function taken(file) {
  const was = model.file;
  model.file = file;
  const payment = file.payment?.state;
  if (was && was.booking.id === file.booking.id && payment && payment !== was.payment?.state) {
    say(`${t("fee.title")}: ${t(`fee.${payment}`)}`);
  }
  if (was && file.visit.newcomer && !was.visit.newcomer) say(t("file.newcomer", { browser: file.visit.device?.browser ?? "" }));
  if (was && file.guest?.state === "waiting" && was.guest?.state !== "waiting") say(t("guest.arrived"));
}

/** @param {string} day */
function showDay(day) {
  model.state.day = day;
  model.state.list = [];
  model.epoch += 1;
  model.changed();
  statePoll.now();
}

/** @param {unknown} error */
function missed(error) {
  if (!(error instanceof DeskError)) throw error;
  if (error.kind === "session") model.link = "session";
  else if (error.kind === "network" || error.kind === "failed" || error.kind === "busy") model.link = "network";
  model.changed();
}

async function pollState() {
  const { epoch } = model;
  const { day } = model.state;
  const today = berlinDay(new Date(Date.now() - clockAhead).toISOString());
  try {
    const [seen, live] = await Promise.all([api.state(day), day === today ? null : api.state(today)]);
    if (epoch !== model.epoch) return;
    model.state = { ...seen, current: (live ?? seen).current };
    model.today = live;
    clockAhead = Date.now() - Date.parse(seen.now);
    model.link = "on";
    if (!model.open && model.state.current) model.open = model.state.current;
    arrivals.look();
    model.changed();
  } catch (error) {
    missed(error);
  }
}

async function pollFile() {
  const { epoch, open } = model;
  if (!open) return;
  try {
    const file = await api.file(open);
    // Something was done meanwhile: this answer is old, and the next may be far.
    if (epoch !== model.epoch || open !== model.open) return filePoll.now();
    taken(file);
    model.changed();
  } catch (error) {
    if (error instanceof DeskError && error.kind === "missing" && open === model.open) {
      model.open = model.file = null;
      model.say({ key: "act", kind: "warning", text: t("line.missing") });
    } else {
      missed(error);
    }
  }
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return escape();
  const typing = event.target instanceof HTMLElement &&
    event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  if (event.key.toLowerCase() === "n" && !event.repeat && !typing) {
    event.preventDefault();
    void acts.next();
  }
}

/** Out of the innermost thing that is open. */
function escape() {
  if (panel.escape() || !model.file) return;
  if (model.pane === "check") acts.startClosing();
  else if (model.pane === "closing") acts.leaveClosing();
  else if (model.draft(model.file.booking.id).waiving) acts.waiving(false);
}

news.addEventListener("changed", () => panel.nudge());
parts.next.addEventListener("click", () => void acts.next());
parts.next.disabled = false;
document.addEventListener("keydown", pressed);
addEventListener("online", () => statePoll.now());
addEventListener("pagehide", () => {
  if (model.open) sessionStorage.setItem(OPEN, model.open);
  else sessionStorage.removeItem(OPEN);
});

model.open = model.state.current ?? sessionStorage.getItem(OPEN);
arrivals.look();
render();
document.documentElement.dataset.ready = "";
void statePoll.run();
void filePoll.run();
