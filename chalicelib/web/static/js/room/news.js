/**
 * What is new between two states, as the page should tell it.
 *
 * @import {RoomState} from "./model.js"
 * @typedef {{kind: "fee" | "paid" | "paper", key: string, values: Record<string, string>}} News
 */

import { isDue } from "./fee.js";

/**
 * @param {RoomState | null} before  none: the page just opened, nothing is news
 * @param {RoomState} after
 * @returns {News[]}
 */
export function newsBetween(before, after) {
  if (!before) {
    return [];
  }
  /** @type {News[]} */
  const news = [];
  const known = new Set(before.papers.map((paper) => paper.id));
  for (const paper of after.papers) {
    if (paper.from === "clerk" && paper.state === "checked" && !known.has(paper.id)) {
      news.push({ kind: "paper", key: "live.paper", values: { name: paper.name } });
    }
  }
  if (after.payment?.state === "PAYED" && before.payment?.state !== "PAYED") {
    news.push({ kind: "paid", key: "live.paid", values: {} });
  }
  if (after.payment && isDue(after.payment) && !before.payment) {
    news.push({ kind: "fee", key: "live.fee", values: { amount: after.payment.amount.text } });
  }
  return news;
}
