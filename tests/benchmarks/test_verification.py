"""benchmarks/verification.py: wrong claims are caught, true ones pass, and what it prints is what it counted."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from kubetriage.evals.scenario import find

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "benchmarks" / "verification.py"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("verification_benchmark", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def scenarios(benchmark: ModuleType) -> dict[str, Any]:
    """The bundled scenarios that claims are written about, after their triage."""
    told = benchmark.written_claims()
    chosen = [each for each in find(ROOT / "evals" / "scenarios") if each.name in told]
    assert len(chosen) == len(told), "claims are written about a scenario that is not there"
    found: dict[str, Any] = asyncio.run(benchmark.known(chosen))
    return found


def test_the_claims_are_many_and_of_many_scenarios(benchmark: ModuleType) -> None:
    """At least 200 claims are written, in two languages, about at least 100 scenarios."""
    told = benchmark.written_claims()
    languages = [language for claims in told.values() for language, *_ in claims]
    assert len(languages) >= 200
    assert min(languages.count("en"), languages.count("zh")) >= 75
    assert len(told) >= 100


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_slips_are_caught_and_true_claims_pass(
    benchmark: ModuleType, scenarios: dict[str, Any], seed: int
) -> None:
    """Of 200 claims changed by a digit, a letter or a namespace 95 % are caught, of 200 unchanged ones 2 % dropped."""
    changed, unchanged = benchmark.changed(scenarios, 200, seed), benchmark.unchanged(scenarios, 200, seed)
    assert sum(trial.counts for trial in changed) == len(unchanged) == 200
    assert {trial.made.slip for trial in changed} == set(benchmark.Slip)
    assert benchmark.tally(changed).share >= 0.95
    assert benchmark.tally(unchanged).share <= 0.02


@pytest.mark.slow
def test_each_language_and_source_holds_the_bounds(benchmark: ModuleType, scenarios: dict[str, Any]) -> None:
    """Neither language nor source rests on the other: each alone is caught and kept as well."""
    changed, unchanged = benchmark.changed(scenarios, 400, 3), benchmark.unchanged(scenarios, 400, 3)
    for part in ({"language": "en"}, {"language": "zh"}, {"source": "written"}, {"source": "rules"}):
        assert benchmark.tally(changed, **part).share >= 0.95, part
        assert benchmark.tally(unchanged, **part).share <= 0.02, part


@pytest.mark.slow
def test_a_sample_is_its_seeds(benchmark: ModuleType, scenarios: dict[str, Any]) -> None:
    """The same seed gives the same claims and the same changes; another one gives others."""
    first, again = (benchmark.changed(scenarios, 12, 7) for _ in range(2))
    assert first == again
    assert first != benchmark.changed(scenarios, 12, 8)


def test_a_tally_counts_what_can_be_told(benchmark: ModuleType) -> None:
    """Changed claims that are true still are left out; the rest is counted by slip, language and source."""
    claim = benchmark.Claim("Pod web-1 restarts.", ("E1",))
    true = benchmark.TrueClaim(claim, benchmark.Language.EN, benchmark.RULES, "s")
    digit = benchmark.Slip.DIGIT
    told = benchmark.Misstatement(digit, claim, "web-1", "web-2", False)
    open_ = benchmark.Misstatement(digit, claim, "web-1", "web-2", True)
    trials = [
        benchmark.Trial(true, told, ("web-2",)),
        benchmark.Trial(true, told, ()),
        benchmark.Trial(true, open_, ()),
    ]
    assert benchmark.tally(trials) == (1, 2)
    assert benchmark.tally(trials, slip=digit) == (1, 2)
    assert benchmark.tally(trials, slip=benchmark.Slip.LETTER) == (0, 0)
    assert benchmark.tally(trials, language="zh") == (0, 0)
    assert benchmark.tally([benchmark.Trial(true, None, ())], source="rules") == (0, 1)


@pytest.mark.slow
def test_the_figures_are_printed(
    benchmark: ModuleType, scenarios: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Both figures are printed with counts by slip, language and source, and whether the aims are met."""
    assert benchmark.report(scenarios, [1], 60, True)
    shown = capsys.readouterr().out
    for words in (
        "seed 1",
        "caught",
        "dropped",
        "digit",
        "letter",
        "namespace",
        "en ",
        "zh ",
        "written",
        "rules",
    ):
        assert words in shown
    assert "aims: at least 95% caught, at most 2% dropped: met" in shown
