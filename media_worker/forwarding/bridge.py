"""The forwarding core of one room: packets in, effects out. It reads no clock and touches no socket.

It holds no key and no decoder: what it forwards, it cannot see. Seats are dark by default: between two of them
nothing passes unless both are in light.
"""

from collections.abc import Collection, Sequence

from chalicelib.domain.calls import Seat
from media_worker.forwarding import rtcp
from media_worker.forwarding.effects import AskKeyframe, Effect, Forward, ForwardReport
from media_worker.forwarding.packets import Packet
from media_worker.forwarding.paths import NOWHERE, Kind, Negotiated, Path, Sink
from media_worker.forwarding.rates import CEILING_BPS
from media_worker.forwarding.reception import REMOTE_SEATS, Reception
from media_worker.forwarding.reports import heed, translate
from media_worker.forwarding.uplinks import Uplink

# A browser that hears nothing for 2 s takes the worker for lost, so even an empty room is not silent.
KEEPALIVE_INTERVAL_MS = 500
REMB_INTERVAL_MS = 1_000


class Bridge:
    """Forwards between the seats of one room. Calls with a seat that has not joined do nothing."""

    def __init__(self) -> None:
        """Begin with nobody there and everybody dark."""
        self._uplinks = {seat: Uplink(seat) for seat in Seat}
        self._present: dict[Seat, Reception] = {}
        self._lit: frozenset[Seat] = frozenset()
        self._kept_alive_at_ms: dict[Seat, int] = {}
        self._bounded_at_ms: dict[Seat, int] = {}

    def join(
        self, seat: Seat, negotiated: Negotiated, reception: Reception, *, now_ms: int, sink: Sink = NOWHERE
    ) -> list[Effect]:
        """Seat a connection, in place of a former one. What it may see is asked for key frames, as is itself.

        `reception` was made for this connection and seat. `sink` is where `pass_on` sends what it receives.
        """
        uplink = self._uplinks[seat]
        before = {pair for pair in self._visible() if seat not in pair}
        uplink.joined(negotiated)
        self._present[seat] = reception
        self._kept_alive_at_ms[seat] = now_ms
        for source, path in reception.paths.items():
            path.target_joined(negotiated, sink)
            path.source_joined(self._uplinks[source])
        for target, other in self._present.items():
            path_from_here = other.paths.get(seat)
            if target is not seat and path_from_here is not None:
                path_from_here.source_joined(uplink)
        return self._connect(before, now_ms=now_ms)

    def leave(self, seat: Seat) -> None:
        """The seat's connection ended. Who receives it keeps the streams for its next one."""
        self._present.pop(seat, None)
        self._kept_alive_at_ms.pop(seat, None)
        self._uplinks[seat].left()
        self._connect(self._visible(), now_ms=0)

    def light(self, seats: Collection[Seat], *, now_ms: int) -> list[Effect]:
        """Put exactly these seats in light, there or not. What became visible is asked for a key frame at once."""
        before = self._visible()
        self._lit = frozenset(seats)
        return self._connect(before, now_ms=now_ms)

    def audience(self, seat: Seat) -> tuple[Seat, ...]:
        """Return who receives what this seat sends now, messages included."""
        return tuple(path.target for path in self._uplinks[seat].paths)

    def uplink(self, seat: Seat) -> Uplink:
        """Return the seat's sending side, for `pass_on`: the same object as long as the room lives."""
        return self._uplinks[seat]

    def receive_rtp(self, seat: Seat, packet: bytearray, *, now_ms: int) -> list[Effect]:
        """Route one decrypted RTP packet from `seat`; it is patched in place if one seat receives it."""
        uplink = self._uplinks[seat]
        paths = uplink.route(packet, len(packet), now_ms=now_ms)
        copies = [packet if len(paths) == 1 else bytearray(packet) for _ in paths]
        return [
            Forward(path.target, copy)
            for path, copy in zip(paths, copies, strict=True)
            if path.rewrite(copy, uplink.head, now_ms=now_ms)
        ]

    def receive_rtcp(self, seat: Seat, packet: Packet, *, now_ms: int) -> list[Effect]:
        """Route one decrypted compound RTCP packet from `seat`."""
        reception = self._present.get(seat)
        uplink = self._uplinks[seat]
        if reception is None or not uplink.paths:
            return []
        found = list(rtcp.parts(packet))
        effects: list[Effect] = []
        for onward in uplink.paths:
            back = reception.paths[onward.target]
            compound = b"".join(translate(part, onward=onward, back=back) for part in found)
            if compound:
                effects.append(ForwardReport(onward.target, compound))
            if back.is_terminated:
                for part in found:
                    heed(part, back=back, shared_by=len(uplink.paths), now_ms=now_ms)
            wanted = (ssrc for part in found for ssrc in rtcp.keyframe_targets(part))
            # The browser that lost a picture asks; which of PLI and FIR it used makes no difference.
            if any(back.is_video(ssrc) for ssrc in wanted):
                effects += self._ask_keyframe(self._uplinks[onward.target], now_ms=now_ms)
        return effects

    def tick(self, *, now_ms: int) -> list[Effect]:
        """Return what time alone brings about; call it some ten times a second."""
        effects: list[Effect] = []
        for seat, reception in self._present.items():
            uplink = self._uplinks[seat]
            effects += self._keyframe_due(uplink, now_ms=now_ms)
            reports = uplink.feedback(reception.voice) + self._bounds(uplink, reception, now_ms=now_ms)
            if now_ms - self._kept_alive_at_ms[seat] >= KEEPALIVE_INTERVAL_MS:
                self._kept_alive_at_ms[seat] = now_ms
                reports.insert(0, rtcp.write_empty_report(reception.voice))
            effects += [ForwardReport(seat, report) for report in reports]
        return effects

    def _bounds(self, uplink: Uplink, reception: Reception, *, now_ms: int) -> list[bytes]:
        """Return the REMB that tells a source with several targets what the slowest of them can take."""
        seat, paths = uplink.seat, uplink.paths
        ssrcs = [ssrc for ssrc in uplink.ssrcs.values() if ssrc is not None]
        if not ssrcs:
            return []
        if len(paths) < 2:  # noqa: PLR2004  # several are at least two
            # A browser keeps to the last bound that it heard, for good: lift it.
            lifted = self._bounded_at_ms.pop(seat, None) is not None
            return [rtcp.write_remb(reception.voice, CEILING_BPS, ssrcs)] if lifted else []
        if now_ms - self._bounded_at_ms.get(seat, now_ms - REMB_INTERVAL_MS) < REMB_INTERVAL_MS:
            return []
        self._bounded_at_ms[seat] = now_ms
        lowest = min(path.bound.bps(now_ms=now_ms) for path in paths)
        return [rtcp.write_remb(reception.voice, lowest, ssrcs)]

    def _visible(self) -> set[tuple[Seat, Seat]]:
        """Return the pairs (source, target) between which media passes now."""
        seats = self._present
        lit = {seat for seat in seats if seat in self._lit or seat is Seat.ECHO}
        return {(source, target) for target in lit for source in REMOTE_SEATS[target] if source in lit}

    def _connect(self, before: Collection[tuple[Seat, Seat]], *, now_ms: int) -> list[Effect]:
        visible = self._visible()
        for seat, uplink in self._uplinks.items():
            uplink.lead(self._paths_from(seat, visible))
        appeared = {source for source, target in visible.difference(before)}
        effects: list[Effect] = []
        for seat, uplink in self._uplinks.items():
            if seat in appeared:
                uplink.keyframes.forget()
                effects += self._ask_keyframe(uplink, now_ms=now_ms)
        return effects

    def _paths_from(self, seat: Seat, visible: Collection[tuple[Seat, Seat]]) -> tuple[Path, ...]:
        return tuple(
            reception.paths[seat] for target, reception in self._present.items() if (seat, target) in visible
        )

    def _ask_keyframe(self, uplink: Uplink, *, now_ms: int) -> Sequence[Effect]:
        uplink.keyframes.want()
        return self._keyframe_due(uplink, now_ms=now_ms)

    def _keyframe_due(self, uplink: Uplink, *, now_ms: int) -> Sequence[Effect]:
        media = uplink.ssrcs.get(Kind.VIDEO)
        reception = self._present.get(uplink.seat)
        if media is None or reception is None or not uplink.keyframes.due(now_ms=now_ms):
            return ()
        return (AskKeyframe(uplink.seat, media, reception.voice),)


def pass_on(uplink: Uplink, packet: bytearray, size: int, spare: bytearray, *, now_ms: int) -> None:
    """Forward the first `size` bytes of `packet` without effects: what `Bridge.receive_rtp` says, sent at once.

    Both buffers are overwritten; `spare` must be as long as `packet`. Sinks send before they return.
    """
    paths = uplink.route(packet, size, now_ms=now_ms)
    if len(paths) == 1:
        path = paths[0]
        if path.rewrite(packet, uplink.head, now_ms=now_ms):
            path.sink.send_rtp(packet, size)
        return
    for path in paths:
        spare[:size] = packet[:size]
        if path.rewrite(spare, uplink.head, now_ms=now_ms):
            path.sink.send_rtp(spare, size)
