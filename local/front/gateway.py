"""API Gateway and Lambda in one process: a request becomes a proxy event, the app's answer a response.

Two things differ from AWS on purpose: HEAD is answered as GET without the body (CloudFront's part), and an
unknown path is 404 (API Gateway's own 403 is turned into 404 by the infrastructure as code).
"""

import base64
import itertools
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from chalice.app import Chalice

from local.wire import Answer, Call, problem

LAMBDA_SECONDS: Final = 29  # API Gateway waits no longer

Invoke = Callable[[dict[str, Any], Any], Mapping[str, Any]]
"""Runs the function: event and context in, a proxy response out."""


class LambdaContext:
    """What Lambda tells a function about the invocation, as far as Powertools and we look."""

    def __init__(self, *, function_name: str = "fernamt-local", seconds: float = LAMBDA_SECONDS) -> None:
        self.function_name = function_name
        self.function_version = "$LATEST"
        self.invoked_function_arn = f"arn:aws:lambda:eu-central-1:000000000000:function:{function_name}"
        self.memory_limit_in_mb = 512
        self.aws_request_id = str(uuid.uuid4())
        self.log_group_name = f"/aws/lambda/{function_name}"
        self.log_stream_name = "local"
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda would end the function."""
        return max(0, int((self._end - time.monotonic()) * 1000))


class _PerThread:
    """Chalice keeps the request on the app, as Lambda runs one at a time; here each thread has its own."""

    _own = threading.local()

    @property
    def current_request(self) -> Any:
        return getattr(self._own, "request", None)

    @current_request.setter
    def current_request(self, request: Any) -> None:
        self._own.request = request

    @property
    def lambda_context(self) -> Any:
        return getattr(self._own, "context", None)

    @lambda_context.setter
    def lambda_context(self, context: Any) -> None:
        self._own.context = context


def isolate_threads(app: Chalice) -> Chalice:
    """Let every thread see its own request; returns the same app."""
    if not isinstance(app, _PerThread):
        for name in ("current_request", "lambda_context"):
            vars(app).pop(name, None)
        app.__class__ = type(app.__class__.__name__, (_PerThread, app.__class__), {})
    return app


@dataclass(slots=True)
class _Node:
    """One segment of the route tree."""

    literal: dict[str, "_Node"] = field(default_factory=dict)
    parameter: "_Node | None" = None
    route: str | None = None


class RouteTree:
    """Finds the route of a path; a literal segment wins over a parameter, as in API Gateway."""

    def __init__(self, routes: Iterable[str]) -> None:
        self._root = _Node()
        for route in routes:
            node = self._root
            for segment in _segments(route):
                if segment.startswith("{"):
                    node.parameter = node.parameter or _Node()
                    node = node.parameter
                else:
                    node = node.literal.setdefault(segment, _Node())
            node.route = route

    def find(self, path: str) -> tuple[str, dict[str, str]] | None:
        """Give route and decoded parameters; None for an unknown path."""
        segments = _segments(path)
        route = next(self._matches(self._root, segments), None)
        if route is None:
            return None
        pairs = zip(_segments(route), segments, strict=True)
        return route, {name[1:-1]: unquote(value) for name, value in pairs if name.startswith("{")}

    def _matches(self, node: _Node, segments: list[str]) -> Iterator[str]:
        if not segments:
            if node.route is not None:
                yield node.route
            return
        first, *rest = segments
        if unquote(first) in node.literal:
            yield from self._matches(node.literal[unquote(first)], rest)
        if node.parameter is not None and first:
            yield from self._matches(node.parameter, rest)


def _segments(path: str) -> list[str]:
    """`/a/b/` and `/a/b` are the same to API Gateway."""
    stripped = path.strip("/")
    return stripped.split("/") if stripped else []


class Gateway:
    """Answers calls with a Chalice app."""

    def __init__(self, app: Chalice, *, scheme: str = "http", invoke: Invoke | None = None) -> None:
        """Take the routes from `app`; `invoke` is who runs the function, if it is not this process."""
        self._app = isolate_threads(app)
        self._invoke = invoke or self._app
        self._routes = RouteTree(app.routes)
        self._scheme = scheme
        self._stage = "api"

    def answer(self, call: Call) -> Answer:
        """Call the app's view. Never raises: the app answers its own faults with 500."""
        found = self._routes.find(call.path)
        if found is None:
            return problem(404, "There is nothing at this address.")
        route, parameters = found
        methods = self._app.routes[route]
        method = call.method
        if method == "HEAD" and "HEAD" not in methods:
            method = "GET"
        if method not in methods:
            allowed = ", ".join(sorted({*methods, *({"HEAD"} if "GET" in methods else ())}))
            return problem(405, "This address does not take that method.", route=route, headers=(("Allow", allowed),))
        event = self._event(call, method=method, route=route, parameters=parameters)
        return _answer(self._invoke(event, LambdaContext()), route=route)

    def _event(self, call: Call, *, method: str, route: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Build a proxy event, version 1.0 of the payload."""
        query = parse_qs(call.query, keep_blank_values=True)
        kind = call.headers.get("content-type", "").split(";")[0].strip().lower()
        body: str | None = None
        binary = bool(call.body) and _is_binary(kind, self._app.api.binary_types)
        if call.body:
            encoded = base64.b64encode(call.body) if binary else call.body
            body = encoded.decode("utf-8", errors="replace")
        return {
            "resource": route,
            "path": call.path,
            "httpMethod": method,
            "headers": {**call.headers, "x-forwarded-proto": self._scheme},
            "multiValueHeaders": {name: [value] for name, value in call.headers.items()},
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": dict(parameters) or None,
            "stageVariables": None,
            "requestContext": {
                "httpMethod": method,
                "resourcePath": route,
                "path": f"/{self._stage}{call.path}",
                "stage": self._stage,
                "protocol": "HTTP/1.1",
                "domainName": call.headers.get("host", ""),
                "requestId": str(uuid.uuid4()),
                "requestTimeEpoch": time.time_ns() // 1_000_000,
                "identity": {"sourceIp": "127.0.0.1", "userAgent": call.headers.get("user-agent", "")},
            },
            "body": body,
            "isBase64Encoded": binary,
        }


def _is_binary(kind: str, binary_types: Iterable[str]) -> bool:
    family = kind.partition("/")[0]
    return any(wanted in {kind, f"{family}/*", "*/*"} for wanted in binary_types)


def _answer(response: Mapping[str, Any], *, route: str) -> Answer:
    """Read a Lambda proxy response; header values hold no line break (Chalice checks single ones only)."""
    single = (response.get("headers") or {}).items()
    several = (
        (name, value) for name, values in (response.get("multiValueHeaders") or {}).items() for value in values
    )
    headers = tuple((name, str(value)) for name, value in itertools.chain(single, several))
    if any("\r" in value or "\n" in value for _, value in headers):
        return problem(502, "The answer had a line break in a header.", route=route)
    body = response.get("body") or ""
    raw = base64.b64decode(body) if response.get("isBase64Encoded") else body.encode()
    return Answer(response["statusCode"], headers, raw, route)
