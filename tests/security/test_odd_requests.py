"""Requests that no page of ours sends: refused with a problem, never with a fault, and never led elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from chalice.test import Client

import app as application
from chalicelib import composition
from local.front.gateway import Gateway
from local.wire import Call
from tests.doubles.browser import Browser
from tests.doubles.house import House

MATTER = "meldebescheinigung"
ENDS_OF_TIME = (
    "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
)  # fmt: skip
COOKIES = (
    {"__Host-booker": '"a\\015\\012Set-Cookie: x=y"'},
    {"__Host-visit": "\ud800"},
    {"__Host-desk": "." * 10_000},
    {"a[b": "c"},
    {"__Host-manage": ""},
)


@pytest.fixture
def client() -> Iterator[Client]:
    composition.install(House())
    with Client(application.app) as client:
        yield client


@pytest.mark.parametrize("moment", ENDS_OF_TIME)
def test_the_ends_of_time_are_no_slot(moment: str, client: Client) -> None:
    """A change of time zone overflows there; still nothing is a fault of ours."""
    held = Browser(client).post_json("/heidelberg/holds", {"m": [MATTER], "start": moment})
    assert held.status == 409
    gone = moment.replace("+", "%2B")
    assert Browser(client, accept="text/html").get(f"/heidelberg/slots?m={MATTER}&gone={gone}").status == 200


@pytest.mark.parametrize("cookies", COOKIES, ids=str)
@pytest.mark.parametrize("path", ["/heidelberg/room/state", "/heidelberg/manage/booking", "/desk/state"])
def test_a_broken_cookie_is_no_session(path: str, cookies: dict[str, str], client: Client) -> None:
    assert Browser(client, cookies=dict(cookies)).get(path).status == 401


def test_a_cookie_of_another_shape_is_never_given_back(client: Client) -> None:
    """Quoted cookies are decoded, line breaks too: what is not of our making is replaced, not repeated."""
    for value in ('"a\\015\\012Set-Cookie: x=y"', "short", "A" * 26, "a" * 5_000):
        browser = Browser(client, cookies={"__Host-booker": value})
        week = browser.get(f"/heidelberg/slots?m={MATTER}").json()
        answer = browser.post_json("/heidelberg/holds", {"m": [MATTER], "start": week["earliest"]})
        assert answer.status == 303
        (cookie,) = answer.headers["Set-Cookie"]
        assert re.match(r"__Host-booker=[a-z2-7]{26}; Path=/; Secure; HttpOnly; SameSite=Lax\Z", cookie), cookie


@pytest.mark.parametrize(
    "path", ["/%2Fevil.example", "/%2F%2Fevil.example/slots", "/%5Cevil.example", "/%09%2Fevil.example"]
)
def test_no_page_links_to_a_site_that_its_address_names(path: str) -> None:
    """A gateway that decodes the path would make `//evil.example` of it: a link that leaves us."""
    composition.install(House())
    answer = Gateway(application.app).answer(Call("GET", path, "", {"accept": "text/html", "host": "office"}, b""))
    assert answer.status == 404
    found = re.findall(r'(?:href|action|src)="([^"]*)"', answer.body.decode())
    assert found, "the page has no links at all"
    assert [link for link in found if re.match(r"[\s\\/]*(//|\\|[a-z]+://evil)", link)] == []


@pytest.mark.parametrize("header", ["q=;;;,,,", "de;q=nan,en", "en;q=1e999", "\ud800", "*", "," * 5_000])
def test_any_language_header_is_read(header: str, client: Client) -> None:
    answer = client.http.request("GET", "/heidelberg", headers={"Accept": "text/html", "Accept-Language": header})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body", [b"{" * 30_000, b"[" * 30_000, b'{"a":' * 12_000, b"\xff\xfe", b"null", b"1e999", b'{"link": NaN}']
)
@pytest.mark.parametrize("path", ["/heidelberg/join", "/heidelberg/manage", "/heidelberg/holds", "/notices/payment"])
def test_a_broken_body_is_refused(path: str, body: bytes, client: Client) -> None:
    headers = {"Content-Type": "application/json", "Accept": "application/json", "Origin": "https://office.example"}
    answer = client.http.request("POST", path, headers=headers, body=body)
    assert 400 <= answer.status_code < 500
