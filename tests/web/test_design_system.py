"""Of the design system travels what the pages name, and nothing that they need is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local import assets, design_system

MODULES = assets.ROOT / "node_modules"
CLASS = re.compile(r"\.(kern-[\w-]+)")


def test_what_a_page_names_stays_and_the_rest_stays_at_home(tmp_path: Path) -> None:
    sheet, page = tmp_path / "system.css", tmp_path / "page.html"
    sheet.write_text(
        ".kern-btn{color:red}.kern-btn--primary{color:blue}.kern-grid-7{gap:1px}@media print{.kern-row-9{gap:0}}"
        ".kern-alert .kern-body{top:0}:is(body, .kern-dark):not([class*=kern-level-]){left:0}",
        encoding="utf-8",
    )
    page.write_text('<a class="kern-btn kern-btn--{{ kind }}"></a><p class="kern-body kern-alert">', encoding="utf-8")
    pruned = design_system.prune(sheet, [page], node_modules=MODULES)
    assert set(CLASS.findall(pruned)) == {"kern-btn", "kern-btn--primary", "kern-alert", "kern-body", "kern-dark"}
    assert "print" not in pruned
    assert ":is(body, .kern-dark):not([class*=kern-level-]){left:0}" in pruned


def test_no_class_that_the_pages_name_lost_its_rules() -> None:
    assets.freshen()
    files = design_system.sources(assets.STATIC.parent.parent)
    named = {word for path in files for word in re.findall(r"kern-[\w-]+", path.read_text("utf-8"))}
    known = set(CLASS.findall((MODULES / assets.KERN).read_text("utf-8")))
    kept = set(CLASS.findall((assets.STATIC / "vendor/kern/kern.min.css").read_text("utf-8")))
    assert named & known <= kept
    assert len(kept) < len(known) / 2
    for family in design_system.families(files):
        assert {each for each in known if each.startswith(family)} <= kept


def test_a_page_written_later_than_the_sheet_makes_it_stale(tmp_path: Path) -> None:
    page, sheet = tmp_path / "page.html", tmp_path / "sheet.css"
    page.touch()
    assert design_system.is_stale(sheet, [page])
    sheet.touch()
    assert not design_system.is_stale(sheet, [page])


def test_what_is_not_installed_is_said_with_its_mend(tmp_path: Path) -> None:
    with pytest.raises(design_system.PruningFailed, match="npm ci"):
        design_system.prune(tmp_path / "system.css", [], node_modules=tmp_path)
