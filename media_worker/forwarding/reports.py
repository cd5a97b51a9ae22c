"""RTCP of one seat, translated for another: SSRCs and sequence numbers are those that the receiver knows.

Passed on: sender's and receiver's reports, NACK, transport-wide feedback, REMB. Key frame requests become
effects of the bridge. Left out: source descriptions (the answer names the CNAME, and a browser's own one is
nobody's business), goodbyes (a reload is no goodbye), extended and application-defined packets; and, where a
source has several targets, feedback on the transport and REMB: there the worker speaks for all of them.
"""

from media_worker.forwarding import rtcp
from media_worker.forwarding.packets import U16, U32
from media_worker.forwarding.paths import Kind, Path

LOST_FRACTION_OFFSET = 4  # of a report block: lost since the last report, in 256ths
HIGHEST_SEQUENCE_OFFSET = 10  # low half of a report block's extended highest sequence number
SENDER_TIME_OFFSET = 12  # RTP timestamp of a sender's report, after SSRC and NTP time
TRANSPORT_BASE_OFFSET = 8  # base sequence number of transport-wide feedback


def translate(part: rtcp.Part, *, onward: Path, back: Path) -> bytes:
    """Return `part` for the other seat, or nothing.

    `onward` leads from the reporting seat to the other one; `back` is the way by which the reporting seat
    receives what it reports on.
    """
    match part.kind, part.fmt:
        case rtcp.SENDER_REPORT, _:
            return _sender_report(part, onward=onward, back=back)
        case rtcp.RECEIVER_REPORT, _:
            return _receiver_report(part, onward=onward, back=back)
        case rtcp.TRANSPORT_FEEDBACK, rtcp.FMT_NACK:
            return _nack(part, onward=onward, back=back)
        case rtcp.TRANSPORT_FEEDBACK, rtcp.FMT_TRANSPORT_CC if not back.is_terminated:
            return _transport_feedback(part, onward=onward, back=back)
        case rtcp.PAYLOAD_FEEDBACK, rtcp.FMT_APPLICATION if not back.is_terminated:
            return _bandwidth(part, onward=onward, back=back)
    return b""


def heed(part: rtcp.Part, *, back: Path, shared_by: int, now_ms: int) -> None:
    """Let what a target says bound its path from one of the `shared_by` sources that it receives."""
    for block in rtcp.report_blocks(part) if part.kind in rtcp.REPORTS else ():
        if back.is_video(int(U32.unpack_from(block)[0])):
            back.bound.lost(block[LOST_FRACTION_OFFSET] / 256)
    bps = rtcp.remb_bps(part)
    if bps is not None:
        back.bound.estimated(bps // shared_by, now_ms=now_ms)


def _reporter(part: rtcp.Part, onward: Path) -> int:
    # A browser that sends nothing reports as SSRC 1: the other side knows it by its audio instead.
    own = rtcp.ssrc_at(part.body, 0)
    known = None if own is None else onward.to_outgoing(own)
    return onward.outgoing_ssrc(Kind.AUDIO) if known is None else known


def _blocks(part: rtcp.Part, back: Path) -> list[bytes]:
    translated = []
    for block in rtcp.report_blocks(part):
        outgoing = int(U32.unpack_from(block)[0])
        incoming = back.to_incoming(outgoing)
        highest = back.lost_at_source(outgoing, [int(U16.unpack_from(block, HIGHEST_SEQUENCE_OFFSET)[0])])
        if incoming is not None and highest:
            patched = bytearray(block)
            U32.pack_into(patched, 0, incoming)
            U16.pack_into(patched, HIGHEST_SEQUENCE_OFFSET, highest[0])
            translated.append(bytes(patched))
    return translated


def _sender_report(part: rtcp.Part, *, onward: Path, back: Path) -> bytes:
    info = bytearray(part.body[: 4 + rtcp.SENDER_INFO_BYTES])
    if len(info) < 4 + rtcp.SENDER_INFO_BYTES:
        return b""
    ssrc = int(U32.unpack_from(info)[0])
    outgoing = onward.to_outgoing(ssrc)
    time = onward.report_time(ssrc, int(U32.unpack_from(info, SENDER_TIME_OFFSET)[0]))
    if outgoing is None or time is None:
        return _receiver_report(part, onward=onward, back=back)
    U32.pack_into(info, 0, outgoing)
    U32.pack_into(info, SENDER_TIME_OFFSET, time)
    blocks = _blocks(part, back)
    return rtcp.write(rtcp.Part(len(blocks), rtcp.SENDER_REPORT, bytes(info) + b"".join(blocks)))


def _receiver_report(part: rtcp.Part, *, onward: Path, back: Path) -> bytes:
    blocks = _blocks(part, back)
    if not blocks:
        return b""
    body = U32.pack(_reporter(part, onward)) + b"".join(blocks)
    return rtcp.write(rtcp.Part(len(blocks), rtcp.RECEIVER_REPORT, body))


def _nack(part: rtcp.Part, *, onward: Path, back: Path) -> bytes:
    outgoing = rtcp.ssrc_at(part.body, 4)
    incoming = None if outgoing is None else back.to_incoming(outgoing)
    if outgoing is None or incoming is None:
        return b""
    lost = back.lost_at_source(outgoing, rtcp.lost_sequences(part.body))
    if back.is_terminated:
        back.want(lost)
    return rtcp.write_nack(_reporter(part, onward), incoming, lost) if lost else b""


def _transport_feedback(part: rtcp.Part, *, onward: Path, back: Path) -> bytes:
    outgoing = rtcp.ssrc_at(part.body, 4)
    incoming = None if outgoing is None else back.to_incoming(outgoing)
    if incoming is None or len(part.body) < TRANSPORT_BASE_OFFSET + 8:
        return b""
    body = bytearray(part.body)
    base = back.transport_sequence_at_source(int(U16.unpack_from(body, TRANSPORT_BASE_OFFSET)[0]))
    if base is None:
        return b""
    U32.pack_into(body, 0, _reporter(part, onward))
    U32.pack_into(body, 4, incoming)
    U16.pack_into(body, TRANSPORT_BASE_OFFSET, base)
    return rtcp.write(rtcp.Part(part.fmt, part.kind, bytes(body)))


def _bandwidth(part: rtcp.Part, *, onward: Path, back: Path) -> bytes:
    targets = rtcp.remb_targets(part)
    if not targets:
        return b""
    found = [incoming for incoming in map(back.to_incoming, targets) if incoming is not None]
    if not found:
        return b""
    fixed = bytearray(part.body[rtcp.FEEDBACK_BYTES : rtcp.FEEDBACK_BYTES + rtcp.REMB_FIXED_BYTES])
    fixed[4] = len(found)
    body = U32.pack(_reporter(part, onward)) + bytes(4) + bytes(fixed) + b"".join(map(U32.pack, found))
    return rtcp.write(rtcp.Part(part.fmt, part.kind, body))
