"""Session descriptions as the generator writes and reads them: one audio, one video section, like Chromium's."""

from __future__ import annotations

import re
from dataclasses import dataclass

TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
TRANSPORT_CC_ID = 3
OPUS, VP8, RTX = 111, 96, 97

_CANDIDATE = re.compile(r"a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """What a relay's description says; `twcc_id` is 0 where transport-wide sequence numbers were refused."""

    username: str
    password: str
    fingerprint: str
    setup: str
    address: str
    port: int
    mids: tuple[str, str]
    twcc_id: int


def read_description(text: str) -> Remote:
    """Read an answer or offer of a relay. Raises ValueError if something is missing."""

    def one(name: str) -> str:
        found = re.search(rf"^a={name}:?(.*?)\r?$", text, re.MULTILINE)
        if found is None:
            raise ValueError(f"no {name} in the relay's description:\n{text}")
        return found[1]

    candidate = _CANDIDATE.search(text)
    if candidate is None:
        raise ValueError(f"no host candidate in the relay's description:\n{text}")
    audio, video, *_ = re.findall(r"^a=mid:(\S+)", text, re.MULTILINE)
    extension = re.search(rf"^a=extmap:(\d+)\S* {re.escape(TRANSPORT_CC)}", text, re.MULTILINE)
    return Remote(
        username=one("ice-ufrag"),
        password=one("ice-pwd"),
        fingerprint=one("fingerprint").split()[1],
        setup=one("setup"),
        address=candidate[1],
        port=int(candidate[2]),
        mids=(audio, video),
        twcc_id=int(extension[1]) if extension else 0,
    )


def write_description(
    *,
    username: str,
    password: str,
    fingerprint: str,
    address: str,
    port: int,
    setup: str,
    mids: tuple[str, str],
    ssrcs: tuple[int, int, int],
) -> str:
    """Write an offer or answer with one candidate; `ssrcs` are audio, video and retransmissions."""
    audio, video, rtx = ssrcs
    transport = [
        f"c=IN IP4 {address}",
        f"a=candidate:1 1 udp 2130706431 {address} {port} typ host",
        "a=end-of-candidates",
        f"a=ice-ufrag:{username}",
        f"a=ice-pwd:{password}",
        f"a=fingerprint:sha-256 {fingerprint}",
        f"a=setup:{setup}",
        "a=sendrecv",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        f"a=extmap:{TRANSPORT_CC_ID} {TRANSPORT_CC}",
    ]
    lines = [
        "v=0",
        f"o=- 1 1 IN IP4 {address}",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(mids)}",
        "a=msid-semantic: WMS load",
        f"m=audio {port} UDP/TLS/RTP/SAVPF {OPUS}",
        f"a=mid:{mids[0]}",
        *transport,
        f"a=rtpmap:{OPUS} opus/48000/2",
        f"a=fmtp:{OPUS} minptime=10;useinbandfec=1",
        f"a=rtcp-fb:{OPUS} transport-cc",
        "a=msid:load load-audio",
        f"a=ssrc:{audio} cname:load",
        f"m=video {port} UDP/TLS/RTP/SAVPF {VP8} {RTX}",
        f"a=mid:{mids[1]}",
        *transport,
        f"a=rtpmap:{VP8} VP8/90000",
        *(f"a=rtcp-fb:{VP8} {kind}" for kind in ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")),
        f"a=rtpmap:{RTX} rtx/90000",
        f"a=fmtp:{RTX} apt={VP8}",
        "a=msid:load load-video",
        f"a=ssrc-group:FID {video} {rtx}",
        f"a=ssrc:{video} cname:load",
        f"a=ssrc:{rtx} cname:load",
    ]
    return "\r\n".join(lines) + "\r\n"
