"""Lambda's Runtime API, as far as a function sees it, and a function that runs from an unpacked zip.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html: the function asks for the next invocation,
and posts its response or its error.
"""

import json
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

# Only the zip's own packages may be found: no site-packages, and from outside nothing but Amazon's client.
START = """
import sys
task, client = sys.argv[1:3]
sys.path[:0] = [task]
sys.path.append(client)
sys.argv = ["bootstrap", sys.argv[3]]
from awslambdaric.__main__ import main
main(sys.argv)
"""
OF_THE_CLIENT = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")


class FunctionFailed(Exception):
    """The function answered with an error; its text is what Lambda would log."""


class LambdaFunction:
    """`with LambdaFunction(task, handler="app.app", …) as call:` runs it; `call(event)` invokes it."""

    def __init__(self, task: Path, *, handler: str, environment: Mapping[str, str], folder: Path) -> None:
        self._events: queue.Queue[dict[str, Any]] = queue.Queue()
        self._results: queue.Queue[tuple[bool, Any]] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._log = (folder / "function.log").open("w+")
        client = folder / "client"
        client.mkdir()
        for name in OF_THE_CLIENT:
            spec = find_spec(name)
            if spec is not None and spec.origin is not None:
                origin = Path(spec.origin)
                place = origin.parent if spec.submodule_search_locations else origin
                (client / place.name).symlink_to(place)
        self._command = [sys.executable, "-S", "-E", "-c", START, str(task), str(client), handler]
        self._environment = {
            **environment,
            "PATH": "/usr/bin:/bin",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "fernamt",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/fernamt",
            "AWS_LAMBDA_LOG_STREAM_NAME": "1",
            "LAMBDA_TASK_ROOT": str(task),
            "_HANDLER": handler,
        }
        self._task = task

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._process = subprocess.Popen(
            self._command, cwd=self._task, env=self._environment, stdout=self._log, stderr=self._log
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._server.shutdown()
        self._server.server_close()
        self._log.close()

    def __call__(self, event: dict[str, Any], *, within_seconds: float = 60) -> Any:
        """Invoke once. Raises FunctionFailed."""
        self._events.put(event)
        try:
            worked, answer = self._results.get(timeout=within_seconds)
        except queue.Empty:
            worked, answer = False, "no answer"
        if not worked:
            self._log.seek(0)
            raise FunctionFailed(f"{answer}\n{self._log.read()}")
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        events, results = self._events, self._results

        class RuntimeApi(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = json.dumps(events.get()).encode()
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", str(uuid.uuid4()))
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 60_000))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:0:function:f")
                self.send_header("Lambda-Runtime-Trace-Id", "Root=1-0-0")
                self.send_header("Lambda-Runtime-Client-Context", "")
                self.send_header("Lambda-Runtime-Cognito-Identity", "")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                answer = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"null")
                results.put((self.path.endswith("/response"), answer))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return RuntimeApi
