"""Moments as statements show them."""

from __future__ import annotations

from datetime import UTC, datetime

from kubetriage.domain.language import Text
from kubetriage.domain.rules.phrases import NOTHING
from kubetriage.domain.rules.wording import duration
from kubetriage.domain.view import ClusterView


def moment(view: ClusterView, at: datetime) -> str:
    """`12:03 UTC` of the day of the view, `06-01 12:03 UTC` of another one."""
    plain = at.astimezone(UTC)
    same = plain.date() == view.now.astimezone(UTC).date()
    return f"{plain:%H:%M} UTC" if same else f"{plain:%m-%d %H:%M} UTC"


def since(view: ClusterView, at: datetime | None) -> Text:
    """` since 12:03 UTC (25 min)`, empty if the time is not known; in Chinese it stands before the verb."""
    if at is None:
        return NOTHING
    span = duration(view.now - at)
    when = moment(view, at)
    return Text(en=f" since {when} ({span.en})", zh=f"自 {when}（{span.zh}）起")


def ago(view: ClusterView, at: datetime | None) -> Text:
    """`25 min ago`, `at an unknown time` without one."""
    if at is None:
        return Text(en="at an unknown time", zh="时间未知")
    span = duration(view.now - at)
    return Text(en=f"{span.en} ago", zh=f"{span.zh}前")
