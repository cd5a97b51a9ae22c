"""A media worker with an attacker inside: `python -m benchmarks.tapped_worker`, and TAP names the file to write to.

It writes down all that passes it in clear of the transport's encryption: media as it forwards them, words as it
passes them on. Only this file makes such a worker: no setting of a real one leads here.
"""

from __future__ import annotations

import os
import struct
import sys
from typing import BinaryIO

from media_worker import __main__ as worker
from media_worker.forwarding.paths import Kind
from media_worker.room import Session

RECORD = struct.Struct("!BIH")  # what it is, whose, how long
VIDEO, AUDIO, WORDS = range(3)


def tap(to: BinaryIO) -> None:
    """Let every session tell before it does its work."""
    forward, hear = Session.rtp_received, Session.message_received

    def rtp_received(self: Session, packet: bytearray, size: int) -> None:
        types = self.negotiated.payload_types
        kinds = {types[Kind.VIDEO]: VIDEO, types[Kind.AUDIO]: AUDIO}
        kind = kinds.get(packet[1] & 0x7F)
        if kind is not None and self.uplink is not None:
            to.write(RECORD.pack(kind, id(self) & 0xFFFF_FFFF, size) + packet[:size])
        forward(self, packet, size)

    def message_received(self: Session, channel: int, message: bytes) -> None:
        to.write(RECORD.pack(WORDS, id(self) & 0xFFFF_FFFF, len(message)) + message)
        hear(self, channel, message)

    vars_of = {"rtp_received": rtp_received, "message_received": message_received}
    for name, tapped in vars_of.items():
        setattr(Session, name, tapped)


def main() -> int:
    """Run the worker, tapped, until it is told to end."""
    with open(os.environ["TAP"], "wb", buffering=1 << 20) as to:  # noqa: PTH123  # unbuffered paths do not exist
        tap(to)
        return worker.main()


if __name__ == "__main__":
    sys.exit(main())
