"""Which mail addresses a letter can go to: one rule for the form that asks and the mailer that sends."""

from __future__ import annotations

import re
from typing import Final

# The dot-atom of RFC 5321 without quotes, comments, lists or controls; SES delivers no SMTPUTF8.
_ADDRESS: Final = re.compile(
    r"(?=.{3,254}\Z)(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]\Z"
)


def deliverable(text: str) -> str | None:
    """Return the address as the mail service takes it (a domain with umlauts in IDNA); None if it takes none."""
    local, at, domain = text.strip().rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    address = f"{local}{at}{ascii_domain}"
    return address if _ADDRESS.match(address) else None
