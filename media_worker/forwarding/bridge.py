"""The forwarding core of one room: packets in, effects out. It reads no clock and touches no socket.

It holds no key and no decoder: what it forwards, it cannot see.
"""

from collections.abc import Callable
from itertools import permutations

from chalicelib.domain.calls import Seat
from media_worker.forwarding import rtcp
from media_worker.forwarding.effects import AskKeyframe, Effect, Forward, ForwardReport
from media_worker.forwarding.packets import Packet, payload_start
from media_worker.forwarding.paths import Kind, Negotiated, Path
from media_worker.forwarding.reports import translate

# A browser that hears nothing for 2 s takes the worker for lost, so even an empty room is not silent.
KEEPALIVE_INTERVAL_MS = 500


class Bridge:
    """Forwards between the seats of one room. Calls with a seat that has not joined do nothing."""

    def __init__(self, *, new_ssrc: Callable[[], int]) -> None:
        """Draw the SSRCs of every direction now: they outlive the browser connections."""
        drawn: set[int] = set()

        def fresh() -> int:
            while (ssrc := new_ssrc()) in drawn or not ssrc:
                pass
            drawn.add(ssrc)
            return ssrc

        self._paths = {
            (source, target): Path(source=source, target=target, ssrcs={kind: fresh() for kind in Kind})
            for source, target in permutations((Seat.CITIZEN, Seat.CLERK), 2)
        }
        self._present: dict[Seat, dict[int, Kind]] = {}
        self._onward: dict[Seat, list[Path]] = {seat: [] for seat in Seat}
        self._kept_alive_at_ms: dict[Seat, int] = {}

    def ssrcs_towards(self, target: Seat) -> dict[Seat, dict[Kind, int]]:
        """Return, by sending seat, the SSRCs under which `target` receives: its answer must announce them."""
        return {
            source: {kind: path.outgoing_ssrc(kind) for kind in Kind}
            for (source, to), path in self._paths.items()
            if to is target
        }

    def join(self, seat: Seat, negotiated: Negotiated, *, now_ms: int) -> list[Effect]:
        """Seat a new connection, in place of a former one. Whoever is there is asked for a key frame."""
        self._present[seat] = {payload_type: kind for kind, payload_type in negotiated.payload_types.items()}
        self._kept_alive_at_ms[seat] = now_ms
        effects: list[Effect] = []
        for path in self._paths.values():
            if path.source is seat:
                path.source_joined(negotiated)
            elif path.target is seat:
                path.target_joined(negotiated)
                effects += self._ask_keyframe(path, now_ms=now_ms)
        self._connect_present()
        return effects

    def leave(self, seat: Seat) -> None:
        """The seat's connection ended. Its streams are kept for the next one."""
        self._present.pop(seat, None)
        self._kept_alive_at_ms.pop(seat, None)
        self._connect_present()

    def receive_rtp(self, seat: Seat, packet: bytearray, *, now_ms: int) -> list[Effect]:
        """Route one decrypted RTP packet from `seat`; it is patched in place and given on."""
        kinds = self._present.get(seat)
        start = payload_start(packet)
        if kinds is None or start is None:
            return []
        kind = kinds.get(packet[1] & 0x7F)
        onward = self._onward[seat]
        if kind is None or not onward:
            return []
        if len(onward) == 1:
            return self._forward(onward[0], packet, start, kind, now_ms=now_ms)
        effects: list[Effect] = []
        for path in onward:
            effects += self._forward(path, bytearray(packet), start, kind, now_ms=now_ms)
        return effects

    def receive_rtcp(self, seat: Seat, packet: Packet, *, now_ms: int) -> list[Effect]:
        """Route one decrypted compound RTCP packet from `seat`."""
        if seat not in self._present:
            return []
        found = list(rtcp.parts(packet))
        effects: list[Effect] = []
        for onward in self._onward[seat]:
            back = self._paths[onward.target, seat]
            compound = b"".join(translate(part, onward=onward, back=back) for part in found)
            if compound:
                effects.append(ForwardReport(onward.target, compound))
            wanted = (ssrc for part in found for ssrc in rtcp.keyframe_targets(part))
            # The browser that lost a picture asks; which of PLI and FIR it used makes no difference.
            if any(back.is_video(ssrc) for ssrc in wanted):
                effects += self._ask_keyframe(back, now_ms=now_ms)
        return effects

    def tick(self, *, now_ms: int) -> list[Effect]:
        """Return what time alone brings about; call it some ten times a second."""
        effects: list[Effect] = []
        for seat in self._present:
            for path in self._onward[seat]:
                if path.keyframes.due(now_ms=now_ms):
                    effects += self._keyframe(path)
            if now_ms - self._kept_alive_at_ms[seat] >= KEEPALIVE_INTERVAL_MS:
                self._kept_alive_at_ms[seat] = now_ms
                effects.append(ForwardReport(seat, rtcp.write_empty_report(self._voice_towards(seat))))
        return effects

    def _forward(self, path: Path, packet: bytearray, start: int, kind: Kind, *, now_ms: int) -> list[Effect]:
        return [Forward(path.target, packet)] if path.rewrite(packet, start, kind, now_ms=now_ms) else []

    def _ask_keyframe(self, path: Path, *, now_ms: int) -> list[Effect]:
        if path.source in self._present and path.keyframes.ask(now_ms=now_ms):
            return self._keyframe(path)
        return []

    def _keyframe(self, path: Path) -> list[Effect]:
        media = path.incoming_ssrc(Kind.VIDEO)
        return [] if media is None else [AskKeyframe(path.source, media, self._voice_towards(path.source))]

    def _voice_towards(self, target: Seat) -> int:
        return next(iter(self.ssrcs_towards(target).values()))[Kind.AUDIO]

    def _connect_present(self) -> None:
        for seat in Seat:
            self._onward[seat] = [
                path for (source, target), path in self._paths.items() if source is seat and target in self._present
            ]
