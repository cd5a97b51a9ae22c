/** What the clerk can do. Each act asks the office, takes its answer as the new truth, and says what went wrong. */

import { api, DeskError } from "./api.js";
import { addressLines, deliveryOf, missing } from "./closing.js";
import { objection } from "./papers.js";
import { t } from "./texts.js";

/** @typedef {import("./contract.js").CaseFile} CaseFile */
/** @typedef {import("./contract.js").Paper} Paper */
/** @typedef {import("./model.js").DeskModel} DeskModel */
/** @typedef {import("./model.js").Draft} Draft */

const COPIED_MS = 2500;

export class Acts {
  /**
   * @param {DeskModel} model
   * @param {{ say: (text: string) => void, focus: (selector: string) => void, refresh: () => void,
   *   taken: (file: CaseFile) => void, relight: (booking: string) => Promise<void>, admitted: (booking: string, ticket: import("./lobby.js").Ticket) => void }} page
   *   what the acts need of the page: words for screen readers, the focus, a poll at once, news of a file, and whom the
   *   ticket into a call that just began
   */
  constructor(model, page) {
    this.model = model;
    this.page = page;
  }

  /** Take the person who is due. */
  next = async () => {
    if (this.#isInCall()) return;
    const waited = this.model.liveRows().some((row) => row.state === "waiting");
    await this.#run("next", async () => {
      const { booking, ticket } = await api.next();
      this.page.admitted(booking, ticket);
      this.#enter(booking);
    }, (error) => {
      if (error.kind === "missing") return this.#tell("info", t(waited ? "next_race" : "next_nobody"));
      if (error.kind === "conflict") return this.#tell("info", t("next_conflict"));
      return false;
    });
  };

  /** @param {string} booking */
  call = async (booking) => {
    if (this.#isInCall()) return;
    const name = this.model.row(booking)?.name ?? this.model.file?.booking.name ?? "";
    await this.#run("call", async () => {
      const file = await api.call(booking);
      this.#enter(booking);
      this.#take(file);
    }, (error) => error.kind === "conflict" && this.#tell("info", t("line.race", { name })));
  };

  hangUp = async () => {
    const booking = this.model.state.current;
    if (!booking) return;
    this.model.state.current = null; // the picture goes at once, whatever the line does
    await this.#run("hangup", async () => this.#take(await api.hangUp(booking)));
  };

  /** @param {string} booking */
  open = (booking) => {
    const { model } = this;
    model.arrived.delete(booking);
    if (model.open !== booking) {
      model.open = booking;
      model.file = null;
      model.pane = "file";
    }
    model.lines.delete("act");
    this.page.focus("#file-name");
    model.changed();
    this.page.refresh();
  };

  toList = () => {
    this.model.open = null;
    this.model.file = null;
    this.page.focus(".dk-row");
    this.model.changed();
  };

  #ticking = Promise.resolve();

  /** @param {string} step @param {boolean} done */
  step = async (step, done) => {
    const { ticks } = this.model;
    const { id } = this.#file().booking;
    ticks.set(step, done);
    // One after another: an answer that is overtaken by a later tick would take that back.
    const turn = this.#ticking.then(() => this.#run(`step ${step}`, async () => this.#take(await api.step(id, step, done))));
    this.#ticking = turn.catch(() => undefined);
    await turn;
    if (ticks.get(step) === done) ticks.delete(step);
    this.model.changed();
  };

  inviteGuest = async () => {
    const { id } = this.#file().booking;
    await this.#run("guest", async () => {
      const { url } = await api.inviteGuest(id, this.model.draft(id).guestRole);
      this.setDraft({ guestLink: url });
      this.page.focus("#guest-link");
      this.page.refresh();
    });
  };

  /** @param {boolean} guest */
  admit = async (guest) => {
    const { id } = this.#file().booking;
    await this.#run("admit", async () => {
      this.#take(await api.admit(id, guest));
      await this.page.relight(id);
      if (guest) this.setDraft({ guestLink: "" });
    });
  };

  admitDevice = async () => {
    const { id } = this.#file().booking;
    await this.#run("device", async () => {
      this.#take(await api.admitDevice(id));
      await this.page.relight(id);
    });
  };

  askFee = () => this.#run("fee", async () => this.#take(await api.askFee(this.#file().booking.id)));

  /** @param {boolean} open */
  waiving = (open) => {
    this.setDraft({ waiving: open, errors: {} });
    this.page.focus(open ? "#waive-reason" : "#section-fee");
  };

  waive = async () => {
    const { id } = this.#file().booking;
    const reason = this.model.draft(id).reason.trim();
    if (!reason) {
      this.setDraft({ errors: { reason: t("fee.reason_missing") } });
      return this.page.focus("#waive-reason");
    }
    await this.#run("waive", async () => {
      this.#take(await api.waive(id, reason));
      this.setDraft({ waiving: false, reason: "", errors: {} });
      this.page.focus("#section-fee");
    });
  };

  /** @param {File} paper */
  sendPaper = async (paper) => {
    const refused = objection(paper);
    if (refused) return void this.#tell("warning", refused);
    const draft = this.model.draft(this.#file().booking.id);
    draft.sending = paper.name;
    await this.#run("paper", async () => {
      this.#take(await api.sendPaper(this.#file().booking.id, paper));
      this.page.say(t("papers.sent", { name: paper.name }));
    });
    draft.sending = "";
    this.model.changed();
  };

  /** @param {Paper} paper */
  openPaper = (paper) => this.#run(`open ${paper.id}`, async () => {
    const { url } = await api.openPaper(this.#file().booking.id, paper.id);
    this.page.say(t("papers.opening", { name: paper.name }));
    const link = document.createElement("a");
    Object.assign(link, { href: url, target: "_blank", rel: "noopener noreferrer" });
    link.click();
    this.page.refresh();
  });

  /** @param {string} name @param {string} what @param {string} value */
  copy = async (name, what, value) => {
    try {
      await navigator.clipboard.writeText(value);
    } catch {
      return void this.#tell("warning", t("contact.copy_failed"));
    }
    this.model.copied = name;
    this.page.say(t("contact.copied", { what }));
    this.model.changed();
    setTimeout(() => {
      if (this.model.copied === name) this.model.copied = "";
      this.model.changed();
    }, COPIED_MS);
  };

  toFee = () => this.page.focus("#section-fee");

  startClosing = () => {
    const { booking, may } = this.#file();
    const draft = this.model.draft(booking.id);
    if (!may.close && draft.outcome === "done") draft.outcome = "";
    draft.address ||= `${booking.name}\n`;
    this.#show("closing");
  };

  leaveClosing = () => this.#show("file");

  checkClosing = () => {
    const { id } = this.#file().booking;
    const errors = missing(this.model.draft(id));
    this.setDraft({ errors });
    const [first] = Object.keys(errors);
    if (!first) return this.#show("check");
    this.page.focus(first === "address" || first === "document" ? `#close-${first}` : `input[name="${first}"]`);
  };

  close = () => this.#run("close", async () => {
    const { id } = this.#file().booking;
    const draft = this.model.draft(id);
    const delivery = deliveryOf(draft);
    const file = await api.close(id, {
      outcome: draft.outcome, delivery,
      address: delivery === "post" ? addressLines(draft.address).join("\n") : "",
      document: delivery === "download" ? draft.document : "",
    });
    this.model.drafts.delete(id);
    if (this.model.state.current === id) this.model.state.current = null;
    this.#take(file);
    this.#show("file");
  });

  /** @param {Partial<Draft>} change */
  setDraft = (change) => {
    Object.assign(this.model.draft(this.#file().booking.id), change);
    this.model.changed();
  };

  /** @param {"file" | "closing" | "check"} pane */
  #show(pane) {
    this.model.pane = pane;
    this.page.focus("#file-name");
    this.model.changed();
  }

  /** From now on this person is ours: the file opens while the call connects. @param {string} booking */
  #enter(booking) {
    this.model.state.current = booking;
    const row = this.model.row(booking);
    if (row) Object.assign(row, { state: "in_call", mine: true });
    this.open(booking);
  }

  /** @param {CaseFile} file */
  #take(file) {
    if (this.model.open === file.booking.id) this.page.taken(file);
    const row = this.model.row(file.booking.id);
    if (row) Object.assign(row, { state: file.visit.state, mine: file.visit.mine });
    this.model.changed();
    this.page.refresh();
  }

  #file() {
    if (!this.model.file) throw new Error("no file is open");
    return this.model.file;
  }

  #isInCall() {
    const { current } = this.model.state;
    if (current) this.#tell("info", t("next_in_call", { name: this.model.row(current)?.name ?? "" }));
    return Boolean(current);
  }

  /** @param {"info" | "warning" | "danger"} kind @param {string} text @param {() => void} [retry] */
  #tell(kind, text, retry) {
    this.model.say({ key: "act", kind, text, retry });
    return true;
  }

  /**
   * @param {string} name @param {() => Promise<void>} work
   * @param {(error: DeskError) => boolean} [explain] says a failure in its own words, or returns false
   */
  async #run(name, work, explain = () => false) {
    const { model } = this;
    if (model.busy.has(name)) return;
    model.busy.add(name);
    model.epoch += 1;
    model.lines.delete("act");
    model.changed();
    try {
      await work();
    } catch (error) {
      if (!(error instanceof DeskError)) throw error;
      if (!explain(error)) this.#explain(error, () => void this.#run(name, work, explain));
      this.page.refresh();
    } finally {
      model.busy.delete(name);
      model.epoch += 1;
      model.changed();
    }
  }

  /** @param {DeskError} error @param {() => void} retry */
  #explain(error, retry) {
    if (error.kind === "session") {
      this.model.link = "session";
      return;
    }
    const text = error.kind === "refused" && error.detail ? error.detail : t(`line.${error.kind}`);
    const again = ["network", "busy", "failed"].includes(error.kind) ? retry : undefined;
    this.#tell(error.kind === "conflict" ? "info" : "danger", text, again);
  }
}
