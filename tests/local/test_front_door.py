"""The front door speaks API Gateway's dialect to the app: over a real socket, with many threads."""

import concurrent.futures
import http.client
import json
import logging
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from chalice.app import Blueprint, Chalice, Response

from local.front.door import FrontDoor
from local.front.gateway import RouteTree
from local.wire import serving

PNG = b"\x89PNG\r\n\x1a\n\0\xff"


def small_app() -> Chalice:
    app = Chalice("small", configure_logs=False)
    pages = Blueprint(__name__)
    form = ["application/x-www-form-urlencoded"]

    @pages.route("/")
    def home() -> Response:
        return Response("<p>Grüß Gott</p>", headers={"Content-Type": "text/html; charset=utf-8"})

    @pages.route("/{office}/matters/{service}")
    def matter(office: str, service: str) -> dict[str, Any]:
        return {"office": office, "service": service, "params": pages.current_request.uri_params}

    @pages.route("/{office}/slots")
    def slots(office: str) -> dict[str, Any]:
        query = pages.current_request.query_params
        return {"m": query.getlist("m") if query else None, "week": query.get("week") if query else None}

    @pages.route("/{office}/holds", methods=["POST"], content_types=form)
    def hold(office: str) -> Response:
        fields = urllib.parse.parse_qs(pages.current_request.raw_body.decode())
        cookies = ["__Host-a=1; Secure; Path=/", "__Host-b=2; Secure; Path=/"]
        headers: dict[str, str | list[str]] = {
            "Set-Cookie": cookies,
            "Location": "/x",
            "X-M": ",".join(fields["m"]),
        }
        return Response("", status_code=303, headers=headers)  # type: ignore[arg-type]  # Chalice takes lists

    @pages.route("/picture")
    def picture() -> Response:
        return Response(PNG, headers={"Content-Type": "image/png"})

    @pages.route("/echo", methods=["POST"], content_types=["application/octet-stream", "application/json"])
    def echo() -> dict[str, Any]:
        return {"raw": pages.current_request.raw_body.hex()}

    @pages.route("/slow/{name}")
    def slow(name: str) -> dict[str, Any]:
        barrier.wait(timeout=10)  # all threads are inside a view at once
        return {"path": name, "request": pages.current_request.uri_params["name"]}

    @pages.route("/broken")
    def broken() -> None:
        raise ZeroDivisionError

    @pages.route("/split")
    def split() -> Response:
        headers: dict[str, str | list[str]] = {"X-Split": ["a\r\nSet-Cookie: b"]}
        return Response("", headers=headers)  # type: ignore[arg-type]  # Chalice takes lists

    app.register_blueprint(pages)
    return app


THREADS = 8
barrier = threading.Barrier(THREADS)


class FakeWorker(BaseHTTPRequestHandler):
    """Answers offers as the media worker does."""

    def do_POST(self) -> None:
        offer = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Location", "/media/sessions/7")
        self.send_header("Content-Type", "application/sdp")
        self.send_header("X-Internal", "10.0.0.7")
        self.end_headers()
        self.wfile.write(b"answer to " + offer + b" with " + self.headers["Authorization"].encode())

    def do_DELETE(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        pass


@pytest.fixture(scope="module")
def worker_port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeWorker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def static_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("web") / "static"
    (folder / "js").mkdir(parents=True)
    (folder / "js" / "room.js").write_text("export {}")
    (folder / "arms.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "notes.py").write_text("secret")
    (folder.parent / "secret.txt").write_text("secret")
    return folder


@pytest.fixture(scope="module")
def port(worker_port: int, static_folder: Path) -> Iterator[int]:
    door = FrontDoor(small_app(), media=[("127.0.0.1", worker_port)], static_folder=static_folder)
    with serving(door.answer, threads=THREADS) as port:
        yield port


def ask(
    port: int, method: str, target: str, body: bytes | None = None, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, body=body, headers=named)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_a_page(port: int) -> None:
    response, body = ask(port, "GET", "/")
    assert response.status == 200
    assert response.getheader("Content-Type") == "text/html; charset=utf-8"
    assert body.decode() == "<p>Grüß Gott</p>"


@pytest.mark.parametrize(
    ("target", "params"),
    [
        ("/heidelberg/matters/ummeldung", {"office": "heidelberg", "service": "ummeldung"}),
        ("/heidelberg/matters/ummeldung/", {"office": "heidelberg", "service": "ummeldung"}),
        ("/k%C3%B6ln/matters/a%2Fb%20c", {"office": "köln", "service": "a/b c"}),
    ],
)
def test_path_parameters_are_decoded(port: int, target: str, params: dict[str, str]) -> None:
    assert json.loads(ask(port, "GET", target)[1])["params"] == params


def test_a_query_keeps_several_values(port: int) -> None:
    assert json.loads(ask(port, "GET", "/h/slots?m=a&m=b%26c&week=2026-W48")[1]) == {
        "m": ["a", "b&c"],
        "week": "2026-W48",
    }
    assert json.loads(ask(port, "GET", "/h/slots")[1]) == {"m": None, "week": None}


def test_a_form_keeps_several_values_and_several_cookies_come_back(port: int) -> None:
    response, _ = ask(port, "POST", "/h/holds", b"m=a&m=%C3%BC", Content_Type="application/x-www-form-urlencoded")
    assert response.status == 303
    assert response.getheader("X-M") is not None
    assert response.headers.get_all("Set-Cookie") == [
        "__Host-a=1; Secure; Path=/",
        "__Host-b=2; Secure; Path=/",
    ]


def test_bytes_go_both_ways(port: int) -> None:
    assert ask(port, "GET", "/picture", Accept="image/png")[1] == PNG
    sent = ask(port, "POST", "/echo", PNG, Content_Type="application/octet-stream")[1]
    assert json.loads(sent) == {"raw": PNG.hex()}
    as_text = ask(port, "POST", "/echo", '{"ä": 1}'.encode(), Content_Type="application/json")[1]
    assert json.loads(as_text) == {"raw": '{"ä": 1}'.encode().hex()}


def test_head_is_get_without_the_body(port: int) -> None:
    response, body = ask(port, "HEAD", "/")
    assert (response.status, body) == (200, b"")
    assert response.getheader("Content-Length") == str(len("<p>Grüß Gott</p>".encode()))


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/nothing/here/at/all", 404),
        ("POST", "/", 405),
        ("GET", "/h/holds", 405),
        ("GET", "/broken", 500),
        ("GET", "/split", 502),
        ("PUT", "/static/js/room.js", 405),
        ("GET", "/static/../../secret.txt", 404),
        ("GET", "/static/%2e%2e/secret.txt", 404),
        ("GET", "/static/notes.py", 404),
        ("GET", "/static/js", 404),
        ("GET", "/static/%00", 404),
        ("OPTIONS", "*", 400),
        ("GET", "http://127.0.0.1/", 400),
    ],
)
def test_what_is_refused(port: int, method: str, target: str, status: int) -> None:
    response, body = ask(port, method, target)
    assert response.status == status
    assert b"secret" not in body


def test_a_long_body_is_refused(port: int) -> None:
    assert ask(port, "POST", "/echo", bytes(10 * 1024 * 1024 + 1))[0].status == 413
    assert ask(port, "POST", "/media/sessions", bytes(70_000), Authorization="Bearer t")[0].status == 413


def test_threads_do_not_see_each_others_request(port: int) -> None:
    """Eight views wait for each other; then each must still hold its own request."""
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        answers = pool.map(lambda number: ask(port, "GET", f"/slow/{number}")[1], range(THREADS))
    assert [json.loads(answer) for answer in answers] == [
        {"path": str(number), "request": str(number)} for number in range(THREADS)
    ]


def test_files_keep_for_ever_with_a_version_and_are_asked_for_without(port: int) -> None:
    versioned, body = ask(port, "GET", "/static/js/room.js?v=abc")
    assert body == b"export {}"
    assert versioned.getheader("Content-Type") == "text/javascript; charset=utf-8"
    assert versioned.getheader("Cache-Control") == "public, max-age=31536000, immutable"
    assert versioned.getheader("X-Content-Type-Options") == "nosniff"
    plain, _ = ask(port, "GET", "/static/js/room.js")
    assert plain.getheader("Cache-Control") == "no-cache"
    tag = plain.getheader("ETag")
    assert tag is not None
    assert ask(port, "GET", "/static/js/room.js", If_None_Match=tag)[0].status == 304


def test_a_drawing_may_run_nothing(port: int) -> None:
    policy = ask(port, "GET", "/static/arms.svg")[0].getheader("Content-Security-Policy")
    assert policy is not None
    assert "sandbox" in policy


def test_signalling_is_handed_on(port: int) -> None:
    response, body = ask(
        port, "POST", "/media/sessions", b"offer", Authorization="Bearer t", Content_Type="application/sdp"
    )
    assert response.status == 201
    assert body == b"answer to offer with Bearer t"
    assert response.getheader("Location") == "/media/sessions/7"
    assert response.getheader("X-Internal") is None
    assert ask(port, "DELETE", "/media/sessions/7")[0].status == 204


@pytest.mark.parametrize("first", ["there", "gone"])
def test_whichever_worker_is_there_takes_it(first: str, worker_port: int, static_folder: Path) -> None:
    """The turns go round; a worker that was killed costs nobody a call."""
    there, gone = ("127.0.0.1", worker_port), ("127.0.0.1", 1)
    workers = [there, gone] if first == "there" else [gone, there]
    door = FrontDoor(small_app(), media=workers, static_folder=static_folder)
    with serving(door.answer) as port:
        answers = [ask(port, "POST", "/media/sessions", b"offer", Authorization="Bearer t") for _ in range(4)]
    assert [response.status for response, _ in answers] == [201] * 4


def test_workers_take_turns(static_folder: Path) -> None:
    asked: list[int] = []

    def counting(number: int) -> type[FakeWorker]:
        class Counting(FakeWorker):
            def do_DELETE(self) -> None:
                asked.append(number)
                super().do_DELETE()

        return Counting

    servers = [ThreadingHTTPServer(("127.0.0.1", 0), counting(number)) for number in (1, 2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    workers = [("127.0.0.1", server.server_port) for server in servers]
    with serving(FrontDoor(small_app(), media=workers, static_folder=static_folder).answer) as port:
        for _ in range(4):
            ask(port, "DELETE", "/media/sessions/7")
    for server in servers:
        server.shutdown()
        server.server_close()
    assert asked == [1, 2, 1, 2]


def test_a_worker_that_falls_silent_is_asked_once(static_folder: Path) -> None:
    """It may have begun: an offer that two workers take would seat somebody twice."""

    class Silent(FakeWorker):
        def do_POST(self) -> None:
            asked.append("silent")
            self.close_connection = True

    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    workers = [("127.0.0.1", server.server_port)] * 2
    with serving(FrontDoor(small_app(), media=workers, static_folder=static_folder).answer) as port:
        assert ask(port, "POST", "/media/sessions", b"offer", Authorization="Bearer t")[0].status == 503
    server.shutdown()
    server.server_close()
    assert asked == ["silent"]


def test_no_worker_is_said(static_folder: Path) -> None:
    door = FrontDoor(small_app(), media=[("127.0.0.1", 1)], static_folder=static_folder)
    with serving(door.answer) as port:
        response, body = ask(port, "POST", "/media/sessions", b"offer")
    assert response.status == 503
    assert json.loads(body)["status"] == 503


def test_the_access_log_knows_no_secret(port: int, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="fernamt.access"):
        ask(port, "GET", "/CANARY-1/matters/CANARY-2?secret=CANARY-3")
        ask(port, "POST", "/h/holds", b"m=CANARY-4", Content_Type="application/x-www-form-urlencoded")
        ask(port, "GET", "/static/CANARY-5?CANARY-6")
    assert "GET /{office}/matters/{service} 200" in caplog.text
    assert "CANARY" not in caplog.text
    assert "127.0.0.1" not in caplog.text


def test_a_literal_segment_wins_over_a_parameter_and_dead_ends_turn_back() -> None:
    tree = RouteTree(["/{office}", "/desk", "/desk/{act}", "/{office}/join", "/{office}/a/b", "/desk/a/{c}"])
    assert tree.find("/desk") == ("/desk", {})
    assert tree.find("/desk/join") == ("/desk/{act}", {"act": "join"})
    assert tree.find("/heidelberg/join") == ("/{office}/join", {"office": "heidelberg"})
    assert tree.find("/desk/a/b") == ("/desk/a/{c}", {"c": "b"})
    assert tree.find("//join") == ("/{office}", {"office": "join"})
    assert tree.find("/a//b") is None
