"""The only file that names private members of aiortc and aioice.

aiortc's public interface ends where it would decode. A relay needs the layers below: the socket, the address
that ICE chose, the SRTP keys. Each private name is listed in `NAMES`; a contract test holds the list against
the installed version, so an upgrade that moves one fails there and not in a call.
"""

# ruff: noqa: SLF001  # the one room where private members may be named

from typing import Any

from media_worker.rtc.without_decoder import hide_decoder

hide_decoder()

import aioice.ice  # noqa: E402  # the decoder must be hidden first
import aiortc  # noqa: E402
from pylibsrtp import Session  # noqa: E402

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
    "RTCDtlsTransport": ("_rx_srtp", "_tx_srtp", "_set_role"),
}


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


def chosen_address(gatherer: aiortc.RTCIceGatherer) -> tuple[str, int] | None:
    """Return the peer's address of the nominated pair, which may change while the call runs."""
    pair = gatherer._connection._nominated.get(COMPONENT)
    return None if pair is None else pair.remote_addr


def act_as_dtls_server(transport: aiortc.RTCDtlsTransport) -> None:
    """Wait for the browser's ClientHello: as the server we choose the cipher of the media."""
    transport._set_role("server")


def srtp_sessions(transport: aiortc.RTCDtlsTransport) -> tuple[Session, Session]:
    """Return the SRTP sessions (receiving, sending) of a connected transport."""
    return transport._rx_srtp, transport._tx_srtp


def absent_names(objects: dict[str, Any]) -> list[str]:
    """Return which of `NAMES` are not there, as `Class.member`; `objects` holds an instance per class."""
    return [
        f"{owner}.{name}" for owner, names in NAMES.items() for name in names if not hasattr(objects[owner], name)
    ]
