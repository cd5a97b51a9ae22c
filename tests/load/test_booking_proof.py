"""A minute of the booking proof: few bookers, few slots, the same faults. `make bench-booking` is the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.bench_booking import Plan, Result, run
from benchmarks.booking_check import Findings
from benchmarks.booking_defences import Defence
from benchmarks.booking_office import bench_office, dynamodb
from benchmarks.fault_proxy import FaultProxy
from chalicelib.adapters.dynamodb.files import DynamoFiles
from chalicelib.adapters.dynamodb.table import OFFICE_TABLE_NAME
from chalicelib.domain.bookings import Details
from chalicelib.services.acting import Acting
from chalicelib.services.booking import Booking
from local.aws.process import AwsProcess
from tests.doubles.chance import PlainSigner, SeededChance

pytestmark = pytest.mark.aws
PLAN = Plan(bookers=12, slots=20, attempts=3, clock_factor=240)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsProcess]:
    with AwsProcess(Path(tmp_path_factory.mktemp("aws"))) as process:
        yield process


def proof(aws: AwsProcess, *, key: str, without: Defence | None = None) -> tuple[Result, dict[str, int]]:
    with FaultProxy(aws.port) as proxy:
        result = run(PLAN, proxy_url=proxy.endpoint_url, direct=dynamodb(aws.endpoint_url), key=key, without=without)
    return result, proxy.done


def test_under_faults_nothing_is_sold_twice_lost_or_stuck(aws: AwsProcess) -> None:
    result, faults = proof(aws, key="whole")
    assert result.findings == Findings(0, 0, 0, 0, 0)
    assert result.unanswered == 0
    assert len(result.ledger.told) == PLAN.bookers * PLAN.attempts
    assert sum(told.letters["confirmed"] for told in result.ledger.told) > 0
    assert all(faults[kind] > 0 for kind in ("before", "after", "throttled"))


def test_without_the_sweep_holds_stay_stuck(aws: AwsProcess) -> None:
    """The proof can fail: it sees the holds of people who walked away."""
    result, _ = proof(aws, key="unswept", without=Defence.SWEEP)
    assert result.findings.stuck_holds > 0


@dataclass
class LosesTheAnswer:
    """A client that does one transaction, lets somebody else act, and reports a broken connection."""

    client: Any
    meanwhile: list[Any] = field(default_factory=list)

    def query(self, **request: Any) -> Any:
        return self.client.query(**request)

    def get_item(self, **request: Any) -> Any:
        return self.client.get_item(**request)

    def transact_write_items(self, **request: Any) -> Any:
        del request["ClientRequestToken"]  # as if the store's ten minutes were over
        answer = self.client.transact_write_items(**request)
        while self.meanwhile:
            self.meanwhile.pop()()
            return self.client.transact_write_items(**request)
        return answer


def test_a_move_that_was_overtaken_before_its_repeat_still_counts_as_done(aws: AwsProcess) -> None:
    """The move took the last place itself and its answer was lost: its repeat must not say `taken`."""
    office = bench_office("overtaken", slots=20)
    losing = LosesTheAnswer(dynamodb(aws.endpoint_url))
    booking = Booking(Acting(DynamoFiles(losing, OFFICE_TABLE_NAME), SeededChance(7), PlainSigner()))
    target = TUESDAY + timedelta(minutes=10)
    booking.hold(office, ["short"], target, booker="somebody", now=NOW)  # one of two counters
    key = booking.hold(office, ["short"], TUESDAY, booker="me", now=NOW)
    booking.give_details(key, Details("Erika Musterfrau", "erika@example.org", "de"), booker="me", now=NOW)
    booking.confirm(key, booker="me", now=NOW)
    losing.meanwhile.append(lambda: booking.resend(key, actor="clerk:hd-1", now=NOW))
    moved = booking.move(office, key, target, actor="citizen", now=NOW)
    assert moved.booking.start == target
    assert booking.acting.files.taken(office.key, "2026-W48") == {TUESDAY: 0, target: 2}
