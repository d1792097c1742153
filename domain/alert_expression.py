"""The expression that made an alert fire: where it stands, and whether Prometheus says it is true now."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from kubetriage.domain.evidence import rules_of
from kubetriage.domain.promql import expression_in, is_usable, metrics_in
from kubetriage.domain.resource import Resource
from kubetriage.domain.samples import Series
from kubetriage.domain.view import ClusterView

SETTLED = timedelta(minutes=5)
"""How long an expression has to be false before that is more than a pause."""


def subject_of_queries(view: ClusterView) -> Resource:
    """Whom the alert's expression is asked about: the alert's object, the alert itself when it has none."""
    return view.primary or Resource(kind="Alert", name=view.alert.name)


def expression_of(view: ClusterView) -> str:
    """The expression in the alert's `generatorURL`, else that of its rule in Prometheus; empty if not known.

    Where several rules have the alert's name and may have made it, none is taken.
    """
    own = expression_in(view.alert.generator_url)
    if own:
        return own
    seen = view.observation(rules_of(view.alert.name))
    rules = seen.objects if seen is not None and seen.found and not seen.cut else ()
    possible = [rule for rule in rules if _fits(rule["labels"], view.alert.labels)]
    firing = [rule for rule in possible if any(_fits(one, view.alert.labels) for one in rule["active"])]
    found = {str(rule["query"]) for rule in firing or possible}
    return next(iter(found)) if len(found) == 1 and is_usable(next(iter(found))) else ""


def _fits(labels: Mapping[str, str], alert: Mapping[str, str]) -> bool:
    """Whether the alert has these labels; one that a template makes may be anything."""
    return all(alert.get(name) == value or "{{" in value for name, value in labels.items())


def metrics_of_alert(view: ClusterView) -> list[str]:
    """The metrics that the alert's expression reads."""
    return metrics_in(expression_of(view))


def own_series(view: ClusterView, series: Iterable[Series]) -> list[Series]:
    """The series that can be this alert's: no label of theirs has another value in the alert.

    An alert has the labels of its series, but its rule may have written over some, and the way to
    Alertmanager may have dropped some.
    """
    labels = view.alert.labels
    return [s for s in series if not _contradicted(s.labels, labels)]


def _contradicted(series: Mapping[str, str], alert: Mapping[str, str]) -> bool:
    return any(alert.get(k, v) != v for k, v in series.items() if k not in _OVERWRITTEN)


_OVERWRITTEN = frozenset(
    {"__name__", "severity", "alertname", "alertstate", "prometheus", "prometheus_replica"}
)
"""Labels that may be others in an alert than in its series."""


# ---- whether it is true


class Truth(NamedTuple):
    """What Prometheus says of the alert's expression."""

    value: float | None
    """Its value now, the greatest of several; None if it is not true now."""
    since: datetime | None
    """From when on it has been true without a break; None if it is not, or was all the time looked at."""
    last: datetime | None
    """When it was last seen to be true."""
    step: timedelta
    """The distance between the points looked at."""
    cites: tuple[str, ...]


def truth_of(view: ClusterView) -> Truth | None:
    """None unless the expression was asked for, now and over time, and answered as a whole."""
    about = subject_of_queries(view)
    now, over = view.samples("alert-now", about), view.samples("alert-range", about)
    if now is None or over is None or not now.whole or not over.whole:
        return None
    step = timedelta(seconds=view.queries("alert-range", about)[0].read.step)
    current = own_series(view, now.series)
    times = sorted({point.at for series in own_series(view, over.series) for point in series.points})
    value = max((s.value for s in current), default=None)
    began = _unbroken(times, view.now, step) if current else None
    first = view.now - timedelta(seconds=view.queries("alert-range", about)[0].read.seconds)
    since = began if began is not None and began > first + step else None
    return Truth(value, since, times[-1] if times else None, step, (now.cite, over.cite))


def _unbroken(times: list[datetime], now: datetime, step: timedelta) -> datetime | None:
    """The first of the points from which on there is one at every step until now."""
    found, expected = None, now
    for at in reversed(times):
        if expected - at > step * 1.5:
            break
        found = expected = at
    return found


def is_over(view: ClusterView) -> Truth | None:
    """The truth of an alert that was true since it fired and has not been for a while; else None.

    That the expression gives nothing says so only where every metric that it reads still has series that
    could be the alert's: a target that is gone, or is not scraped any more, gives nothing either.
    """
    truth, began = truth_of(view), view.alert_began
    if truth is None or truth.value is not None or truth.last is None or began is None:
        return None
    if view.now - truth.last < max(SETTLED, 2 * truth.step) or truth.last < began - truth.step:
        return None
    there = view.samples("alert-series", subject_of_queries(view))
    if there is None or not there.whole or not set(metrics_of_alert(view)) <= {s.name for s in there.series}:
        return None
    return truth._replace(cites=(*truth.cites, there.cite))


_WINDOW = re.compile(r"\[(\d+)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def still_true(view: ClusterView, well_since: datetime | None) -> bool:
    """Whether Prometheus contradicts that the alert's object is well since then.

    What it measures lags behind the state by a scrape, and by the windows that the expression looks back on.
    """
    truth = truth_of(view)
    if truth is None or truth.value is None:
        return False
    windows = [int(n) * _SECONDS[unit] for n, unit in _WINDOW.findall(expression_of(view)) if len(n) < 6]
    lag = SETTLED + timedelta(seconds=max(windows, default=0))
    return well_since is None or view.now - well_since > lag
