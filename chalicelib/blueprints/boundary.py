"""The door: every route is declared here with its audience; requests are authorised, errors translated.

A view gets `(request, fernamt)` and returns an Answer; it knows neither the framework nor headers.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote

from chalice.app import Response

from chalicelib.blueprints import authorising, problems
from chalicelib.blueprints.request import Answer, Request, parse_body
from chalicelib.domain.access import Audience
from chalicelib.domain.errors import NotSignedIn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice.app import Blueprint

    from chalicelib.composition import Fernamt

    View = Callable[[Request, Fernamt], Answer]

CONTENT_TYPES = ["application/x-www-form-urlencoded", "application/json"]
WAYS_IN = {  # where a person without a session finds the door
    Audience.CLERK: "/desk/welcome",
    Audience.VISITOR: "/{office}/join",
    Audience.MANAGER: "/{office}/manage",
    Audience.GUEST: "/{office}/guest",
}
COOKIE = "Path=/; Secure; HttpOnly; SameSite=Lax"


class Route(NamedTuple):
    """One line of the table that the tests walk."""

    path: str
    methods: tuple[str, ...]
    audience: Audience
    view: str


ROUTES: list[Route] = []


def endpoint(
    blueprint: Blueprint, path: str, *, audience: Audience, methods: tuple[str, ...] = ("GET",)
) -> Callable[[View], View]:
    """Register a view. There is no way to a route but through here, so none lacks authorisation."""

    def register(view: View) -> View:
        def handle(**parts: str) -> Response:
            return _handle(blueprint.current_request, parts, view, audience)

        handle.__name__ = f"{blueprint._import_name.rpartition('.')[2]}_{view.__name__}"  # noqa: SLF001 - names must be unique to Chalice
        handle.audience = audience  # type: ignore[attr-defined]  # read by the test of the routes
        content_types = {} if methods == ("GET",) else {"content_types": CONTENT_TYPES}
        blueprint.route(path, methods=list(methods), **content_types)(handle)
        ROUTES.append(Route(path, methods, audience, view.__name__))
        return view

    return register


def fernamt() -> Fernamt:
    """The installation, composed on the first request: importing the app stays silent and fast."""
    from chalicelib import composition  # noqa: PLC0415 - see above

    return composition.fernamt()


def problem_words(house: Fernamt, request: Request, error: Exception) -> dict[str, Any]:
    """A problem for a page of its own making: kind, title, what to do, and the moment it hangs on."""
    extras = problems.extras_of(error)
    slug = problems.slug_of(error)
    title, detail = house.faces.problem(slug, extras, request)
    kind = {"link_too_early": "early", "link_expired": "late", "link_unknown": "unknown"}.get(slug, "other")
    return {"kind": kind, "title": title, "detail": detail, "opens_at": extras.get("opens_at")}


def _handle(raw: Any, parts: Mapping[str, str], view: View, audience: Audience) -> Response:
    """Answer, whatever happens: a fault that escaped would be logged with its text, past the allow-list."""
    try:
        return _answer(raw, parts, view, audience)
    except Exception as error:  # noqa: BLE001 - not even a page can be made: settings, office files, texts
        from chalicelib.adapters.log import Log  # noqa: PLC0415 - as the composition, only when needed

        Log().failed(route=raw.context.get("resourcePath", ""), method=raw.method, error=error, status=500)
        body = {"type": "/problems/unexpected", "title": "Internal Server Error", "status": 500}
        headers: dict[str, Any] = {"Content-Type": "application/problem+json", "Cache-Control": "no-store"}
        return Response(_json(body), status_code=500, headers=headers)


def _answer(raw: Any, parts: Mapping[str, str], view: View, audience: Audience) -> Response:
    house = fernamt()
    request = _request(raw, parts, house)
    try:
        parsed = _parsed(request, raw)
        authorised = authorising.authorised(parsed, house, audience=audience, method=raw.method)
        answer = view(authorised, house)
        response = _response(authorised, house, answer)
    except Exception as error:  # noqa: BLE001 - the last line before the citizen: whatever it is, they get a page
        response = _problem(request, house, error, audience)
        house.log.failed(
            route=raw.context.get("resourcePath", ""),
            method=raw.method,
            error=error,
            status=response.status_code,
        )
    return response


def _request(raw: Any, parts: Mapping[str, str], house: Fernamt) -> Request:
    query = {name: raw.query_params.getlist(name) for name in raw.query_params or {}}
    headers = {name.lower(): value for name, value in raw.headers.items()}
    accept = headers.get("accept", "")
    asked = (query.get("lang") or [None])[0]
    office = house.offices.get(parts.get("office", ""))
    language = house.faces.language(asked, accept=headers.get("accept-language", ""), office=office)
    return Request(
        path=_own_path(raw.path, parts),
        parts=parts,
        query=query,
        form={},
        body={},
        raw=b"",
        headers=headers,
        cookies=_cookies(headers.get("cookie", "")),
        language=language,
        keep_language=asked == language,
        wants_json="application/json" in accept and "text/html" not in accept,
        now=house.clock.now(),
        office=office,
    )


def _own_path(route: str, parts: Mapping[str, str]) -> str:
    """The address of a request; the gateway's own holds its stage, which no address of ours has.

    Quoted, whether the gateway decoded it or not: `/%2Fevil.example` must not become a link to another site.
    """
    return route.format(**{name: quote(unquote(value), safe="") for name, value in parts.items()})


def _parsed(request: Request, raw: Any) -> Request:
    """With the body. A notice's bytes stay as they came: its signature covers them."""
    body = raw.raw_body if raw.method not in ("GET", "HEAD") else b""
    content = body if isinstance(body, bytes) else str(body).encode()
    form, parsed = parse_body(content, request.headers.get("content-type", ""))
    return replace(request, form=form, body=parsed, raw=content)


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}


def _response(request: Request, house: Fernamt, answer: Answer) -> Response:
    headers: dict[str, Any] = {**house.headers.of(answer.template)}
    if answer.sessions:
        headers["Set-Cookie"] = [_cookie(name, value) for name, value in answer.sessions.items()]
    if answer.location:
        headers["Location"] = house.faces.carried(answer.location, request)
        return Response("", status_code=answer.status, headers=headers)
    if answer.template and not request.wants_json:
        headers["Content-Type"] = "text/html; charset=utf-8"
        body = house.faces.render(answer.template, answer.model, request)
        return Response(body, status_code=answer.status, headers=headers)
    headers["Content-Type"] = "application/json"
    return Response(_json(answer.model), status_code=answer.status, headers=headers)


def _problem(request: Request, house: Fernamt, error: Exception, audience: Audience) -> Response:
    """RFC 9457 for programs; for people a page that says what happened and what to do."""
    status, slug = problems.status_of(error), problems.slug_of(error)
    extras = problems.extras_of(error)
    title, detail = house.faces.problem(slug, extras, request)
    headers: dict[str, Any] = dict(house.headers.of(""))
    if status in (503, 429):
        headers["Retry-After"] = "2"
    if request.wants_json or not house.faces.is_page(request):
        headers["Content-Type"] = "application/problem+json"
        body = {"type": f"/problems/{slug}", "title": title, "status": status, "detail": detail, **extras}
        return Response(_json(body), status_code=status, headers=headers)
    if isinstance(error, NotSignedIn) and audience in WAYS_IN:
        headers["Location"] = house.faces.carried(WAYS_IN[audience].format(**request.parts), request)
        return Response("", status_code=303, headers=headers)
    headers["Content-Type"] = "text/html; charset=utf-8"
    model = {"status": status, "slug": slug, "title": title, "detail": detail}
    return Response(house.faces.render("error/problem.html", model, request), status_code=status, headers=headers)


def _cookie(name: str, value: str) -> str:
    return f"__Host-{name}={value}; {COOKIE}" + ("" if value else "; Max-Age=0")


def _json(model: Any) -> str:
    return json.dumps(model, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if hasattr(value, "as_json"):
        return value.as_json()
    return str(value)
