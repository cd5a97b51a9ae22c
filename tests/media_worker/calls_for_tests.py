"""A call without sockets: seats that join, and what the bridge then wants."""

from itertools import count

from chalicelib.domain.calls import Seat
from media_worker.forwarding import rtcp as reading
from media_worker.forwarding.bridge import Bridge
from media_worker.forwarding.effects import Effect, Forward, ForwardReport
from media_worker.forwarding.paths import Negotiated
from media_worker.forwarding.reception import Reception

CITIZEN, CLERK, GUEST, ECHO = Seat.CITIZEN, Seat.CLERK, Seat.GUEST, Seat.ECHO


class Call(Bridge):
    """A bridge that keeps what each seat's present connection receives."""

    def __init__(self) -> None:
        super().__init__()
        self.receptions: dict[Seat, Reception] = {}
        self._numbers = count(1_000)

    def sit(
        self, seat: Seat, negotiated: Negotiated, *, now_ms: int = 0, reception: Reception | None = None
    ) -> list[Effect]:
        self.receptions[seat] = reception or Reception(seat, new_ssrc=self._numbers.__next__)
        return self.join(seat, negotiated, self.receptions[seat], now_ms=now_ms)


def lit_call() -> Call:
    call = Call()
    call.light({CITIZEN, CLERK}, now_ms=0)
    return call


def only(effects: list[Effect]) -> Effect:
    [effect] = effects
    return effect


def forwarded(effects: list[Effect]) -> bytearray:
    effect = only(effects)
    assert isinstance(effect, Forward)
    return effect.packet


def reported(effects: list[Effect]) -> list[reading.Part]:
    effect = only(effects)
    assert isinstance(effect, ForwardReport)
    return list(reading.parts(effect.packet))
