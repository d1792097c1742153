"""What is imported is declared, and what is declared is imported."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]

PLANNED = {"fastapi", "langchain-mcp-adapters", "langchain-openai", "langgraph", "langsmith"}
"""Declared from the start, before there is code for each of them."""


def config() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def third_party(text: str) -> set[str]:
    """Top-level modules that a file imports from neither the standard library nor the product."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"kubetriage"}


def distributions(folders: list[str]) -> dict[str, set[str]]:
    """Every third-party module that the folders import, with the names of the distributions that hold it."""
    known = packages_distributions()
    modules = {
        module
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        for module in third_party(path.read_text(encoding="utf-8"))
    }
    return {module: {canonicalize_name(name) for name in known.get(module, [])} for module in modules}


def undeclared(imports: dict[str, set[str]], declared: set[str]) -> set[str]:
    return {module for module, holders in imports.items() if not holders & declared}


def unused(imports: dict[str, set[str]], declared: set[str]) -> set[str]:
    return declared - {name for holders in imports.values() for name in holders}


def wheel_folders() -> list[str]:
    folders: list[str] = config()["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    return folders


def test_every_import_of_the_product_is_declared() -> None:
    """A fresh install has every library that the product imports, by its own declaration."""
    declared = names(config()["project"]["dependencies"])
    assert undeclared(distributions(wheel_folders()), declared) == set()


def test_every_dependency_is_imported() -> None:
    """No dependency is declared that nothing uses, but for those that are planned."""
    declared = names(config()["project"]["dependencies"])
    assert declared >= PLANNED
    assert unused(distributions(wheel_folders()), declared - PLANNED) == set()


def test_every_import_of_the_tests_is_declared() -> None:
    """The test extra brings what tests, tools and benchmarks import beyond the product's own."""
    project = config()["project"]
    declared = names(project["dependencies"]) | names(project["optional-dependencies"]["test"])
    assert undeclared(distributions(["tests", "tools", "benchmarks"]), declared) == set()


def test_every_requirement_has_a_lower_bound() -> None:
    """Nobody gets a release of a dependency that is older than what was tried."""
    project = config()["project"]
    lines = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    loose = [
        line
        for line in lines
        if not any(part.operator in {">=", "=="} for part in Requirement(line).specifier)
    ]
    assert loose == []


def test_a_planted_import_is_seen() -> None:
    """An import at any depth is found; the standard library, the product and relative imports are not."""
    text = "import os.path\nfrom kubetriage.domain import alert\nfrom . import x\n"
    text += "def f():\n    import yaml.nodes, mcp"
    assert third_party(text) == {"yaml", "mcp"}


def test_a_planted_difference_is_seen() -> None:
    """An undeclared module and an unused declaration are both reported."""
    imports = {"yaml": {"pyyaml"}, "requests": {"requests"}, "unknown": set()}
    assert undeclared(imports, {"pyyaml", "click"}) == {"requests", "unknown"}
    assert unused(imports, {"pyyaml", "click"}) == {"click"}
