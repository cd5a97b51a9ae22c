import assert from "node:assert/strict";
import { test } from "node:test";

import {
  SUITES,
  decodeHeader,
  decrypt,
  deriveKey,
  encodeHeader,
  encrypt,
  importBaseKey,
} from "../../chalicelib/web/static/js/call/sframe.js";

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (data) => Buffer.from(data).toString("hex");

const METADATA = bytes("4945544620534672616d65205747"); // "IETF SFrame WG"
const PLAINTEXT = bytes("64726166742d696574662d736672616d652d656e63"); // "draft-ietf-sframe-enc"
const BASE_KEY = bytes("000102030405060708090a0b0c0d0e0f");

test("RFC 9605, appendix C.3: key, salt and ciphertext of both suites", async () => {
  const vectors = [
    {
      suite: SUITES.AES_128_GCM_SHA256_128,
      key: "d34f547f4ca4f9a7447006fe7fcbf768",
      salt: "75234edefe07819026751816",
      ct: "9901234567b7412c2513a1b66dbb48841bbaf17f598751176ad847681a69c6d0b091c07018ce4adb34eb",
    },
    {
      suite: SUITES.AES_256_GCM_SHA512_128,
      key: "d3e27b0d4a5ae9e55df01a70e6d4d28d969b246e2936f4b7a5d9b494da6b9633",
      salt: "84991c167b8cd23c93708ec7",
      ct: "990123456794f509d36e9beacb0e261d99c7d1e972f1fed787d4049f17ca21353c1cc24d56ceabced279",
    },
  ];
  // The product's keys cannot be exported; the vectors' can.
  const subtle = new Proxy(crypto.subtle, {
    get: (real, name) =>
      name === "deriveKey"
        ? (algorithm, base, cipher, _, usages) => real.deriveKey(algorithm, base, cipher, true, usages)
        : real[name].bind(real),
  });
  for (const { suite, key, salt, ct } of vectors) {
    const derived = await deriveKey(0x123, await importBaseKey(BASE_KEY), ["encrypt", "decrypt"], suite, subtle);
    assert.equal(key, hex(await crypto.subtle.exportKey("raw", derived.key)));
    assert.equal(salt, hex(derived.salt));
    assert.equal(ct, hex(await encrypt(derived, 0x4567, METADATA, PLAINTEXT)));
    const header = decodeHeader(bytes(ct));
    assert.deepEqual({ kid: 0x123, counter: 0x4567, length: 5 }, header);
    assert.equal(hex(PLAINTEXT), hex(await decrypt(derived, header, METADATA, bytes(ct))));
  }
});

test("headers: small numbers in the first byte, long ones behind it", () => {
  for (const [kid, counter, header] of [
    [0, 0, "00"],
    [0, 7, "07"],
    [7, 7, "77"],
    [0, 8, "0808"],
    [8, 0, "8008"],
    [0, 0xff, "08ff"],
    [0xff, 0, "80ff"],
    [0x100, 0x100, "9901000100"],
    [0x123, 0x4567, "9901234567"],
    [2 ** 53 - 1, 0, "e01fffffffffffff"],
  ]) {
    assert.equal(header, hex(encodeHeader(kid, counter)));
    assert.deepEqual({ kid, counter, length: header.length / 2 }, decodeHeader(bytes(`${header}`)));
  }
});

test("headers that nobody writes are none", () => {
  for (const bad of ["", "99", "990123", "99012345", "0807", "8800", "09000a", "0fffffffffffffffff", "f0ffffffffffffffff"])
    assert.equal(null, decodeHeader(bytes(bad)), bad);
  for (const bad of [-1, 0.5, 2 ** 53, NaN]) assert.throws(() => encodeHeader(bad, 0), RangeError);
});

test("one altered bit anywhere, and nothing comes out", async () => {
  const key = await deriveKey(5, await importBaseKey(BASE_KEY), ["encrypt", "decrypt"]);
  const sealed = await encrypt(key, 300, METADATA, PLAINTEXT);
  for (let at = 0; at < sealed.length; at += 1) {
    const altered = sealed.with(at, sealed[at] ^ 1);
    const header = decodeHeader(altered);
    if (header) await assert.rejects(decrypt(key, header, METADATA, altered), `byte ${at}`);
  }
  await assert.rejects(decrypt(key, decodeHeader(sealed), METADATA.subarray(1), sealed));
});
