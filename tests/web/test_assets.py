"""Only listed files leave node_modules, and the lock file names no registry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local import assets


def test_exactly_the_allow_list_is_copied(tmp_path: Path) -> None:
    modules, static = tmp_path / "node_modules", tmp_path / "static"
    for source in [*assets.ALLOWED, "@kern-ux/native/evil.js"]:
        (modules / source).parent.mkdir(parents=True, exist_ok=True)
        (modules / source).write_text(source, encoding="utf-8")
    (static / "vendor").mkdir(parents=True)
    (static / "vendor" / "left-over.js").touch()
    assets.copy_vendor(modules, static=static)
    copied = {path.relative_to(static / "vendor").as_posix() for path in static.rglob("*") if path.is_file()}
    assert copied == set(assets.ALLOWED.values())
    manifest = json.loads(assets.write_manifest(static).read_text(encoding="utf-8"))
    assert set(manifest) == {f"vendor/{target}" for target in assets.ALLOWED.values()}


def test_a_missing_package_is_said_with_its_mend(tmp_path: Path) -> None:
    with pytest.raises(assets.PackageMissing, match="npm ci"):
        assets.copy_vendor(tmp_path, static=tmp_path / "static")


def test_packages_are_pinned_and_no_registry_is_named() -> None:
    package = json.loads((assets.ROOT / "package.json").read_text(encoding="utf-8"))
    pins = {**package["dependencies"], **package["devDependencies"]}
    assert all(version[0].isdigit() for version in pins.values())
    lock = (assets.ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in lock
    assert "integrity" in lock
