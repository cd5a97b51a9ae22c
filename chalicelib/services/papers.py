"""Papers both ways: announced, uploaded straight into quarantine, checked, opened for a minute."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.domain import papers
from chalicelib.domain.access import CITIZEN
from chalicelib.domain.access_windows import result_window
from chalicelib.domain.bookings import BookingState
from chalicelib.domain.errors import LinkUnknown, StepNotAllowed
from chalicelib.domain.files import NOTHING, Changes
from chalicelib.domain.ids import ID_BYTES, new_id
from chalicelib.domain.papers import Paper, PaperRefused, PaperState, Seat, UploadForm
from chalicelib.services.acting import Acting
from chalicelib.services.ports import PaperCheck, PaperStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.domain.cases import Record
    from chalicelib.domain.files import File
    from chalicelib.domain.ids import FileKey


@dataclass(frozen=True, slots=True)
class Papers:
    """`actor` is "citizen" or "clerk:<id>"; whoever is not the citizen sits in the clerk's seat."""

    acting: Acting
    store: PaperStore
    check: PaperCheck

    def announce(
        self, key: FileKey, *, actor: str, name: str, media_type: str, size: int, now: datetime
    ) -> UploadForm:
        """Note a paper to come and sign the form that uploads it.

        Raises PaperRefused (type, size, too many), StepNotAllowed once the booking is cancelled or closed.
        """
        paper_id = new_id(self.acting.chance.token(ID_BYTES))

        def decide(file: File) -> Changes:
            if file.booking.state is not BookingState.CONFIRMED:
                raise StepNotAllowed(file.booking.state, "announce a paper")
            paper, record = papers.announce(
                paper_id,
                seat=seat_of(actor),
                actor=actor,
                name=name,
                media_type=media_type,
                size=size,
                held=len(file.papers),
                now=now,
            )
            return Changes(papers=(paper,), records=(record,))

        file = self.acting.act(key, decide, now=now)
        return self.store.form(key, file.paper(paper_id))

    def received(self, key: FileKey, paper_id: str, *, actor: str, now: datetime) -> Paper:
        """Check what was uploaded; the paper comes back CHECKED or REFUSED. Saying it twice changes nothing.

        Raises NoSuchPaper (also for the other seat's), PaperNotArrived.
        """
        paper = papers.own(self.acting.files.load(key).paper(paper_id), seat_of(actor))
        if paper.state is not PaperState.ANNOUNCED:
            return paper
        try:
            copy = self.check.clean(self.store.quarantined(key, paper_id), media_type=paper.media_type)
        except PaperRefused as refusal:
            why = refusal.why
            paper = self._settle(
                key, paper_id, lambda found: papers.refused(found, why, actor=actor, now=now), now=now
            )
        else:
            digest = hashlib.sha256(copy).hexdigest()
            # Stored before it is noted: a crash in between leaves an object that nobody can open.
            self.store.keep(key, paper, copy, digest=digest)
            size = len(copy)
            paper = self._settle(
                key,
                paper_id,
                lambda found: papers.passed(found, actor=actor, size=size, digest=digest, now=now),
                now=now,
            )
        self.store.discard(key, paper_id)
        return paper

    def open(self, key: FileKey, paper_id: str, *, actor: str, now: datetime) -> str:
        """Note who opens the paper and return an address that serves it for a minute.

        Both seats may open every checked paper of their file. Raises NoSuchPaper, PaperNotReady.
        """

        def decide(file: File) -> Changes:
            paper, record = papers.opened(file.paper(paper_id), actor=actor, now=now)
            return Changes(papers=(paper,), records=(record,))

        return self.store.link(key, self.acting.act(key, decide, now=now).paper(paper_id))

    def result(self, key: FileKey, *, now: datetime) -> str:
        """Return the address of the document that closed the case, for whoever holds the result's link.

        Raises LinkUnknown if nothing is delivered by download, LinkExpired thirty days after closing.
        """
        booking = self.acting.files.load(key).booking
        if not booking.document:
            raise LinkUnknown("nothing to download")
        result_window(booking).check(now)
        return self.open(key, booking.document, actor=CITIZEN, now=now)

    def _settle(
        self,
        key: FileKey,
        paper_id: str,
        verdict: Callable[[Paper], tuple[Paper, Record]],
        *,
        now: datetime,
    ) -> Paper:
        def decide(file: File) -> Changes:
            paper = file.paper(paper_id)
            if paper.state is not PaperState.ANNOUNCED:
                return NOTHING  # a second call was quicker
            paper, record = verdict(paper)
            return Changes(papers=(paper,), records=(record,))

        return self.acting.act(key, decide, now=now).paper(paper_id)


def seat_of(actor: str) -> Seat:
    """Return the seat that an actor sits in."""
    return "citizen" if actor == CITIZEN else "clerk"
