"""The exported case: one JSON document that `python -m chalicelib.verify` checks without the office.

Nothing stands in it that the signed head does not vouch for: no office name, no time of export.
"""

import json
from collections.abc import Sequence

from chalicelib.domain.canonical_json import JSON
from chalicelib.domain.cases import FORMAT, Entry, Head, Payload, stamp


def export(head: Head, entries: Sequence[Entry], payloads: Sequence[Payload], *, booking_id: str) -> str:
    """Write the case file of a booking, payloads in the clear where they are not erased."""
    document: dict[str, JSON] = {
        "format": FORMAT,
        "booking_id": booking_id,
        "head": {"seq": head.seq, "hash": head.hash, "signature": head.signature},
        "entries": [
            {
                "seq": entry.seq,
                "at": stamp(entry.at),
                "actor": entry.actor,
                "kind": entry.kind,
                "commitment": entry.commitment,
                "prev": entry.prev,
                "hash": entry.hash,
            }
            for entry in entries
        ],
        "payloads": [{"seq": payload.seq, "salt": payload.salt, "payload": payload.payload} for payload in payloads],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)
