"""One office over files in memory: its services, its clock, and the people of the stories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.adapters.office_files import read_offices
from chalicelib.composition import OFFICES
from chalicelib.domain.access import Bearer, Clerk, Invited, Role
from chalicelib.domain.bookings import Details
from chalicelib.domain.calls import MediaTicketClaims, WorkerBeat
from chalicelib.domain.files import File
from chalicelib.domain.guests import GuestRole
from chalicelib.domain.ids import FileKey
from chalicelib.domain.links import Purpose, fragment, secret
from chalicelib.domain.offices import Office
from chalicelib.domain.visits import Presence
from chalicelib.services.acting import Acting
from chalicelib.services.anterooms import Anterooms
from chalicelib.services.booking import Booking
from chalicelib.services.calling import Calling
from chalicelib.services.casework import Casework
from chalicelib.services.guests import Guests
from chalicelib.services.joining import Joining
from chalicelib.services.ports import Files
from tests.doubles.chance import PlainSigner, SeededChance, SetClock
from tests.doubles.files import InMemoryFiles

HEIDELBERG = read_offices(OFFICES)["heidelberg"]
DAY = "2026-11-24"  # a Tuesday; SetClock begins at 8:00 of it, the office's opening
FEE = "meldebescheinigung"
FREE = "wohnung-abmelden"
ADA = Details("Ada Beispiel", "ada@example.org", "de")
BOOKER = "browser"
LINK_KEY = bytes(range(32))
EVA, JAN = (Clerk(f"hd-{number}", "heidelberg", Role.CLERK, "") for number in (1, 2))
FIRST, SECOND = "http://10.0.0.1:8080", "http://10.0.0.2:8080"


@dataclass
class SetWorkers:
    """The port Workers: each worker's heart beats now, unless it is among the `dead`; `asked` counts the looks."""

    clock: SetClock
    calls: dict[str, int] = field(default_factory=lambda: {FIRST: 0, SECOND: 1})
    dead: set[str] = field(default_factory=set)
    draining: set[str] = field(default_factory=set)
    asked: int = 0

    def beats(self) -> list[WorkerBeat]:
        self.asked += 1
        now_ms = int(self.clock.now().timestamp() * 1000)
        return [
            WorkerBeat(
                worker_id=address,
                address=address,
                calls=calls,
                beat_ms=now_ms - (60_000 if address in self.dead else 0),
                draining=address in self.draining,
            )
            for address, calls in self.calls.items()
        ]


@dataclass
class KeptTickets:
    """The port MediaTickets: a ticket is the number of the claims that were asked for."""

    claims: list[MediaTicketClaims] = field(default_factory=list)

    def mint(self, claims: MediaTicketClaims) -> str:
        self.claims.append(claims)
        return str(len(self.claims) - 1)


@dataclass
class Stage:
    """Everything of one story."""

    files: Files = field(default_factory=InMemoryFiles)
    clock: SetClock = field(default_factory=SetClock)
    office: Office = HEIDELBERG
    tickets: KeptTickets = field(default_factory=KeptTickets)

    def __post_init__(self) -> None:
        self.acting = Acting(self.files, SeededChance(), PlainSigner())
        self.workers = SetWorkers(self.clock)
        self.booking = Booking(self.acting)
        self.joining = Joining(self.acting, LINK_KEY)
        self.calling = Calling(self.acting, self.workers, self.tickets)
        self.casework = Casework(self.acting)
        self.anterooms = Anterooms(self.calling.placing)
        self.guests = Guests(self.acting, LINK_KEY)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def file(self, key: FileKey) -> File:
        return self.files.load(key)

    def kinds(self, key: FileKey) -> list[str]:
        """What the case says, in order."""
        return [entry.kind for entry in self.files.case(key)[1]]

    def slots(self, *services: str, week: str | None = None) -> Sequence[datetime]:
        """The free starts of the first week that has any, or of `week`."""
        found = self.booking.week(self.office, services or (FEE,), week=week, now=self.now)
        return [slot.start for slot in found.slots]

    def hold(self, start: datetime, *services: str, booker: str = BOOKER) -> FileKey:
        return self.booking.hold(self.office, services or (FEE,), start, booker=booker, now=self.now)

    def confirmed(self, start: datetime | None = None, *services: str) -> FileKey:
        """An appointment, by default the first free one."""
        key = self.hold(start or self.slots(*services)[0], *services)
        self.booking.give_details(key, ADA, booker=BOOKER, now=self.now)
        self.booking.confirm(key, booker=BOOKER, now=self.now)
        return key

    def bearer(self, key: FileKey, device: str = "phone") -> Bearer:
        return Bearer(key, self.file(key).booking.link_version, device)

    def presence(self, device: str = "phone") -> Presence:
        return Presence(device, self.now, camera="ok", microphone="ok")

    def enter(self, key: FileKey, device: str = "phone", *, take_over: bool = False) -> File:
        return self.joining.enter(
            self.office, self.bearer(key, device), self.presence(device), take_over=take_over, now=self.now
        )

    def beat(self, key: FileKey, device: str = "phone") -> File:
        return self.joining.beat(self.bearer(key, device), self.presence(device))

    def waiting(self, start: datetime | None = None, *services: str) -> FileKey:
        """An appointment whose citizen sits in the waiting room, ten minutes before it begins."""
        key = self.confirmed(start, *services)
        begins = self.file(key).booking.start
        self.clock.moment = max(self.now, begins - timedelta(minutes=10))
        self.enter(key)
        return key

    def in_call(self, clerk: Clerk = EVA, *services: str) -> FileKey:
        key = self.waiting(None, *services)
        self.calling.call(clerk, key, date=DAY, now=self.now)
        return key

    def invited(self, key: FileKey, device: str = "guest-phone", *, clerk: Clerk = EVA) -> Invited:
        """An interpreter who has opened the link that the clerk made."""
        link = self.guests.invite(clerk, key, GuestRole.INTERPRETER, now=self.now)
        return self.guests.open_link(self.office, link, device=device, now=self.now)

    def arrive(self, invited: Invited, *, take_over: bool = False) -> File:
        return self.guests.arrive(
            self.office, invited, self.presence(invited.device), take_over=take_over, now=self.now
        )

    def link(self, key: FileKey, purpose: Purpose = Purpose.JOIN) -> str:
        """The fragment of a link as the letter carries it now."""
        derived = secret(
            LINK_KEY,
            office=key.office,
            booking_id=key.booking_id,
            version=self.file(key).booking.link_version,
            purpose=purpose,
        )
        return fragment(key.booking_id, derived)
