"""Stripe's library talking to the stand-in without a socket: for proofs that make a hundred thousand calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe

from local.payments.api import Api, Request


class InProcessClient(stripe.HTTPClient):
    """The library's HTTP client, answered by `api`. Everything above it is the library's own."""

    name = "in-process"

    def __init__(self, api: Api) -> None:
        super().__init__()
        self.api = api

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Answer one request."""
        to = urlsplit(url)
        form = str(post_data or "") if method.upper() == "POST" else to.query
        named = {name.lower(): str(value) for name, value in (headers or {}).items()}
        answer = self.api.answer(Request(method.upper(), to.path, form, named))
        return json.dumps(answer.body), answer.status, answer.headers

    def close(self) -> None:
        """Nothing to close."""
