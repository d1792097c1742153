"""Views with samples: `measured(view, …)` adds what a Prometheus answered to a view of objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest

from kubetriage.domain import measures
from kubetriage.domain.alert import AlertStatus
from kubetriage.domain.evidence import FailureKind, Observation, Read, ReadFailure
from kubetriage.domain.view import ClusterView

Row = dict[str, Any]


def row(value: object, **labels: str) -> Row:
    """A series of one sample."""
    return {"labels": labels, "points": [[0, str(value)]]}


def measured(
    view: ClusterView,
    answers: Mapping[Read, Sequence[Row]] | None = None,
    *,
    expr: str = "",
    labels: Mapping[str, str] | None = None,
    words: str = "",
    resolved: bool = False,
    cut: Mapping[Read, str] | None = None,
    failed: Mapping[Read, FailureKind] | None = None,
) -> ClusterView:
    """The view with answers of Prometheus; `expr` stands in the alert's generatorURL, `words` in its text."""
    alert = view.alert.model_copy(
        update={
            "generator_url": f"http://p/graph?g0.expr={quote_plus(expr)}" if expr else "",
            "labels": {"alertname": view.alert.name, **(labels or {})},
            "annotations": {"description": words} if words else {},
            "status": AlertStatus.RESOLVED if resolved else AlertStatus.FIRING,
        }
    )
    seen = [
        Observation(
            read=r, tool="prometheus query", at=view.now, objects=tuple(rows), cut=(cut or {}).get(r, "")
        )
        for r, rows in (answers or {}).items()
    ]
    seen += [
        Observation(
            read=r, tool="prometheus query", at=view.now, failure=ReadFailure(kind=kind, message="no")
        )
        for r, kind in (failed or {}).items()
    ]
    every = [*view.observations, *seen]
    return ClusterView(alert, view.subject, view.primary, view.now, every, view.looked, has_metrics=True)


def truth(
    view: ClusterView, expr: str, *, now: Sequence[Row] = (), minutes: Sequence[int] = (), **labels: str
) -> dict[Read, Sequence[Row]]:
    """The answers about the alert's expression: its series now, and how many minutes ago it was true."""
    about = view.primary
    assert about is not None
    points = [[(view.now - timedelta(minutes=m)).timestamp(), "0.5"] for m in sorted(minutes, reverse=True)]
    over = [{"labels": labels, "points": points}] if points else []
    return {
        measures.alert_now(about, expr, view.now): list(now),
        measures.alert_range(about, expr, view.now, view.alert_began): over,
    }


@pytest.fixture(name="row")
def _row() -> Any:
    return row


@pytest.fixture(name="measured")
def _measured() -> Any:
    return measured


@pytest.fixture(name="truth")
def _truth() -> Any:
    return truth
