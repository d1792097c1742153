"""Whether a run is good enough to go on: for CI, against a number and against a committed baseline.

A baseline holds how often each scenario was right, by arm. It is broken by a scenario that was always right
and never is now, and by a rate that is lower; both beyond chance where a model answers.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from kubetriage.evals.cells import Run, Strategy, read_model
from kubetriage.evals.figure_values import ArmFigures, Figures
from kubetriage.evals.reporting import wording
from kubetriage.evals.statistics import Tries, compare

SCHEMA: Final = "kubetriage.eval-baseline/1"
MOST_NAMED: Final = 10
RARE: Final = 0.002
"""A model falls from all right to none so seldom by chance that a hundred scenarios may be watched for it; it
takes five runs before and five now."""


class ArmBaseline(BaseModel):
    """What an arm has reached."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenarios: dict[str, tuple[int, int]]
    """[right, run] by scenario."""
    wrong_with_confidence: int = 0


class Baseline(BaseModel):
    """A file of `evals/baselines/`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_: Literal["kubetriage.eval-baseline/1"] = Field(default=SCHEMA, alias="schema")
    digests: dict[str, str]
    """Of the scenarios; one that has changed since is not held against a run."""
    arms: dict[str, ArmBaseline]
    """By label: `rules`, `graph qwen3-30b`."""


class Gate(NamedTuple):
    """Whether a run may go on."""

    problems: tuple[str, ...]
    """Why not, a sentence each; empty if it may."""
    notes: tuple[str, ...]
    """What else to know."""

    @property
    def open(self) -> bool:
        return not self.problems


def baseline_of(run: Run, figures: Figures) -> Baseline:
    """What a run has reached, to be committed."""
    return Baseline(
        digests={each.name: each.digest for each in run.scenarios},
        arms={
            arm.label: ArmBaseline(
                scenarios={name: (spot.passed, spot.ran) for name, spot in arm.scenarios.items() if spot.ran},
                wrong_with_confidence=arm.wrong_with_confidence,
            )
            for arm in figures.arms
        },
    )


def baseline_text(baseline: Baseline) -> str:
    """The file: in order and a scenario a line, so that a change of one is a change of one line."""
    said = baseline.model_dump(mode="json", by_alias=True)
    text = json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True)
    return re.sub(r"\[\s+(\d+),\s+(\d+)\s+\]", r"[\1, \2]", text) + "\n"


def read_baseline(path: Path) -> Baseline:
    """Raises `BadInput` naming the file and what is wrong with it."""
    return read_model(path, Baseline)


def gate(
    run: Run,
    figures: Figures,
    *,
    min_pass: float | None = None,
    baseline: Baseline | None = None,
    most_not_run: float = 0.1,
    partial: bool = False,
) -> Gate:
    """Whether every arm reaches `min_pass` (pass@1), and is no worse than in the baseline.

    A run of which more than `most_not_run` of the cells could not be run, or are missing, decides nothing and
    does not pass. Neither does one without an arm or a scenario of the baseline, which hides what became of
    it, unless it is `partial`: made of a part of them on purpose.
    """
    problems: list[str] = []
    notes: list[str] = []
    if not figures.arms:
        problems.append("The run has no cells.")
    for arm in figures.arms:
        missing = arm.planned - arm.overall.ran
        if arm.planned and missing > most_not_run * arm.planned:
            problems.append(f"{arm.label}: {missing} of {arm.planned} cells have no verdict.")
        if min_pass is not None and (arm.overall.rate is None or arm.overall.rate < min_pass):
            found = wording.rate(arm.overall)
            problems.append(f"{arm.label}: {found} are right, {wording.percent(min_pass)} are asked for.")
        if baseline is not None:
            _against(run, arm, baseline, problems, notes)
    shown = {arm.label for arm in figures.arms}
    if baseline is not None:
        (notes if partial else problems).extend(_gone(run, shown, baseline))
    if figures.arms and baseline is not None and not baseline.arms.keys() & shown:
        problems.append("The baseline has none of this run's arms: nothing was compared.")
    return Gate(tuple(problems), tuple(notes))


def by_chance(was: Tries, now: Tries) -> float:
    """The most that the chance can be of all right and then none, if nothing has changed."""
    runs = was.ran + now.ran
    right: float = (was.ran / runs) ** was.ran
    return right * (now.ran / runs) ** now.ran


def _gone(run: Run, shown: set[str], baseline: Baseline) -> list[str]:
    """What the baseline has and the run was not to have, a sentence each."""
    found = [
        f"{label} is in the baseline and not in this run." for label in sorted(baseline.arms.keys() - shown)
    ]
    compared = [arm.scenarios for label, arm in baseline.arms.items() if label in shown]
    names = sorted(set().union(*compared) - {each.name for each in run.scenarios})
    if names:
        found.append(f"Scenarios of the baseline that are not in this run ({len(names)}): {_named(names)}.")
    return found


def _named(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}"


def _against(run: Run, arm: ArmFigures, baseline: Baseline, problems: list[str], notes: list[str]) -> None:
    before = baseline.arms.get(arm.label)
    if before is None:
        notes.append(f"{arm.label} is not in the baseline.")
        return
    digests = {each.name: each.digest for each in run.scenarios}
    known = sorted(before.scenarios.keys() & digests.keys())
    same = [name for name in known if digests[name] == baseline.digests.get(name)]
    was = {name: Tries(*before.scenarios[name]) for name in same}
    now = {
        name: Tries(arm.scenarios[name].passed, arm.scenarios[name].ran)
        for name in same
        if name in arm.scenarios and arm.scenarios[name].ran
    }
    if silent := [name for name in same if name not in now]:
        # The rules ask no endpoint that may be in trouble: what keeps them from a verdict is a bug of ours.
        told = problems if arm.strategy is Strategy.RULES else notes
        told.append(f"{arm.label}: in the baseline and without any verdict now: {_named(silent)}.")
    _fallen(arm, was, now, problems, notes)
    found = compare(now, was, run.seed)
    if found is not None and found.interval.high < 0:
        change = wording.points(found.difference)
        problems.append(f"{arm.label}: {change} points since the baseline, beyond chance.")
    if found is None:
        problems.append(f"{arm.label}: no scenario of the baseline ran as it was: nothing was compared.")
    elif changed := [name for name in known if name not in was]:
        notes.append(
            f"{arm.label}: not compared, as changed since the baseline ({len(changed)}): {_named(changed)}."
        )
    wrong, wrong_before = arm.wrong_with_confidence, before.wrong_with_confidence
    if wrong > wrong_before:
        notes.append(f"{arm.label}: {wrong} wrong with confidence, {wrong_before} before.")


def _fallen(
    arm: ArmFigures, was: dict[str, Tries], now: dict[str, Tries], problems: list[str], notes: list[str]
) -> None:
    fallen = [name for name, tries in now.items() if tries.passed == 0 and was[name].passed == was[name].ran]
    lost = [
        name for name in fallen if arm.strategy is Strategy.RULES or by_chance(was[name], now[name]) <= RARE
    ]
    by_luck = [name for name in fallen if name not in lost]
    # What each may be by chance all of them together are not, in whichever of the scenarios it may be.
    together = math.prod(by_chance(was[name], now[name]) for name in by_luck)
    if by_luck and math.comb(len(now), len(by_luck)) * together <= RARE:
        lost, by_luck = fallen, []
    if by_luck:
        notes.append(
            f"{arm.label}: always right before and never now, as may be chance with so few runs:"
            f" {_named(by_luck)}."
        )
    if lost:
        problems.append(f"{arm.label}: always right before and never now: {_named(lost)}.")
