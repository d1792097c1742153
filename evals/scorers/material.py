"""What scorers read: a report, the answer of its scenario, what the snapshot holds, and what was spent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from kubetriage.evals.cells import Score
from kubetriage.evals.concluded import Concluded
from kubetriage.evals.ownership import Ownership, Place, read_ownership
from kubetriage.evals.scenario import Expected, Named, Scenario
from kubetriage.evals.score import Check, Report, Verdict, score


class Spent(NamedTuple):
    """What a cell took, and what its model gave for it."""

    seconds: float = 0.0
    """Modelled where the model was, else measured."""
    model_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    currency: str = ""
    leaked_calls: int | None = None
    """Tool calls that a model wrote into its text and that were read from there; None if not counted."""
    concluded: Concluded | None = None
    """What the model that the graph asked had said; None if nothing, or if nobody kept it."""


class Material(NamedTuple):
    """Everything that a scorer may look at."""

    report: Report
    expected: Expected
    verdict: Verdict
    objects: Ownership
    """Every object of the snapshot."""
    spent: Spent

    @property
    def causes(self) -> list[Mapping[str, Any]]:
        """The report's root causes, the most likely first."""
        return list(self.report.get("root_causes") or [])

    def check(self, name: str) -> Check:
        """A check of the verdict by its name."""
        return next(each for each in self.verdict.checks if each.name == name)


Scorer = Callable[[Material], Score]


def material_of(report: Report, scenario: Scenario, spent: Spent) -> Material:
    """Raises `BadSnapshot` when the scenario's snapshot cannot be read."""
    objects = objects_in(scenario.snapshot.resolve())
    return Material(
        report=report,
        expected=scenario.expected.in_language(str(report.get("language") or "")),
        verdict=score(report, scenario, objects),
        objects=objects,
        spent=spent,
    )


@lru_cache(maxsize=8)
def objects_in(snapshot: Path) -> Ownership:
    """The objects of a snapshot; repeats of one scenario follow each other, so they are read once."""
    return read_ownership(snapshot)


def place_of(resource: Mapping[str, Any]) -> Place:
    """The object that a report names."""
    return (
        str(resource.get("kind", "")),
        str(resource.get("namespace") or ""),
        str(resource.get("name", "")),
    )


def place_of_named(named: Named) -> Place:
    return (named.kind, named.namespace, named.name)


def shown(place: Place) -> str:
    """A place for people."""
    kind, namespace, name = place
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def of_check(check: Check, name: str = "") -> Score:
    """A check of the verdict as a score."""
    return Score(name=name or check.name, value=float(check.passed), passed=check.passed, reason=check.reason)
