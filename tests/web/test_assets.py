"""Only listed files leave node_modules, and the lock file names no registry."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from chalicelib.web import static_files
from local import assets, modules


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


def test_an_import_names_the_bytes_it_imports() -> None:
    finished = {"js/b/parts.js": "export const a=1;"}
    known = hashlib.sha256(finished["js/b/parts.js"].encode()).hexdigest()[:12]
    text = 'import{a}from"../b/parts.js";import"../b/parts.js";'
    assert modules.imported_by("js/a/page.js", text) == ["js/b/parts.js", "js/b/parts.js"]
    assert f'import{{a}}from"../b/parts.js?v={known}";import"../b/parts.js?v={known}";' == modules.versioned(
        "js/a/page.js", text, finished.__getitem__
    )


def test_a_worker_is_named_by_its_bytes_and_not_loaded_as_an_import() -> None:
    finished = {"js/b/worker.js": "postMessage(1);"}
    known = hashlib.sha256(finished["js/b/worker.js"].encode()).hexdigest()[:12]
    text = 'new Worker(new URL("../b/worker.js",import.meta.url),{type:"module"});new URL("./not.js",base);'
    assert modules.imported_by("js/a/page.js", text) == []
    assert modules.started_later("js/a/page.js", text) == ["js/b/worker.js"]
    assert modules.versioned("js/a/page.js", text, finished.__getitem__) == text.replace(
        "worker.js", f"worker.js?v={known}"
    )


def test_what_is_imported_when_needed_is_named_by_its_bytes_and_not_loaded_before() -> None:
    finished = {"js/b/later.js": "export const a=1;"}
    known = hashlib.sha256(finished["js/b/later.js"].encode()).hexdigest()[:12]
    text = 'const{a}=await import("../b/later.js");'
    assert modules.imported_by("js/a/page.js", text) == []
    assert modules.started_later("js/a/page.js", text) == ["js/b/later.js"]
    assert modules.versioned("js/a/page.js", text, finished.__getitem__) == text.replace(
        "later.js", f"later.js?v={known}"
    )


def test_the_frame_worker_travels_with_its_hash() -> None:
    made = (assets.STATIC / "vendor/js/call/frame-protection.js").read_text(encoding="utf-8")
    assert re.search(r'new URL\("\./frame-worker\.js\?v=[0-9a-f]{12}",import\.meta\.url\)', made)


def test_small_copies_stand_for_every_source_and_no_other(tmp_path: Path) -> None:
    static = tmp_path / "static"
    for name, text in {
        "js/a.js": '/** Says it. */\nimport { word } from "./b/c.js";\nconsole.log(word);\n',
        "js/b/c.js": '// A word.\nexport const word = "Grüße";\n',
        "css/a.css": "/* Red. */\np { color: red; }\n",
        "vendor/js/gone.js": "",
    }.items():
        (static / name).parent.mkdir(parents=True, exist_ok=True)
        (static / name).write_text(text, encoding="utf-8")
    made = modules.build(assets.ROOT / "node_modules", static=static)
    copies = {
        path.relative_to(static).as_posix() for path in (static / "vendor").rglob("*.?s*") if path.suffix != ".json"
    }
    assert copies == {path.relative_to(static).as_posix() for path in made}
    assert copies == {"vendor/js/a.js", "vendor/js/b/c.js", "vendor/css/a.css"}
    small = (static / "vendor/js/a.js").read_text(encoding="utf-8")
    assert "Says" not in small
    assert re.search(r'from"\./b/c\.js\?v=[0-9a-f]{12}"', small)
    assert json.loads((static / "vendor/modules.json").read_text(encoding="utf-8")) == {"js/a.js": ["js/b/c.js"]}


def test_a_broken_module_is_said_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "broken.js").write_text("const = 1;", encoding="utf-8")
    with pytest.raises(modules.MinifierFailed, match=r"broken\.js:1"):
        modules.build(assets.ROOT / "node_modules", static=tmp_path)


def test_the_room_names_all_its_modules() -> None:
    """What the list lacks would be discovered one import after another; what it has too much, loaded in vain."""
    named = {url.partition("?")[0] for url in static_files.module_urls("js/room/room.js")}
    assert "/static/vendor/js/call/connection.js" in named
    assert not [url for url in named if "/desk/" in url]
