"""`python -m local.package TARGET`: the zip that Lambda runs, made by Chalice's own packager.

Dependencies are fetched by pip from the hash-locked requirements.txt, for Lambda's platform, once for each
state of that file; `chalice package` fetches them again whenever a line of the app has changed. What the
zip holds is the same.
"""

import contextlib
import hashlib
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from chalice.deploy.packager import DependencyBuilder, LambdaDeploymentPackager, MissingDependencyError
from chalice.utils import UI, OSUtils

ROOT: Final = Path(__file__).parents[1]
CACHE: Final = ROOT / "build" / "lambda"
TAKEN: Final = ("app.py", "requirements.txt", "chalicelib", "vendor")
"""All that reaches Lambda."""


class DependencyMissing(Exception):
    """There is no build of a dependency for Lambda's platform."""


class CachedDependencies(DependencyBuilder):
    """Chalice's dependency builder, asked once for each requirements.txt."""

    def __init__(self, cache: Path) -> None:
        super().__init__(OSUtils())
        self._cache = cache

    def build_site_packages(self, abi: str, requirements_filepath: str, target_directory: str) -> None:
        """Put the dependencies into `target_directory`. Raises DependencyMissing."""
        digest = hashlib.sha256(Path(requirements_filepath).read_bytes()).hexdigest()[:16]
        kept = self._cache / f"site-{abi}-{digest}"
        if not kept.exists():
            self._cache.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix="site-", dir=self._cache))
            try:
                super().build_site_packages(abi, requirements_filepath, str(draft))
            except MissingDependencyError as missing:
                names = ", ".join(package.identifier for package in missing.missing)
                raise DependencyMissing(names) from None
            with contextlib.suppress(OSError):  # another build was quicker
                draft.rename(kept)
        shutil.copytree(kept, target_directory, dirs_exist_ok=True)


def build(target: Path, *, root: Path = ROOT, cache: Path = CACHE) -> Path:
    """Make the zip at `target`; returns it. Raises DependencyMissing."""
    cache.mkdir(parents=True, exist_ok=True)
    project = Path(tempfile.mkdtemp(prefix="project-", dir=cache))
    for name in TAKEN:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, project / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, project / name)
    packager = LambdaDeploymentPackager(OSUtils(), CachedDependencies(cache), UI(out=sys.stderr))
    runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
    made = packager.create_deployment_package(str(project), runtime)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(made, target)
    shutil.rmtree(project)
    return target


def main() -> int:
    """Make the zip where the first argument says."""
    target = build(Path(sys.argv[1]))
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
