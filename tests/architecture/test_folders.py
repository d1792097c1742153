"""The folders are the design's: known names, each a typed package, each placed in a layer."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

PACKAGES = {
    "adapters",
    "bootstrap",
    "cli",
    "domain",
    "evals",
    "graphs",
    "nodes",
    "prompts",
    "server",
    "state",
}
BESIDE = {"benchmarks", "deploy", "docs", "tests", "tools"}
GENERATED = {"build", "dist", "node_modules"}
VAGUE = {"common", "helper", "helpers", "misc", "util", "utils"}


def wrong_folders(root: Path, wheel: list[str]) -> list[str]:
    """Top-level folders that are not the design's, and differences between folders of code and the wheel."""
    found = {
        path.name
        for path in root.iterdir()
        if path.is_dir() and not path.name.startswith((".", "__")) and any(path.rglob("*"))
    }
    code = {name for name in found & PACKAGES if any((root / name).rglob("*.py"))}
    return (
        [f"{name}/ is not a folder of the design" for name in sorted(found - PACKAGES - BESIDE - GENERATED)]
        + [f"{name}/ has code and is not in the wheel" for name in sorted(code - set(wheel))]
        + [f"{name}/ is in the wheel and has no code" for name in sorted(set(wheel) - code)]
    )


def incomplete_packages(root: Path, wheel: list[str]) -> list[str]:
    """Folders of code without a documented `__init__.py`, or top-level ones without `py.typed`."""
    found = [f"{name}/ has no py.typed" for name in wheel if not (root / name / "py.typed").is_file()]
    for folder in sorted({path.parent for name in wheel for path in (root / name).rglob("*.py")}):
        start = folder / "__init__.py"
        if not start.is_file():
            found.append(f"{folder.relative_to(root).as_posix()}/ has no __init__.py")
        elif not start.read_text(encoding="utf-8").startswith('"""'):
            found.append(f"{start.relative_to(root).as_posix()} does not say what the package is")
    return found


def vague_names(paths: list[str]) -> list[str]:
    """Files and folders whose name says nothing."""
    return [path for path in paths if VAGUE & set(re.split(r"[/._-]", path))]


def config(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_top_level_folders_are_those_of_the_design(root: Path, folders: list[str]) -> None:
    """No folder beside the design's, and the wheel holds exactly those that have code."""
    assert wrong_folders(root, folders) == []


def test_every_package_is_complete(root: Path, folders: list[str]) -> None:
    """Every folder with code has an `__init__.py` that says what it is; every top-level one has py.typed."""
    assert incomplete_packages(root, folders) == []


def test_no_file_is_named_for_nothing(sources: dict[str, str], test_sources: dict[str, str]) -> None:
    """There is no utils.py, helpers.py or common.py."""
    assert vague_names([*sources, *test_sources]) == []


def test_the_namespace_has_no_file_of_its_own(root: Path) -> None:
    """`kubetriage` is a namespace: no folder of that name and no `__init__.py` beside the folders."""
    assert not (root / "kubetriage").exists()
    assert not (root / "__init__.py").exists()


def test_every_folder_is_in_the_layers_and_in_the_bans(root: Path) -> None:
    """The layers contract places every folder of the design; ruff and import-linter ban each bare name."""
    conf = config(root)["tool"]
    contracts = {contract["id"]: contract for contract in conf["importlinter"]["contracts"]}
    placed = [
        name.strip(" ()") for layer in contracts["layers"]["layers"] for name in re.split(r"[|:]", layer)
    ]
    assert sorted(placed) == sorted(PACKAGES)
    assert contracts["layers"]["exhaustive"] is True
    assert set(contracts["bare"]["forbidden_modules"]) >= PACKAGES
    assert set(conf["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]) >= PACKAGES


def plant(root: Path, *files: str) -> None:
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('"""x"""\n' if name.endswith("__init__.py") else "")


def test_wrong_folders_are_seen(tmp_path: Path) -> None:
    """An unknown folder, code outside the wheel and an empty folder of the wheel are reported."""
    plant(tmp_path, "state/__init__.py", "helpers/x.py", "server/__init__.py", "dist/x", "docs/x.md")
    assert wrong_folders(tmp_path, ["state", "domain"]) == [
        "helpers/ is not a folder of the design",
        "server/ has code and is not in the wheel",
        "domain/ is in the wheel and has no code",
    ]


def test_incomplete_packages_are_seen(tmp_path: Path) -> None:
    """A missing py.typed, a missing `__init__.py` at any depth and an empty one are reported."""
    plant(tmp_path, "state/__init__.py", "domain/__init__.py", "domain/py.typed", "domain/rules/image.py")
    (tmp_path / "state" / "__init__.py").write_text("")
    assert incomplete_packages(tmp_path, ["domain", "state"]) == [
        "state/ has no py.typed",
        "domain/rules/ has no __init__.py",
        "state/__init__.py does not say what the package is",
    ]


@pytest.mark.parametrize("path", ["domain/utils.py", "adapters/common/x.py", "tests/test_helpers.py"])
def test_vague_names_are_seen(path: str) -> None:
    """A file or folder of such a name is reported wherever it is; a word that holds one is not."""
    assert vague_names([path, "domain/futility.py"]) == [path]
