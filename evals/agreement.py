"""How far two judges agree, beyond what chance would give."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from kubetriage.evals.statistics import LEVEL, Interval, quantile

RESAMPLES: Final = 2000


class Counts(NamedTuple):
    """Of reports that both have judged."""

    both_right: int = 0
    both_wrong: int = 0
    only_first: int = 0
    """Right for the first, wrong for the second."""
    only_second: int = 0

    @property
    def judged(self) -> int:
        return sum(self)

    @property
    def share(self) -> float | None:
        """How often they agree; None where nothing was judged."""
        return (self.both_right + self.both_wrong) / self.judged if self.judged else None

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa (Cohen 1960): 1 for full agreement, 0 for what chance gives; None where both say the
        same of everything, which leaves nothing to agree beyond."""
        if not self.judged:
            return None
        first = (self.both_right + self.only_first) / self.judged
        second = (self.both_right + self.only_second) / self.judged
        by_chance = first * second + (1 - first) * (1 - second)
        share = self.share
        return None if by_chance >= 1 or share is None else (share - by_chance) / (1 - by_chance)

    def plus(self, other: Counts) -> Counts:
        return Counts(*(one + two for one, two in zip(self, other, strict=True)))


class Agreement(NamedTuple):
    counts: Counts
    interval: Interval | None
    """Of kappa, 95 %; None where there is no kappa or one scenario only."""


def counts_of(pairs: Sequence[tuple[bool, bool]]) -> Counts:
    """Of (first, second) verdicts."""
    return Counts(
        both_right=sum(one and other for one, other in pairs),
        both_wrong=sum(not one and not other for one, other in pairs),
        only_first=sum(one and not other for one, other in pairs),
        only_second=sum(other and not one for one, other in pairs),
    )


def agreement_of(by_scenario: Mapping[str, Sequence[tuple[bool, bool]]], seed: int) -> Agreement:
    """Over all scenarios; the interval resamples scenarios, since reports on one resemble each other."""
    each = [counts_of(pairs) for _, pairs in sorted(by_scenario.items()) if pairs]
    whole = _sum(each)
    if whole.kappa is None or len(each) < 2:
        return Agreement(whole, None)
    chance = random.Random(seed)
    drawn = (_sum(chance.choices(each, k=len(each))).kappa for _ in range(RESAMPLES))
    kappas = [kappa for kappa in drawn if kappa is not None]
    tail = (1 - LEVEL) / 2
    low, high = quantile(kappas, tail), quantile(kappas, 1 - tail)
    return Agreement(whole, None if low is None or high is None else Interval(low, high))


def _sum(counts: Sequence[Counts]) -> Counts:
    whole = Counts()
    for each in counts:
        whole = whole.plus(each)
    return whole


def in_words(label: str, found: Agreement) -> str:
    """A sentence on a judge beside the scorers, who are the first."""
    counts = found.counts
    if counts.share is None:
        return f"{label}: nothing was judged."
    kappa = "no kappa, as both say the same of everything"
    if counts.kappa is not None:
        kappa = f"Cohen's kappa {counts.kappa:.2f}"
        if found.interval is not None:
            kappa += f" (95 % interval {found.interval.low:.2f} to {found.interval.high:.2f})"
    return (
        f"{label}: the judge agrees with the scorers on {counts.both_right + counts.both_wrong} of"
        f" {counts.judged} reports ({100 * counts.share:.1f} %), {kappa};"
        f" {counts.only_second} right for the judge alone, {counts.only_first} for the scorers alone."
    )
