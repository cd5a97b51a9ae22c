"""What the locks promise: hashes, no addresses, one version of everything, and a line of docs for each."""

import json
import re

import pytest

from local.package import ROOT

WHOLE = "requirements-dev"
PARTS = ("requirements", "requirements-receipts", "media_worker/requirements")
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+).*\\$")
DOCS = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return {found[1]: found[2] for line in lines if (found := PIN.match(line))}


def asked_for(name: str) -> set[str]:
    """What a person wrote into the .in file: names without versions, extras and reasons."""
    lines = (ROOT / f"{name}.in").read_text(encoding="utf-8").splitlines()
    return {re.split(r"[\[<>=~ ]", line)[0] for line in lines if line and not line.startswith(("#", "-"))}


@pytest.mark.parametrize("name", [WHOLE, *PARTS])
def test_every_line_is_a_pin_or_its_hash(name: str) -> None:
    """An address would choose the registry for whoever installs; a line without a hash would take anything."""
    lines = (ROOT / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    strange = [
        line for line in lines if not PIN.match(line) and not re.match(r"    --hash=sha256:[0-9a-f]{64}", line)
    ]
    assert strange == []
    assert asked_for(name) <= set(pins(name))


@pytest.mark.parametrize("name", PARTS)
def test_what_runs_is_what_was_tested(name: str) -> None:
    assert pins(name).items() <= pins(WHOLE).items()


def test_the_browsers_packages_are_locked_without_addresses() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    installed = {name: locked for name, locked in packages.items() if name}
    assert not [name for name, locked in installed.items() if "resolved" in locked]
    assert not [name for name, locked in installed.items() if "integrity" not in locked]


def test_every_dependency_says_why_it_is_here() -> None:
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    names = (
        set().union(*map(asked_for, (WHOLE, *PARTS)))
        | package["dependencies"].keys()
        | package["devDependencies"].keys()
    )
    assert sorted(name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", DOCS)) == []
