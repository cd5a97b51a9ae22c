"""Make what pages load, in `chalicelib/web/static/vendor/`: copies out of node_modules, and our own files made small.

    python -m local.assets

The copy is an allow-list: a package never reaches a browser because it happens to be installed; of the design system
comes what our pages name (`local.design_system`). The
manifest (`vendor/manifest.json`, path below static/ → first 12 hex digits of its SHA-256) serves deployments
whose static files live on a CDN and not beside the code; `chalicelib.web.static_files` reads it there. How our
own scripts and styles are made small stands in `local.modules`.
"""

import gzip
import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

from local import design_system, modules

ROOT = Path(__file__).parent.parent
STATIC = ROOT / "chalicelib" / "web" / "static"

ALLOWED = {
    "@kern-ux/native/LICENSE.md": "kern/LICENSE.md",
    "@kern-ux/native/dist/fonts/fira-sans/FiraSans-Regular.woff2": "kern/FiraSans-Regular.woff2",
    "@kern-ux/native/dist/fonts/fira-sans/FiraSans-SemiBold.woff2": "kern/FiraSans-SemiBold.woff2",
}

KERN = "@kern-ux/native/dist/kern.min.css"


class PackageMissing(Exception):
    """A file of the allow-list is not installed; `npm ci` brings it."""


def copy_vendor(node_modules: Path, *, static: Path = STATIC) -> list[Path]:
    """Make `static/vendor` hold exactly the allow-list; give the files written. Raises PackageMissing."""
    vendor = static / "vendor"
    absent = [node_modules / source for source in ALLOWED if not (node_modules / source).is_file()]
    if absent:
        raise PackageMissing(f"{absent[0]} is missing; run `npm ci` first")
    shutil.rmtree(vendor, ignore_errors=True)
    written = []
    for source, target in ALLOWED.items():
        destination = vendor / target
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(node_modules / source, destination)
        written.append(destination)
    return written


def copy_design_system(node_modules: Path, *, static: Path = STATIC) -> Path:
    """Write the rules of the design system that our pages name; leave them when nothing changed."""
    target, files = static / "vendor" / "kern" / "kern.min.css", design_system.sources(static.parent.parent)
    if design_system.is_stale(target, files):
        # Two test runs may do this at once: whoever reads finds a whole file.
        pruned = target.with_suffix(f".{os.getpid()}")
        pruned.write_text(
            design_system.prune(node_modules / KERN, files, node_modules=node_modules), encoding="utf-8"
        )
        pruned.replace(target)
    return target


def content_hashes(static: Path = STATIC) -> dict[str, str]:
    """Path below `static` → first 12 hex digits of the SHA-256 of its bytes."""
    files = sorted(path for path in static.rglob("*") if path.is_file() and path.suffix != ".json")
    return {path.relative_to(static).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in files}


def write_manifest(static: Path = STATIC) -> Path:
    """Write the content hashes where the product reads them."""
    manifest = static / "vendor" / "manifest.json"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text(json.dumps(content_hashes(static), indent=1) + "\n", encoding="utf-8")
    return manifest


def freshen() -> None:
    """Make what is missing or older than its source, and leave the rest: for tests, whichever way they start."""
    if not (STATIC / "vendor" / "kern").is_dir():
        copy_vendor(ROOT / "node_modules")
    copy_design_system(ROOT / "node_modules")
    modules.build(ROOT / "node_modules")
    write_manifest()


def main() -> int:
    """Copy, make small, list, and print the weight of each file as it travels."""
    try:
        written = copy_vendor(ROOT / "node_modules")
        written.append(copy_design_system(ROOT / "node_modules"))
        written += modules.build(ROOT / "node_modules")
    except (PackageMissing, design_system.PruningFailed, modules.MinifierFailed) as problem:
        print(problem, file=sys.stderr)
        return 1
    write_manifest()
    for path in written:
        weight = len(gzip.compress(path.read_bytes(), mtime=0)) / 1024
        print(f"{path.relative_to(STATIC)}  {weight:.1f} KB gzipped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
