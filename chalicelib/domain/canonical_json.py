"""JSON with one encoding only (RFC 8785, without floats), so that what was hashed can be hashed again."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

JSON: TypeAlias = "bool | int | str | Sequence[JSON] | Mapping[str, JSON] | None"

SAFE_INTEGER = 2**53 - 1  # the largest that every JSON reader keeps exactly (RFC 8785, 3.2.2.3)


def canonical(value: JSON) -> bytes:
    """Encode by RFC 8785, or raise ValueError for what has no single encoding: floats, huge integers, NaN."""
    try:
        return _plain(value).encode()
    except UnicodeEncodeError:
        raise ValueError("a text holds half a surrogate pair") from None


def _plain(value: JSON) -> str:
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) > SAFE_INTEGER:
            raise ValueError(f"{value} is beyond what every JSON reader keeps")
        return str(int(value))
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("a key is not a text")
        # RFC 8785, 3.2.3 sorts by UTF-16 code units, not by code points.
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{_plain(key)}:{_plain(value[key])}" for key in keys) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_plain(item) for item in value) + "]"
    raise ValueError(f"{type(value).__name__} has no canonical form")


def base64url(data: bytes) -> str:
    """Encode without padding (RFC 4648, 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
