"""The demo clerks, by role and number: nobody real, both cities."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class DemoClerk:
    """One person who can sign in here."""

    id: str
    office: str
    city: str
    role: str
    name: str


_CITIES: Final = {"heidelberg": "Heidelberg", "karlsruhe": "Karlsruhe"}
_POSITIONS: Final = (
    ("clerk", 1, "Sachbearbeitung 1"),
    ("clerk", 2, "Sachbearbeitung 2"),
    ("lead", 1, "Teamleitung 1"),
    ("ops", 1, "Betrieb 1"),
)

CLERKS: Final = {
    clerk.id: clerk
    for office, city in _CITIES.items()
    for role, number, name in _POSITIONS
    for clerk in (DemoClerk(f"{office}-{role}-{number}", office, city, role, name),)
}
