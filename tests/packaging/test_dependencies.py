"""What is imported is declared, and what is declared is imported."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]

PLANNED = {"fastapi", "langchain-mcp-adapters", "langchain-openai", "langgraph", "langsmith"}
"""Declared from the start, before there is code for each of them."""

DATA = {"tzdata"}
"""What the standard library reads where the system has no time zones: nothing imports it."""

EXTRAS = {
    "server": ("server", "adapters/store/sql", "bootstrap"),
    "postgres": ("adapters/store/sql", "bootstrap"),
    "apprise": ("adapters/channels",),
    "evals": ("evals",),
}
"""The product's extras, each with the folders that may import what it brings beyond the dependencies."""


def config() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def of_extra(extra: str) -> set[str]:
    """What an extra brings itself, without the extras that it is made of."""
    return names(config()["project"]["optional-dependencies"][extra]) - {"kubetriage"}


def third_party(text: str) -> set[str]:
    """Top-level modules that a file imports from neither the standard library nor the product."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"kubetriage"}


@cache
def known() -> Mapping[str, list[str]]:
    return packages_distributions()


def holders(module: str) -> set[str]:
    return {canonicalize_name(name) for name in known().get(module, [])}


def distributions(folders: list[str]) -> dict[str, set[str]]:
    """Every third-party module that the folders import, with the names of the distributions that hold it."""
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    own = {
        path.stem for path in files if path.parent == ROOT / "benchmarks"
    }  # scripts import their neighbours
    modules = (
        {module for path in files for module in third_party(path.read_text(encoding="utf-8"))}
        - own
        - {"benchmarks"}
    )
    return {module: holders(module) for module in modules}


def undeclared(imports: dict[str, set[str]], declared: set[str]) -> set[str]:
    return {module for module, holders in imports.items() if not holders & declared}


def unused(imports: dict[str, set[str]], declared: set[str]) -> set[str]:
    return declared - {name for holders in imports.values() for name in holders}


def wheel_folders() -> list[str]:
    folders: list[str] = config()["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    return folders


def test_every_import_of_the_product_is_declared() -> None:
    """A fresh install has every library that the product imports, by its own declaration or an extra's."""
    declared = names(config()["project"]["dependencies"]).union(*map(of_extra, EXTRAS))
    assert undeclared(distributions(wheel_folders()), declared) == set()


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_is_imported_where_it_belongs(extra: str) -> None:
    """What only an extra brings is imported in that extra's folders, and somewhere in them."""
    base = names(config()["project"]["dependencies"])
    alone = of_extra(extra) - base
    users = {
        path.relative_to(ROOT).parent.as_posix()
        for folder in wheel_folders()
        for path in (ROOT / folder).rglob("*.py")
        for module in third_party(path.read_text(encoding="utf-8"))
        if holders(module) & alone and not holders(module) & base  # several share the name langgraph
    }
    assert users
    assert {u for u in users if not any(u == f or u.startswith(f"{f}/") for f in EXTRAS[extra])} == set()


def test_every_dependency_is_imported() -> None:
    """No dependency is declared that nothing uses, but for those that are planned."""
    declared = names(config()["project"]["dependencies"])
    assert declared >= PLANNED
    assert unused(distributions(wheel_folders()), declared - PLANNED - DATA) == set()


def test_every_import_of_the_tests_is_declared() -> None:
    """The test extra brings what tests, tools and benchmarks import beyond the product's own."""
    project = config()["project"]
    extras = project["optional-dependencies"]
    assert {f"kubetriage[{','.join(sorted(EXTRAS.keys() - {'server'}))}]", *extras["postgres"]} >= {
        *(line for line in extras["test"] if line.startswith("kubetriage")),
        "kubetriage[server]",
    }
    declared = names(project["dependencies"]) | names(extras["test"]).union(*map(of_extra, EXTRAS))
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
        if not line.startswith("kubetriage[")
        and not any(part.operator in {">=", "=="} for part in Requirement(line).specifier)
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
