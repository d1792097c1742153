"""The figures of a run: what its cells say about each arm, and about each two of them.

An arm is a strategy with a model. Cells are taken one at a time and only their numbers are kept, so a run may
have more of them than memory would hold. What could not be run is counted apart and changes no rate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from statistics import fmean
from typing import NamedTuple

from kubetriage.evals.cells import Cell, CellOutcome, Run, ScenarioUsed, Strategy
from kubetriage.evals.families import family_of, family_order
from kubetriage.evals.figure_values import (
    FAMILY,
    TAG,
    ArmFigures,
    Figures,
    Group,
    Pairing,
    Rate,
    Scored,
    Several,
    Spot,
    arm_label,
    arms_of,
)
from kubetriage.evals.power import detectable, needed
from kubetriage.evals.statistics import (
    Tries,
    compare,
    mean_interval,
    pass_at,
    pass_hat,
    pass_interval,
    pass_rate,
    quantile,
)


class Row(NamedTuple):
    """The numbers of a cell, without its report."""

    scenario: str
    arm: tuple[str, str]
    repeat: int
    outcome: CellOutcome
    why: str
    wrong_with_confidence: bool
    seconds: float
    measured_seconds: float
    model_calls: int
    tokens: tuple[int, int, int]
    """Prompt, of it cached, completion."""
    cost: float | None
    currency: str
    scores: tuple[tuple[str, float | None, bool | None], ...]

    @property
    def ran(self) -> bool:
        return self.outcome is not CellOutcome.COULD_NOT_RUN


def row_of(cell: Cell) -> Row:
    return Row(
        scenario=cell.key.scenario,
        arm=cell.key.arm,
        repeat=cell.key.repeat,
        outcome=cell.outcome,
        why=cell.why,
        wrong_with_confidence=cell.wrong_with_confidence,
        seconds=cell.diagnosis_seconds,
        measured_seconds=cell.seconds,
        model_calls=cell.model_calls,
        tokens=(cell.prompt_tokens, cell.cached_tokens, cell.completion_tokens),
        cost=cell.cost,
        currency=cell.currency,
        scores=tuple((name, each.value, each.passed) for name, each in cell.scores.items()),
    )


class Gathered:
    """Rows by arm and scenario."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.arms: dict[tuple[str, str], dict[str, list[Row]]] = {}
        for row in rows:
            self.arms.setdefault(row.arm, {}).setdefault(row.scenario, []).append(row)

    def tries(self, arm: tuple[str, str]) -> dict[str, Tries]:
        return {name: tries_of(rows) for name, rows in self.arms[arm].items()}


def tries_of(rows: Sequence[Row]) -> Tries:
    ran = [row for row in rows if row.ran]
    return Tries(sum(row.outcome is CellOutcome.PASS for row in ran), len(ran))


def figures_of(run: Run, cells: Iterable[Cell]) -> Figures:
    """The figures of a run; cells may come in any order and are not kept.

    Cells that are none of the run's, of other scenarios or further repeats, are left out. An arm that has no
    cell yet is there too: that nothing of it ran must be seen.
    """
    used = {each.name: each for each in run.scenarios}
    own = (cell for cell in cells if cell.key.scenario in used and cell.key.repeat <= run.repeats)
    gathered = Gathered(row_of(cell) for cell in own)
    known = gathered.arms.keys() | {(strategy.value, model) for strategy, model in arms_of(run)}
    arms = sorted(known, key=lambda arm: (list(Strategy).index(Strategy(arm[0])), arm[1]))
    return Figures(
        arms=tuple(_arm(arm, gathered.arms.get(arm, {}), used, run.repeats) for arm in arms),
        pairings=tuple(
            pairing
            for first, second in combinations([arm for arm in arms if arm in gathered.arms], 2)
            if (pairing := paired((gathered, first), (gathered, second), run.seed)) is not None
        ),
        cells=sum(len(rows) for arm in gathered.arms.values() for rows in arm.values()),
    )


def paired(
    first: tuple[Gathered, tuple[str, str]], second: tuple[Gathered, tuple[str, str]], seed: int
) -> Pairing | None:
    """Two arms, of one run or of two; None where no scenario ran in both."""
    found = compare(first[0].tries(first[1]), second[0].tries(second[1]), seed)
    if found is None:
        return None
    return Pairing(
        first=arm_label(*first[1]),
        second=arm_label(*second[1]),
        found=found,
        needed=needed(found, found.difference),
        detectable=detectable(found),
        times_as_long=_times_as_long(first[0].arms[first[1]], second[0].arms[second[1]]),
    )


def _times_as_long(first: dict[str, list[Row]], second: dict[str, list[Row]]) -> float | None:
    ratios = []
    for name in first.keys() & second.keys():
        one = quantile([row.seconds for row in first[name] if row.ran], 0.5)
        other = quantile([row.seconds for row in second[name] if row.ran], 0.5)
        if one and other:
            ratios.append(one / other)
    return quantile(ratios, 0.5)


def _arm(
    arm: tuple[str, str], by_scenario: dict[str, list[Row]], used: dict[str, ScenarioUsed], repeats: int
) -> ArmFigures:
    rows = [row for rows in by_scenario.values() for row in rows]
    ran = [row for row in rows if row.ran]
    tries = {name: tries_of(rows) for name, rows in by_scenario.items()}
    wrong = [Tries(sum(row.wrong_with_confidence for row in rows if row.ran), tries[name].ran)
             for name, rows in by_scenario.items()]  # fmt: skip
    money, spent_on = _money(rows), _money(ran)
    reasons: dict[str, int] = defaultdict(int)
    for row in rows:
        if not row.ran:
            reasons[row.why or "no reason is known"] += 1
    return ArmFigures(
        strategy=Strategy(arm[0]),
        model=arm[1],
        planned=len(used) * repeats,
        could_not_run=len(rows) - len(ran),
        reasons=dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        overall=rate_of(list(tries.values())),
        several=_several(list(tries.values()), repeats),
        wrong_with_confidence=sum(each.passed for each in wrong),
        wrong_interval=pass_interval(wrong),
        seconds=_middle_and_end([row.seconds for row in ran]),
        measured_seconds=_middle_and_end([row.measured_seconds for row in ran]),
        model_calls=_mean([row.model_calls for row in ran]),
        prompt_tokens=_mean([row.tokens[0] for row in ran]),
        cached_tokens=_mean([row.tokens[1] for row in ran]),
        completion_tokens=_mean([row.tokens[2] for row in ran]),
        money={currency: sum(costs) for currency, costs in money.items()},
        money_per_diagnosis={currency: fmean(costs) for currency, costs in spent_on.items()},
        groups=_groups(tries, used),
        scenarios={name: _spot(rows) for name, rows in sorted(by_scenario.items())},
        scores=_scores(ran),
    )


def rate_of(tries: Sequence[Tries]) -> Rate:
    return Rate(
        scenarios=sum(each.ran > 0 for each in tries),
        ran=sum(each.ran for each in tries),
        passed=sum(each.passed for each in tries),
        rate=pass_rate(tries),
        interval=pass_interval(tries),
    )


def _several(tries: Sequence[Tries], repeats: int) -> tuple[Several, ...]:
    found = []
    for k in range(1, repeats + 1):
        enough = [each for each in tries if each.ran >= k]
        if k == 1 and enough:
            rate, interval = fmean(each.rate for each in enough), pass_interval(enough)
            found.append(Several(k=1, scenarios=len(enough), any_right=rate, any_interval=interval,
                                 all_right=rate, all_interval=interval))  # fmt: skip
        elif enough:
            any_right, all_right = ([of(k, each) for each in enough] for of in (pass_at, pass_hat))
            found.append(
                Several(
                    k=k,
                    scenarios=len(enough),
                    any_right=fmean(any_right),
                    # Near 1 their spread is known too badly: there every scenario counts once.
                    any_interval=mean_interval(any_right, len(any_right)),
                    all_right=fmean(all_right),
                    all_interval=mean_interval(all_right),
                )
            )
    return tuple(found)


def _spot(rows: Sequence[Row]) -> Spot:
    passed, ran = tries_of(rows)
    wrong = sum(row.wrong_with_confidence for row in rows if row.ran)
    return Spot(passed, ran, len(rows) - ran, wrong)


def _groups(tries: dict[str, Tries], used: dict[str, ScenarioUsed]) -> tuple[Group, ...]:
    members: dict[tuple[str, str], list[Tries]] = defaultdict(list)
    for name, each in tries.items():
        scenario = used[name]
        members[(FAMILY, family_of(scenario.category))].append(each)
        for tag in dict.fromkeys(scenario.tags):
            members[(TAG, tag)].append(each)
    ordered = sorted(
        members, key=lambda key: (key[0], family_order(key[1]) if key[0] == FAMILY else 0, key[1])
    )
    return tuple(Group(by=by, name=name, rate=rate_of(members[(by, name)])) for by, name in ordered)


def _scores(rows: Sequence[Row]) -> tuple[Scored, ...]:
    values: dict[str, list[float]] = {}
    judged: dict[str, dict[str, list[bool]]] = {}
    for row in rows:
        for name, value, passed in row.scores:
            values.setdefault(name, []).extend([] if value is None else [value])
            of_scenario = judged.setdefault(name, {}).setdefault(row.scenario, [])
            of_scenario.extend([] if passed is None else [passed])
    found = []
    for name, measured in values.items():
        tries = [Tries(sum(each), len(each)) for each in judged[name].values() if each]
        found.append(
            Scored(
                name=name,
                measured=len(measured),
                mean=fmean(measured) if measured else None,
                rate=rate_of(tries) if tries else None,
            )
        )
    return tuple(found)


def _money(rows: Sequence[Row]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.cost is not None:
            found[row.currency].append(row.cost)
    return dict(sorted(found.items()))


def _middle_and_end(values: Sequence[float]) -> tuple[float | None, float | None]:
    return quantile(values, 0.5), quantile(values, 0.95)


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else 0.0
