"""The relay cannot record (§ 201 StGB): no decoder, recorder or muxer comes into its process, and it needs none.

Each story runs in a process of its own, which tells what lies in its memory: the list of modules can be made up,
the maps of the kernel cannot.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
WORKER = ROOT / "media_worker"
# What FFmpeg, and the coders that aiortc's wheels once brought themselves, are called as libraries.
CODERS = ("avcodec", "avformat", "avdevice", "avfilter", "swscale", "swresample", "vpx", "opus", "x264", "x265")
RECORDERS = ("cv2", "ffmpeg", "gi", "imageio", "moviepy", "soundfile", "wave")

HIDE = """
from importlib.machinery import PathFinder
found = PathFinder.find_spec
def without_av(name, path=None, target=None):
    return None if name.partition(".")[0] == "av" else found(name, path, target)
PathFinder.find_spec = without_av
"""
TELL = """
import json, sys
maps = open("/proc/self/maps").read()
av = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "av"}
print(json.dumps({
    "modules": sorted(sys.modules),
    "from_files": sorted(name for name, module in av.items() if getattr(module, "__file__", None)),
    "libraries": sorted({line.split()[-1].rpartition("/")[2] for line in maps.splitlines() if ".so" in line}),
}))
"""


def memory_after(code: str) -> Any:
    """What a fresh process holds once it has run the code."""
    done = subprocess.run(
        [sys.executable, "-c", code + TELL], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def coders(memory: Any) -> list[str]:
    return [library for library in memory["libraries"] if any(coder in library for coder in CODERS)]


@pytest.mark.parametrize("beforehand", ["", HIDE], ids=["av is installed", "av is not there"])
def test_the_worker_runs_with_the_stub_in_avs_place(beforehand: str) -> None:
    memory = memory_after(beforehand + "import media_worker.__main__\n")
    assert "aiortc" in memory["modules"]
    assert "av" in memory["modules"], "the stub is asked for: aiortc names it"
    assert memory["from_files"] == []
    assert coders(memory) == []


def test_without_the_stub_a_decoder_is_in_memory() -> None:
    """The control: these looks find what they look for."""
    memory = memory_after("import aiortc\n")
    assert memory["from_files"]
    assert any("avcodec" in library for library in coders(memory))


def test_without_the_stub_and_without_av_there_is_no_aiortc() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HIDE + "import aiortc"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "No module named 'av'" in done.stderr


def test_no_recorder_and_no_muxer_is_imported() -> None:
    """aiortc's own are its `contrib`: MediaRecorder, MediaPlayer, MediaBlackhole, MediaRelay."""
    modules = memory_after("import media_worker.__main__\n")["modules"]
    assert [name for name in modules if name.startswith("aiortc.contrib")] == []
    assert [name for name in modules if name.partition(".")[0] in RECORDERS] == []


def imported_by(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_nothing_of_the_worker_names_one_however_late_it_would_import_it() -> None:
    named = {(source.name, name) for source in WORKER.rglob("*.py") for name in imported_by(source)}
    assert ("privates.py", "aiortc") in named
    assert [(source, name) for source, name in named if f"{name}.".startswith(("av.", "aiortc.contrib."))] == []


def test_the_stub_makes_nothing() -> None:
    """Names of PyAV may be imported and subclassed, never called."""
    made = """
import media_worker.rtc.privates, av
for make in (av.CodecContext, av.open, av.Packet, av.VideoFrame):
    try:
        make()
    except RuntimeError as refused:
        assert "no decoder" in str(refused)
    else:
        raise SystemExit(f"made {make}")
"""
    assert memory_after(made)["from_files"] == []


def test_a_coder_of_aiortc_refuses() -> None:
    """Were one of aiortc's own paths that decode ever reached, it would end there."""
    asked = """
import media_worker.rtc.privates
from aiortc.codecs import get_decoder
from aiortc import RTCRtpCodecParameters
for name, clock in (("video/VP8", 90000), ("audio/opus", 48000)):
    try:
        get_decoder(RTCRtpCodecParameters(mimeType=name, clockRate=clock, channels=2))
    except (RuntimeError, AttributeError) as refused:
        assert "no decoder" in str(refused) or "DecoderAbsent" in str(refused), refused
    else:
        raise SystemExit(f"a decoder of {name}")
"""
    assert coders(memory_after(asked)) == []
