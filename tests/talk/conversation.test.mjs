import assert from "node:assert/strict";
import { test } from "node:test";

import { Conversation } from "../../chalicelib/web/static/js/talk/conversation.js";
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

test("letters grow in the last line of their writer, whoever else writes meanwhile", () => {
  const conversation = new Conversation();
  assert.deepEqual(conversation.live("clerk", "Gut"), []);
  conversation.hear("guest", "1", "dazwischen");
  conversation.live("clerk", "Guten Ta");
  assert.deepEqual(shown(conversation), [["clerk", "Guten Ta", "growing"], ["guest", "dazwischen", "whole"]]);
  const whole = conversation.live("clerk", "Guten Tag\nWie");
  assert.deepEqual(whole.map(({ text }) => text), ["Guten Tag"]);
  assert.deepEqual(shown(conversation).map(([, text]) => text), ["Guten Tag", "dazwischen", "Wie"]);
});

test("what was erased again leaves no empty line", () => {
  const conversation = new Conversation();
  conversation.live("clerk", "ä");
  conversation.live("clerk", "");
  conversation.live("clerk", "\n\n");
  assert.deepEqual(conversation.entries, []);
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
    { type: "changed" },
    { type: "shows", what: "screen" },
  ];
  for (const words of said) assert.deepEqual(decode(encode(words)), words);
  const block = Uint8Array.of(1, 2, 3);
  assert.deepEqual(decode(encode({ type: "live", block })), { type: "live", block });
  const bytes = (text) => new TextEncoder().encode(text);
  const nonsense = ["", "{", "null", "[]", "7", '{"type":"chat"}', '{"type":"chat","id":7,"text":"x"}',
    '{"type":"got","id":""}', '{"type":"shows","what":"<b>"}', '{"type":"constructor"}', `{"type":"got","id":"${"x".repeat(65)}"}`];
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
