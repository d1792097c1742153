"""The report on a run as JSON: `summary.json`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from kubetriage.evals.cells import Run
from kubetriage.evals.figure_values import Figures, Pairing
from kubetriage.evals.reporting import wording

SCHEMA: Final = "kubetriage.eval-summary/1"


def summary(run: Run, figures: Figures) -> dict[str, Any]:
    """The run and its figures; shares are from 0 to 1, times in seconds, intervals [low, high]."""
    said: dict[str, Any] = {"simulated": wording.opening(run)} if run.simulated else {}
    about = run.to_json()
    about["scenarios"] = {each["name"]: each["digest"] for each in about["scenarios"]}
    figured = figures.model_dump(mode="json")
    for arm, shown in zip(figures.arms, figured["arms"], strict=True):
        shown["label"] = arm.label
    figured["pairings"] = [said_of_pair(pair) for pair in figures.pairings]
    return {**said, "schema": SCHEMA, "run": about, **figured}


def said_of_pair(
    pair: Pairing, verdict: Callable[[Pairing], str] = wording.verdict_of_pair
) -> dict[str, Any]:
    """Two arms on the same scenarios, every number by its name; `verdict` says it in a sentence."""
    said = pair.model_dump(mode="json")
    said["found"] = {**pair.found._asdict(), "interval": list(pair.found.interval)}
    said["found"]["decided"] = pair.found.decided
    said["needed"] = pair.needed._asdict() if pair.needed else None
    said["says"] = [verdict(pair), wording.what_it_takes(pair)]
    return said
