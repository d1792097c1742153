"""Alerts that a sender left out: nobody sends them later, so people are to know that there were more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kubetriage.domain.intake.decisions import Fate, Happened
from kubetriage.domain.intake.posts import Arrival
from kubetriage.domain.intake.reading import EventKind

MOST = 20
"""Incidents of one post that are told of it."""


def told_of_what_was_cut_off(
    arrivals: Sequence[Arrival], fates: Sequence[Fate], clusters: Mapping[str, str]
) -> list[Happened]:
    """A line for each incident that a cut post brought something new to; its repeats say nothing again.

    `fates` are those of all alerts of the arrivals, `clusters` those of the incidents by id.
    """
    found: list[Happened] = []
    rest = iter(fates)
    for arrival in arrivals:
        own = [next(rest) for _ in arrival.alerts]
        if not arrival.truncated:
            continue
        for id in list(dict.fromkeys(fate.incident for fate in own if fate.new and fate.incident))[:MOST]:
            data = {"alerts": arrival.truncated}
            found.append(Happened(EventKind.CUT_OFF, id, clusters.get(id, ""), False, data))
    return found
