"""`make bench`: what the journey costs the store, what a page weighs, how fast a function wakes and a call begins."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks import bench_call, bench_lambda, bench_pages, bench_store
from benchmarks.figures import Figures


def main() -> int:
    """Run all parts; print tables as they go and the figures last of all."""
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        for part in (bench_lambda, bench_store, bench_pages, bench_call):
            print(f"\n{(part.__doc__ or '').splitlines()[0]}", flush=True)
            room = Path(folder) / part.__name__.rpartition(".")[2]
            room.mkdir()
            part.measure(figures, room)
    print()
    return figures.finish()


if __name__ == "__main__":
    sys.exit(main())
