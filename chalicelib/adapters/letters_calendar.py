"""The appointment as an iCalendar object (RFC 5545, RFC 5546): an invitation, its updates, its cancellation."""

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.adapters.letters_text import matters_of
from chalicelib.domain.files import File
from chalicelib.domain.letters import Letter, LetterKind
from chalicelib.domain.offices import Office
from chalicelib.services.ports import LetterLinks
from chalicelib.web.catalogues import texts_in
from chalicelib.web.render import in_language

BERLIN: Final = ZoneInfo("Europe/Berlin")
ALARM: Final = timedelta(minutes=-15)


def method_of(letter: Letter) -> str:
    """Return the iTIP method (RFC 5546): REQUEST invites and updates, CANCEL takes back."""
    return "CANCEL" if letter.kind is LetterKind.CANCELLED else "REQUEST"


def calendar_of(
    letter: Letter, *, file: File, office: Office, links: LetterLinks, organizer: str, attendee: str
) -> bytes:
    """Write the object. `organizer` is the office's mail address; its domain makes the UID unique.

    The UID is the booking's and stays, SEQUENCE rises with each move: so calendars mend the entry that they have.
    """
    from icalendar import Alarm, Calendar, Event, vCalAddress, vText  # noqa: PLC0415 - cold start: only here

    texts, booking = texts_in(letter.language), file.booking
    event = Event()
    event.add("uid", f"{booking.key.booking_id}@{organizer.rpartition('@')[2]}")
    event.add("sequence", letter.sequence)
    event.add("dtstamp", letter.created_at)
    event.add("dtstart", booking.start.astimezone(BERLIN))
    event.add("dtend", booking.end.astimezone(BERLIN))
    # The name of the office, not of the matter: families and colleagues share calendars.
    summary = texts("mail.calendar.summary", office=in_language(office.name, letter.language))
    event.add("summary", summary)
    event.add("location", texts("mail.where_video"))
    event.add("class", "PRIVATE")
    sender, invited = vCalAddress(f"mailto:{organizer}"), vCalAddress(f"mailto:{attendee}")
    sender.params["CN"] = vText(in_language(office.name, letter.language))
    invited.params["RSVP"], invited.params["PARTSTAT"] = vText("FALSE"), vText("ACCEPTED")
    event.add("organizer", sender)
    event.add("attendee", invited)
    if method_of(letter) == "CANCEL":
        event.add("status", "CANCELLED")
    else:
        event.add("status", "CONFIRMED")
        matters = ", ".join(matters_of(file, office, language=letter.language))
        description = texts(
            "mail.calendar.description",
            matters=matters,
            join=links.join,
            reference=booking.reference,
            phone=office.phone,
        )
        event.add("description", description)
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", texts("mail.calendar.alarm"))
        alarm.add("trigger", ALARM)
        event.add_component(alarm)

    calendar = Calendar()
    calendar.add("prodid", "-//Fernamt//Fernamt//DE")
    calendar.add("version", "2.0")
    calendar.add("method", method_of(letter))
    calendar.add_component(event)
    # One year of rules instead of seventy: 0.8 KB instead of 3.
    day = booking.start.date()
    calendar.add_missing_timezones(first_date=day.replace(month=1, day=1), last_date=day.replace(month=12, day=31))
    written: bytes = calendar.to_ical()
    return written
