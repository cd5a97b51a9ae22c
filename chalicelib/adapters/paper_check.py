"""Checking papers in a process of its own, which holds no credentials and can be lost."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chalicelib.domain.papers import SIZE_MAX, PaperRefused, Refusal, sniff

ROOT = Path(__file__).parents[2]
REFUSED = 3
SECONDS_MAX = 20  # below the 29 s that a gateway waits for an answer


@dataclass(frozen=True, slots=True)
class PaperCheck:
    """The port PaperCheck. `environment` is all that the process gets to see (on AWS: LD_LIBRARY_PATH)."""

    environment: Mapping[str, str] = field(default_factory=dict)
    seconds_max: float = SECONDS_MAX

    def clean(self, data: bytes, *, media_type: str) -> bytes:
        """Return the copy that may be served. Raises PaperRefused."""
        if len(data) > SIZE_MAX:
            raise PaperRefused(Refusal.TOO_LARGE)
        if not data:
            raise PaperRefused(Refusal.EMPTY)
        if sniff(data[:16]) != media_type:
            raise PaperRefused(Refusal.DISGUISED)
        try:
            done = subprocess.run(  # noqa: S603 - our own interpreter and module; the type is one of three
                [sys.executable, "-m", "chalicelib.adapters.paper_content", media_type],
                input=data,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=ROOT,
                env=dict(self.environment),
                timeout=self.seconds_max,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise PaperRefused(Refusal.COSTLY) from None
        if done.returncode == 0:
            return done.stdout
        if done.returncode == REFUSED:
            raise PaperRefused(Refusal(done.stdout.decode("ascii")))
        raise PaperRefused(Refusal.COSTLY)  # killed by its own bounds
