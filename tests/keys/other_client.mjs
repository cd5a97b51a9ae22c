/**
 * A browser's side of the keys for test_another_client.py: a line in for what the relay says, a line out for what is said.
 * In: {"seats", "lit"}, {"from", "payload"} or {"say"}. Out: {"payload"}, {"code", "epoch"} or {"heard"}.
 */

import { createInterface } from "node:readline";
import { Privacy } from "../../chalicelib/web/static/js/call/privacy.js";

const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const text = (bytes) => Buffer.from(bytes).toString("base64");
const privacy = new Privacy({
  seat: "citizen",
  frames: { use: async () => {}, hold() {} },
  send: (bytes) => tell({ payload: text(bytes) }),
});
privacy.addEventListener("keys", ({ detail }) => tell({ code: detail.code, epoch: detail.epoch }));
privacy.addEventListener("message", ({ detail }) => tell({ heard: text(detail.message) }));
for await (const line of createInterface({ input: process.stdin })) {
  const { from, payload, say, ...news } = JSON.parse(line);
  if (say) await privacy.say(Buffer.from(say));
  else if (payload) privacy.receive(Uint8Array.of(from, ...Buffer.from(payload, "base64")));
  else privacy.news({ type: "seats", ...news });
}
privacy.close();
