"""Who carries calls: the heartbeats that media workers leave in their own small table."""

from __future__ import annotations

from dataclasses import dataclass
from random import SystemRandom
from typing import Any

from chalicelib.adapters.dynamodb.requests import ask
from chalicelib.domain.calls import WorkerBeat


@dataclass(frozen=True, slots=True)
class DynamoWorkers:
    """The port Workers. The table holds one item a worker: a scan is one request."""

    client: Any
    table: str

    def beats(self) -> list[WorkerBeat]:
        """The last heartbeat of every worker that the table knows."""
        answer = ask(self.client.scan, random=SystemRandom().random, TableName=self.table, ConsistentRead=True)
        return [
            WorkerBeat(
                worker_id=row["pk"]["S"],
                address=row["address"]["S"],
                calls=int(row["calls"]["N"]),
                beat_ms=int(row["beat_ms"]["N"]),
                draining=row.get("draining", {}).get("BOOL", False),
            )
            for row in answer["Items"]
        ]
