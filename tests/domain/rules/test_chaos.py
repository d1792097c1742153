"""Experiments that break pods on purpose and are still running."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Finding, Likelihood
from kubetriage.domain.rules.chaos import experiments_running

POD = "Pod shop/app-1"


def _experiment(
    k8s: Any,
    *,
    kind: str = "NetworkChaos",
    spec: Any = None,
    states: Any = None,
    records: Any = None,
    minutes_ago: float = 40,
    api_version: str = "chaos-mesh.org/v1alpha1",
    phase: str = "Run",
) -> Any:
    states = {"AllInjected": "True", "AllRecovered": "False", "Paused": "False"} | (states or {})
    made = {"action": "delay", "delay": {"latency": "2s"},
            "selector": {"namespaces": ["shop"], "labelSelectors": {"app": "app"}}} | (spec or {})  # fmt: skip
    return k8s.obj(
        f"{kind} chaos/slow",
        apiVersion=api_version,
        metadata={"creationTimestamp": k8s.at(minutes_ago)},
        spec=made,
        status={
            "conditions": [{"type": k, "status": v} for k, v in states.items()],
            "experiment": {"desiredPhase": phase, "containerRecords": records or []},
        },
    )


def _found(k8s: Any, view_of: Any, *objects: Any) -> list[Finding]:
    return k8s.findings(experiments_running(view_of([k8s.pod(POD), *objects], POD)))  # type: ignore[no-any-return]


def test_a_running_experiment_on_the_alerts_pods_is_the_cause(k8s: Any, view_of: Any) -> None:
    """An experiment that is injected and chooses the pod by label is what disturbs it."""
    (found,) = _found(k8s, view_of, _experiment(k8s))
    assert found.culprit == k8s.ref("NetworkChaos chaos/slow") and found.category == "chaos-experiment"
    assert found.likelihood is Likelihood.HIGH and "2s" in found.statement.en
    assert k8s.ref(POD) in found.explains


@pytest.mark.parametrize(
    "changes",
    [
        {"states": {"AllInjected": "False"}},
        {"states": {"AllRecovered": "True"}},
        {"states": {"Paused": "True"}},
        {"phase": "Stop"},
        {"spec": {"selector": {"namespaces": ["other"], "labelSelectors": {"app": "app"}}}},
        {"spec": {"selector": {"namespaces": ["shop"], "labelSelectors": {"app": "web"}}}},
        {"api_version": "chaos.example.com/v1"},
    ],
)
def test_one_that_is_over_or_about_others_is_not(k8s: Any, view_of: Any, changes: Any) -> None:
    """Recovered, paused, stopped, not injected, for other pods, or of another API: none disturbs the pod."""
    assert not _found(k8s, view_of, _experiment(k8s, **changes))


def test_records_go_before_selectors(k8s: Any, view_of: Any) -> None:
    """An experiment on one of several pods (`mode: one`) disturbs the one in its records only."""
    other = [{"id": "shop/app-2", "phase": "Injected"}]
    assert not _found(k8s, view_of, _experiment(k8s, records=other))
    assert _found(k8s, view_of, _experiment(k8s, records=[{"id": "shop/app-1/app", "phase": "Injected"}]))


def test_a_target_is_disturbed_in_both_directions(k8s: Any, view_of: Any) -> None:
    """The pods that a NetworkChaos cuts off from others are cut off in return."""
    target = {"selector": {"namespaces": ["shop"], "labelSelectors": {"app": "app"}}}
    away = {"namespaces": ["shop"], "labelSelectors": {"app": "db"}}
    spec = {"action": "partition", "selector": away, "target": target}
    assert _found(k8s, view_of, _experiment(k8s, spec=spec | {"direction": "both"}))
    assert not _found(k8s, view_of, _experiment(k8s, spec=spec | {"direction": "to"}))


def test_an_experiment_after_the_alert_is_not_certain(k8s: Any, view_of: Any) -> None:
    """What was injected after the alert began did not begin it."""
    (found,) = _found(k8s, view_of, _experiment(k8s, minutes_ago=2))
    assert found.likelihood is Likelihood.MEDIUM


def test_pods_that_were_killed_once_long_ago_are_not_news(k8s: Any, view_of: Any) -> None:
    """A one-time kill hours before the alert says nothing about the pods that came after."""
    kill = {"action": "pod-kill"}
    assert not _found(k8s, view_of, _experiment(k8s, kind="PodChaos", spec=kill, minutes_ago=600))
    assert _found(k8s, view_of, _experiment(k8s, kind="PodChaos", spec=kill, minutes_ago=15))


def test_a_delay_does_not_explain_that_a_pod_is_out_of_memory(k8s: Any, view_of: Any) -> None:
    """Of a pod that is killed for its memory only a stress of memory is the reason."""
    pod = k8s.pod(POD, k8s.container(last=k8s.ended(137, "OOMKilled"), restarts=2))
    (delay,) = k8s.findings(experiments_running(view_of([pod, _experiment(k8s)], POD)))
    assert k8s.ref(POD) not in delay.explains
    stress = _experiment(k8s, kind="StressChaos", spec={"stressors": {"memory": {"workers": 4}}})
    (found,) = k8s.findings(experiments_running(view_of([pod, stress], POD)))
    assert k8s.ref(POD) in found.explains


def _engine(k8s: Any, *, label: str = "app=app", state: str = "active", run: str = "Running") -> Any:
    """What starts an experiment of Litmus."""
    return k8s.obj(
        "ChaosEngine shop/loss",
        apiVersion="litmuschaos.io/v1alpha1",
        metadata={"creationTimestamp": k8s.at(20)},
        spec={"engineState": state, "appinfo": {"appns": "shop", "applabel": label},
              "experiments": [{"name": "pod-network-loss"}]},
        status={"engineStatus": "initialized", "experiments": [{"name": "pod-network-loss", "status": run}]},
    )  # fmt: skip


def test_an_experiment_of_litmus(k8s: Any, view_of: Any) -> None:
    """It is the cause while it runs on the pods it chooses, and can be stopped."""
    (found,) = _found(k8s, view_of, _engine(k8s))
    assert (
        found.culprit == k8s.ref("ChaosEngine shop/loss") and "runs pod-network-loss on" in found.statement.en
    )
    assert any('"engineState":"stop"' in c.command for r in found.remedies for c in r.commands)
    for other in ({"label": "app=other"}, {"state": "stop"}, {"run": "Completed"}):
        assert not _found(k8s, view_of, _engine(k8s, **other))


def test_an_experiment_on_those_that_the_alerts_pods_call(k8s: Any, view_of: Any) -> None:
    """A Service that the run looks at counts with the pods behind it."""
    callee = k8s.pod("Pod shop/db-0", labels={"app": "db"})
    service = k8s.obj("Service shop/db", spec={"selector": {"app": "db"}, "ports": [{"port": 5432}]})
    objects = [k8s.pod(POD), callee, service, _engine(k8s, label="app=db")]
    view = view_of(objects, POD, looked=["Service shop/db"])
    (found,) = k8s.findings(experiments_running(view))
    assert k8s.ref("Service shop/db") in found.explains
    assert not k8s.findings(experiments_running(view_of(objects, POD)))
