"""A client written in Python by docs/media-signalling.md alone agrees on keys with the pages' own, run by Node."""

from __future__ import annotations

import json
import os
import subprocess
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

DRIVER = Path(__file__).with_name("other_client.mjs")
SEATS = {"citizen": "c1f3a9", "clerk": "77b2e0"}
NUMBER = {"citizen": 1, "clerk": 2}


def listed(*parts: bytes | str) -> bytes:
    every = [part.encode() if isinstance(part, str) else part for part in parts]
    return len(every).to_bytes(4, "big") + b"".join(len(part).to_bytes(4, "big") + part for part in every)


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int, algorithm: HashAlgorithm | None = None) -> bytes:
    return HKDF(algorithm or SHA256(), length, salt, info).derive(secret)


THERE = listed(*(part for pair in SEATS.items() for part in pair))


class PythonClerk:
    """Steps 1 to 4 of the page, for two."""

    def __init__(self) -> None:
        self.set = b64encode(sha256(listed("fernamt set", THERE)).digest()[:16]).decode()
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.public = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.random = os.urandom(32)
        self.secret = os.urandom(32)
        self.commitments = {"clerk": self.commitment("clerk", self.public, self.random)}
        self.openings = {"clerk": (self.public, self.random)}
        self.secrets = {"clerk": self.secret}

    def commitment(self, seat: str, public: bytes, random: bytes) -> bytes:
        return sha256(listed("fernamt commit", seat, THERE, bytes(4), public, random)).digest()

    def said(self, step: str, **what: Any) -> bytes:
        return b"\x00" + json.dumps({"set": self.set, "round": 0, "step": step, **what}).encode()

    def commit(self) -> bytes:
        return self.said("commit", commitment=b64encode(self.commitments["clerk"]).decode())

    def hear(self, payload: bytes) -> list[bytes]:
        """Take what the citizen says; return what to say."""
        heard = json.loads(payload[1:])
        assert (payload[0], heard["set"], heard["round"]) == (0, self.set, 0)
        if heard["step"] == "commit" and "citizen" not in self.commitments:
            self.commitments["citizen"] = b64decode(heard["commitment"])
            opening = {"publicKey": b64encode(self.public).decode(), "random": b64encode(self.random).decode()}
            return [self.said("reveal", opening=opening)]
        if heard["step"] == "reveal" and "citizen" not in self.openings:
            opening = heard["opening"]
            self.openings["citizen"] = b64decode(opening["publicKey"]), b64decode(opening["random"])
            assert self.commitments["citizen"] == self.commitment("citizen", *self.openings["citizen"])
            return [self.share()]
        if heard["step"] == "share" and "citizen" not in self.secrets:
            wrapped = heard["wrapped"]["clerk"]
            sealed, iv = b64decode(wrapped["sealed"]), b64decode(wrapped["iv"])
            self.secrets["citizen"] = AESGCM(self.wrap_key("citizen", "clerk")).decrypt(
                iv, sealed, listed("fernamt secret", "citizen", "clerk", self.transcript)
            )
        return []

    def share(self) -> bytes:
        parts = [listed(seat, SEATS[seat], self.commitments[seat], *self.openings[seat]) for seat in SEATS]
        self.transcript = sha256(listed("fernamt transcript", bytes(4), *parts)).digest()
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.openings["citizen"][0])
        self.shared = self.private.exchange(ec.ECDH(), point)
        iv = os.urandom(12)
        sealed = AESGCM(self.wrap_key("clerk", "citizen")).encrypt(
            iv, self.secret, listed("fernamt secret", "clerk", "citizen", self.transcript)
        )
        return self.said(
            "share", wrapped={"citizen": {"iv": b64encode(iv).decode(), "sealed": b64encode(sealed).decode()}}
        )

    def wrap_key(self, sender: str, receiver: str) -> bytes:
        return hkdf(self.shared, self.transcript, listed("fernamt wrap", sender, receiver), 32)

    @property
    def code(self) -> str:
        digits = f"{int.from_bytes(hkdf(self.transcript, b'', b'fernamt code', 6), 'big') % 10**8:08}"
        return " ".join(digits[place : place + 2] for place in range(0, 8, 2))

    @property
    def epoch(self) -> int:
        return int.from_bytes(hkdf(self.transcript, b"", b"fernamt epoch", 3), "big") % 2**22

    def message_key(self, seat: str) -> tuple[bytes, AESGCM, bytes]:
        """The SFrame header of a first message, the key and the nonce (RFC 9605, 4.3 and 4.4)."""
        kid = self.epoch * 4 + NUMBER[seat]
        base = hkdf(self.secrets[seat], b"", b"fernamt messages", 32)
        context = kid.to_bytes(8, "big") + (5).to_bytes(2, "big")  # AES_256_GCM_SHA512_128
        key = hkdf(base, b"", b"SFrame 1.0 Secret key " + context, 32, SHA512())
        salt = hkdf(base, b"", b"SFrame 1.0 Secret salt " + context, 12, SHA512())
        width = (kid.bit_length() + 7) // 8
        header = bytes([(8 | width - 1) << 4]) + kid.to_bytes(width, "big") if kid > 7 else bytes([kid << 4])
        return header, AESGCM(key), salt  # the counter is 0: the nonce is the salt itself

    def seal(self, words: bytes) -> bytes:
        header, key, nonce = self.message_key("clerk")
        return b"\x01" + header + key.encrypt(nonce, words, header + b"fernamt message")

    def open(self, payload: bytes) -> bytes:
        header, key, nonce = self.message_key("citizen")
        assert payload.startswith(b"\x01" + header)
        return key.decrypt(nonce, payload[1 + len(header) :], header + b"fernamt message")


def test_what_the_page_says_is_enough_to_agree_and_to_speak() -> None:
    clerk = PythonClerk()
    with subprocess.Popen(["node", DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node:
        assert node.stdin
        assert node.stdout

        def tell(**what: Any) -> None:
            assert node.stdin
            print(json.dumps(what), file=node.stdin, flush=True)

        def pass_on(payload: bytes) -> None:
            tell(**{"from": NUMBER["clerk"], "payload": b64encode(payload).decode()})

        tell(seats=SEATS, lit=["citizen", "clerk"])
        pass_on(clerk.commit())
        agreed: dict[str, Any] = {}
        for line in node.stdout:
            said = json.loads(line)
            if "code" in said:
                agreed = said
            elif "payload" in said:
                for answer in clerk.hear(b64decode(said["payload"])):
                    pass_on(answer)
            if agreed and "citizen" in clerk.secrets:
                break
        assert agreed == {"code": clerk.code, "epoch": clerk.epoch}

        pass_on(clerk.seal(b"Guten Tag"))
        heard = next(said for line in node.stdout if "heard" in (said := json.loads(line)))
        assert b64decode(heard["heard"]) == b"Guten Tag"
        tell(say="Hello")
        sealed = next(
            b64decode(said["payload"])
            for line in node.stdout
            if b64decode((said := json.loads(line)).get("payload", ""))[:1] == b"\x01"
        )
        assert clerk.open(sealed) == b"Hello"
        node.stdin.close()
