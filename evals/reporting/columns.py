"""The table of arms that every form of report begins with."""

from __future__ import annotations

from typing import Final

from kubetriage.evals.cells import Run
from kubetriage.evals.figure_values import ArmFigures, Figures
from kubetriage.evals.reporting import wording

Table = tuple[list[str], list[list[str]]]
"""Headings, and rows of as many texts."""

SCORES: Final = {
    "outcome": "outcome",
    "culprit": "culprit",
    "statement": "statement",
    "category": "category",
    "calm": "healthy or unknown called so",
    "evidence_recall": "evidence seen",
    "groundedness": "causes confirmed",
    "remedies": "remedies in order",
    "model_answered": "model's answer used",
}
"""Scores that are shares, and how they are headed."""


def arms(run: Run, figures: Figures) -> Table:
    most = max((each.k for arm in figures.arms for each in arm.several), default=1)
    several = [f"pass@{most}", f"pass^{most}"] if most > 1 else []
    head = ["arm", "pass@1 (95 %)", *several, "passed", "could not run", "wrong with confidence (95 %)"]
    of_models = any(_answered(arm) != wording.NOTHING for arm in figures.arms)
    head += ["model's answer used"] if of_models else []
    head += ["p50", "p95", "calls", "prompt tokens", "completion tokens", "a diagnosis costs"]
    spent = any(arm.money for arm in figures.arms)
    head += ["spent in all"] if spent else []
    return head, [_arm(arm, most, of_models=of_models, spent=spent) for arm in figures.arms]


def upright(found: Table) -> Table:
    """Arms as columns: where there are few of them, that is narrower."""
    head, rows = found
    turned = [list(each) for each in zip(head, *rows, strict=True)]
    return turned[0], turned[1:]


def _answered(arm: ArmFigures) -> str:
    """How often a report is its model's: the graph falls back to its rules, which may be right."""
    found = next((each for each in arm.scores if each.name == "model_answered"), None)
    return wording.percent(found.rate.rate) if found and found.rate else wording.NOTHING


def _wrong(arm: ArmFigures) -> str:
    """None of a few is not never: the interval says how often it may still be."""
    within = f" ({wording.interval(arm.wrong_interval)})" if arm.overall.ran else ""
    return f"{arm.wrong_with_confidence}{within}"


def _arm(arm: ArmFigures, most: int, *, of_models: bool, spent: bool) -> list[str]:
    of_most = next((each for each in arm.several if each.k == most), None)
    several = [
        wording.percent(of_most.any_right) if of_most else wording.NOTHING,
        wording.percent(of_most.all_right) if of_most else wording.NOTHING,
    ]
    return [
        arm.label,
        wording.rate(arm.overall),
        *(several if most > 1 else []),
        f"{arm.overall.passed} of {arm.overall.ran}",
        str(arm.could_not_run),
        _wrong(arm),
        *([_answered(arm)] if of_models else []),
        wording.duration(arm.seconds[0]),
        wording.duration(arm.seconds[1]),
        wording.count(arm.model_calls),
        wording.count(arm.prompt_tokens),
        wording.count(arm.completion_tokens),
        wording.money(arm.money_per_diagnosis),
        *([wording.money(arm.money)] if spent else []),
    ]


def scores(figures: Figures) -> Table:
    """The share of cells that passes each scorer, by arm."""
    rows = []
    for name, heading in SCORES.items():
        by_arm = [next((s for s in arm.scores if s.name == name), None) for arm in figures.arms]
        shown = [wording.rate(s.rate) if s is not None and s.rate else wording.NOTHING for s in by_arm]
        if any(text != wording.NOTHING for text in shown):
            rows.append([heading, *shown])
    return ["scorer", *(arm.label for arm in figures.arms)], rows


def groups(figures: Figures, by: str, least: int = 1) -> Table:
    """pass@1 by family or tag and arm; groups of fewer scenarios than `least` are left out."""
    found: dict[str, dict[str, str]] = {}
    sizes: dict[str, int] = {}
    for arm in figures.arms:
        for group in arm.groups:
            if group.by == by:
                found.setdefault(group.name, {})[arm.label] = wording.rate(group.rate)
                sizes[group.name] = max(sizes.get(group.name, 0), group.rate.scenarios)
    rows = [
        [name, str(sizes[name]), *(shown.get(arm.label, wording.NOTHING) for arm in figures.arms)]
        for name, shown in found.items()
        if sizes[name] >= least
    ]
    return [by, "scenarios", *(arm.label for arm in figures.arms)], rows


def repeats(figures: Figures) -> Table:
    """pass@k and pass^k by arm with their intervals, for one run, two and all; no rows without repeats."""
    most = max((each.k for arm in figures.arms for each in arm.several), default=1)
    if most == 1:
        return ["arm"], []
    middle = [2] if most > 2 else []
    head = ["arm", "pass@1", *(f"pass{sign}{k}" for sign in "@^" for k in (*middle, most))]
    rows = []
    for arm in figures.arms:
        found = {each.k: each for each in arm.several}
        shown = [wording.several(found.get(1), right="any")]
        shown += [
            wording.several(found.get(k), right=which) for which in ("any", "all") for k in (*middle, most)
        ]
        rows.append([arm.label, *shown])
    return head, rows


def reasons(figures: Figures) -> Table:
    """Why cells could not be run."""
    rows = [
        [arm.label, str(times), why] for arm in figures.arms for why, times in list(arm.reasons.items())[:10]
    ]
    return ["arm", "cells", "why"], rows
