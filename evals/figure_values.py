"""What a run's figures are: for each arm, and for each two of them."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from kubetriage.evals.cells import NO_MODEL, Run, Strategy
from kubetriage.evals.power import Needed
from kubetriage.evals.statistics import Comparison, Interval

Arm = tuple[Strategy, str]
"""A strategy and the model it asks."""
FAMILY, TAG = "family", "tag"
"""What scenarios are grouped by."""


class Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Spot(NamedTuple):
    """An arm on one scenario."""

    passed: int
    ran: int
    could_not_run: int
    wrong_with_confidence: int


class Rate(Part):
    """A share of right diagnoses with its interval."""

    scenarios: int
    """With at least one cell that ran."""
    ran: int
    passed: int
    rate: float | None
    """pass@1, each scenario counting alike; None where nothing ran."""
    interval: Interval


class Several(Part):
    """What k runs of one scenario come to."""

    k: int
    scenarios: int
    """Those with at least k runs; only they count."""
    any_right: float
    """pass@k"""
    any_interval: Interval
    all_right: float
    """pass^k"""
    all_interval: Interval


class Scored(Part):
    """What one scorer says of an arm."""

    name: str
    measured: int
    """Cells it had something to measure in."""
    mean: float | None
    rate: Rate | None
    """The share that passed, of the cells that it judged; None where it judges nothing."""


class Group(Part):
    """An arm on one family or tag."""

    by: str
    name: str
    rate: Rate


class ArmFigures(Part):
    strategy: Strategy
    model: str
    planned: int
    """Cells that the run was to have."""
    could_not_run: int
    reasons: dict[str, int]
    """Why cells could not be run, and how many each."""
    overall: Rate
    several: tuple[Several, ...]
    wrong_with_confidence: int
    wrong_interval: Interval
    seconds: tuple[float | None, float | None]
    """p50 and p95 of a diagnosis, modelled where the model was."""
    measured_seconds: tuple[float | None, float | None]
    """p50 and p95 of what it took here."""
    model_calls: float
    """A diagnosis, on average; so are the tokens."""
    prompt_tokens: float
    cached_tokens: float
    completion_tokens: float
    money: dict[str, float]
    """By currency: all diagnoses together, those that could not be run too."""
    money_per_diagnosis: dict[str, float]
    """By currency, over cells that ran and have a price."""
    groups: tuple[Group, ...]
    scenarios: dict[str, Spot]
    """By name."""
    scores: tuple[Scored, ...]

    @property
    def label(self) -> str:
        return arm_label(self.strategy.value, self.model)


class Pairing(Part):
    """Two arms on the same scenarios."""

    first: str
    second: str
    found: Comparison
    needed: Needed | None
    """To see the difference that was found."""
    detectable: float | None
    """The smallest difference that this run could be expected to show; None for none at all."""
    times_as_long: float | None
    """Median over scenarios of the first's seconds by the second's."""


class Figures(Part):
    arms: tuple[ArmFigures, ...]
    pairings: tuple[Pairing, ...]
    cells: int
    """Cells of the run that were found, of all arms."""


def arms_of(run: Run) -> list[Arm]:
    """The arms that a run is to have: the rules once, every other strategy with every model."""
    found: list[Arm] = []
    for strategy in run.strategies:
        if strategy is Strategy.RULES:
            found.append((strategy, NO_MODEL))
        else:
            found += [(strategy, model.name) for model in run.models]
    return found


def arm_label(strategy: str, model: str) -> str:
    """An arm as it is shown: `graph qwen3-30b`, `rules`."""
    return strategy if model in ("", NO_MODEL) else f"{strategy} {model}"
