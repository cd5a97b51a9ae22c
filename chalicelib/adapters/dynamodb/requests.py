"""Asking DynamoDB: one client, faults told apart, repeats with jitter."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from chalicelib.domain.errors import StoreBusy

if TYPE_CHECKING:
    from collections.abc import Callable

ATTEMPTS = 8
FIRST_WAIT_S = 0.02  # doubled each time, times a random half: 8 attempts wait about two seconds in all
SERVER_ERROR = 500
PASSING = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
PASSING_REASONS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})

# One repeat loop, ours: botocore's would hide how often the store was asked.
CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}, max_pool_connections=64)


def passing(error: Exception) -> bool:
    """Whether the same request may succeed in a moment."""
    if isinstance(error, (NoConnection, HTTPClientError)):
        return True
    if not isinstance(error, ClientError):
        return False
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= SERVER_ERROR:
        return True  # also a 5xx without a body, which has no code of its own
    code = error.response["Error"]["Code"]
    return code in PASSING or (
        code == "TransactionCanceledException"
        and any(reason in PASSING_REASONS for reason in reasons(error))
        and all(reason in PASSING_REASONS or reason == "None" for reason in reasons(error))
    )


def reasons(error: ClientError) -> list[str]:
    """Why a transaction was cancelled, item by item."""
    return [reason.get("Code") or "None" for reason in error.response.get("CancellationReasons", [])]


def ask(
    request: Callable[..., Any],
    /,
    *,
    random: Callable[[], float],
    sleep: Callable[[float], None] = time.sleep,
    **kwargs: Any,
) -> Any:
    """Ask until the store answers, ATTEMPTS times at the most. Raises StoreBusy, or the store's own refusal."""
    wait = FIRST_WAIT_S
    for left in range(ATTEMPTS - 1, -1, -1):
        try:
            return request(**kwargs)
        except (ClientError, NoConnection, HTTPClientError) as error:
            if not passing(error):
                raise
            if not left:
                raise StoreBusy(type(error).__name__) from error
        sleep(wait * (0.5 + random() / 2))
        wait *= 2
    raise AssertionError("the loop returns or raises")
