"""What the bridge wants to happen. The edge makes it happen; nothing here sends anything."""

from typing import NamedTuple, TypeAlias

from chalicelib.domain.calls import Seat

# Named tuples, not dataclasses: one is made for each of some 100,000 packets a second.


class Forward(NamedTuple):
    """Send this RTP packet, already rewritten for its receiver."""

    to: Seat
    packet: bytearray


class ForwardReport(NamedTuple):
    """Send this compound RTCP packet."""

    to: Seat
    packet: bytes


class AskKeyframe(NamedTuple):
    """Ask this seat for a key frame of its video stream `media_ssrc`, in the name of `reporter_ssrc`."""

    of: Seat
    media_ssrc: int
    reporter_ssrc: int


Effect: TypeAlias = Forward | ForwardReport | AskKeyframe
