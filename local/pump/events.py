"""The events that Lambda functions get: of a DynamoDB stream, and of EventBridge each minute."""

import base64
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any


def stream_event(records: Iterable[Mapping[str, Any]], *, stream: str, region: str) -> dict[str, Any]:
    """Build the event from what GetRecords gave: times as seconds, bytes as base64, the stream's own ARN."""
    return {
        "Records": [
            {
                **_plain({name: value for name, value in record.items() if name != "userIdentity"}),
                "awsRegion": region,
                "eventSource": "aws:dynamodb",
                "eventSourceARN": stream,
            }
            for record in records
        ]
    }


def tick_event(now: datetime, *, region: str) -> dict[str, Any]:
    """Build the event of a rule that EventBridge runs each minute."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [f"arn:aws:events:{region}:000000000000:rule/fernamt-tick"],
        "detail": {},
    }


def _plain(value: Any) -> Any:
    """What JSON can carry, as Lambda would get it."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(inner) for inner in value]
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    return value
