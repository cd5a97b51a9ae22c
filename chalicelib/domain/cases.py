"""The case: who did what when, as an append-only chain that can be erased and still be verified.

Each act of a file adds entries. An entry names time, actor and kind in the clear and holds, instead of
its payload, a *commitment*: a hash of the payload salted with at least 128 random bits. Payload and salt
are kept apart from the entry. Deleting both leaves a commitment that nobody can guess their way back from,
and the chain still verifies: that is how an append-only record and the right to erasure (Art. 17 DSGVO)
live together.

Format "fernamt-case/1", so that anyone can write a verifier of their own:

* canonical(x): JSON by RFC 8785 (JCS) in UTF-8, with no floats and no integer beyond ±(2^53 - 1);
* commitment = SHA-256(tag "fernamt-case/1 payload", 0x00, length of salt in one byte, salt,
  canonical(payload));
* hash = SHA-256(tag "fernamt-case/1 entry", 0x00, canonical of an object with the members
  actor, at, booking_id, commitment, kind, prev, seq);
* `at` is UTC with six decimals and "Z"; `prev` is the hash of the entry before, 64 zeros before the first;
* the head is signed as a JWS (RFC 7515, ES256) whose header and claims `head_signing_input` writes.

The tags in front ("domain separation") make sure that no hash of one kind can be shown as one of another.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from chalicelib.domain.canonical_json import JSON, SAFE_INTEGER, base64url, canonical

FORMAT = "fernamt-case/1"
START = "0" * 64
SALT_BYTES = 16
SALT_BYTES_MAX = 255

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_SALT = re.compile(r"(?:[0-9a-f]{2}){16,255}\Z")
_ACTOR = re.compile(r"[a-z][a-z0-9-]{0,31}(?::[!-~]{1,128})?\Z")
_KIND = re.compile(r"[a-z][a-z0-9_. -]{0,63}\Z")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z")


@dataclass(frozen=True, slots=True)
class Record:
    """What an act wants written: `kind` in the past tense ("fee-asked"), `actor` like "clerk:hd-1".

    Kind and actor stay for ever: nothing about the citizen belongs in them. All else goes into `payload`.
    """

    kind: str
    actor: str
    payload: Mapping[str, JSON]

    def __post_init__(self) -> None:
        _expect(_KIND, self.kind, "kind")
        _expect(_ACTOR, self.actor, "actor")


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain. `rev` counts commits of the file, `seq` entries; `hash` is the last entry's.

    `nonce` is the last commit's own mark, by which a repeat recognises itself.
    """

    rev: int
    seq: int
    hash: str
    signature: str | None
    nonce: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One link. `at` is aware UTC; `commitment`, `prev` and `hash` are lower-case hex of 32 bytes."""

    seq: int
    at: datetime
    actor: str
    kind: str
    commitment: str
    prev: str
    hash: str

    def __post_init__(self) -> None:
        if type(self.seq) is not int or not 1 <= self.seq <= SAFE_INTEGER:
            raise ValueError(f"seq: {self.seq!r} is not a count from 1")
        _expect(_ACTOR, self.actor, "actor")
        _expect(_KIND, self.kind, "kind")
        for name in ("commitment", "prev", "hash"):
            _expect(_DIGEST, getattr(self, name), name)
        stamp(self.at)


@dataclass(frozen=True, slots=True)
class Payload:
    """What an entry commits to, with the salt (hex, at least 128 bits). Erasure deletes all of it."""

    seq: int
    salt: str
    payload: Mapping[str, JSON]

    def __post_init__(self) -> None:
        if type(self.seq) is not int or self.seq < 1:
            raise ValueError(f"seq: {self.seq!r} is not a count from 1")
        _expect(_SALT, self.salt, "salt")


class Fault(StrEnum):
    """Ways in which a chain can be broken."""

    MISSING = "missing"
    MISPLACED = "misplaced"
    REPEATED = "repeated"
    CHANGED = "changed"
    UNLINKED = "unlinked"
    ENDS_ELSEWHERE = "ends-elsewhere"
    PAYLOAD_CHANGED = "payload-changed"
    PAYLOAD_REPEATED = "payload-repeated"
    PAYLOAD_WITHOUT_ENTRY = "payload-without-entry"


@dataclass(frozen=True, slots=True)
class Break:
    """One fault at entry `seq`."""

    seq: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verification found. `erased` are entries whose payload is gone: allowed, and worth saying."""

    entries: int
    breaks: tuple[Break, ...]
    erased: tuple[int, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was changed, added, left out or moved."""
        return not self.breaks


def seal(
    head: Head, records: Sequence[Record], *, at: datetime, salts: Sequence[bytes], booking_id: str
) -> tuple[list[Entry], list[Payload], str]:
    """Chain `records` to `head`, one fresh random salt each; return entries, payloads and the new last hash.

    Raises ValueError for salts too short or too few, a time that is not UTC, a payload that is not JSON.
    """
    entries: list[Entry] = []
    payloads: list[Payload] = []
    prev = head.hash
    if len(set(salts)) != len(salts):
        raise ValueError("salts: each must be fresh")  # equal payloads would show equal commitments
    for seq, (record, salt) in enumerate(zip(records, salts, strict=True), start=head.seq + 1):
        commitment = commit_to(record.payload, salt=salt)
        digest = entry_hash(
            booking_id=booking_id,
            seq=seq,
            at=at,
            actor=record.actor,
            kind=record.kind,
            commitment=commitment,
            prev=prev,
        )
        entries.append(Entry(seq, at, record.actor, record.kind, commitment, prev, digest))
        payloads.append(Payload(seq, salt.hex(), record.payload))
        prev = digest
    return entries, payloads, prev


def verify(entries: Sequence[Entry], payloads: Iterable[Payload], *, booking_id: str, head_hash: str) -> Verdict:
    """Check `entries`, in the order given, against each other, their payloads and `head_hash`.

    A missing payload counts as erased. Take `head_hash` from a checked signature or a receipt: then a chain
    that was rewritten as a whole does not hold either.
    """
    breaks = [*_misplaced(entries)]
    breaks += [Break(e.seq, Fault.CHANGED) for e in entries if e.hash != _own_hash(e, booking_id)]
    if entries and entries[0].prev != START:
        breaks.append(Break(entries[0].seq, Fault.UNLINKED))
    breaks += [Break(b.seq, Fault.UNLINKED) for a, b in pairwise(entries) if b.prev != a.hash]
    if (entries[-1].hash if entries else START) != head_hash:
        breaks.append(Break(entries[-1].seq if entries else 0, Fault.ENDS_ELSEWHERE))

    commitments = {entry.seq: entry.commitment for entry in entries}
    opened: set[int] = set()
    for payload in payloads:
        if payload.seq in opened:
            breaks.append(Break(payload.seq, Fault.PAYLOAD_REPEATED))
        elif payload.seq not in commitments:
            breaks.append(Break(payload.seq, Fault.PAYLOAD_WITHOUT_ENTRY))
        elif _commitment_or_none(payload) != commitments[payload.seq]:
            breaks.append(Break(payload.seq, Fault.PAYLOAD_CHANGED))
        opened.add(payload.seq)
    breaks.sort(key=lambda found: found.seq)
    return Verdict(len(entries), tuple(breaks), tuple(sorted(commitments.keys() - opened)))


def commit_to(payload: Mapping[str, JSON], *, salt: bytes) -> str:
    """Return the commitment to `payload` (hex). Raises ValueError for a salt outside 16..255 bytes."""
    if not SALT_BYTES <= len(salt) <= SALT_BYTES_MAX:
        raise ValueError("salt: 16 to 255 bytes are needed")
    return _digest(b"fernamt-case/1 payload", bytes([len(salt)]) + salt + canonical(payload))


def entry_hash(*, booking_id: str, seq: int, at: datetime, actor: str, kind: str, commitment: str, prev: str) -> str:
    """Return the hash of an entry (hex)."""
    parts: Mapping[str, JSON] = {
        "booking_id": booking_id,
        "seq": seq,
        "at": stamp(at),
        "actor": actor,
        "kind": kind,
        "commitment": commitment,
        "prev": prev,
    }
    return _digest(b"fernamt-case/1 entry", canonical(parts))


def head_signing_input(*, booking_id: str, seq: int, digest: str, key_id: str) -> str:
    """Return header and claims of the head's JWS, to be followed by "." and the signature (RFC 7515, 5.1).

    Both are canonical, so a verifier rebuilds this text and never parses what it was sent.
    """
    header: Mapping[str, JSON] = {"alg": "ES256", "kid": key_id, "typ": "fernamt-case-head"}
    claims: Mapping[str, JSON] = {"booking_id": booking_id, "format": FORMAT, "hash": digest, "seq": seq}
    return f"{base64url(canonical(header))}.{base64url(canonical(claims))}"


def key_id(x: bytes, y: bytes) -> str:
    """Name a P-256 public key by its thumbprint (RFC 7638) from its coordinates of 32 bytes each."""
    key = {"crv": "P-256", "kty": "EC", "x": base64url(x), "y": base64url(y)}
    return base64url(hashlib.sha256(canonical(key)).digest())


def stamp(at: datetime) -> str:
    """Write a time as entries do: 2026-11-24T09:20:00.000000Z. Raises ValueError unless it is aware UTC."""
    if at.utcoffset() != timedelta(0):
        raise ValueError(f"at: {at.isoformat()} is not in UTC")
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_stamp(text: str) -> datetime:
    """Read what `stamp` wrote, and nothing else. Raises ValueError."""
    _expect(_STAMP, text, "at")
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def _misplaced(entries: Sequence[Entry]) -> Iterable[Break]:
    seen: set[int] = set()
    for place, entry in enumerate(entries, start=1):
        if entry.seq in seen:
            yield Break(entry.seq, Fault.REPEATED)
        elif entry.seq != place:
            yield Break(entry.seq, Fault.MISPLACED)
        seen.add(entry.seq)
    # What lies beyond the last entry only the head knows (ENDS_ELSEWHERE); gaps are named here.
    gaps = sorted(set(range(1, len(entries) + 1)) - seen)
    yield from (Break(seq, Fault.MISSING) for seq in gaps)


def _own_hash(entry: Entry, booking_id: str) -> str:
    return entry_hash(
        booking_id=booking_id,
        seq=entry.seq,
        at=entry.at,
        actor=entry.actor,
        kind=entry.kind,
        commitment=entry.commitment,
        prev=entry.prev,
    )


def _commitment_or_none(payload: Payload) -> str | None:
    try:
        return commit_to(payload.payload, salt=bytes.fromhex(payload.salt))
    except ValueError:
        return None


def _digest(tag: bytes, data: bytes) -> str:
    return hashlib.sha256(tag + b"\x00" + data).hexdigest()


def _expect(pattern: re.Pattern[str], text: object, name: str) -> None:
    if not isinstance(text, str) or pattern.match(text) is None:
        raise ValueError(f"{name}: {text!r} does not have the form {pattern.pattern}")
