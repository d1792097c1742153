"""Two runs beside each other: what became better or worse since the other one.

Arms are compared with the arm of the same name in the other run, or any two with each other, on the scenarios
that both ran in the same state: a scenario that was changed in between is left out and named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from kubetriage.domain.errors import BadInput
from kubetriage.evals.cells import Cell, Run
from kubetriage.evals.figure_values import Pairing, Part, arm_label, arms_of
from kubetriage.evals.figures import Gathered, paired, row_of
from kubetriage.evals.reporting import wording
from kubetriage.evals.statistics import Tries

EARLIER, LATER = "A", "B"
"""What the two are called, in the order in which they are given."""
MOST_NAMED: Final = 20
"""Scenarios that a report names in one list."""


class ArmChange(Part):
    """An arm of the earlier run beside one of the later."""

    pairing: Pairing
    """The later run's arm first."""
    better: tuple[str, ...]
    """Scenarios with a higher rate now."""
    worse: tuple[str, ...]


class RunComparison(Part):
    changes: tuple[ArmChange, ...]
    changed_scenarios: tuple[str, ...]
    """In both runs, with different content: left out."""
    only_earlier: tuple[str, ...]
    only_later: tuple[str, ...]
    different: tuple[str, ...]
    """What else differs between the runs, a sentence each."""


def compare_runs(
    earlier: tuple[Run, Iterable[Cell]],
    later: tuple[Run, Iterable[Cell]],
    arms: Sequence[tuple[str, str]] = (),
) -> RunComparison:
    """Compare two runs; `arms` are pairs of labels, the earlier run's first, or every arm that both have.

    Raises `BadInput` where nothing can be compared, or an arm is in neither.
    """
    before, after = earlier[0], later[0]
    digests, now = ({each.name: each.digest for each in run.scenarios} for run in (before, after))
    same = {name for name in digests.keys() & now.keys() if digests[name] == now[name]}
    one, other = (
        Gathered(row for row in map(row_of, cells) if row.scenario in same) for _, cells in (earlier, later)
    )
    found = [_change(one, first, other, second, after.seed) for first, second in _chosen(one, other, arms)]
    changes = tuple(each for each in found if each is not None)
    if not changes:
        raise BadInput("The two runs have no arm and scenario in common that ran in both.")
    return RunComparison(
        changes=changes,
        changed_scenarios=tuple(sorted((digests.keys() & now.keys()) - same)),
        only_earlier=tuple(sorted(digests.keys() - now.keys())),
        only_later=tuple(sorted(now.keys() - digests.keys())),
        different=(
            *_unfinished(EARLIER, before, one, len(same)),
            *_unfinished(LATER, after, other, len(same)),
            *_differences(before, after),
        ),
    )


def _chosen(
    one: Gathered, other: Gathered, arms: Sequence[tuple[str, str]]
) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    if not arms:
        return [(arm, arm) for arm in sorted(one.arms) if arm in other.arms]
    of_one, of_other = ({arm_label(*arm): arm for arm in each.arms} for each in (one, other))
    for first, second in arms:
        for label, known in ((first, of_one), (second, of_other)):
            if label not in known:
                raise BadInput(f"There is no arm {label!r}; there are {', '.join(sorted(known)) or 'none'}.")
    return [(of_one[first], of_other[second]) for first, second in arms]


def _change(
    one: Gathered, first: tuple[str, str], other: Gathered, second: tuple[str, str], seed: int
) -> ArmChange | None:
    pairing = paired((other, second), (one, first), seed)
    if pairing is None:
        return None
    before, after = one.tries(first), other.tries(second)
    both = [name for name in sorted(before) if before[name].ran and after.get(name, Tries(0, 0)).ran]
    return ArmChange(
        pairing=pairing.model_copy(
            update={"first": f"{pairing.first} of {LATER}", "second": f"{pairing.second} of {EARLIER}"}
        ),
        better=tuple(name for name in both if after[name].rate > before[name].rate),
        worse=tuple(name for name in both if after[name].rate < before[name].rate),
    )


def _unfinished(which: str, run: Run, gathered: Gathered, scenarios: int) -> Iterable[str]:
    """A sentence where cells are missing: what is compared is not what either run was meant to be."""
    there = sum(len(rows) for arm in gathered.arms.values() for rows in arm.values())
    planned = scenarios * run.repeats * len(arms_of(run))
    if there < planned:
        yield f"{which} is not finished: {there:,} of {planned:,} cells are there."


def _differences(before: Run, after: Run) -> Iterable[str]:
    for what in sorted(before.versions.keys() | after.versions.keys()):
        was, is_now = before.versions.get(what, "none"), after.versions.get(what, "none")
        if was != is_now:
            yield f"{what} was {was} and is {is_now}."
    profiles = {model.name: model for model in before.models}
    for model in after.models:
        if model.name in profiles and profiles[model.name] != model:
            yield f"The profile of {model.name} has changed."
    if before.simulated != after.simulated:
        yield "The models of one run were simulated and those of the other were not."
    arms, now = ([arm_label(*arm) for arm in arms_of(run)] for run in (before, after))
    for which, own, others in ((EARLIER, arms, now), (LATER, now, arms)):
        if only := [label for label in own if label not in others]:
            yield f"Only {which} has {', '.join(only)}."
    if before.repeats != after.repeats:
        yield f"Repeats were {before.repeats} and are {after.repeats}."
    if before.language != after.language:
        yield f"Reports were in {before.language} and are in {after.language}."


def render_comparison(found: RunComparison, names: tuple[str, str] = ("", "")) -> str:
    """The comparison in plain text, with what the user calls A and B; ends with a line feed."""
    parts = [f"{EARLIER} is {names[0]}, {LATER} is {names[1]}."] if all(names) else []
    for change in found.changes:
        lines = [wording.change_of_pair(change.pairing), wording.what_it_takes(change.pairing)]
        if (times := change.pairing.times_as_long) is not None:
            lines.append(f"{LATER} takes {times:.3g} times as long as {EARLIER} (median over scenarios).")
        lines += _named(f"Better in {LATER}", change.better) + _named(f"Worse in {LATER}", change.worse)
        parts.append("\n".join(lines))
    parts.append("\n".join(
        [*found.different,
         *_named("Left out, as they have changed", found.changed_scenarios),
         *_named(f"Only in {EARLIER}", found.only_earlier),
         *_named(f"Only in {LATER}", found.only_later)]
    ))  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def _named(what: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return [f"{what} ({len(names)}): {', '.join(names[:MOST_NAMED])}{more}."]
