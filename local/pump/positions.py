"""How far each shard of the stream was passed on, kept over restarts."""

import json
from pathlib import Path

from local.atomic import write_atomically


class Positions:
    """The last sequence number of every shard; a stream of another name starts from its beginning."""

    def __init__(self, path: Path, *, stream: str) -> None:
        self._path = path
        self._stream = stream
        self._of_shard: dict[str, str] = {}
        if path.exists():
            kept = json.loads(path.read_bytes())
            if kept["stream"] == stream:
                self._of_shard = kept["shards"]

    def after(self, shard: str) -> str | None:
        """The last sequence number that was passed on; None for a shard nobody has read."""
        return self._of_shard.get(shard)

    def advance(self, shard: str, sequence_number: str) -> None:
        """Remember, durably, that everything up to `sequence_number` was passed on or given up."""
        self._of_shard[shard] = sequence_number
        self._save()

    def forget(self, shard: str) -> None:
        """Start over at the oldest record that the stream still has."""
        self._of_shard.pop(shard, None)
        self._save()

    def _save(self) -> None:
        kept = {"stream": self._stream, "shards": self._of_shard}
        write_atomically(self._path, json.dumps(kept).encode())
