"""RTCP packets: split, read and written (RFC 3550, 4585, 5104). Readers never raise on hostile bytes."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from media_worker.forwarding.packets import PADDING_BIT, U16, U32, VERSION_2, Packet

SENDER_REPORT = 200
RECEIVER_REPORT = 201
REPORTS = (SENDER_REPORT, RECEIVER_REPORT)
TRANSPORT_FEEDBACK = 205
PAYLOAD_FEEDBACK = 206

FMT_NACK = 1
FMT_TRANSPORT_CC = 15  # draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1
FMT_PLI = 1
FMT_FIR = 4
FMT_APPLICATION = 15
REMB = b"REMB"

HEADER_BYTES = 4
SENDER_INFO_BYTES = 20  # NTP time, RTP timestamp, packet and byte counts
REPORT_BLOCK_BYTES = 24
FEEDBACK_BYTES = 8  # SSRC of the one who reports, SSRC of the media
FIR_ENTRY_BYTES = 8
REMB_FIXED_BYTES = 8  # "REMB", count, exponent and mantissa
REMB_MANTISSA_BITS = 18
REMB_MANTISSA_MAX = (1 << REMB_MANTISSA_BITS) - 1
NACK_ENTRY = struct.Struct("!HH")
NACK_BITS = 16


class Part(NamedTuple):
    """One packet of a compound: count of blocks or feedback format, type, and what follows the header."""

    fmt: int
    kind: int
    body: bytes


def parts(packet: Packet) -> Iterator[Part]:
    """Yield the parts of a compound in order, up to the first one that is malformed."""
    data = bytes(packet)
    offset = 0
    while offset + HEADER_BYTES <= len(data):
        first = data[offset]
        end = offset + 4 + 4 * int(U16.unpack_from(data, offset + 2)[0])
        if first >> 6 != VERSION_2 or end > len(data):
            return
        body = data[offset + HEADER_BYTES : end]
        if first & PADDING_BIT:
            padding = body[-1] if body else 0
            if not 0 < padding <= len(body):
                return
            body = body[:-padding]
        yield Part(first & 0x1F, data[offset + 1], body)
        offset = end


def write(part: Part) -> bytes:
    """Return the part with its header, padded to a multiple of four bytes (RFC 3550, 6.4.1).

    Transport-wide feedback has bodies of any length: without the padding the rest of its compound is lost.
    """
    missing = -len(part.body) % 4
    padding = bytes(missing - 1) + bytes([missing]) if missing else b""
    first = 0x80 | (PADDING_BIT if missing else 0) | part.fmt
    words = (len(part.body) + missing) // 4
    return struct.pack("!BBH", first, part.kind, words) + part.body + padding


def ssrc_at(body: bytes, offset: int) -> int | None:
    """Return the SSRC at `offset`, or None if the body ends before."""
    return int(U32.unpack_from(body, offset)[0]) if offset + 4 <= len(body) else None


def report_blocks(part: Part) -> list[bytes]:
    """Return the report blocks (24 bytes each) of a sender's or receiver's report."""
    start = 4 + (SENDER_INFO_BYTES if part.kind == SENDER_REPORT else 0)
    whole = [part.body[at : at + REPORT_BLOCK_BYTES] for at in range(start, len(part.body), REPORT_BLOCK_BYTES)]
    return [block for block in whole[: part.fmt] if len(block) == REPORT_BLOCK_BYTES]


def lost_sequences(body: bytes) -> list[int]:
    """Return the sequence numbers that a generic NACK (RFC 4585, 6.2.1) asks for again."""
    lost = []
    for at in range(FEEDBACK_BYTES, len(body) - 3, NACK_ENTRY.size):
        first, bits = NACK_ENTRY.unpack_from(body, at)
        lost.append(first)
        lost += [(first + 1 + bit) & 0xFFFF for bit in range(NACK_BITS) if bits >> bit & 1]
    return lost


def write_nack(reporter: int, media: int, lost: Iterable[int]) -> bytes:
    """Return a generic NACK for `lost`, in as few entries as their order allows."""
    entries: list[list[int]] = []
    for sequence in lost:
        ahead = (sequence - entries[-1][0]) & 0xFFFF if entries else 0
        if 1 <= ahead <= NACK_BITS:
            entries[-1][1] |= 1 << (ahead - 1)
        else:
            entries.append([sequence, 0])
    body = struct.pack("!II", reporter, media) + b"".join(NACK_ENTRY.pack(*entry) for entry in entries)
    return write(Part(FMT_NACK, TRANSPORT_FEEDBACK, body))


def write_pli(reporter: int, media: int) -> bytes:
    """Return a picture loss indication (RFC 4585, 6.3.1): "send a key frame"."""
    return write(Part(FMT_PLI, PAYLOAD_FEEDBACK, struct.pack("!II", reporter, media)))


def write_remb(reporter: int, bps: int, targets: Sequence[int]) -> bytes:
    """Return a REMB that bounds these SSRCs together to `bps`; its 18-bit mantissa rounds down."""
    exponent = max(0, bps.bit_length() - REMB_MANTISSA_BITS)
    rate = len(targets) << 24 | exponent << REMB_MANTISSA_BITS | bps >> exponent
    body = struct.pack("!II4sI", reporter, 0, REMB, rate) + b"".join(map(U32.pack, targets))
    return write(Part(FMT_APPLICATION, PAYLOAD_FEEDBACK, body))


def write_empty_report(reporter: int) -> bytes:
    """Return a receiver's report about nothing: it says only that we are here."""
    return write(Part(0, RECEIVER_REPORT, U32.pack(reporter)))


def keyframe_targets(part: Part) -> list[int]:
    """Return the media SSRCs of which a PLI or FIR (RFC 5104, 4.3.1) asks a key frame; of others, none."""
    if part.kind != PAYLOAD_FEEDBACK:
        return []
    if part.fmt == FMT_PLI:
        target = ssrc_at(part.body, 4)
        return [] if target is None else [target]
    if part.fmt == FMT_FIR:
        found = (ssrc_at(part.body, at) for at in range(FEEDBACK_BYTES, len(part.body), FIR_ENTRY_BYTES))
        return [target for target in found if target is not None]
    return []


def remb_bps(part: Part) -> int | None:
    """Return the bits per second that a REMB allows, or None if this is none."""
    if remb_targets(part) is None:
        return None
    rate = int(U32.unpack_from(part.body, FEEDBACK_BYTES + len(REMB))[0]) & 0xFFFFFF
    return (rate & REMB_MANTISSA_MAX) << (rate >> REMB_MANTISSA_BITS)


def remb_targets(part: Part) -> list[int] | None:
    """Return the SSRCs that a REMB (draft-alvestrand-rmcat-remb-03) bounds, or None if this is none."""
    fci = part.body[FEEDBACK_BYTES:]
    if part.kind != PAYLOAD_FEEDBACK or part.fmt != FMT_APPLICATION or fci[:4] != REMB:
        return None
    if len(fci) < REMB_FIXED_BYTES:
        return None
    found = (ssrc_at(fci, REMB_FIXED_BYTES + 4 * index) for index in range(fci[4]))
    return [target for target in found if target is not None]
