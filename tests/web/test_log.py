"""The log says what happened and nothing of anybody."""

import io
import json

from chalicelib.adapters.log import Log

CANARY = "Ada Kanarienvogel"


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_failure_names_places_in_the_code_but_not_what_it_said() -> None:
    stream = io.StringIO()
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        Log(stream, "failing").failed(route="/{office}/join", method="POST", error=error, status=500)
    (line,) = lines(stream)
    assert line["message"] == "request-failed"
    assert (line["route"], line["error"], line["status"]) == ("/{office}/join", "ValueError", 500)
    assert "test_log.py" in str(line["at"])
    assert CANARY not in stream.getvalue()


def test_a_refusal_is_no_error() -> None:
    stream = io.StringIO()
    Log(stream, "refusing").failed(route="/desk/next", method="POST", error=KeyError(CANARY), status=404)
    (line,) = lines(stream)
    assert (line["level"], line["message"]) == ("INFO", "request-refused")
    assert CANARY not in stream.getvalue()
