"""The AWS stand-in as a child process: what tests and benchmarks use where the supervisor is too much."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3

from local.aws.names import ACCESS_KEY, SECRET_KEY
from local.ports import HOST, READY_PATH, free_port, wait_until_it_answers

START_SECONDS_MAX = 30.0


class AwsNotReady(RuntimeError):
    """The stand-in did not answer in time; what it printed says why."""


@dataclass(slots=True)
class AwsProcess:
    """`with AwsProcess(folder) as aws:` serves DynamoDB, S3 and SES at `aws.endpoint_url`."""

    folder: Path
    """Where the data live; the next process over the same folder finds them."""
    port: int = field(default_factory=free_port)
    origin: str = "http://127.0.0.1:8700"
    """The front door's: S3 answers its pages and nobody else's."""
    region: str = "eu-central-1"
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    @property
    def endpoint_url(self) -> str:
        """For every client of boto3."""
        return f"http://{HOST}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to find the stand-in."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }

    def client(self, service: str, **more: Any) -> Any:
        """A client of boto3 for this stand-in."""
        session = boto3.Session(
            aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name=self.region
        )
        return session.client(service, endpoint_url=self.endpoint_url, **more)  # type: ignore[call-overload]  # by name

    def start(self) -> None:
        """Start, and wait until tables and buckets stand. Raises AwsNotReady."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "local.aws"],
            env={
                **os.environ,
                **self.environment,
                "AWS_STAND_IN_PORT": str(self.port),
                "OFFICE_DIR": str(self.folder),
                "ALLOWED_ORIGIN": self.origin,
            },
        )
        if not wait_until_it_answers(self.endpoint_url + READY_PATH, within_seconds=START_SECONDS_MAX):
            self.kill()
            raise AwsNotReady(f"The AWS stand-in did not answer on port {self.port}.")

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end("kill")

    def stop(self) -> None:
        """End it politely."""
        self._end("terminate")

    def _end(self, how: str) -> None:
        if self._process is not None:
            getattr(self._process, how)()
            self._process.wait(timeout=15)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
