"""domain.rules.metrics_memory: memory against its limit, before a container is killed for it and after."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain import measures
from kubetriage.domain.finding import Likelihood, Role
from kubetriage.domain.rules.metrics_memory import before_the_kill, gone_with, near_limit
from kubetriage.domain.view import ClusterView

POD = "Pod shop/app-1"
LIMITED = {"resources": {"limits": {"memory": "256Mi"}}}
MI = 1024**2
EXPR = "container_memory_working_set_bytes > 1"


@pytest.fixture
def peak(k8s: Any, view_of: Any, measured: Any, row: Any) -> Any:
    """`peak(250 * MI)`: a view of a limited pod that used so much at most."""

    def make(
        used: Any, *, spec: Any = LIMITED, last: Any = None, of: str = "working set", **more: Any
    ) -> ClusterView:
        state = k8s.waiting("CrashLoopBackOff") if last else k8s.running()
        container = k8s.container(state=state, last=last, ready=not last, restarts=5 if last else 0, **spec)
        view = view_of([k8s.pod(POD, container)], POD)
        assert view.primary is not None
        read = measures.of_pods("memory", view.primary, measures.pods_of(view.primary), view.now)
        rows = [row(used, namespace="shop", pod="app-1", container="app", of=of)]
        made: ClusterView = measured(view, {read: rows}, **more)
        return made

    return make


@pytest.mark.parametrize(
    ("options", "role"),
    [({"expr": EXPR}, Role.CAUSE), ({"words": "app uses too much memory"}, Role.CAUSE),
     ({"words": "app 内存使用率过高"}, Role.CAUSE), ({"words": "requests fail"}, Role.RISK)],
)  # fmt: skip
def test_a_container_near_its_limit(peak: Any, options: dict[str, Any], role: Role) -> None:
    """The cause of an alert about memory, else what will fail next."""
    (one,) = near_limit(peak(250 * MI, **options))
    assert one.role is role and str(one.culprit) == POD
    assert "used up to 250Mi of its memory limit of 256Mi in the last hour (97.7%)" in one.statement.en
    assert "250Mi" in one.statement.zh and one.quotes == ("250Mi", "256Mi")


@pytest.mark.parametrize(
    "options",
    [{"used": 200 * MI}, {"used": "NaN"}, {"used": 250 * MI, "spec": {}}, {"used": 250 * MI, "of": "limit"}],
)
def test_what_is_not_near(peak: Any, options: dict[str, Any]) -> None:
    """Far below, not measured, without a limit in the pod, and the limit itself."""
    assert list(near_limit(peak(options.pop("used"), expr=EXPR, **options))) == []


@pytest.mark.parametrize(("used", "missed"), [(255, False), (90, True)])
def test_what_was_seen_before_a_kill(k8s: Any, peak: Any, used: int, missed: bool) -> None:
    """Beside the kill, which the state itself tells, the samples are a hint: near the limit, or too slow."""
    view = peak(used * MI, last=k8s.ended(137, "OOMKilled"))
    (one,) = before_the_kill(view)
    assert one.role is Role.HINT and f"up to {used}Mi of its memory limit of 256Mi" in one.statement.en
    assert ("too fast for the samples" in one.statement.en) is missed
    assert list(near_limit(view)) == []


def test_how_a_pod_ended_that_is_gone(view_of: Any, measured: Any, row: Any) -> None:
    """Its metrics outlive it for a while."""
    view = view_of([], POD, absent=[POD])
    assert view.primary is not None
    read = measures.of_pods("restarts", view.primary, measures.pods_of(view.primary), view.now)
    rows = [row(3, pod="app-1", container="app"), row(1, pod="app-1", container="app", reason="OOMKilled")]
    (one,) = gone_with(measured(view, {read: rows}))
    assert one.role is Role.HINT and "app OOMKilled" in one.statement.en and one.quotes == ("OOMKilled",)
    assert list(gone_with(measured(view, {read: rows[:1]}))) == []
    assert list(gone_with(view)) == []


def test_certain_only_of_what_the_alert_is_about(peak: Any) -> None:
    """A risk is never told as certain."""
    assert [f.likelihood for f in near_limit(peak(250 * MI))] == [Likelihood.MEDIUM]
    assert [f.likelihood for f in near_limit(peak(250 * MI, expr=EXPR))] == [Likelihood.HIGH]
