"""Databases of the tests' own: SQLite in a file, PostgreSQL as a server that is started for them."""

from __future__ import annotations

import importlib.util
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _from_benchmarks(name: str) -> ModuleType:
    """A module of `benchmarks/`, which is no package."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
        assert spec is not None and spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A PostgreSQL server; tests that need one are skipped where its programs are missing."""
    own = _from_benchmarks("own_postgres")
    try:
        with own.own_postgres() as server:
            yield server
    except own.NoPostgres as error:
        pytest.skip(f"{error}: install the package postgresql")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'kubetriage.db'}"
    url: str = request.getfixturevalue("postgres").database(f"t{uuid.uuid4().hex[:12]}")
    return url
