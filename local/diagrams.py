"""State diagrams for the documentation, drawn from the tables that the program steps by.

`python -m local.diagrams` writes docs/states.md; a test refuses a page that is older than its tables.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.domain.bookings import BOOKING_STEPS
from chalicelib.domain.guests import GUEST_STEPS
from chalicelib.domain.letters import LETTER_STEPS
from chalicelib.domain.papers import PAPER_STEPS
from chalicelib.domain.payments import PAYMENT_STEPS
from chalicelib.domain.visits import VISIT_STEPS

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = Path(__file__).parent.parent / "docs" / "states.md"
TABLES: Mapping[str, tuple[str, Mapping[Any, Any]]] = {
    "Booking": ("chalicelib/domain/bookings.py", BOOKING_STEPS),
    "Visit": ("chalicelib/domain/visits.py", VISIT_STEPS),
    "Guest": ("chalicelib/domain/guests.py", GUEST_STEPS),
    "Payment": ("chalicelib/domain/payments.py", PAYMENT_STEPS),
    "Paper": ("chalicelib/domain/papers.py", PAPER_STEPS),
    "Letter": ("chalicelib/domain/letters.py", LETTER_STEPS),
}


def page() -> str:
    """The whole page, in Markdown with Mermaid."""
    head = "# States\n\nDrawn from the tables by `python -m local.diagrams`; the tables are the law.\n"
    return head + "".join(_section(name, *table) for name, table in TABLES.items())


def _section(name: str, source: str, table: Mapping[Any, Any]) -> str:
    edges = "\n".join(
        f"    {_name(before)} --> {_name(after)}: {_name(event)}" for (before, event), after in table.items()
    )
    states = {state for (before, _), after in table.items() for state in (before, after)}
    ends = sorted(_name(state) for state in states if not any(before is state for before, _ in table))
    finals = "".join(f"\n    {end} --> [*]" for end in ends)
    first = _name(next(iter(table))[0])
    return f"\n## {name}\n`{source}`\n\n```mermaid\nstateDiagram-v2\n    [*] --> {first}\n{edges}{finals}\n```\n"


def _name(value: object) -> str:
    return str(value).replace("-", "_")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
