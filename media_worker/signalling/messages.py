"""What is said when a browser joins: the offer understood, the answer to be written, and the problems."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class IceCredentials:
    """User fragment and password of one side (RFC 8839, 5.4)."""

    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Digest of a DTLS certificate (RFC 8122), `value` as upper-case hexadecimal pairs with colons."""

    algorithm: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSection:
    """An audio part of an offer: Opus under `opus`; `ssrc` is None where the browser names none, or sends nothing."""

    mid: str
    opus: int
    ssrc: int | None
    extensions: Mapping[str, int]
    one_way: bool = False  # the browser only receives here


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSection:
    """A video part of an offer: VP8 under `vp8`, its retransmissions under `rtx`."""

    mid: str
    vp8: int
    rtx: int | None
    ssrc: int | None
    rtx_ssrc: int | None
    extensions: Mapping[str, int]
    one_way: bool = False  # the browser only receives here


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSection:
    """The data channels' part of an offer (RFC 8841): SCTP over DTLS, on the browser's `port`."""

    mid: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedSection:
    """A part that the worker does not serve (further streams): answered with port 0."""

    mid: str
    media: str
    protocol: str
    formats: str


Section: TypeAlias = AudioSection | VideoSection | DataSection | RefusedSection


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A browser's offer, as far as the worker needs it. Its ICE candidates are left out on purpose.

    The worker answers checks and never sends to an address because an offer names it: else a hostile offer
    could aim packets at anybody.
    """

    ice: IceCredentials
    fingerprints: tuple[Fingerprint, ...]
    sections: tuple[Section, ...]
    audio: AudioSection
    video: VideoSection
    second: tuple[AudioSection, VideoSection] | None = None  # where the browser would receive a second person
    data: DataSection | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteStream:
    """The other participant's stream as this browser will receive it; SSRCs of our own."""

    stream_id: str
    audio_ssrc: int
    video_ssrc: int
    rtx_ssrc: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """The worker's end of the connection, as the answer names it."""

    ice: IceCredentials
    fingerprints: tuple[Fingerprint, ...]
    address: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Problem details for HTTP (RFC 9457); `detail` tells the caller what to do."""

    kind: str
    status: HTTPStatus
    title: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the members of the problem document."""
        return {
            "type": f"urn:fernamt:problem:{self.kind}",
            "title": self.title,
            "status": self.status.value,
            "detail": self.detail,
        }


def ticket_refused(reason: str) -> Problem:
    """401: the ticket is missing, forged, expired or meant for somebody else."""
    return Problem(
        kind="media-ticket-refused",
        status=HTTPStatus.UNAUTHORIZED,
        title="The media ticket is not valid",
        detail=f"{reason}. Fetch a fresh ticket from the office and post the offer again.",
        headers={"WWW-Authenticate": 'Bearer realm="fernamt-media"'},
    )


def offer_refused(reason: str) -> Problem:
    """422: the body is no offer that the worker can answer."""
    return Problem(
        kind="offer-refused",
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title="The offer cannot be answered",
        detail=f"{reason}. Offer bundled, sendrecv audio (Opus) and video (VP8 with rtx).",
    )


def not_served(status: HTTPStatus) -> Problem:
    """404, 405, 413: no such route or method, or a body beyond all measure."""
    return Problem(
        kind="not-served",
        status=status,
        title=status.phrase,
        detail="POST an SDP offer of at most 64 KiB to /media/sessions; PATCH or DELETE the session it gave.",
    )


WRONG_CONTENT = Problem(
    kind="wrong-content-type",
    status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    title="The body is not an SDP offer",
    detail="Send the offer as application/sdp.",
)
WRONG_SEAT = Problem(
    kind="wrong-seat",
    status=HTTPStatus.CONFLICT,
    title="The ticket is for another seat than this session's",
    detail="Fetch a ticket for the seat that this session has, or post an offer with the new one.",
)
WORKER_SILENT = Problem(
    kind="worker-silent",
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    title="The media worker that owns this call does not answer",
    detail="Fetch a fresh ticket in a second: the call will be placed on another worker.",
    headers={"Retry-After": "1"},
)
WORKER_LEAVING = Problem(
    kind="worker-leaving",
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    title="This media worker is about to end and takes no further call",
    detail="Fetch a fresh ticket in a second: the call will be placed on another worker.",
    headers={"Retry-After": "1"},
)
WRONG_WORKER = Problem(
    kind="wrong-worker",
    status=HTTPStatus.CONFLICT,
    title="This call lives on another media worker",
    detail="Fetch a fresh ticket from the office: it names the worker that owns the call.",
)
STALE_GENERATION = Problem(
    kind="stale-generation",
    status=HTTPStatus.CONFLICT,
    title="The call was placed anew since this ticket was made",
    detail="Fetch a fresh ticket from the office and post the offer again.",
)
WORKER_FULL = Problem(
    kind="worker-full",
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    title="This media worker takes no further call",
    detail="Fetch a fresh ticket in a few seconds: the call will be placed on another worker.",
    headers={"Retry-After": "2"},
)
NO_SUCH_SESSION = Problem(
    kind="no-such-session",
    status=HTTPStatus.NOT_FOUND,
    title="There is no such media session",
    detail="Nothing is left to do: it has ended or was replaced by a newer one.",
)
