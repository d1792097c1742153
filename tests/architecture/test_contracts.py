"""The import contracts of pyproject.toml hold, and each is broken by a planted import."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PLANTS = {
    "layers": ("domain/planted.py", "import kubetriage.state"),
    "adapters": ("adapters/planted/__init__.py", "import kubetriage.adapters.cluster"),
    "domain-only": ("adapters/cluster/planted.py", "import kubetriage.nodes"),
    "langgraph": ("adapters/cluster/planted.py", "from langgraph.graph import END"),
    "mcp": ("nodes/planted.py", "import mcp"),
    "model": ("nodes/planted.py", "import openai"),
    "web": ("nodes/planted.py", "import starlette.applications"),
    "engine": ("graphs/planted.py", "import dbos"),
    "database": ("cli/planted.py", "import sqlalchemy"),
    "command-line": ("evals/planted.py", "import click"),
    "pure": ("domain/planted.py", "import yaml"),
    "bare": ("nodes/planted.py", "from domain.alert import Alert"),
}
"""One violation of each contract, by the contract's id."""


PROGRAM = """
import sys
sys.path[:] = [".link", *(place for place in sys.path if not place.endswith(".link"))]
from importlinter.cli import lint_imports_command
lint_imports_command()
"""


def lint(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter on a tree instead of the editable install."""
    return subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, "--no-cache", "--no-logo", *arguments],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": "", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture
def tree(root: Path, folders: list[str], tmp_path: Path) -> Path:
    """A copy of the product that can be written to."""
    shutil.copy(root / "pyproject.toml", tmp_path)
    space = tmp_path / ".link" / "kubetriage"
    space.mkdir(parents=True)
    for name in folders:
        skip = shutil.ignore_patterns("__pycache__", "snapshot.yaml", "scenarios")
        shutil.copytree(root / name, tmp_path / name, ignore=skip)
        (space / name).symlink_to(Path("..", "..", name), target_is_directory=True)
    return tmp_path


def test_every_contract_has_a_plant(root: Path) -> None:
    """No contract is without the proof that it can be broken."""
    conf = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    assert {contract["id"] for contract in conf["tool"]["importlinter"]["contracts"]} == set(PLANTS)


def test_the_contracts_hold(tree: Path) -> None:
    """Imports point down only, and each library is imported only where it belongs."""
    done = lint(tree)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_a_folder_without_a_layer_is_refused(tree: Path) -> None:
    """The layers contract is exhaustive: a new folder must be placed before it passes."""
    (tree / "extras").mkdir()
    (tree / "extras" / "__init__.py").write_text('"""x"""\n')
    (tree / ".link" / "kubetriage" / "extras").symlink_to(Path("..", "..", "extras"))
    done = lint(tree, "--contract", "layers")
    assert done.returncode == 1
    assert "extras" in done.stdout


@pytest.mark.parametrize("contract", sorted(PLANTS))
def test_a_planted_import_breaks_the_contract(contract: str, tree: Path) -> None:
    """An import that the contract forbids is reported as broken, by the place where it was planted."""
    place, statement = PLANTS[contract]
    path = tree / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(statement + "\n")
    done = lint(tree, "--contract", contract)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 broken" in done.stdout
    assert ".planted" in done.stdout
