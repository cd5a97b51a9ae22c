"""The media worker's image, without a container: the files and the packages that its Dockerfile names, no more."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.package import ROOT

pytestmark = [pytest.mark.office, pytest.mark.timeout(900)]
DOCKERFILE = ROOT / "media_worker" / "Dockerfile"
# Not "COPY --from=build", which is the environment with the packages.
COPIED = re.compile(r"^COPY (?P<source>[a-z]\S*) /srv/(?P<target>\S+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What becomes /srv, and beside it the environment, made as the Dockerfile makes it."""
    folder = tmp_path_factory.mktemp("image")
    for line in COPIED.finditer(DOCKERFILE.read_text(encoding="utf-8")):
        source, target = ROOT / line["source"], folder / "srv" / line["target"]
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    subprocess.run([sys.executable, "-m", "venv", folder / "worker"], check=True)
    pip = [folder / "worker" / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
    locked = ["--require-hashes", "--only-binary", ":all:", "-r", ROOT / "media_worker" / "requirements.txt"]
    subprocess.run([*pip, "install", *locked], check=True)
    subprocess.run([*pip, "uninstall", "--yes", "av"], check=True)
    return folder


def run(image: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [image / "worker" / "bin" / "python", *arguments],
        cwd=image / "srv",
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_of_the_office_only_the_domain_is_in_it(image: Path) -> None:
    assert names(image / "srv") == {"chalicelib", "media_worker"}
    assert names(image / "srv" / "chalicelib") == {"__init__.py", "domain"}


def test_it_starts_and_says_which_setting_is_missing(image: Path) -> None:
    """All of the worker but the client of AWS is imported by then."""
    ended = run(image, "-m", "media_worker")
    assert ended.returncode == 2
    assert "TICKET_PUBLIC_KEY" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert run(image, "-c", "import boto3").returncode == 0


def test_no_decoder_is_in_it(image: Path) -> None:
    """The library aiortc names PyAV, whose wheel ships FFmpeg; the image is made without it."""
    assert list((image / "worker").rglob("aiortc/__init__.py"))
    files = [path.name for path in (image / "worker").rglob("*") if path.suffix not in (".py", ".pyc")]
    assert [name for name in files if name in ("av", "av.libs") or name.startswith("av-")] == []
    coders = ("avcodec", "avformat", "ffmpeg", "swscale", "vpx", "opus")
    assert [name for name in files if any(coder in name for coder in coders)] == []


def test_the_worker_is_whole_without_it(image: Path) -> None:
    """The stub in av's place satisfies aiortc where av is not to be had."""
    tell = "import media_worker.__main__, sys; print(sorted(m for m in sys.modules if m.partition('.')[0] == 'av'))"
    done = run(image, "-c", tell)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("['av'")
    assert run(image, "-c", "import av").returncode != 0, "there is nothing but the stub"
