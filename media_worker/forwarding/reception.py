"""What one browser connection receives: a path from each seat that it may ever see, under SSRCs of its own.

It belongs to the connection and goes where the connection goes. The answer announces its SSRCs once; when the
connection is moved into another room, sequence numbers and timestamps continue under them.
"""

from collections.abc import Callable, Mapping

from chalicelib.domain.calls import Seat
from media_worker.forwarding.paths import Kind, Path

# In the order of the answer's media sections. Guests change, so the seat that is always there comes first.
REMOTE_SEATS: Mapping[Seat, tuple[Seat, ...]] = {
    Seat.CITIZEN: (Seat.CLERK, Seat.GUEST),
    Seat.CLERK: (Seat.CITIZEN, Seat.GUEST),
    Seat.GUEST: (Seat.CLERK, Seat.CITIZEN),
    Seat.ECHO: (Seat.ECHO,),
}


class Reception:
    """The incoming side of one browser connection of `seat`."""

    def __init__(self, seat: Seat, *, new_ssrc: Callable[[], int]) -> None:
        """Draw an SSRC for each stream; `new_ssrc` returns random 32-bit numbers."""
        drawn: set[int] = set()

        def fresh() -> int:
            while (ssrc := new_ssrc()) in drawn or not ssrc:
                pass
            drawn.add(ssrc)
            return ssrc

        self.paths: Mapping[Seat, Path] = {
            source: Path(source=source, target=seat, ssrcs={kind: fresh() for kind in Kind})
            for source in REMOTE_SEATS[seat]
        }

    @property
    def ssrcs(self) -> dict[Seat, dict[Kind, int]]:
        """Return, by sending seat, the SSRCs under which its streams arrive: what the answer announces."""
        return {source: {kind: path.outgoing_ssrc(kind) for kind in Kind} for source, path in self.paths.items()}

    @property
    def voice(self) -> int:
        """Return the SSRC in whose name the worker itself reports to this connection."""
        return next(iter(self.paths.values())).outgoing_ssrc(Kind.AUDIO)
