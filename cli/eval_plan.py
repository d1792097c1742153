"""What `kubetriage eval run` was asked for, and the plan of that."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.cli.eval_choice import chosen_scenarios
from kubetriage.domain.errors import BadInput

if TYPE_CHECKING:
    from kubetriage.bootstrap.settings import Settings
    from kubetriage.evals.cells import ModelUsed
    from kubetriage.evals.runs.budget import Money
    from kubetriage.evals.runs.planning import Plan


class Asked(NamedTuple):
    """The options as they are given."""

    scenarios: str | None
    only: Sequence[str]
    tags: Sequence[str]
    families: Sequence[str]
    sample: int | None
    models: str
    strategies: str
    repeat: int
    budget: str
    timeout: float
    tries: int
    seed: int
    simulated_time: str
    language: str
    concurrency: int
    out: str | None


def planned(settings: Settings, asked: Asked) -> tuple[Plan, Money | None]:
    """The plan, and what it may cost. Raises `BadInput` for what cannot be done, before anything is."""
    from kubetriage.evals.cells import Strategy
    from kubetriage.evals.key_checking import require_answers
    from kubetriage.evals.runs.planning import chosen_arms, plan_of

    chosen = chosen_scenarios(asked.scenarios, asked.only, asked.tags, asked.families, asked.sample)
    require_answers(chosen)
    models, strategies = chosen_arms(_names(asked.models), _names(asked.strategies))
    if Strategy.REACT in strategies and importlib.util.find_spec("langchain") is None:
        raise BadInput("The ReAct agent needs more packages: pip install 'kubetriage[evals]'.")
    used, money, simulation = _of_models(settings, models, asked) if models else ([], None, "")
    if asked.budget and not models:
        raise BadInput("--budget is for models, and none is asked.")
    plan = plan_of(
        chosen,
        strategies,
        used,
        repeats=asked.repeat,
        seed=asked.seed,
        language=asked.language,
        simulation=simulation,
        now=datetime.now(UTC),
    )
    return plan, money


def _of_models(
    settings: Settings, models: list[str], asked: Asked
) -> tuple[list[ModelUsed], Money | None, str]:
    from kubetriage.adapters.model.fake.settings import factor
    from kubetriage.evals.endpoints import models_used, needs_key
    from kubetriage.evals.runs.budget import budget_of
    from kubetriage.evals.simulated import simulation_of

    used = models_used(settings, models)
    if missing := needs_key(settings, models):
        raise BadInput(f"A model needs a key: the environment variable {missing} is not set.")
    factor(asked.simulated_time)
    money = budget_of(asked.budget, used) if asked.budget else None
    return used, money, simulation_of(models, asked.simulated_time)


def _names(given: str) -> list[str]:
    return [name.strip() for name in given.split(",") if name.strip()]
