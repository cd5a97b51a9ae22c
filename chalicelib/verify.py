"""Verify an exported case without trusting the office that wrote it.

    python -m chalicelib.verify FILE.json --key PUBLIC.pem [--receipt 12:9f86d081884c7d65]

Needs this module, chalicelib.domain.cases (the format's description), chalicelib.domain.canonical_json and the
package cryptography.
`--key` is the office's public key, several if it changed; without it only the chain is checked, and a chain
alone could have been rewritten as a whole. `--receipt` is what a receipt prints: number and hash (16
digits or more) of the entry at which the case stood then.

Exit code: 0 all holds · 1 something does not · 2 the file, the key or the call cannot be read · 3 the chain
holds, but no key was given.
"""

import argparse
import base64
import binascii
import io
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from chalicelib.domain import cases
from chalicelib.domain.canonical_json import base64url, canonical
from chalicelib.domain.cases import Entry, Fault, Payload, Verdict

HOLDS, BROKEN, UNREADABLE, UNSIGNED = 0, 1, 2, 3
FILE_BYTES_MAX = 64 * 1024 * 1024
RECEIPT_DIGITS_MIN = 16
COORDINATE_BYTES = 32

WORDS = {
    Fault.MISSING: "entry {seq} is missing",
    Fault.MISPLACED: "entry {seq} does not stand in its place",
    Fault.REPEATED: "entry {seq} stands there more than once",
    Fault.CHANGED: "entry {seq} was changed, or belongs to another case",
    Fault.UNLINKED: "entry {seq} does not follow from the entry before it",
    Fault.ENDS_ELSEWHERE: "the chain does not end where its head says: entries were cut off or exchanged",
    Fault.PAYLOAD_CHANGED: "the contents of entry {seq} are not those that were entered",
    Fault.PAYLOAD_REPEATED: "the contents of entry {seq} stand there more than once",
    Fault.PAYLOAD_WITHOUT_ENTRY: "there are contents for entry {seq}, which does not exist",
}


class Unreadable(ValueError):
    """The file does not have the form of a case file; the text says where."""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case file as read, before anything of it is believed."""

    booking_id: str
    seq: int
    hash: str
    signature: str | None
    entries: tuple[Entry, ...]
    payloads: tuple[Payload, ...]


def read(text: str) -> CaseFile:
    """Parse a case file strictly: nothing unknown, doubled or of another type. Raises Unreadable."""
    try:
        return _case_file(json.loads(text, object_pairs_hook=_once))
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from None


def verify_chain(case: CaseFile) -> tuple[Verdict, list[str]]:
    """Check the chain against the head that the file names; return the verdict and what is wrong."""
    try:
        verdict = cases.verify(case.entries, case.payloads, booking_id=case.booking_id, head_hash=case.hash)
    except ValueError as error:  # a booking id that no encoding has
        raise Unreadable(str(error)) from None
    wrong = [WORDS[found.fault].format(seq=found.seq) for found in verdict.breaks]
    if case.seq != len(case.entries):
        wrong.append(f"the head counts {case.seq} entries, the file holds {len(case.entries)}")
    return verdict, wrong


def verify_signature(case: CaseFile, keys: Mapping[str, EllipticCurvePublicKey]) -> str | None:
    """Check the head's signature by one of `keys` (by key id); return what is wrong, or None."""
    if case.signature is None:
        return "the head is not signed"
    text, _, encoded = case.signature.rpartition(".")
    for name, key in keys.items():
        expected = cases.head_signing_input(booking_id=case.booking_id, seq=case.seq, digest=case.hash, key_id=name)
        if text == expected:
            return None if _signed(key, text, encoded) else "the signature of the head is not valid"
    return "the head is signed for another case or state, or by none of the keys given"


def verify_receipt(case: CaseFile, receipt: str) -> str | None:
    """Check that the case once stood where a receipt says ("12:9f86…"); return what is wrong, or None."""
    number, _, digits = receipt.replace(" ", "").lower().partition(":")
    if not number.isdecimal() or len(digits) < RECEIPT_DIGITS_MIN:
        raise Unreadable(f"--receipt: write NUMBER:HASH with at least {RECEIPT_DIGITS_MIN} digits of the hash")
    if any(entry.seq == int(number) and entry.hash.startswith(digits) for entry in case.entries):
        return None
    return f"entry {number} is not the one that the receipt names"


def load_key(pem: bytes) -> tuple[str, EllipticCurvePublicKey]:
    """Read a P-256 public key in PEM; return it with its key id. Raises Unreadable."""
    try:
        key = load_pem_public_key(pem)
    except ValueError:
        raise Unreadable("--key: no public key in PEM") from None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise Unreadable("--key: not a P-256 key")
    numbers = key.public_numbers()
    x, y = (number.to_bytes(COORDINATE_BYTES, "big") for number in (numbers.x, numbers.y))
    return cases.key_id(x, y), key


def report(text: str, *, keys: Mapping[str, EllipticCurvePublicKey], receipts: Sequence[str]) -> tuple[int, str]:
    """Verify a case file; return the exit code and what to tell the reader. Raises Unreadable."""
    case = read(text)
    verdict, wrong = verify_chain(case)
    lines = [f"Case {case.booking_id}, {verdict.entries} entries."]
    if case.entries:
        first, last = case.entries[0].at, case.entries[-1].at
        lines = [f"{lines[0][:-1]} from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC."]
    if keys and (fault := verify_signature(case, keys)):
        wrong.append(fault)
    wrong += [fault for receipt in receipts if (fault := verify_receipt(case, receipt))]
    if wrong:
        return BROKEN, "\n".join([*lines, "This case does NOT hold:", *(f"  ✗ {fault}" for fault in wrong)])
    lines.append("  ✓ The chain holds: no entry was changed, added, left out or moved.")
    if verdict.erased:
        erased = ", ".join(map(str, verdict.erased))
        lines.append(f"  · Contents erased, as retention demands, of entries {erased}. Their entries stand.")
    lines += [f"  ✓ The case stood at {receipt}, as the receipt says." for receipt in receipts]
    if keys:
        return HOLDS, "\n".join([*lines, "  ✓ The head is signed by the key given."])
    lines.append("  ! The signature was NOT checked: give the office's public key with --key.")
    return UNSIGNED, "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the verifier on the command line."""
    parser = argparse.ArgumentParser(prog="python -m chalicelib.verify", description="Verify an exported case.")
    parser.add_argument("file", type=Path, help="the exported case (JSON)")
    parser.add_argument("--key", type=Path, action="append", default=[], help="the office's public key (PEM)")
    parser.add_argument("--receipt", action="append", default=[], help="NUMBER:HASH as printed on a receipt")
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # old consoles know no ticks
    try:
        keys = dict(load_key(path.read_bytes()) for path in options.key)
        code, words = report(_text(options.file), keys=keys, receipts=options.receipt)
    except (OSError, Unreadable, UnicodeDecodeError) as error:
        sys.stderr.write(f"Cannot be read: {error}\n")
        return UNREADABLE
    sys.stdout.write(words + "\n")
    return code


def _signed(key: EllipticCurvePublicKey, text: str, encoded: str) -> bool:
    try:
        raw = base64.b64decode(encoded + "==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    # One signature has one spelling: base64 leaves spare bits in the last character that decoders ignore.
    if len(raw) != 2 * COORDINATE_BYTES or base64url(raw) != encoded:
        return False
    r, s = (int.from_bytes(raw[at : at + COORDINATE_BYTES], "big") for at in (0, COORDINATE_BYTES))
    try:
        key.verify(encode_dss_signature(r, s), text.encode("ascii"), ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _text(path: Path) -> str:
    if path.stat().st_size > FILE_BYTES_MAX:
        raise Unreadable("larger than any case")
    return path.read_bytes().decode("utf-8")


def _case_file(item: object) -> CaseFile:
    parts = {"format": str, "booking_id": str, "head": dict, "entries": list, "payloads": list}
    document = _members(item, parts)
    if document["format"] != cases.FORMAT:
        raise Unreadable(f"format: this verifier reads {cases.FORMAT}")
    if re.fullmatch(r"[!-~]{1,64}", document["booking_id"]) is None:
        raise Unreadable("booking_id: not an id")  # it is printed: nothing that moves a terminal's cursor
    head = _members(document["head"], {"seq": int, "hash": str, "signature": (str, type(None))})
    return CaseFile(
        document["booking_id"],
        head["seq"],
        head["hash"],
        head["signature"],
        tuple(_entry(entry) for entry in document["entries"]),
        tuple(_payload(payload) for payload in document["payloads"]),
    )


def _entry(item: object) -> Entry:
    names = dict.fromkeys(("at", "actor", "kind", "commitment", "prev", "hash"), str)
    found = _members(item, {"seq": int, **names})
    return Entry(**{**found, "at": cases.parse_stamp(found["at"])})


def _payload(item: object) -> Payload:
    found = _members(item, {"seq": int, "salt": str, "payload": dict})
    canonical(found["payload"])  # refuses floats, which have many spellings
    return Payload(**found)


def _members(item: object, types: Mapping[str, Any]) -> dict[str, Any]:
    """Return `item` if it is an object with exactly these members of exactly these types."""
    if not isinstance(item, dict) or item.keys() != types.keys():
        raise Unreadable(f"an object needs exactly the members {', '.join(types)}")
    for name, kind in types.items():
        if not isinstance(item[name], kind) or isinstance(item[name], bool):
            raise Unreadable(f"{name}: {item[name]!r} is of the wrong type")
    return item


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse doubled members: readers differ in which of two counts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("a member stands twice in an object")
    return found


if __name__ == "__main__":
    sys.exit(main())
