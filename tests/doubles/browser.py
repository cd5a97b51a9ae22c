"""A browser's side of HTTP for tests without a socket: cookies kept, Origin sent, forms and JSON posted."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from chalice.test import Client

from tests.doubles.house import ORIGIN


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, Any]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def location(self) -> str:
        return str(self.headers.get("Location", ""))


@dataclass
class Browser:
    """One browser; `accept` decides whether it is a person's or a program's."""

    client: Client
    accept: str = "application/json"
    cookies: dict[str, str] = field(default_factory=dict)
    origin: str | None = ORIGIN
    headers: dict[str, str] = field(default_factory=dict)  # what the page adds to each request

    def get(self, path: str) -> Answer:
        return self._send("GET", path, {}, b"")

    def post(self, path: str, form: dict[str, Any] | None = None) -> Answer:
        body = urlencode(form or {}, doseq=True).encode()
        return self._send("POST", path, {"Content-Type": "application/x-www-form-urlencoded"}, body)

    def post_json(self, path: str, body: dict[str, Any] | None = None) -> Answer:
        return self._send("POST", path, {"Content-Type": "application/json"}, json.dumps(body or {}).encode())

    def send(self, method: str, path: str) -> Answer:
        return self.get(path) if method == "GET" else self.post_json(path)

    def _send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        headers |= {"Accept": self.accept, "Host": "office.example", **self.headers}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.origin is not None and method != "GET":
            headers["Origin"] = self.origin
        response = self.client.http.request(method, path, headers=headers, body=body)
        for line in response.headers.get("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return Answer(response.status_code, dict(response.headers), response.body)
