"""Passes for a TURN server, for browsers that reach the media worker in no other way.

Server and office share a secret; a pass is a name that says until when it is good, and a password that follows from
it (draft-uberti-behave-turn-rest-00, which coturn calls `use-auth-secret`). The name tells of nobody.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

LASTS = timedelta(hours=2)
"""Longer than any call: the server asks for the pass again each time an allocation is renewed."""


def turn_pass(secret: str, *, name: str, until: datetime) -> tuple[str, str]:
    """Return username and password; `name` is random, `until` aware."""
    username = f"{int(until.timestamp())}:{name}"
    # SHA-1 is the server's choice; as an HMAC it holds (RFC 6151 says so even of MD5).
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()
