"""The only file that names private members of aiortc and aioice.

aiortc's public interface ends where it would decode. A relay needs the layers below: the socket, the address
that ICE chose, the SRTP keys. Each private name is listed in `NAMES`; a contract test holds the list against
the installed version, so an upgrade that moves one fails there and not in a call.
"""

# ruff: noqa: SLF001  # the one room where private members may be named

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

from media_worker.rtc.sctp import UNORDERED, WINDOW_BYTES, Gate
from media_worker.rtc.without_decoder import hide_decoder

hide_decoder()

import aioice.ice  # noqa: E402  # the decoder must be hidden first
import aiortc  # noqa: E402
import OpenSSL.SSL  # noqa: E402
from pylibsrtp import Session  # noqa: E402
from pylibsrtp._binding import ffi, lib  # noqa: E402

# libsrtp itself: pylibsrtp's own methods copy each packet three times.
srtp_memory, srtp_calls = ffi, lib

# BSI TR-02102-2: forward secrecy and authenticated encryption only; aiortc would offer CBC with SHA-1 as well.
CIPHERS = b"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305"

logger = logging.getLogger(__name__)

# dcsctp, which is Chromium's, has 500 and 400 ms; RFC 9260 would have 1 s, for the whole Internet's sake.
RTO_FIRST_S, RTO_MIN_S, RTO_MAX_S = 0.5, 0.25, 5.0

COMPONENT = 1  # RTP and RTCP share one (RFC 8843)

# Per object: the private members used here, and the public ones that no documentation promises.
NAMES = {
    "RTCIceGatherer": ("_connection",),
    "RTCIceTransport": ("_connection",),
    "Connection": (
        "_local_candidates",
        "_local_candidates_start",
        "_local_candidates_end",
        "_protocols",
        "_nominated",
        "get_component_candidates",
        "data_received",
        "local_username",
        "local_password",
    ),
    "StunProtocol": ("transport", "transactions", "local_candidate"),
    "RTCDtlsTransport": ("_rx_srtp", "_tx_srtp", "_set_role", "_ssl"),
    "RTCCertificate": ("_create_ssl_context",),
    "Session": ("_srtp",),
    "libsrtp": ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp"),
    "RTCSctpTransport": (
        "_advertised_rwnd",
        "_association_state",
        "_handle_data",
        "_inbound_streams",
        "_last_received_tsn",
        "_local_tsn",
        "_outbound_queue",
        "_receive",
        "_rto",
        "_rttvar",
        "_sack_misordered",
        "_send",
        "_send_chunk",
        "_sent_queue",
        "_set_state",
        "_srtt",
        "_update_rto",
    ),
}
WEBRTC_BINARY = 53  # payload protocol identifiers of RFC 8831, 8
WEBRTC_STRING = 51


class Certificate(aiortc.RTCCertificate):
    """A certificate whose handshakes agree on authenticated encryption only."""

    def _create_ssl_context(self, srtp_profiles: list[Any]) -> OpenSSL.SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        context.set_cipher_list(CIPHERS)
        return context


class _Nominations(dict[int, Any]):
    """Nominated pairs by component, told as they change."""

    def __init__(self, changed: Callable[[tuple[str, int]], None]) -> None:
        super().__init__()
        self._changed = changed

    def __setitem__(self, component: int, pair: Any) -> None:
        super().__setitem__(component, pair)
        self._changed(pair.remote_addr)


async def gather_on(gatherer: aiortc.RTCIceGatherer, address: str) -> aioice.ice.StunProtocol:
    """Gather one host candidate on `address`, port of the system's choice; return its protocol.

    aiortc's own gathering binds every address of the machine except 127.0.0.1. Raises OSError if the address
    cannot be bound.
    """
    connection = gatherer._connection
    candidates = await connection.get_component_candidates(component=COMPONENT, addresses=[address])
    if not candidates:
        raise OSError(f"cannot bind a media socket on {address}")
    connection._local_candidates += candidates
    connection._local_candidates_start = connection._local_candidates_end = True
    return connection._protocols[0]


def local_port(protocol: aioice.ice.StunProtocol) -> int:
    """Return the UDP port of a gathered candidate."""
    return int(protocol.local_candidate.port)


def local_credentials(gatherer: aiortc.RTCIceGatherer) -> tuple[str, str]:
    """Return the user fragment and password that remote checks must use."""
    return gatherer._connection.local_username, gatherer._connection.local_password


def hand_to_dtls(gatherer: aiortc.RTCIceGatherer, data: bytes) -> None:
    """Queue a DTLS record for the DTLS transport, as if it had come from the socket."""
    gatherer._connection.data_received(data, COMPONENT)


def tell_nominations(gatherer: aiortc.RTCIceGatherer, changed: Callable[[tuple[str, int]], None]) -> None:
    """Call `changed` with the peer's address whenever a pair is nominated: at first, and when the peer moves."""
    gatherer._connection._nominated = _Nominations(changed)


def act_as_dtls_server(transport: aiortc.RTCDtlsTransport) -> None:
    """Wait for the browser's ClientHello: as the server we choose the cipher of the media."""
    transport._set_role("server")


def srtp_sessions(transport: aiortc.RTCDtlsTransport) -> tuple[Session, Session]:
    """Return the SRTP sessions (receiving, sending) of a connected transport."""
    return transport._rx_srtp, transport._tx_srtp


def srtp_context(session: Session) -> Any:
    """Return libsrtp's own context; it lives as long as the session."""
    return session._srtp[0]


def agreed_suites(transport: aiortc.RTCDtlsTransport) -> tuple[str, str]:
    """Return the cipher of a connected transport's handshake and the SRTP profile that it agreed on."""
    handshake: Any = transport._ssl
    return handshake.get_cipher_name(), handshake.get_selected_srtp_profile().decode()


def absent_names(objects: dict[str, Any]) -> list[str]:
    """Return which of `NAMES` are not there, as `Class.member`; `objects` holds an instance per class."""
    return [
        f"{owner}.{name}" for owner, names in NAMES.items() for name in names if not hasattr(objects[owner], name)
    ]


class Association(aiortc.RTCSctpTransport):
    """SCTP without channels: messages by stream number. aiortc would parse openings and raise on odd ones.

    It waits a quarter of a second for a lost letter, not a whole one; Chromium delays an acknowledgement by up to
    200 ms.
    """

    def __init__(
        self, transport: aiortc.RTCDtlsTransport, *, received: Callable[[int, bytes], None], gate: Gate | None
    ) -> None:
        """`received` hears each message with its stream. The gate is None only where tests show what it is for."""
        super().__init__(transport)
        self._received = received
        self._gate = gate
        self._advertised_rwnd = WINDOW_BYTES
        self._rto = RTO_FIRST_S
        self._stands = asyncio.Event()
        self.failures = 0  # what got through the gate and raised nevertheless

    async def begin(self, remote_port: int) -> None:
        """Initiate, as the browser does too (RFC 8841, 9.3). Raises ConnectionError."""
        await self.start(None, remote_port)

    @property
    def unacknowledged(self) -> int:
        """How many bytes wait for room or for an acknowledgement."""
        return sum(len(chunk.user_data) for queue in (self._outbound_queue, self._sent_queue) for chunk in queue)

    @property
    def is_established(self) -> bool:
        """Tell whether messages can pass."""
        return bool(self._association_state == self.State.ESTABLISHED)

    @property
    def held_bytes(self) -> int:
        """How much waits for a missing piece."""
        return int(WINDOW_BYTES - self._advertised_rwnd)

    @property
    def held_pieces(self) -> int:
        """In how many pieces."""
        return sum(len(stream.reassembly) for stream in self._inbound_streams.values())

    @property
    def is_waiting(self) -> bool:
        """Tell whether a piece is missing before one that came."""
        return bool(self._sack_misordered)

    @property
    def newest_in_order(self) -> int | None:
        """The number of the last piece before which none is missing; None before the association stands."""
        number: int | None = self._last_received_tsn
        return number

    @property
    def next_to_send(self) -> int:
        """The number that our next piece will have."""
        return int(self._local_tsn)

    async def send(self, stream: int, message: bytes) -> None:
        """Send one message reliably, in order but on `text`, as soon as the association stands.

        On a poor line a browser's words may overtake its last packet of the handshake: the answer must not be lost.
        """
        await self._stands.wait()
        if self.is_established:
            await self._send(stream, WEBRTC_BINARY, message, ordered=stream not in UNORDERED)

    async def end(self) -> None:
        """Abort; nothing there is as good."""
        with contextlib.suppress(ConnectionError):
            await self.stop()

    async def _handle_data(self, data: bytes) -> None:
        # Only somebody with the leg's own keys gets this far. aiortc asserts on what a browser never sends, and an
        # error here would end the leg.
        now_ms = int(asyncio.get_running_loop().time() * 1_000)
        if self._gate is not None and not self._gate.admits(data, self, now_ms=now_ms):
            return
        try:
            await super()._handle_data(data)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what they sent
            self.failures += 1
            logger.warning("SCTP refused a packet: %s", type(error).__name__)

    async def _send_chunk(self, chunk: Any) -> None:
        # Timers send too, and nobody awaits them: a leg that just ended is no error.
        with contextlib.suppress(ConnectionError, OpenSSL.SSL.Error):
            await super()._send_chunk(chunk)

    def _set_state(self, state: Any) -> None:
        super()._set_state(state)
        if self.is_established:
            self._stands.set()

    def _update_rto(self, sample_s: float) -> None:
        super()._update_rto(sample_s)
        smoothed, varies = self._srtt or 0.0, self._rttvar or 0.0
        self._rto = max(RTO_MIN_S, min(smoothed + 4 * varies, RTO_MAX_S))

    async def _receive(self, stream_id: int, pp_id: int, data: bytes) -> None:
        if pp_id in (WEBRTC_BINARY, WEBRTC_STRING):
            self._received(stream_id, data)
