"""The hosted page of one session: pay by card or PayPal, be declined and try again, or walk away."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from local.payments.book import Book
from local.payments.cards import CARDS, Typed
from local.payments.shapes import Means, Object
from local.payments.texts import TEXTS, amount_in_words

PAGES: Final = Path(__file__).parent / "pages"
PREFIX: Final = "/c/pay/"
BERLIN: Final = ZoneInfo("Europe/Berlin")
_PATH: Final = re.compile(r"/c/pay/(cs_test_[A-Za-z0-9]+)(/card|/paypal(?:/approve|/refuse)?)?\Z")

_PAGES = Environment(
    loader=FileSystemLoader(PAGES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Page:
    """What the browser gets: a page, or `location` to go on to."""

    status: int
    html: str = ""
    location: str = ""
    may_post_to: tuple[str, ...] = ()
    """Origins that a form may end up at: a redirect after a form counts for Content-Security-Policy."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page: `query` and `form` hold the first value of each name."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    languages: str = ""


@dataclass
class CheckoutPages:
    """Serves the pages over the book; `happened` is called under its lock after a change, before saving.

    While `pays_later` is set, PayPal promises the money only, and the control endpoint says if it comes.
    """

    book: Book
    now: Callable[[], int]
    happened: Callable[[], None] = lambda: None
    pays_later: bool = False

    def visit(self, visit: Visit) -> Page:
        """Answer one request."""
        with self.book.lock:
            self.book.ledger.expire_due(now=self.now())
            found = _PATH.match(visit.path)
            session = self.book.ledger.sessions.get(found[1]) if found else None
            if found is None or session is None:
                return self._ended(visit, "missing", None)
            if session["status"] == "complete":
                return self._complete(visit, session)
            if session["status"] == "expired":
                return self._ended(visit, "expired", session)
            return self._open(visit, session, found[2] or "")

    def _open(self, visit: Visit, session: Object, step: str) -> Page:
        if visit.method == "GET":
            if step == "/paypal":
                return self._page("paypal.html", visit, session)
            return self._back(visit, session) if step else self._pay_page(visit, session)
        acts = {
            "/card": self._pay_by_card,
            "/paypal": self._go_to_paypal,
            "/paypal/approve": self._approve_paypal,
            "/paypal/refuse": self._refuse_paypal,
        }
        return acts.get(step, self._back)(visit, session)

    def _go_to_paypal(self, visit: Visit, session: Object) -> Page:
        return Page(303, location=f"{PREFIX}{session['id']}/paypal?lang={_language(visit, session)}")

    def _approve_paypal(self, _visit: Visit, session: Object) -> Page:
        self.book.ledger.pay(session["id"], Means("paypal"), now=self.now(), later=self.pays_later)
        return self._changed(Page(303, location=_success_url(session)))

    def _refuse_paypal(self, visit: Visit, session: Object) -> Page:
        return self._back(visit, session, declined="paypal")

    def _pay_by_card(self, visit: Visit, session: Object) -> Page:
        typed = Typed(*(visit.form.get(name, "") for name in ("number", "expiry", "cvc")))
        today = datetime.fromtimestamp(self.now(), UTC)
        problems = typed.problems(year=today.year, month=today.month)
        card = typed.card
        if problems or card is None:
            return self._pay_page(visit, session, typed=typed, problems=problems, status=422)
        means = typed.means(card)
        if card.refusal is not None:
            self.book.ledger.decline(session["id"], means, card.refusal, now=self.now())
            return self._changed(self._back(visit, session, declined=card.refusal.decline_code))
        self.book.ledger.pay(session["id"], means, now=self.now())
        return self._changed(Page(303, location=_success_url(session)))

    def _pay_page(
        self,
        visit: Visit,
        session: Object,
        *,
        typed: Typed | None = None,
        problems: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> Page:
        filled = next((card for card in CARDS if card.key == visit.query.get("fill")), None)
        if typed is None:
            typed = Typed(_spaced(filled.number), "12/30", "123") if filled else Typed("", "", "")
        declined = visit.query.get("declined", "")
        language = _language(visit, session)
        return self._page(
            "pay.html",
            visit,
            session,
            status=status,
            typed=typed,
            problems=problems or {},
            declined=declined if f"declined_{declined}" in TEXTS[language] and not problems else "",
            cards=[{"key": card.key, "spaced": _spaced(card.number)} for card in CARDS],
            until=datetime.fromtimestamp(session["expires_at"], BERLIN).strftime("%H:%M"),
        )

    def _complete(self, visit: Visit, session: Object) -> Page:
        if visit.method == "POST":  # sent twice, or in two tabs: the first one counted
            return Page(303, location=_success_url(session))
        return self._ended(visit, "done", session)

    def _ended(self, visit: Visit, ending: str, session: Object | None) -> Page:
        language = _language(visit, session)
        onward = ""
        if session is not None:
            onward = _success_url(session) if ending == "done" else session["cancel_url"] or ""
        html = _PAGES.get_template("ended.html").render(
            t=TEXTS[language],
            languages=TEXTS,
            language=language,
            ending=ending,
            onward=onward,
            payee=self._payee(session) if session else "",
        )
        return Page({"missing": 404, "expired": 410}.get(ending, 200), html)

    def _page(self, name: str, visit: Visit, session: Object, *, status: int = 200, **more: Any) -> Page:
        language = _language(visit, session)
        order = self.book.ledger.orders[session["id"]]
        html = _PAGES.get_template(name).render(
            t=TEXTS[language],
            languages=TEXTS,
            language=language,
            here=PREFIX + session["id"],
            cancel_url=session["cancel_url"] or "",
            payee=self._payee(session),
            matter=", ".join(item["price_data"]["product_data"]["name"] for item in order["line_items"]),
            amount=amount_in_words(session["amount_total"], session["currency"], language),
            **more,
        )
        return Page(status, html, may_post_to=_origins(session))

    def _payee(self, session: Object) -> str:
        order = self.book.ledger.orders[session["id"]]
        return str(order.get("branding_settings", {}).get("display_name", "Stadtkasse"))

    def _back(self, visit: Visit, session: Object, *, declined: str = "") -> Page:
        query = f"lang={_language(visit, session)}" + (f"&declined={declined}" if declined else "")
        return Page(303, location=f"{PREFIX}{session['id']}?{query}")

    def _changed(self, page: Page) -> Page:
        self.happened()
        self.book.save()
        return page


def _language(visit: Visit, session: Object | None) -> str:
    """Choose by the reader's wish, the session's locale, the browser; else German."""
    wished = [visit.query.get("lang", ""), (session or {}).get("locale") or ""]
    accepted = [part.split(";")[0].strip()[:2] for part in visit.languages.split(",")]
    return next((language for language in (*wished, *accepted) if language in TEXTS), "de")


def _success_url(session: Object) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _origins(session: Object) -> tuple[str, ...]:
    urls = (urlsplit(session[name]) for name in ("success_url", "cancel_url") if session[name])
    return tuple(sorted({f"{url.scheme}://{url.netloc}" for url in urls}))


def _spaced(number: str) -> str:
    return " ".join(re.findall(r"[0-9]{4}", number))
