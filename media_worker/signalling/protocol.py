"""Session descriptions (RFC 8866, RFC 9429): understand what a browser offers."""

import re
from dataclasses import dataclass, field

from media_worker.signalling.messages import (
    AudioSection,
    DataSection,
    Fingerprint,
    IceCredentials,
    Offer,
    RefusedSection,
    Section,
    VideoSection,
)

OFFER_MAX_BYTES = 64 * 1024
LINES_MAX = 3_000
SECTIONS_MAX = 16
EXTENSION_ID_MAX = 14  # one-byte header extensions (RFC 8285, 4.2)
SSRC_MAX = 0xFFFF_FFFF
PAYLOAD_TYPE_MAX = 127
PORT_MAX = 0xFFFF

TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
# Orientation turns a phone's picture upright, send time serves the receiver's estimator. The voice's level is left
# out on purpose: it stands in the clear beside the encrypted voice, and would tell the relay who speaks when.
SERVED_EXTENSIONS = (
    TRANSPORT_CC,
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "urn:3gpp:video-orientation",
)
_TOKEN = re.compile(r"[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]{1,64}")
_ICE_USERNAME = re.compile(r"[A-Za-z0-9+/]{4,256}")
_ICE_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_FINGERPRINT = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){15,63}")
_RTPMAP = re.compile(r"(\d{1,3}) ([A-Za-z0-9\-]+)/(\d+)(?:/(\d+))?")
_APT = re.compile(r"(\d{1,3}) (?:.*;\s*)?apt=(\d{1,3})(?:;.*)?")
_EXTMAP = re.compile(r"(\d{1,5})(?:/[a-z]+)? (\S+)(?: .*)?")


class OfferRefused(ValueError):  # the event, as everywhere: the caller's offer was refused
    """The text is no offer that the worker can answer; the message says what it lacks."""


@dataclass(slots=True)
class _Lines:
    """One part of a description: its first line and its attributes in order."""

    first: str
    attributes: list[tuple[str, str]] = field(default_factory=list)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]

    def one(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)


def parse_offer(text: str) -> Offer:
    """Understand a browser's offer. Raises OfferRefused, and nothing else, on any text."""
    if len(text) > OFFER_MAX_BYTES:
        raise OfferRefused("The offer is longer than 64 KiB")
    session, media = _split(text)
    mids = [_mid(section) for section in media]
    if len(set(mids)) != len(mids):
        raise OfferRefused("Two media sections have the same mid")
    sections = _sections(media, mids)
    audio, video = _pair(sections, one_way=False)
    if audio is None or video is None:
        raise OfferRefused("The offer lacks a sendrecv audio section with Opus or a video section with VP8")
    groups = (group.split() for group in session.all("group"))
    bundled = next((set(group[1:]) for group in groups if group[:1] == ["BUNDLE"]), set())
    if not {section.mid for section in sections if not isinstance(section, RefusedSection)} <= bundled:
        raise OfferRefused("Audio, video and data are not bundled")
    # Bundled sections share the transport of the first (RFC 9143, 7.2).
    leading = media[mids.index(_bundle_lead(session, mids, audio.mid))]
    return Offer(
        ice=_ice(session, leading),
        fingerprints=_fingerprints(session, leading),
        sections=sections,
        audio=audio,
        video=video,
        second=_second(sections, audio, video),
        data=next((section for section in sections if isinstance(section, DataSection)), None),
    )


def _split(text: str) -> tuple[_Lines, list[_Lines]]:
    lines = text.split("\n", LINES_MAX)
    if len(lines) > LINES_MAX:
        raise OfferRefused("The offer has too many lines")
    session = _Lines("session")
    media: list[_Lines] = []
    for raw in lines:
        line = raw.rstrip("\r")
        if line.startswith("m="):
            media.append(_Lines(line[2:]))
        elif line.startswith("a="):
            name, _, value = line[2:].partition(":")
            (media[-1] if media else session).attributes.append((name, value))
    if not text.startswith("v=0") or not media:
        raise OfferRefused("The body is no session description")
    if len(media) > SECTIONS_MAX:
        raise OfferRefused("The offer has too many media sections")
    return session, media


def _mid(section: _Lines) -> str:
    mid = section.one("mid")
    if mid is None or not _TOKEN.fullmatch(mid):
        raise OfferRefused("A media section has no valid mid")
    return mid


def _sections(media: list[_Lines], mids: list[str]) -> tuple[Section, ...]:
    """Choose the first audio and video that go both ways, the first of each that only receives, and the data."""
    found: list[Section] = []
    chosen: set[tuple[str, bool]] = set()
    for lines, mid in zip(media, mids, strict=True):
        kind, receives = lines.first.partition(" ")[0], lines.one("recvonly") is not None
        served = None if (kind, receives) in chosen else _served(lines, mid, kind=kind)
        if served is not None:
            chosen.add((kind, receives))
        found.append(served or _refused(lines, mid))
    # A second person is seen and heard, or not received at all.
    whole = {("audio", True), ("video", True)} <= chosen
    return tuple(
        section if whole or not _is_one_way(section) else _refused(lines, mid)
        for section, lines, mid in zip(found, media, mids, strict=True)
    )


def _is_one_way(section: Section) -> bool:
    return isinstance(section, AudioSection | VideoSection) and section.one_way


def _served(lines: _Lines, mid: str, *, kind: str) -> Section | None:
    names = {name for name, _ in lines.attributes}
    if kind == "application":
        return _parse_data(lines, mid)
    if names & {"sendonly", "inactive"} or "rtcp-mux" not in names:
        return None
    if kind == "audio":
        return _parse_audio(lines, mid)
    return _parse_video(lines, mid) if kind == "video" else None


def _pair(sections: tuple[Section, ...], *, one_way: bool) -> tuple[AudioSection | None, VideoSection | None]:
    audio = (each for each in sections if isinstance(each, AudioSection) and each.one_way is one_way)
    video = (each for each in sections if isinstance(each, VideoSection) and each.one_way is one_way)
    return next(audio, None), next(video, None)


def _second(
    sections: tuple[Section, ...], audio: AudioSection, video: VideoSection
) -> tuple[AudioSection, VideoSection] | None:
    voice, picture = _pair(sections, one_way=True)
    if voice is None or picture is None:
        return None
    # One path carries either pair: both must mean the same by a payload type.
    if (voice.opus, picture.vp8, picture.rtx) != (audio.opus, video.vp8, video.rtx):
        raise OfferRefused("The second audio and video sections number their codecs otherwise than the first")
    return voice, picture


def _parse_data(lines: _Lines, mid: str) -> DataSection | None:
    """Return the data channels' section, unless it is something else than SCTP over DTLS or names no usable port."""
    parts = lines.first.split(" ")
    port = lines.one("sctp-port") or ""
    if parts[2:] != ["UDP/DTLS/SCTP", "webrtc-datachannel"] or not re.fullmatch(r"[0-9]{1,5}", port):
        return None
    return DataSection(mid=mid, port=int(port)) if 0 < int(port) <= PORT_MAX else None


def _refused(section: _Lines, mid: str) -> RefusedSection:
    parts = section.first.split(" ", 3)
    if len(parts) != 4 or not all(_TOKEN.fullmatch(parts[index]) for index in (0, 1)):  # noqa: PLR2004
        raise OfferRefused("A media section's first line is malformed")
    if not re.fullmatch(r"[A-Za-z0-9/]{1,64}", parts[2]) or not re.fullmatch(r"[\w \-]{1,512}", parts[3], re.ASCII):
        raise OfferRefused("A media section's first line is malformed")
    return RefusedSection(mid=mid, media=parts[0], protocol=parts[2], formats=parts[3])


def _parse_audio(section: _Lines, mid: str) -> AudioSection | None:
    opus = _payload_type(section, "opus", 48_000)
    if opus is None:
        return None
    ssrc, _ = _ssrcs(section)
    return AudioSection(
        mid=mid,
        opus=opus,
        ssrc=ssrc,
        extensions=_extensions(section),
        one_way=section.one("recvonly") is not None,
    )


def _parse_video(section: _Lines, mid: str) -> VideoSection | None:
    vp8 = _payload_type(section, "vp8", 90_000)
    if vp8 is None:
        return None
    ssrc, rtx_ssrc = _ssrcs(section)
    return VideoSection(
        mid=mid,
        vp8=vp8,
        rtx=_rtx_for(section, vp8),
        ssrc=ssrc,
        rtx_ssrc=rtx_ssrc,
        extensions=_extensions(section),
        one_way=section.one("recvonly") is not None,
    )


def _codecs(section: _Lines) -> dict[int, tuple[str, int]]:
    found = (_RTPMAP.fullmatch(value) for value in section.all("rtpmap"))
    every = {int(match[1]): (match[2].lower(), int(match[3][:9])) for match in found if match}
    return {number: codec for number, codec in every.items() if number <= PAYLOAD_TYPE_MAX}


def _payload_type(section: _Lines, name: str, clock_rate_hz: int) -> int | None:
    wanted = (name, clock_rate_hz)
    return next((number for number, codec in _codecs(section).items() if codec == wanted), None)


def _rtx_for(section: _Lines, vp8: int) -> int | None:
    codecs = _codecs(section)
    for value in section.all("fmtp"):
        match = _APT.fullmatch(value)
        if match and int(match[2]) == vp8 and codecs.get(int(match[1]), ("", 0))[0] == "rtx":
            return int(match[1])
    return None


def _ssrcs(section: _Lines) -> tuple[int | None, int | None]:
    """Return the SSRC of the media and that of its retransmissions, as far as they are named."""
    for group in section.all("ssrc-group"):
        names = group.split()
        if len(names) == 3 and names[0] == "FID":  # noqa: PLR2004  # FID, media, retransmissions
            return _ssrc(names[1]), _ssrc(names[2])
    first = section.one("ssrc")
    return (None if first is None else _ssrc(first.split(" ")[0])), None


def _ssrc(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) > SSRC_MAX:
        raise OfferRefused("An SSRC is not a 32-bit number")
    return int(text)


def _extensions(section: _Lines) -> dict[str, int]:
    found = (_EXTMAP.fullmatch(value) for value in section.all("extmap"))
    every = {match[2]: int(match[1]) for match in found if match}
    return {uri: every[uri] for uri in SERVED_EXTENSIONS if 1 <= every.get(uri, 0) <= EXTENSION_ID_MAX}


def _ice(session: _Lines, leading: _Lines) -> IceCredentials:
    username = leading.one("ice-ufrag") or session.one("ice-ufrag") or ""
    password = leading.one("ice-pwd") or session.one("ice-pwd") or ""
    if not _ICE_USERNAME.fullmatch(username) or not _ICE_PASSWORD.fullmatch(password):
        raise OfferRefused("The ICE user fragment or password is missing or malformed")
    return IceCredentials(username, password)


def _fingerprints(session: _Lines, leading: _Lines) -> tuple[Fingerprint, ...]:
    found = []
    for value in leading.all("fingerprint") or session.all("fingerprint"):
        algorithm, _, digest = value.partition(" ")
        # Only digests that still count as strong: a forged certificate must not fit.
        if algorithm.lower() in ("sha-256", "sha-384", "sha-512") and _FINGERPRINT.fullmatch(digest.upper()):
            found.append(Fingerprint(algorithm.lower(), digest.upper()))
    if not found:
        raise OfferRefused("The offer has no certificate fingerprint with SHA-256 or better")
    if (leading.one("setup") or session.one("setup") or "actpass") not in ("actpass", "active"):
        raise OfferRefused("The browser must be able to start DTLS (setup actpass)")
    return tuple(found)


def _bundle_lead(session: _Lines, mids: list[str], default: str) -> str:
    """Return the mid that leads the bundle, or `default` if the group names one that is not there."""
    for group in session.all("group"):
        names = group.split()
        if names[:1] == ["BUNDLE"] and len(names) > 1 and names[1] in mids:
            return names[1]
    return default
