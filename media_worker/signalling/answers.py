"""Session descriptions (RFC 8866, RFC 9429): write the worker's answer.

The answer is the worker's own: VP8, Opus and retransmissions only, everything on one port, no `mid` header
extension, and the streams of the other participant announced before they exist (an answer cannot add any
later).
"""

from media_worker.signalling.messages import (
    AudioSection,
    Endpoint,
    Offer,
    RefusedSection,
    RemoteStream,
    VideoSection,
)

VIDEO_FEEDBACK = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
AUDIO_FEEDBACK = ("transport-cc",)


def write_answer(offer: Offer, *, endpoint: Endpoint, remote: RemoteStream, session_id: int) -> str:
    """Write the answer: `remote` is received on the sections by which the browser sends."""
    lines = [
        "v=0",
        f"o=- {session_id} 1 IN {_family(endpoint.address)} {endpoint.address}",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {offer.audio.mid} {offer.video.mid}",
        f"a=msid-semantic:WMS {remote.stream_id}",
    ]
    for section in offer.sections:
        if section is offer.audio:
            lines += _audio(offer.audio, endpoint=endpoint, remote=remote)
        elif section is offer.video:
            lines += _video(offer.video, endpoint=endpoint, remote=remote)
        elif isinstance(section, RefusedSection):
            lines += [
                f"m={section.media} 0 {section.protocol} {section.formats}",
                "c=IN IP4 0.0.0.0",
                f"a=mid:{section.mid}",
                "a=inactive",
            ]
    return "\r\n".join(lines) + "\r\n"


def _family(address: str) -> str:
    return "IP6" if ":" in address else "IP4"


def _transport(mid: str, endpoint: Endpoint) -> list[str]:
    return [
        f"c=IN {_family(endpoint.address)} {endpoint.address}",
        f"a=rtcp:{endpoint.port} IN {_family(endpoint.address)} {endpoint.address}",
        # Foundation, component, protocol, priority of a host candidate (RFC 8445, 5.1.2.1).
        f"a=candidate:1 1 udp 2130706431 {endpoint.address} {endpoint.port} typ host",
        "a=end-of-candidates",
        f"a=ice-ufrag:{endpoint.ice.username}",
        f"a=ice-pwd:{endpoint.ice.password}",
        *(f"a=fingerprint:{print_.algorithm} {print_.value}" for print_ in endpoint.fingerprints),
        # The browser starts DTLS: as the server it is the worker that chooses the cipher of the media.
        "a=setup:passive",
        f"a=mid:{mid}",
        "a=sendrecv",
        "a=rtcp-mux",
        "a=rtcp-rsize",
    ]


def _audio(section: AudioSection, *, endpoint: Endpoint, remote: RemoteStream) -> list[str]:
    return [
        f"m=audio {endpoint.port} UDP/TLS/RTP/SAVPF {section.opus}",
        *_transport(section.mid, endpoint),
        f"a=rtpmap:{section.opus} opus/48000/2",
        f"a=fmtp:{section.opus} minptime=10;useinbandfec=1",
        *(f"a=rtcp-fb:{section.opus} {kind}" for kind in AUDIO_FEEDBACK),
        *(f"a=extmap:{number} {uri}" for uri, number in section.extensions.items()),
        f"a=msid:{remote.stream_id} {remote.stream_id}-audio",
        f"a=ssrc:{remote.audio_ssrc} cname:{remote.stream_id}",
    ]


def _video(section: VideoSection, *, endpoint: Endpoint, remote: RemoteStream) -> list[str]:
    formats = [str(section.vp8)] + ([] if section.rtx is None else [str(section.rtx)])
    lines = [
        f"m=video {endpoint.port} UDP/TLS/RTP/SAVPF {' '.join(formats)}",
        *_transport(section.mid, endpoint),
        f"a=rtpmap:{section.vp8} VP8/90000",
        *(f"a=rtcp-fb:{section.vp8} {kind}" for kind in VIDEO_FEEDBACK),
    ]
    if section.rtx is not None:
        lines += [f"a=rtpmap:{section.rtx} rtx/90000", f"a=fmtp:{section.rtx} apt={section.vp8}"]
    lines += [f"a=extmap:{number} {uri}" for uri, number in section.extensions.items()]
    lines.append(f"a=msid:{remote.stream_id} {remote.stream_id}-video")
    if section.rtx is not None:
        lines.append(f"a=ssrc-group:FID {remote.video_ssrc} {remote.rtx_ssrc}")
    # Media before its retransmissions: the other way round Chromium decodes nothing.
    lines.append(f"a=ssrc:{remote.video_ssrc} cname:{remote.stream_id}")
    if section.rtx is not None:
        lines.append(f"a=ssrc:{remote.rtx_ssrc} cname:{remote.stream_id}")
    return lines
