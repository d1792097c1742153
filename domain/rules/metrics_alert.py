"""What Prometheus says of the alert's own expression: true still and since when, or no longer true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.alert import AlertStatus
from kubetriage.domain.alert_expression import Truth, is_over, subject_of_queries, truth_of
from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.language import Text
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.times import ago, moment
from kubetriage.domain.rules.times import since as since_text
from kubetriage.domain.samples import written
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


def no_longer_true(view: ClusterView) -> Iterator[Finding]:
    """The alert's expression has been false for minutes, though the metrics that it reads are still there.

    Only of an object that is there: what is gone cannot be well.
    """
    found = view.find(view.primary)
    if found is None or found.deleted is not None or view.alert.status is AlertStatus.RESOLVED:
        return
    truth = is_over(view)
    if truth is None or truth.last is None:
        return
    yield Finding(
        rule="metrics.alert-over",
        category="resolved",
        role=Role.HEALTHY,
        subject=found.ref,
        statement=say(
            "{r}: the alert's own expression was last true at {t} ({ago}), and its metrics are still there.",
            "{r}：告警自身的表达式最后一次成立在 {t}（{ago}），其指标仍在采集。",
            r=str(found.ref), t=moment(view, truth.last), ago=ago(view, truth.last),
        ),
        specificity=Specificity.EXACT,
        cites=(found.cite, *truth.cites),
        since=truth.last + truth.step,
    )  # fmt: skip


def still_so(view: ClusterView) -> Iterator[Finding]:
    """The alert's expression is true at this moment, with its value and since when."""
    truth, about = truth_of(view), subject_of_queries(view)
    if truth is None or truth.value is None:
        return
    yield Finding(
        rule="metrics.alert-true",
        category="alert-expression",
        role=Role.HINT,
        subject=about,
        statement=say(
            "The alert's own expression {since}; its value is {v}.",
            "告警自身的表达式{since}成立，当前值为 {v}。",
            since=_since(view, truth),
            v=written(truth.value, ""),
        ),
        likelihood=Likelihood.LOW,
        specificity=Specificity.GENERAL,
        cites=truth.cites,
        quotes=(written(truth.value, ""),),
        since=truth.since,
    )


def _since(view: ClusterView, truth: Truth) -> Text:
    if truth.since is None:
        return say("is true now", "现在")
    return say("has been true{t}", "{t}", t=since_text(view, truth.since))


def series_gone(view: ClusterView) -> Iterator[Finding]:
    """The alert's expression gives nothing because the metrics that it reads are not there any more."""
    truth, about = truth_of(view), subject_of_queries(view)
    there = view.samples("alert-series", about)
    if truth is None or truth.value is not None or there is None or there.series or not there.whole:
        return
    yield Finding(
        rule="metrics.alert-blind",
        category="alert-expression",
        role=Role.HINT,
        subject=about,
        statement=say(
            "The alert's expression gives nothing now because the metrics that it reads have no series for "
            "this object any more{last}: that says neither that it is well nor that it is not.",
            "告警的表达式现在没有结果，因为其所用指标已没有该对象的时间序列{last}：不能据此判断它是否正常。",
            last=_last(view, truth),
        ),
        specificity=Specificity.GENERAL,
        cites=(*truth.cites, there.cite),
    )


def _last(view: ClusterView, truth: Truth) -> Text:
    if truth.last is None:
        return NOTHING
    return say(" (it was last true at {t})", "（最后一次成立在 {t}）", t=moment(view, truth.last))


RULES: tuple[Rule, ...] = (no_longer_true, still_so, series_gone)
