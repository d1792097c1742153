"""What was measured of the alert's containers, by pod and container."""

from __future__ import annotations

import re
from math import isfinite
from typing import NamedTuple

from kubetriage.domain.alert_expression import metrics_of_alert
from kubetriage.domain.view import ClusterView


class Measured(NamedTuple):
    """The values of one query."""

    values: dict[tuple[str, str], float]
    """By pod and container; what is NaN or infinite (a share of nothing) is left out."""
    cite: str


def of_containers(view: ClusterView, measure: str, **labels: str) -> Measured:
    """The answer about the alert's object, of the series with these labels; empty without one."""
    seen = view.samples(measure, view.primary) if view.primary is not None else None
    if seen is None:
        return Measured({}, "")
    found = {(s.labels.get("pod", ""), s.labels.get("container", "")): s.value for s in seen.of(**labels)}
    return Measured({key: value for key, value in found.items() if isfinite(value)}, seen.cite)


def alert_measures(view: ClusterView, pattern: re.Pattern[str]) -> bool:
    """Whether the alert's own expression reads a metric of such a name."""
    return any(pattern.search(metric) for metric in metrics_of_alert(view))
