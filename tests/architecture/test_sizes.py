"""The house keeps its own measures: short views, modules that one can read in a sitting, texts in one place."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import app as application
from chalicelib.blueprints import boundary
from chalicelib.domain import errors

ROOT = Path(__file__).parents[2]
VIEW_LINES_MAX = 12
MODULE_LINES_MAX = 300
APP_LINES_MAX = 40
VIEWS = sorted((ROOT / "chalicelib" / "blueprints").glob("*.py"))
MODULES = sorted(
    path
    for folder in ("chalicelib", "media_worker", "local", "infra", "benchmarks", "examples")
    for path in (ROOT / folder).rglob("*.py")
)
UMLAUTS = re.compile("[äöüÄÖÜß]")
OUTSIDE = {  # German that is no text for citizens
    "chalicelib/web/matters.py",  # how umlauts are folded when somebody searches
}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def views(module: ast.Module) -> Iterator[ast.FunctionDef]:
    """The functions that a route leads to."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and any(
            isinstance(mark, ast.Call)
            and ast.unparse(mark.func).rpartition(".")[2] in ("endpoint", "lambda_function")
            for mark in node.decorator_list
        ):
            yield node


def body_lines(view: ast.FunctionDef) -> int:
    """Lines of code between signature and end, the docstring left out."""
    code = view.body[1:] if ast.get_docstring(view) else view.body
    return code[-1].end_lineno - code[0].lineno + 1 if code and code[-1].end_lineno else 0


def docstrings(module: ast.Module) -> set[int]:
    """The line of every docstring, of attributes too: what stands there is for readers of the code."""
    return {
        node.value.lineno
        for node in ast.walk(module)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }


def test_every_view_is_found() -> None:
    found = {view.name for path in VIEWS for view in views(tree(path))}
    assert {route.view for route in boundary.ROUTES} <= found
    assert application.app.routes


@pytest.mark.parametrize("path", VIEWS, ids=relative)
def test_a_view_parses_asks_and_shows_and_no_more(path: Path) -> None:
    long = {view.name: body_lines(view) for view in views(tree(path)) if body_lines(view) > VIEW_LINES_MAX}
    assert long == {}


@pytest.mark.parametrize("path", [path for path in VIEWS if list(views(tree(path)))], ids=relative)
def test_a_view_says_what_it_is_for(path: Path) -> None:
    assert [view.name for view in views(tree(path)) if not ast.get_docstring(view)] == []


def test_no_module_is_longer_than_one_reads_in_a_sitting() -> None:
    lines = {relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {path: count for path, count in lines.items() if count > MODULE_LINES_MAX} == {}


def test_the_entrance_is_small_and_the_package_says_nothing() -> None:
    assert len((ROOT / "app.py").read_text(encoding="utf-8").splitlines()) <= APP_LINES_MAX
    assert (ROOT / "chalicelib" / "__init__.py").read_text(encoding="utf-8") == ""


def test_no_double_is_patched_in() -> None:
    """Doubles are written and pass the contract of the real thing."""
    patched = re.compile(r"^\s*(?:from|import)\s+(?:unittest\.)?mock\b|monkeypatch\.setattr\(\s*[\"']", re.MULTILINE)
    every = [*MODULES, *(ROOT / "tests").rglob("*.py")]
    assert [relative(path) for path in every if patched.search(path.read_text(encoding="utf-8"))] == []


def test_texts_for_citizens_stand_in_the_catalogues() -> None:
    """No German sentence in the code: words with umlauts give it away."""
    found = [
        f"{relative(path)}:{node.lineno}"
        for path in MODULES
        if path.is_relative_to(ROOT / "chalicelib") and relative(path) not in OUTSIDE
        for module in [tree(path)]
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and UMLAUTS.search(node.value)
        if node.lineno not in docstrings(module)
    ]
    assert found == []


def test_the_tree_of_errors_names_every_error_of_its_module() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]
    assert [kind.__name__ for kind in kinds if kind.__name__ not in str(errors.__doc__)] == []
