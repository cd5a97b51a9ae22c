"""The forms that citizens fill in, parsed with WTForms. An error is a key of the catalogue, not a sentence."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from wtforms import EmailField, Form, StringField, TelField, TextAreaField
from wtforms.validators import AnyOf, DataRequired, Length, Optional, Regexp, ValidationError

from chalicelib.domain.mail_addresses import deliverable

NAME_MAX: Final = 120
EMAIL_MAX: Final = 254  # RFC 5321, 4.5.3.1.3
PHONE_MAX: Final = 30
NOTE_MAX: Final = 500

_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()/.\-]{3,28}")
_ONE_LINE: Final = re.compile(r"[^\x00-\x1f\x7f]*")


class _Fields:
    """What WTForms asks of a form's data: several values a name."""

    def __init__(self, form: Mapping[str, Sequence[str]]) -> None:
        self._form = form

    def __contains__(self, name: object) -> bool:
        return name in self._form

    def __iter__(self) -> Any:
        return iter(self._form)

    def getlist(self, name: str) -> list[str]:
        """Give all values of a name."""
        return list(self._form.get(name, []))


def _stripped(text: str | None) -> str:
    return (text or "").strip()


def _can_get_letters(form: Form, field: EmailField) -> None:
    del form
    if deliverable(field.data) is None:
        raise ValidationError("details.email_wrong")


class DetailsForm(Form):  # type: ignore[misc] # WTForms ships no types
    """Who comes: name, e-mail, language; phone and note if they like."""

    name = StringField(
        filters=[_stripped],
        validators=[
            DataRequired("details.name_missing"),
            Length(max=NAME_MAX, message="details.name_long"),
            Regexp(rf"{_ONE_LINE.pattern}\Z", message="details.name_long"),
        ],
    )
    email = EmailField(
        filters=[_stripped],
        validators=[
            DataRequired("details.email_missing"),
            Length(max=EMAIL_MAX, message="details.email_wrong"),
            _can_get_letters,
        ],
    )
    language = StringField(validators=[DataRequired("details.language_wrong")])
    phone = TelField(
        filters=[_stripped],
        validators=[Optional(), Regexp(rf"(?:{_PHONE.pattern})\Z", message="details.phone_wrong")],
    )
    note = TextAreaField(filters=[_stripped], validators=[Length(max=NOTE_MAX, message="details.note_long")])


def read_details(
    form: Mapping[str, Sequence[str]], *, languages: Sequence[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Read the details form: values as they will be kept (or shown again), and field → key of its error."""
    read = DetailsForm(_Fields(form))
    spoken = AnyOf(languages, message="details.language_wrong")
    valid = read.validate(extra_validators={"language": [spoken]})
    values = {name: str(field.data or "") for name, field in read._fields.items()}
    return values, {} if valid else {name: str(found[0]) for name, found in read.errors.items()}
