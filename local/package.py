"""`python -m local.package FOLDER`: what Lambda runs, as two zips.

deployment.zip is the office, made by Chalice's own packager. receipts.zip is the function that prints receipts:
typst weighs as much as all the rest, and no citizen's request should wait until it is unpacked.

Dependencies are fetched by pip from hash-locked requirements, for Lambda's platform, once for each state of
those; `chalice package` fetches them again whenever a line of the app has changed. What the zip holds is the
same.
"""

import contextlib
import hashlib
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from chalice.deploy.packager import DependencyBuilder, LambdaDeploymentPackager, MissingDependencyError
from chalice.utils import UI, OSUtils

ROOT: Final = Path(__file__).parents[1]
CACHE: Final = ROOT / "build" / "lambda"
OFFICE_TAKEN: Final = ("app.py", "requirements.txt", "chalicelib", "vendor")
"""All that reaches the office's functions, beside their dependencies and Chalice's runtime."""
RECEIPTS_TAKEN: Final = (
    "chalicelib/__init__.py",
    "chalicelib/domain",
    "chalicelib/adapters/__init__.py",
    "chalicelib/adapters/dynamodb/__init__.py",
    "chalicelib/adapters/dynamodb/codec.py",
    "chalicelib/adapters/pdf.py",
    "chalicelib/adapters/receipt.typ",
    "chalicelib/adapters/receipts_remote.py",
    "chalicelib/web/__init__.py",
    "chalicelib/web/catalogues.py",
    "chalicelib/web/formats.py",
    "chalicelib/web/texts",
)
"""All that reaches the function of the receipts: no keys to read, no table, no client of AWS."""
RECEIPTS_REQUIREMENTS: Final = "requirements-receipts.txt"
RECEIPTS_HANDLER: Final = "chalicelib.adapters.receipts_remote.handle"


class DependencyMissing(Exception):
    """There is no build of a dependency for Lambda's platform."""


class CachedDependencies(DependencyBuilder):
    """Chalice's dependency builder, asked once for each state of the requirements."""

    def __init__(self, cache: Path) -> None:
        super().__init__(OSUtils())
        self._cache = cache

    def build_site_packages(self, abi: str, requirements_filepath: str, target_directory: str) -> None:
        """Put the dependencies into `target_directory`. Raises DependencyMissing."""
        digest = hashlib.sha256(Path(requirements_filepath).read_bytes()).hexdigest()[:16]
        kept = self._cache / f"site-{abi}-{digest}"
        if not kept.exists():
            with tempfile.TemporaryDirectory(prefix="site-", dir=self._cache) as place:
                draft = Path(place) / "site"
                draft.mkdir()
                try:
                    super().build_site_packages(abi, requirements_filepath, str(draft))
                except MissingDependencyError as missing:
                    names = ", ".join(package.identifier for package in missing.missing)
                    raise DependencyMissing(names) from None
                with contextlib.suppress(OSError):  # another build was quicker
                    draft.rename(kept)
        shutil.copytree(kept, target_directory, dirs_exist_ok=True)


def build(target: Path, *, root: Path = ROOT, cache: Path = CACHE) -> Path:
    """Make the office's zip at `target`; returns it. Raises DependencyMissing."""
    cache.mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="office-", dir=cache) as project:
        take(OFFICE_TAKEN, root=root, target=Path(project))
        packager = LambdaDeploymentPackager(OSUtils(), CachedDependencies(cache), UI(out=sys.stderr))
        made = packager.create_deployment_package(project, f"python{sys.version_info.major}.{sys.version_info.minor}")
        shutil.move(made, target)
    return target


def build_receipts(target: Path, *, root: Path = ROOT, cache: Path = CACHE) -> Path:
    """Make the zip of the function of the receipts at `target`; returns it. Raises DependencyMissing."""
    cache.mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    abi = f"cp{sys.version_info.major}{sys.version_info.minor}"
    with tempfile.TemporaryDirectory(prefix="receipts-", dir=cache) as place:
        function = Path(place)
        CachedDependencies(cache).build_site_packages(abi, str(root / RECEIPTS_REQUIREMENTS), place)
        take(RECEIPTS_TAKEN, root=root, target=function)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
            for path in sorted(function.rglob("*")):
                made.write(path, path.relative_to(function))
    return target


def take(names: Iterable[str], *, root: Path, target: Path) -> None:
    """Copy files and folders from `root` to the same place below `target`; what is not there is passed over."""
    for name in names:
        source, copy = root / name, target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, copy)


def main() -> int:
    """Make both zips in the folder that the first argument names."""
    folder = Path(sys.argv[1])
    for target in (build(folder / "deployment.zip"), build_receipts(folder / "receipts.zip")):
        with zipfile.ZipFile(target) as made:
            unpacked = sum(entry.file_size for entry in made.infolist())
        print(f"{target}: {target.stat().st_size / 1e6:.1f} MB, unpacked {unpacked / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
