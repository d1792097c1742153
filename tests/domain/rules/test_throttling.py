"""domain.rules.throttling and domain.relations.usage: containers held at their CPU limit."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind, Observation, ReadFailure, top_of
from kubetriage.domain.finding import Finding, Likelihood
from kubetriage.domain.relations.usage import usage
from kubetriage.domain.rules.throttling import throttled
from kubetriage.domain.view import ClusterView

POD = "Pod shop/app-1"
TOP = top_of("Pod", "shop", "app-1")
LIMITED = {"resources": {"limits": {"cpu": "200m"}}}


def _view(k8s: Any, view_of: Any, words: str, used: str = "", ready: bool = True, **spec: Any) -> ClusterView:
    base = view_of([k8s.pod(POD, k8s.container(ready=ready, **(spec or LIMITED)))], POD)
    alert = base.alert.model_copy(update={"annotations": {"description": words}})
    seen = list(base.observations)
    if used:
        row = {"namespace": "shop", "name": "app-1", "container": "app", "cpu": used, "memory": "9Mi"}
        seen.append(Observation(read=TOP, tool="t", at=base.now, objects=(row,)))
    return ClusterView(alert, base.subject, base.primary, base.now, seen)


def _found(view: ClusterView) -> list[Finding]:
    return list(throttled(view))


@pytest.mark.parametrize("words", ["94.1% throttling of CPU for app", "CPU throttled 94.1% of the time",
                                   "容器 app 的 CPU 限流 94.1%"])  # fmt: skip
def test_a_share_that_the_alert_measured(k8s: Any, view_of: Any, words: str) -> None:
    """Only a limit throttles: with the measured share and the limit the cause is certain."""
    (one,) = _found(_view(k8s, view_of, words))
    assert (one.category, one.likelihood, str(one.culprit)) == ("cpu-throttling", Likelihood.HIGH, POD)
    assert "limit of 200m" in one.statement.en and "94.1%" in one.statement.en and "94.1%" in one.statement.zh
    assert one.quotes == ("200m",)


@pytest.mark.parametrize(("used", "count"), [("200m", 1), ("195m", 1), ("90m", 0), ("", 0)])
def test_usage_at_the_limit(k8s: Any, view_of: Any, used: str, count: int) -> None:
    """Where the alert is about latency, usage at the limit is a likely cause, and usage below it none."""
    found = _found(_view(k8s, view_of, "p99 latency is 3 s", used))
    assert [one.likelihood for one in found] == [Likelihood.MEDIUM] * count


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ("94.1% throttling of CPU", {"ready": False}),
        ("94.1% throttling of CPU", {"resources": {"requests": {"cpu": "1"}}}),
        ("3% throttling of CPU", {}),
        ("94.1% of requests fail", {"used": "200m"}),
    ],
)
def test_what_a_limit_does_not_explain(k8s: Any, view_of: Any, words: str, more: dict[str, Any]) -> None:
    """A pod that is not ready, has no limit, is hardly throttled, or whose alert is about something else."""
    assert _found(_view(k8s, view_of, words, **more)) == []


def test_usage_is_asked_for_only_where_it_matters(k8s: Any, view_of: Any) -> None:
    """Metrics may not be served: they are read for alerts about speed and pods with a limit alone."""
    assert [w.read for w in usage(_view(k8s, view_of, "slow responses"))] == [TOP]
    assert list(usage(_view(k8s, view_of, "pod is not ready"))) == []
    assert list(usage(_view(k8s, view_of, "slow responses", resources={}))) == []


def test_usage_that_could_not_be_read(k8s: Any, view_of: Any) -> None:
    """Without metrics nothing is said of the usage."""
    base = _view(k8s, view_of, "slow responses")
    failure = ReadFailure(kind=FailureKind.UNSUPPORTED, message="no metrics")
    seen = [*base.observations, Observation(read=TOP, tool="t", at=base.now, failure=failure)]
    assert _found(ClusterView(base.alert, base.subject, base.primary, base.now, seen)) == []
