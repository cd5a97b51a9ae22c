"""The design system as our pages need it: rules for classes that nothing of ours names stay at home.

KERN brings 340 KB of rules for every grid and spacing there could be; our pages name a fraction. PurgeCSS reads what
we write (templates, scripts, the Python that renders) for words, and drops the rules whose classes are none of them.
A class that a template puts together (`kern-btn--{{ kind }}`) keeps the whole family.
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

WRITTEN_IN: Final = ("web/templates/**/*.html", "web/static/js/**/*.js", "web/*.py", "blueprints/*.py")
# PurgeCSS does not look into lists such as `:is(body, .kern-dark)`, and would drop what holds for the whole page.
_WITH_A_LIST: Final = re.compile(r"[^{}]*:(?:is|where)\([^{}]*\{")
_PUT_TOGETHER: Final = re.compile(r"\b(kern-[\w-]+-)(?:\{\{|\$\{)")


class PruningFailed(Exception):
    """PurgeCSS could not read the style sheet, or is not installed; the message says which."""


def sources(package: Path) -> list[Path]:
    """Every file of the package `chalicelib` that may name a class."""
    return [path for pattern in WRITTEN_IN for path in sorted(package.glob(pattern)) if "vendor" not in path.parts]


def families(files: Iterable[Path]) -> set[str]:
    """Beginnings of classes that are put together while rendering: "kern-btn--"."""
    return {found for path in files for found in _PUT_TOGETHER.findall(path.read_text("utf-8"))}


def prune(style_sheet: Path, files: list[Path], *, node_modules: Path) -> str:
    """Give the style sheet without the rules for classes that none of the files names. Raises PruningFailed."""
    program = node_modules / ".bin" / "purgecss"
    if not (program.is_file() and style_sheet.is_file()):
        raise PruningFailed("KERN or PurgeCSS is not installed; run `npm ci` first")
    with tempfile.TemporaryDirectory() as folder:
        marked, config = Path(folder) / "marked.css", Path(folder) / "purge.cjs"
        rules = style_sheet.read_text("utf-8")
        marked.write_text(_WITH_A_LIST.sub(lambda rule: f"/* purgecss ignore */{rule[0]}", rules), encoding="utf-8")
        settings = {"content": [str(path) for path in files], "css": [str(marked)]}
        kept = ", ".join(f"/^{family}/" for family in sorted(families(files)))
        config.write_text(
            f"module.exports = {{ ...{json.dumps(settings)}, safelist: {{ greedy: [{kept}] }},"
            " defaultExtractor: (text) => text.match(/[\\w-]+/g) ?? [] };\n",
            encoding="utf-8",
        )
        command: list[str | Path] = [program, "--config", config, "--output", Path(folder) / "pruned"]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except subprocess.CalledProcessError as failed:
            raise PruningFailed(failed.stderr) from None
        return (Path(folder) / "pruned" / marked.name).read_text("utf-8")


def is_stale(pruned: Path, files: Iterable[Path]) -> bool:
    """Whether something was written since that may name another class."""
    return not pruned.is_file() or any(path.stat().st_mtime > pruned.stat().st_mtime for path in files)
