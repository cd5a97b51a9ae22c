import assert from "node:assert/strict";
import { test } from "node:test";

import { Conversation } from "../../chalicelib/web/static/js/talk/conversation.js";
import { LiveWriter, REPEATS_MAX, REPEATS_MIN, REPEAT_MS } from "../../chalicelib/web/static/js/talk/live.js";
import { LINE_MAX, decode, encode } from "../../chalicelib/web/static/js/talk/words.js";

const shown = (conversation) => conversation.entries.map(({ from, text, state }) => [from, text, state]);

test("a line of our own is unheard until somebody got it", () => {
  const conversation = new Conversation();
  conversation.write("Guten Tag", "a");
  conversation.write("Hören Sie mich?", "b");
  assert.deepEqual(conversation.unheard, [{ id: "a", text: "Guten Tag" }, { id: "b", text: "Hören Sie mich?" }]);
  conversation.got("a");
  conversation.got("nobody's");
  assert.deepEqual(conversation.unheard, [{ id: "b", text: "Hören Sie mich?" }]);
  assert.deepEqual(shown(conversation), [["me", "Guten Tag", "got"], ["me", "Hören Sie mich?", "sending"]]);
});

test("a line that is said again after a lost connection is shown once, and the same id of another is another line", () => {
  const conversation = new Conversation();
  assert.ok(conversation.hear("clerk", "1", "Ja"));
  assert.equal(conversation.hear("clerk", "1", "Ja"), null);
  assert.ok(conversation.hear("guest", "1", "Ja"));
  assert.deepEqual(shown(conversation), [["clerk", "Ja", "whole"], ["guest", "Ja", "whole"]]);
});

const live = (line, seq, text) => ({ type: "live", line, seq, text });

test("letters grow in the line of their writer, whoever else writes meanwhile", () => {
  const conversation = new Conversation();
  conversation.live("clerk", live("a", 1, "Gut"));
  conversation.hear("guest", "1", "dazwischen");
  conversation.live("clerk", live("a", 3, "Guten Tag"));
  conversation.live("clerk", live("a", 2, "Guten Ta"));
  assert.deepEqual(shown(conversation), [["clerk", "Guten Tag", "growing"], ["guest", "dazwischen", "whole"]], "the older came late");
  assert.ok(conversation.hear("clerk", "a", "Guten Tag."));
  conversation.live("clerk", live("a", 9, "Guten Tag. Wi"));
  conversation.live("clerk", live("b", 1, "Wie"));
  assert.deepEqual(shown(conversation), [
    ["clerk", "Guten Tag.", "whole"], ["guest", "dazwischen", "whole"], ["clerk", "Wie", "growing"],
  ]);
});

test("what was erased again leaves no empty line, and may come back", () => {
  const conversation = new Conversation();
  conversation.live("clerk", live("a", 1, "ä"));
  conversation.live("clerk", live("a", 2, ""));
  assert.deepEqual(conversation.entries, []);
  conversation.live("clerk", live("a", 3, "ö"));
  assert.deepEqual(shown(conversation), [["clerk", "ö", "growing"]]);
});

test("typing over a line that loses, doubles and reorders: what is read ends as what was written", () => {
  let seed = 5;
  const chance = (below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  const sent = [];
  const writer = new LiveWriter({ say: (words) => sent.push(words), newLine: () => "a" });
  let text = "";
  for (let at = 0; at < 300; at += 1) {
    text = chance(5) ? text + "abcdefgh "[chance(9)] : text.slice(0, -1);
    writer.write(text);
  }
  const last = sent.at(-1);
  for (let again = 0; again < 5; again += 1) sent.push(last);
  const conversation = new Conversation();
  const arriving = sent.filter((words, at) => chance(100) >= 50 || at === sent.length - 1);
  for (let at = 0; at + 3 < arriving.length; at += 3) arriving.splice(at, 3, ...arriving.slice(at, at + 3).reverse());
  for (const words of arriving) conversation.live("clerk", words);
  assert.equal(conversation.entries[0]?.text ?? "", text);
  writer.end();
});

test("a line is repeated until it is seen, and not for ever", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const sent = [];
  const writer = new LiveWriter({ say: (words) => sent.push(words), newLine: () => "a" });
  writer.write("G");
  context.mock.timers.tick(REPEAT_MS);
  assert.equal(sent.length, 2);
  writer.write("Gu");
  writer.seen("a", 1);
  context.mock.timers.tick(REPEAT_MS);
  assert.equal(sent.length, 4, "an older one was seen");
  writer.seen("a", 2);
  for (let at = 0; at < 10; at += 1) context.mock.timers.tick(REPEAT_MS);
  assert.equal(sent.length, 2 + REPEATS_MIN, "for a third, who may not have it");
  writer.write("Gut");
  for (let at = 0; at < 50; at += 1) context.mock.timers.tick(REPEAT_MS);
  assert.equal(sent.length, 2 + REPEATS_MIN + REPEATS_MAX);
  assert.equal(writer.end(), "a");
});

test("an evening of writing does not fill the phone", () => {
  const conversation = new Conversation();
  for (let at = 0; at < 2000; at += 1) conversation.hear("clerk", String(at), "x");
  assert.equal(conversation.entries.length, 500);
});

test("words survive the way, and what is no word is nothing", () => {
  const said = [
    { type: "chat", id: "1", text: "Ümläute 😀\n" },
    { type: "got", id: "1" },
    { type: "live", line: "a", seq: 7, text: "Gut" },
    { type: "seen", line: "a", seq: 7 },
    { type: "changed" },
    { type: "shows", what: "screen" },
  ];
  for (const words of said) assert.deepEqual(decode(encode(words)), words);
  const bytes = (text) => new TextEncoder().encode(text);
  const nonsense = ["", "{", "null", "[]", "7", '{"type":"chat"}', '{"type":"chat","id":7,"text":"x"}',
    '{"type":"got","id":""}', '{"type":"live","line":"a","seq":1.5,"text":""}', '{"type":"seen","line":"a"}', '{"type":"shows","what":"<b>"}', '{"type":"constructor"}', `{"type":"got","id":"${"x".repeat(65)}"}`];
  for (const text of nonsense) assert.equal(decode(bytes(text)), null, text);
  assert.equal(decode(Uint8Array.of(0xff, 0xfe)), null);
  const long = encode({ type: "chat", id: "1", text: "x".repeat(9000) });
  assert.equal(decode(long).text.length, LINE_MAX);
});

test("no bytes make the reader throw", () => {
  let seed = 7;
  const chance = (below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  for (let round = 0; round < 5000; round += 1) {
    const bytes = encode({ type: "chat", id: "1", text: "Guten Tag" });
    for (let flips = 0; flips < 3; flips += 1) bytes[chance(bytes.length)] = chance(256);
    assert.doesNotThrow(() => decode(bytes.slice(0, chance(bytes.length + 1))));
  }
});
