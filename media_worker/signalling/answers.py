"""Session descriptions (RFC 8866, RFC 9429): write the worker's answer.

The answer is the worker's own: VP8, Opus, retransmissions and data channels only, everything on one port, no
`mid` header extension, and the streams of the other participants announced before they exist (an answer cannot
add any later).
"""

from collections.abc import Sequence

from media_worker.signalling.messages import (
    AudioSection,
    DataSection,
    Endpoint,
    Offer,
    RemoteStream,
    Section,
    VideoSection,
)

VIDEO_FEEDBACK = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
AUDIO_FEEDBACK = ("transport-cc",)
SCTP_PORT = 5000
MESSAGE_MAX_BYTES = 16 * 1024


def write_answer(offer: Offer, *, endpoint: Endpoint, remotes: Sequence[RemoteStream], session_id: int) -> str:
    """Write the answer. `remotes[0]` arrives where the browser also sends, `remotes[1]` where it only receives."""
    answered: dict[str, list[str]] = {}
    pairs = [(offer.audio, offer.video)] + ([offer.second] if offer.second and len(remotes) > 1 else [])
    for (audio, video), remote in zip(pairs, remotes, strict=False):
        answered[audio.mid] = _audio(audio, endpoint=endpoint, remote=remote)
        answered[video.mid] = _video(video, endpoint=endpoint, remote=remote)
    if offer.data is not None:
        answered[offer.data.mid] = _data(offer.data, endpoint=endpoint)
    lines = [
        "v=0",
        f"o=- {session_id} 1 IN {_family(endpoint.address)} {endpoint.address}",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(section.mid for section in offer.sections if section.mid in answered)}",
        f"a=msid-semantic:WMS {' '.join(remote.stream_id for remote, _ in zip(remotes, pairs, strict=False))}",
    ]
    for section in offer.sections:
        lines += answered.get(section.mid) or _refusal(section)
    return "\r\n".join(lines) + "\r\n"


def _refusal(section: Section) -> list[str]:
    if isinstance(section, AudioSection):
        first = f"m=audio 0 UDP/TLS/RTP/SAVPF {section.opus}"
    elif isinstance(section, VideoSection):
        first = f"m=video 0 UDP/TLS/RTP/SAVPF {section.vp8}"
    elif isinstance(section, DataSection):
        first = "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"
    else:
        first = f"m={section.media} 0 {section.protocol} {section.formats}"
    return [first, "c=IN IP4 0.0.0.0", f"a=mid:{section.mid}", "a=inactive"]


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
    ]


def _rtp(*, one_way: bool) -> list[str]:
    return ["a=sendonly" if one_way else "a=sendrecv", "a=rtcp-mux", "a=rtcp-rsize"]


def _data(section: DataSection, *, endpoint: Endpoint) -> list[str]:
    return [
        f"m=application {endpoint.port} UDP/DTLS/SCTP webrtc-datachannel",
        *_transport(section.mid, endpoint),
        f"a=sctp-port:{SCTP_PORT}",
        f"a=max-message-size:{MESSAGE_MAX_BYTES}",
    ]


def _audio(section: AudioSection, *, endpoint: Endpoint, remote: RemoteStream) -> list[str]:
    return [
        f"m=audio {endpoint.port} UDP/TLS/RTP/SAVPF {section.opus}",
        *_transport(section.mid, endpoint),
        *_rtp(one_way=section.one_way),
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
        *_rtp(one_way=section.one_way),
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
