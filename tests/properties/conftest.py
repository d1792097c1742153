"""Properties that hold for every scenario: on a sample of them, and marked slow on all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest

from kubetriage.cli.demo import bundled_scenarios
from kubetriage.evals.scenario import find

SHARE = 10
"""Of so many scenarios one is in a test's sample; each test draws its own."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes a `scenario` runs for its sample, one that is marked slow for all."""
    if "scenario" not in metafunc.fixturenames:
        return
    every = find(bundled_scenarios())
    name = metafunc.function.__name__
    drawn = [s for s in every if crc32(f"{name} {s.name}".encode()) % SHARE == 0]
    slow = any(mark.name == "slow" for mark in metafunc.definition.iter_markers())
    chosen = every if slow else drawn
    metafunc.parametrize("scenario", chosen, ids=[s.name for s in chosen])


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module", autouse=True)
def own_cache(home: Path) -> Iterator[None]:
    """Parsed snapshots are kept for these tests only."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", str(home / "cache"))
        yield
