"""Errors in the shape of Stripe's API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class ApiError(Exception):
    """What the API answers instead: an HTTP status and the members of its `error` object."""

    status: int
    kind: str
    message: str
    code: str | None = None
    param: str | None = None

    def body(self) -> dict[str, Any]:
        """Return the answer's body; members without a value are left out, as Stripe does."""
        members = {"type": self.kind, "message": self.message, "code": self.code, "param": self.param}
        return {"error": {name: value for name, value in members.items() if value is not None}}


def invalid_request(message: str, *, param: str | None = None, code: str | None = None) -> ApiError:
    """400: the request cannot be done as it is."""
    return ApiError(400, "invalid_request_error", message, code, param)


def missing(noun: str, name: str, *, param: str) -> ApiError:
    """404, `resource_missing`."""
    return ApiError(404, "invalid_request_error", f"No such {noun}: '{name}'", "resource_missing", param)


def unauthorised(message: str) -> ApiError:
    """401: no key, or not ours."""
    return ApiError(401, "invalid_request_error", message)


def other_parameters(key: str) -> ApiError:
    """400: the idempotency key was used for something else."""
    return ApiError(
        400,
        "idempotency_error",
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request.",
    )
