"""Where a moment lies against the alert's start, and which moments count as near it."""

from __future__ import annotations

from datetime import datetime, timedelta

from kubetriage.domain.language import Text
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.wording import duration
from kubetriage.domain.view import ClusterView

WINDOW = timedelta(hours=24)
"""How long before the alert a change may have been made to be told."""
_SAME = timedelta(seconds=10)


def began(view: ClusterView) -> datetime:
    """The alert's start; without one the time of the view."""
    return view.alert_began or view.now


def in_window(view: ClusterView, at: datetime | None) -> bool:
    """Whether it lies between `WINDOW` before the alert and now; an unknown time does not."""
    return at is not None and began(view) - WINDOW <= at <= view.now


def placed(view: ClusterView, at: datetime) -> Text:
    """`12 min before the alert`, `3 min after the alert began`; without an alert time `25 min ago`."""
    if view.alert_began is None:
        return say("{d} ago", "{d}前", d=duration(view.now - at))
    gap = view.alert_began - at
    if abs(gap) < _SAME:
        return Text(en="as the alert began", zh="告警开始时")
    if gap > timedelta(0):
        return say("{d} before the alert", "告警前 {d}", d=duration(gap))
    return say("{d} after the alert began", "告警开始后 {d}", d=duration(-gap))
