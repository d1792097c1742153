"""What the architecture tests look at: the project's folder and its Python sources, by path."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.py"))
    }


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def folders() -> list[str]:
    """The top-level folders that are installed as `kubetriage.*`."""
    conf = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names: list[str] = conf["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    return names


@pytest.fixture(scope="session")
def sources(folders: list[str]) -> dict[str, str]:
    """Every Python file of the product, by its path from the project's folder."""
    return {path: text for name in folders for path, text in texts(ROOT / name).items()}


@pytest.fixture(scope="session")
def test_sources() -> dict[str, str]:
    """Every Python file under tests/, by its path from the project's folder."""
    return texts(ROOT / "tests")
