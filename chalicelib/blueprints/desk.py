"""The clerk's desk: sign-in, the day, the file, the call."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint

from chalicelib.blueprints.bodies import CloseBody, PaperBody, WaiveBody, read
from chalicelib.blueprints.boundary import endpoint
from chalicelib.blueprints.request import Answer, data, page, see_other
from chalicelib.domain.access import DESK_ROLES, Audience, Clerk
from chalicelib.domain.case_acts import Closing
from chalicelib.domain.case_files import export
from chalicelib.domain.errors import InputRefused, NoDeskForAccount, NotSignedIn, SignInRefused
from chalicelib.web.desk_state import desk_state, dispatch_row, file_state
from chalicelib.web.formats import as_date

if TYPE_CHECKING:
    from chalicelib.blueprints.request import Request
    from chalicelib.composition import Fernamt
    from chalicelib.domain.files import File

blueprint = Blueprint(__name__)
SHIFT = timedelta(hours=10)  # a working day (§ 3 ArbZG) without a second sign-in
SIGN_IN = timedelta(minutes=10)


@endpoint(blueprint, "/desk/signin", audience=Audience.PUBLIC)
def get_signin(request: Request, fernamt: Fernamt) -> Answer:
    """Begin the code flow (RFC 6749 with PKCE, RFC 7636): the secrets of this attempt go into a signed cookie."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    url = fernamt.signin.begin(redirect_uri=_callback(fernamt), state=state, nonce=nonce, verifier=verifier)
    attempt = fernamt.sessions.issue(
        "signin",
        {"state": state, "nonce": nonce, "verifier": verifier},
        expires_at=request.now + SIGN_IN,
        now=request.now,
    )
    return see_other(url, sessions={"signin": attempt})


@endpoint(blueprint, "/desk/welcome", audience=Audience.PUBLIC)
def get_welcome(request: Request, fernamt: Fernamt) -> Answer:
    """Before signing in."""
    del request, fernamt
    return page("desk/signin.html", _signin("needed"))


@endpoint(blueprint, "/desk/callback", audience=Audience.PUBLIC)
def get_callback(request: Request, fernamt: Fernamt) -> Answer:
    """The provider sent the clerk back: exchange the code, begin the shift."""
    try:
        claims = _identified(request, fernamt)
    except (SignInRefused, NotSignedIn) as error:
        reason = "refused" if isinstance(error, NoDeskForAccount) else "failed"
        return page("desk/signin.html", _signin(reason), status=403, sessions={"signin": ""})
    shift = fernamt.sessions.issue("desk", claims, expires_at=request.now + SHIFT, now=request.now)
    return see_other("/desk", sessions={"desk": shift, "signin": ""})


@endpoint(blueprint, "/desk/signout", methods=("POST",), audience=Audience.PUBLIC)
def post_signout(request: Request, fernamt: Fernamt) -> Answer:
    """End the shift on this browser."""
    del request, fernamt
    return page("desk/signin.html", _signin("signed_out"), sessions={"desk": ""})


@endpoint(blueprint, "/desk", audience=Audience.CLERK)
def get_desk(request: Request, fernamt: Fernamt) -> Answer:
    """The desk itself."""
    return page("desk/desk.html", {"state": _day_state(request, fernamt)})


@endpoint(blueprint, "/desk/state", audience=Audience.CLERK)
def get_state(request: Request, fernamt: Fernamt) -> Answer:
    """The day's list."""
    return data(_day_state(request, fernamt))


@endpoint(blueprint, "/desk/files/{booking}", audience=Audience.CLERK)
def get_file(request: Request, fernamt: Fernamt) -> Answer:
    """One file."""
    return told(request, fernamt, fernamt.casework.open(request.its_clerk, request.its_key))


@endpoint(blueprint, "/desk/files/{booking}/case", audience=Audience.CLERK)
def get_case(request: Request, fernamt: Fernamt) -> Answer:
    """The case as `python -m chalicelib.verify` reads it."""
    head, entries, payloads = fernamt.casework.chain(request.its_clerk, request.its_key)
    return data(json.loads(export(head, entries, payloads, booking_id=request.its_key.booking_id)))


@endpoint(blueprint, "/desk/files/{booking}/fee", methods=("POST",), audience=Audience.CLERK)
def post_fee(request: Request, fernamt: Fernamt) -> Answer:
    """Ask for the fee of the catalogue."""
    fernamt.paying.ask(request.its_key, actor=request.its_clerk.actor, now=request.now)
    return _reloaded(request, fernamt)


@endpoint(blueprint, "/desk/files/{booking}/waive", methods=("POST",), audience=Audience.CLERK)
def post_waive(request: Request, fernamt: Fernamt) -> Answer:
    """Waive the fee, with a reason."""
    reason = read(WaiveBody, request).reason
    fernamt.paying.waive(request.its_key, reason=reason, actor=request.its_clerk.actor, now=request.now)
    return _reloaded(request, fernamt)


@endpoint(blueprint, "/desk/files/{booking}/papers", methods=("POST",), audience=Audience.CLERK)
def post_paper(request: Request, fernamt: Fernamt) -> Answer:
    """Announce a paper for the citizen."""
    paper, actor = asdict(read(PaperBody, request)), request.its_clerk.actor
    form = fernamt.papers.announce(request.its_key, actor=actor, **paper, now=request.now)
    return data({"paper_id": form.paper_id, "url": form.url, "fields": form.fields}, status=201)


@endpoint(blueprint, "/desk/files/{booking}/papers/{paper}/received", methods=("POST",), audience=Audience.CLERK)
def post_received(request: Request, fernamt: Fernamt) -> Answer:
    """The paper is uploaded: check it."""
    fernamt.papers.received(request.its_key, request.parts["paper"], actor=request.its_clerk.actor, now=request.now)
    return _reloaded(request, fernamt)


@endpoint(blueprint, "/desk/files/{booking}/papers/{paper}/open", methods=("POST",), audience=Audience.CLERK)
def post_open(request: Request, fernamt: Fernamt) -> Answer:
    """An address that serves the paper for a minute; the opening is written down."""
    url = fernamt.papers.open(request.its_key, request.parts["paper"], actor=request.its_clerk.actor, now=request.now)
    return data({"url": url})


@endpoint(blueprint, "/desk/files/{booking}/close", methods=("POST",), audience=Audience.CLERK)
def post_close(request: Request, fernamt: Fernamt) -> Answer:
    """Close the case with an outcome and a delivery."""
    closing = Closing(**asdict(read(CloseBody, request)))
    file = fernamt.casework.close(
        request.its_clerk,
        request.its_office,
        request.its_key,
        closing,
        today=as_date(request.now).isoformat(),
        now=request.now,
    )
    return told(request, fernamt, file)


@endpoint(blueprint, "/desk/dispatch", audience=Audience.CLERK)
def get_dispatch(request: Request, fernamt: Fernamt) -> Answer:
    """What goes out by post on a day, with addresses."""
    day = _day(request)
    rows = [
        dispatch_row(file, dispatch, request.its_office, language=request.language)
        for file, dispatch in fernamt.casework.dispatches(request.its_clerk, day)
    ]
    return page("desk/dispatch.html", {"day": day, "rows": rows})


def _identified(request: Request, fernamt: Fernamt) -> dict[str, Any]:
    """Who the provider says it is, as a session holds it. Raises SignInRefused, NotSignedIn, NoDeskForAccount."""
    attempt = fernamt.sessions.read("signin", request.cookies.get("__Host-signin", ""), now=request.now)
    _check_state(request.one("state"), attempt["state"])
    identity = fernamt.signin.finish(
        code=request.one("code"),
        redirect_uri=_callback(fernamt),
        verifier=attempt["verifier"],
        nonce=attempt["nonce"],
        now=request.now,
    )
    clerk = Clerk(identity.subject, identity.office, identity.role, identity.name)
    if clerk.office not in fernamt.offices or clerk.role not in DESK_ROLES:
        raise NoDeskForAccount(f"{clerk.role} of {clerk.office}")
    return {"id": clerk.id, "office": clerk.office, "role": clerk.role, "name": clerk.name}


def _check_state(given: str, expected: str) -> None:
    """Raise SignInRefused for an answer to somebody else's attempt (RFC 6749, 10.12)."""
    if not secrets.compare_digest(given.encode(), expected.encode()):
        raise SignInRefused("state")


def _callback(fernamt: Fernamt) -> str:
    return f"{fernamt.public_url}/desk/callback"


def _signin(reason: str) -> dict[str, str]:
    return {"reason": reason, "begin": "/desk/signin"}


def _day(request: Request) -> str:
    """The day asked for, or today. Raises InputRefused for what is no date."""
    asked = request.one("day")
    if not asked:
        return as_date(request.now).isoformat()
    try:
        return date.fromisoformat(asked).isoformat()
    except ValueError:
        raise InputRefused({"day": "problem.no_such_day"}) from None


def _day_state(request: Request, fernamt: Fernamt) -> dict[str, Any]:
    day = _day(request)
    rows = fernamt.casework.day(request.its_clerk, day)
    return desk_state(
        rows, request.its_office, request.its_clerk, day=day, language=request.language, now=request.now
    )


def _reloaded(request: Request, fernamt: Fernamt) -> Answer:
    return told(request, fernamt, fernamt.casework.open(request.its_clerk, request.its_key))


def told(request: Request, fernamt: Fernamt, file: File) -> Answer:
    """The file as it stands after an act: what every act on it answers with."""
    _, entries, payloads = fernamt.casework.chain(request.its_clerk, request.its_key)
    state = file_state(
        file,
        request.its_office,
        request.its_clerk,
        (entries, payloads),
        language=request.language,
        now=request.now,
    )
    return data(state)
