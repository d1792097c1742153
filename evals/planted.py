"""Answerers whose worth is known, and runs whose true rates are: what the harness itself is tested with.

An oracle has to score 100 %, one that repeats the alert nothing, one that guesses what guessing is worth; the
intervals of a run with planted rates have to hold them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from kubetriage.domain.report import Outcome
from kubetriage.evals.cells import (
    Cell,
    CellKey,
    CellOutcome,
    ModelUsed,
    Run,
    ScenarioUsed,
    Score,
    Strategy,
)
from kubetriage.evals.scenario import Scenario

Report = dict[str, Any]
Answerer = Callable[[Scenario, random.Random], Report]

BEGAN: Final = datetime(2027, 3, 20, 12, 0, tzinfo=UTC)


# ---- answerers


def report_of(
    outcome: Outcome, summary: str, culprit: Mapping[str, str] | None, *, category: str = ""
) -> Report:
    """A report with one root cause, likely and unconfirmed; without one where nothing is to be diagnosed."""
    cause = {
        "rank": 1,
        "category": category,
        "culprit": dict(culprit) if culprit else None,
        "statement": summary,
        "likelihood": "high",
        "confirmed": False,
        "evidence": [],
    }
    causes = [cause] if outcome is Outcome.DIAGNOSED or culprit else []
    return {"outcome": outcome.value, "summary": summary, "root_causes": causes}


def echo(scenario: Scenario, chance: random.Random) -> Report:
    """Says everything that the alert says, and blames the alert's subject."""
    said = json.dumps(scenario.alert, ensure_ascii=False)
    primary = scenario.expected.primary
    return report_of(Outcome.DIAGNOSED, said, primary.model_dump() if primary else None)


def oracle(scenario: Scenario, chance: random.Random) -> Report:
    """Gives the key's own outcome, culprit, category and sentence."""
    expected = scenario.expected
    culprit = expected.culprit.model_dump() if expected.culprit else None
    return report_of(expected.outcome[0], expected.root_cause, culprit, category=expected.category)


def guessing(scenarios: Sequence[Scenario], choices: int) -> Answerer:
    """Gives the right answer or that of another scenario, one of so many: right once in `choices` times."""

    def guess(scenario: Scenario, chance: random.Random) -> Report:
        others = [each for each in scenarios if each.name != scenario.name]
        return oracle(chance.choice([scenario, *chance.sample(others, choices - 1)]), chance)

    return guess


# ---- runs


class Plant(NamedTuple):
    """An arm of a planted run."""

    strategy: Strategy
    model: str
    rate: Callable[[random.Random], float]
    """Drawn once a scenario: how often it is right there."""
    seconds: float = 1.0
    """Around which a diagnosis takes."""
    cost: float | None = None
    currency: str = ""
    tokens: tuple[int, int] = (0, 0)
    flaky: float = 0.0
    """The share of cells that cannot be run."""
    why: str = "The endpoint answered 429: rate limit reached."


def planted_run(scenarios: Sequence[ScenarioUsed], repeats: int, plants: Sequence[Plant]) -> Run:
    """The run of planted cells."""
    models = dict.fromkeys(plant.model for plant in plants if plant.strategy is not Strategy.RULES)
    return Run(
        versions={"kubetriage": "0"},
        strategies=tuple(dict.fromkeys(plant.strategy for plant in plants)),
        models=tuple(ModelUsed(name=name, id=name) for name in models),
        scenarios=tuple(scenarios),
        repeats=repeats,
        simulated=True,
        simulation="Simulated: every cell of this run is made up, with rates that are known.",
        started=BEGAN,
        ended=BEGAN + timedelta(hours=1),
    )


def planted_scenarios(count: int) -> list[ScenarioUsed]:
    categories = ("image-pull", "oom-killed", "pvc-unbound", "quota", "dns", "no-issue", "insufficient-data")
    tags = ("log", "adversarial", "storage", "crash")
    return [
        ScenarioUsed(
            name=f"scenario-{number:03d}",
            digest=f"{number:08x}",
            category=categories[number % len(categories)],
            tags=(tags[number % len(tags)],),
            outcome=(Outcome.DIAGNOSED,),
            root_cause=f"What is wrong in scenario {number}.",
        )
        for number in range(count)
    ]


def planted_cells(run: Run, plants: Sequence[Plant], seed: int) -> Iterator[Cell]:
    """The cells of a run, in the order in which they would be read; what could not be run is drawn apart."""
    of_outcome, of_place, of_trouble = random.Random(seed), random.Random(seed + 1), random.Random(seed + 2)
    for scenario in run.scenarios:
        for plant in plants:
            rate = plant.rate(of_outcome)
            for repeat in range(1, run.repeats + 1):
                key = CellKey(
                    scenario=scenario.name, strategy=plant.strategy, model=plant.model, repeat=repeat
                )
                cell = _planted(key, plant, passed=of_outcome.random() < rate, chance=of_place)
                flaky = of_trouble.random() < plant.flaky
                yield _not_run(cell, plant.why) if flaky else cell


def _planted(key: CellKey, plant: Plant, *, passed: bool, chance: random.Random) -> Cell:
    prompt, completion = plant.tokens
    wrong = not passed and chance.random() < 0.3
    names = ("outcome", "culprit", "statement")
    return Cell(
        key=key,
        outcome=CellOutcome.PASS if passed else CellOutcome.FAIL,
        why=""
        if passed
        else "The right culprit is ConfigMap shop/web, the report names Deployment shop/web.",
        scores={name: Score(name=name, value=float(passed), passed=passed) for name in names},
        wrong_with_confidence=wrong,
        seconds=plant.seconds * chance.lognormvariate(0, 0.4),
        model_calls=1 if plant.tokens[0] else 0,
        prompt_tokens=prompt,
        completion_tokens=completion,
        cost=plant.cost,
        currency=plant.currency,
        started=BEGAN,
        report=report_of(
            Outcome.DIAGNOSED,
            "ConfigMap web has no key.",
            {"kind": "ConfigMap" if passed else "Deployment", "namespace": "shop", "name": "web"},
        ),
    )


def _not_run(cell: Cell, why: str) -> Cell:
    nothing: dict[str, Any] = {"scores": {}, "report": {}, "wrong_with_confidence": False, "cost": None}
    return cell.model_copy(update={**nothing, "outcome": CellOutcome.COULD_NOT_RUN, "why": why})
