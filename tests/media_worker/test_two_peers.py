"""The example joins a worker's room as its reader would: two tickets on the command line."""

import secrets
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chalicelib.adapters.media_tickets import MediaTickets
from chalicelib.domain.calls import MediaTicketClaims, Seat
from tests.browser.call_stage import Worker, key_pair

EXAMPLE = Path(__file__).parents[2] / "examples" / "two_peers.py"


def test_two_peers_in_python_see_and_hear_each_other() -> None:
    private, public = key_pair()
    worker = Worker(public)

    def ticket(seat: Seat) -> str:
        now = datetime.now(UTC)
        claims = MediaTicketClaims(
            ticket_id=secrets.token_hex(4),
            office="heidelberg",
            room="b-1",
            seat=seat,
            generation=1,
            worker=worker.address,
            issued_at=now,
            expires_at=now + timedelta(minutes=5),
            opens=frozenset({Seat.CITIZEN} if seat is Seat.CLERK else ()),
        )
        return MediaTickets(private).mint(claims)

    try:
        worker.start()
        command = [sys.executable, str(EXAMPLE), worker.address, ticket(Seat.CITIZEN), ticket(Seat.CLERK)]
        run = subprocess.run([*command, "--seconds", "4"], capture_output=True, text=True, timeout=60, check=True)
        refused = subprocess.run([*command[:3], "a.b.c"], capture_output=True, text=True, timeout=60, check=False)
    finally:
        worker.kill()
    for expected in (
        "peer 1: clerk says b'\\xffhello from peer 2'",
        "peer 2: citizen says b'\\xffhello from peer 1'",
        "'lit': ['citizen', 'clerk']",
        "peer 1: connected {'",
        "'video ",
    ):
        assert expected in run.stdout
    assert refused.returncode == 1
    assert "media-ticket-refused" in refused.stderr
