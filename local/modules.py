"""Small copies of our own scripts and styles: `static/js/a/b.js` → `static/vendor/js/a/b.js`.

The sources below static/js and static/css are what developers read; what travels is each file by itself without
comments and needless space (esbuild, no bundling), and every import names the content hash of what it imports:
browsers keep each module for a year and fetch only those that changed. Two more are named likewise: the module of a
worker where it is started, `new Worker(new URL("./a.js", import.meta.url), { type: "module" })`, and a module that
is imported when it is needed, `import("./a.js")`. `vendor/modules.json` lists what each entry imports, so that a page
can name all modules at once instead of discovering them one import after another; those two kinds are not in it, for
a page fetches workers in another way, and the others later or never.
"""

import hashlib
import json
import posixpath
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

from chalicelib.web.static_files import DIGITS, STATIC, content_hash

KINDS: Final = {"js": "*.js", "css": "*.css"}
_IMPORT: Final = re.compile(r'((?:\bfrom|\bimport)\s*)"(\.{1,2}/[^"?]+\.js)"')
_LATER: Final = re.compile(r'(\bimport\()"(\.{1,2}/[^"?]+\.js)"(?=\))')
_WORKER: Final = re.compile(r'(\bnew URL\()"(\.{1,2}/[^"?]+\.js)"(?=,\s*import\.meta\.url\))')
_FONT: Final = re.compile(r"/static/(vendor/[\w/.-]+\.woff2)")


class MinifierFailed(Exception):
    """A source cannot be read by esbuild; its message names file and line."""


def build(node_modules: Path, *, static: Path = STATIC) -> list[Path]:
    """Write the copies, the list of modules, and remove what has no source any more; give the files of the copies.

    A file that would not change is not touched. Raises MinifierFailed, and graphlib.CycleError for modules that
    import each other in a ring: such have no content hash.
    """
    sources = [path for folder, kind in KINDS.items() for path in sorted((static / folder).rglob(kind))]
    small = _minified(sources, static=static, minifier=node_modules / ".bin" / "esbuild")
    imports = {name: imported_by(name, text) for name, text in small.items() if name.endswith(".js")}
    named = {name: others + started_later(name, small[name]) for name, others in imports.items()}
    for name in TopologicalSorter(named).static_order():
        small[name] = versioned(name, small[name], lambda other: small[other])
    for name in small:
        if name.endswith(".css"):
            small[name] = _FONT.sub(lambda found: f"{found[0]}?v={content_hash(static / found[1])}", small[name])
    vendor = static / "vendor"
    for name, text in small.items():
        _write(vendor / name, text)
    for folder, kind in KINDS.items():
        for left in (vendor / folder).rglob(kind):
            if left.relative_to(vendor).as_posix() not in small:
                left.unlink()
    needs = {name: _all_needed(name, imports) for name in sorted(imports)}
    _write(vendor / "modules.json", json.dumps({name: all_ for name, all_ in needs.items() if all_}, indent=1) + "\n")
    return [vendor / name for name in small]


def imported_by(name: str, text: str) -> list[str]:
    """Give the modules that the module `name` imports, as paths below static/, in their order."""
    return [_resolved(name, found[2]) for found in _IMPORT.finditer(text)]


def started_later(name: str, text: str) -> list[str]:
    """Give the modules that the module `name` starts workers with or imports when needed, likewise."""
    return [_resolved(name, found[2]) for kind in (_WORKER, _LATER) for found in kind.finditer(text)]


def versioned(name: str, text: str, text_of: Callable[[str], str]) -> str:
    """Write the content hash behind all that the module `name` names; `text_of` gives the finished others."""

    def with_hash(found: re.Match[str]) -> str:
        other = text_of(_resolved(name, found[2]))
        return f'{found[1]}"{found[2]}?v={hashlib.sha256(other.encode()).hexdigest()[:DIGITS]}"'

    return _LATER.sub(with_hash, _WORKER.sub(with_hash, _IMPORT.sub(with_hash, text)))


def _resolved(name: str, specifier: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), specifier))


def _all_needed(name: str, imports: Mapping[str, list[str]]) -> list[str]:
    """All modules below `name`, those that are imported first, first."""
    found: dict[str, None] = {}
    waiting = list(imports[name])
    while waiting:
        each = waiting.pop(0)
        if each not in found:
            found[each] = None
            waiting += imports[each]
    return list(found)


def _minified(sources: list[Path], *, static: Path, minifier: Path) -> dict[str, str]:
    """Path below static/ → what esbuild makes of it. Syntax stays as new as it is written."""
    with tempfile.TemporaryDirectory(prefix="modules-") as place:
        options = "--minify --charset=utf8 --target=esnext --legal-comments=none --log-level=error --tsconfig-raw={}"
        folders = (f"--outbase={static}", f"--outdir={place}")
        command: list[str | Path] = [minifier, *sources, *options.split(), *folders]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode:
            raise MinifierFailed(done.stderr.strip())
        return {
            (name := path.relative_to(static).as_posix()): (Path(place) / name).read_text(encoding="utf-8")
            for path in sources
        }


def _write(path: Path, text: str) -> None:
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
