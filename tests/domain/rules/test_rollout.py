"""Workloads that are not what they should be."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind
from kubetriage.domain.finding import Finding, Likelihood, Role
from kubetriage.domain.rules import rollout
from kubetriage.domain.view import ClusterView

Raw = dict[str, Any]
APP = "Deployment shop/app"
DB = "StatefulSet shop/db"
AGENT = "DaemonSet infra/agent"


def found(view: ClusterView, rule: str = "") -> list[Finding]:
    made = [f for r in rollout.RULES for f in r(view) if isinstance(f, Finding)]
    return [f for f in made if not rule or f.rule == f"rollout.{rule}"]


def progressing(status: str, reason: str) -> Raw:
    return {"conditions": [{"type": "Progressing", "status": status, "reason": reason}]}


# ---- symptoms


def test_unavailable_is_a_symptom(view_of: Any, k8s: Any) -> None:
    """Missing replicas are a symptom that waits on the pods that are not ready."""
    pod = k8s.pod(
        "Pod shop/app-2-a",
        k8s.container(state=k8s.waiting("ImagePullBackOff")),
        owner="ReplicaSet shop/app-2",
    )
    deployment = k8s.deployment(
        APP, replicas=2, ready=1, status=progressing("False", "ProgressDeadlineExceeded")
    )
    view = view_of([deployment, k8s.replicaset("ReplicaSet shop/app-2", revision=2), pod], APP)
    (one,) = found(view)
    assert (one.role, one.rule) == (Role.SYMPTOM, "rollout.unavailable")
    assert [str(r) for r in one.waits_on] == ["Pod shop/app-2-a"]
    assert "1 of 2 pods ready" in one.statement.en
    assert "progress deadline" in one.statement.en


def test_pods_that_have_just_been_made(view_of: Any, k8s: Any) -> None:
    """Pods that are young and not ready are said to be starting; older ones are not."""
    for minutes, starting in ((1, True), (30, False)):
        pod = k8s.pod("Pod shop/app-1-a", k8s.container(state=k8s.waiting("ContainerCreating")),
                      owner="ReplicaSet shop/app-1", metadata={"creationTimestamp": k8s.at(minutes)})  # fmt: skip
        (one,) = found(view_of([k8s.deployment(APP), k8s.replicaset("ReplicaSet shop/app-1"), pod], APP))
        assert ("still starting" in one.statement.en) is starting
        assert ("仍在启动" in one.statement.zh) is starting


def test_previous_revision_still_serves(view_of: Any, k8s: Any) -> None:
    """What still serves is said."""
    sets = [k8s.replicaset("ReplicaSet shop/app-1", revision=1, ready=2),
            k8s.replicaset("ReplicaSet shop/app-2", revision=2)]  # fmt: skip
    (one,) = found(view_of([k8s.deployment(APP, replicas=3, ready=2), *sets], APP))
    assert "still serving: 2 pods of the previous revision" in one.statement.en


def test_full_workload(view_of: Any, k8s: Any) -> None:
    """A workload with all pods ready and up to date has no finding."""
    status = {"availableReplicas": 3, "updatedReplicas": 3}
    assert found(view_of([k8s.deployment(APP, replicas=3, ready=3, status=status)], APP)) == []


def test_only_what_is_looked_at(view_of: Any, k8s: Any) -> None:
    """Another workload's trouble is not this run's."""
    other = k8s.deployment("Deployment shop/other", replicas=3)
    status = {"availableReplicas": 1, "updatedReplicas": 1}
    assert found(view_of([k8s.deployment(APP, ready=1, status=status), other], APP)) == []


# ---- causes in the spec


def test_scaled_to_zero(view_of: Any, k8s: Any) -> None:
    """No replicas by spec; how many there were comes from the event."""
    event = k8s.event(APP, "ScalingReplicaSet", "Scaled down replica set app-1 to 0 from 3", kind="Normal")
    (one,) = found(view_of([k8s.deployment(APP, replicas=0), event], APP))
    assert (one.category, one.likelihood, str(one.culprit)) == ("scaled-to-zero", Likelihood.HIGH, APP)
    assert any(c.command.endswith("--replicas=3") for r in one.remedies for c in r.commands)


def test_scaled_to_zero_behind_a_service(view_of: Any, k8s: Any) -> None:
    """A Service without pods is followed to the workload that it would select."""
    template = {"metadata": {"labels": {"app": "app"}}}
    deployment = k8s.deployment(APP, replicas=0, spec={"template": template})
    service = k8s.obj("Service shop/app", spec={"selector": {"app": "app"}})
    (one,) = found(view_of([deployment, service], "Service shop/app"))
    assert str(one.culprit) == APP
    other = k8s.obj("Service shop/app", spec={"selector": {"app": "other"}})
    assert found(view_of([deployment, other], "Service shop/app")) == []


def test_paused(view_of: Any, k8s: Any) -> None:
    """A paused Deployment whose template is not rolled out."""
    status = {"availableReplicas": 3, "updatedReplicas": 0}
    view = view_of([k8s.deployment(APP, replicas=3, ready=3, status=status, spec={"paused": True})], APP)
    (one,) = found(view)
    assert one.rule == "rollout.paused"
    assert any(
        c.command == "kubectl rollout resume deployment/app -n shop" for r in one.remedies for c in r.commands
    )


def test_paused_but_up_to_date(view_of: Any, k8s: Any) -> None:
    """A pause that holds nothing back is no fault."""
    status = {"availableReplicas": 3, "updatedReplicas": 3}
    assert (
        found(view_of([k8s.deployment(APP, replicas=3, ready=3, status=status, spec={"paused": True})], APP))
        == []
    )


def test_generation_not_observed(view_of: Any, k8s: Any) -> None:
    """A spec that the controller has not taken up: likely its controller, certain where that is seen down."""
    status = {"observedGeneration": 3, "availableReplicas": 1, "updatedReplicas": 1}
    stalled = k8s.deployment(APP, ready=1, status=status, metadata={"generation": 5})
    (one,) = found(view_of([stalled], APP))
    assert (one.category, one.likelihood) == ("controller-stalled", Likelihood.MEDIUM)
    down = k8s.container(state=k8s.waiting("CrashLoopBackOff"))
    labels = {"component": "kube-controller-manager"}
    manager = k8s.pod("Pod kube-system/kube-controller-manager-m1", down, labels=labels)
    (one,) = found(view_of([stalled, manager], APP))
    assert one.likelihood is Likelihood.HIGH


def test_all_at_once_is_a_risk(view_of: Any, k8s: Any) -> None:
    """A strategy that takes everything down is a risk beside whatever broke the pods."""
    spec = {"strategy": {"rollingUpdate": {"maxUnavailable": "100%", "maxSurge": 0}}}
    view = view_of([k8s.deployment(APP, replicas=3, spec=spec)], APP)
    (one,) = found(view, "all-at-once")
    assert one.role is Role.RISK


# ---- StatefulSets


def stateful(k8s: Any, replicas: int = 3, status: Raw | None = None, **spec: Any) -> Raw:
    made: Raw = k8s.obj(DB, spec={"replicas": replicas, "selector": {"matchLabels": {"app": "db"}}, **spec},
                        status=status or {})  # fmt: skip
    return made


def test_ordinal_blocks_the_next(view_of: Any, k8s: Any) -> None:
    """The first pod that is not ready is what the others wait for; db-10 comes after db-9."""
    pods = [k8s.pod(f"Pod shop/db-{i}", owner=DB) for i in range(10)]
    pods.append(k8s.pod("Pod shop/db-10", k8s.container(state=k8s.waiting("CrashLoopBackOff")), owner=DB))
    view = view_of([stateful(k8s, 12, {"replicas": 11, "readyReplicas": 10}), *pods], DB)
    (one,) = found(view, "ordinal-blocked")
    assert [r.name for r in one.waits_on] == ["db-10"]


def test_parallel_does_not_block(view_of: Any, k8s: Any) -> None:
    """Parallel pod management waits for nobody."""
    pod = k8s.pod("Pod shop/db-0", k8s.container(state=k8s.waiting("CrashLoopBackOff")), owner=DB)
    view = view_of([stateful(k8s, 3, {"replicas": 1}, podManagementPolicy="Parallel"), pod], DB)
    assert found(view, "ordinal-blocked") == []


@pytest.mark.parametrize(
    ("strategy", "words"),
    [({"type": "OnDelete"}, "OnDelete"),
     ({"type": "RollingUpdate", "rollingUpdate": {"partition": 3}}, "partition 3")],
)  # fmt: skip
def test_update_held_back(view_of: Any, k8s: Any, strategy: Raw, words: str) -> None:
    """Healthy pods that stay on the old revision by the update strategy."""
    status = {"replicas": 3, "readyReplicas": 3, "availableReplicas": 3, "updatedReplicas": 0,
              "currentRevision": "db-1", "updateRevision": "db-2"}  # fmt: skip
    (one,) = found(view_of([stateful(k8s, 3, status, updateStrategy=strategy)], DB))
    assert one.category == "rollout-stuck"
    assert words in one.statement.en
    assert "3 of 3" in one.statement.en


def test_updated_statefulset(view_of: Any, k8s: Any) -> None:
    """A partition that holds nothing back is no fault."""
    status = {
        "replicas": 3,
        "readyReplicas": 3,
        "updatedReplicas": 3,
        "currentRevision": "db-2",
        "updateRevision": "db-2",
    }
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 3}}
    assert found(view_of([stateful(k8s, 3, status, updateStrategy=strategy)], DB)) == []


def test_headless_service_absent(view_of: Any, k8s: Any) -> None:
    """Missing names are a risk, and the cause where the pods' log asks for them."""
    pod = k8s.pod("Pod shop/db-0", k8s.container(state=k8s.waiting("CrashLoopBackOff")), owner=DB)
    objects = [stateful(k8s, 1, {"replicas": 1}, serviceName="db-peers"), pod]
    absent = ["Service shop/db-peers"]
    (risk,) = found(view_of(objects, DB, absent=absent), "no-headless-service")
    assert risk.role is Role.RISK
    logs = {("shop", "db-0", "app", True): "lookup db-1.db-peers.shop.svc: no such host"}
    (cause,) = found(view_of(objects, DB, absent=absent, logs=logs), "no-headless-service")
    assert (cause.role, str(cause.culprit)) == (Role.CAUSE, "Service shop/db-peers")


def test_a_name_that_is_only_spoken_of_was_not_asked_for(view_of: Any, k8s: Any) -> None:
    """A member's name in an error of another kind, or a URL, says nothing about names in DNS."""
    pod = k8s.pod("Pod shop/db-0", k8s.container(state=k8s.waiting("CrashLoopBackOff")), owner=DB)
    objects = [stateful(k8s, 1, {"replicas": 1}, serviceName="db"), pod]
    for line in ("error: node db-0.db.shop thinks it is clustered with db-1.db.shop", "see https://x.y/.db"):
        view = view_of(objects, DB, absent=["Service shop/db"], logs={("shop", "db-0", "app", True): line})
        (risk,) = found(view, "no-headless-service")
        assert risk.role is Role.RISK


def test_headless_service_unreadable(view_of: Any, k8s: Any) -> None:
    """A Service that cannot be read is not absent."""
    objects = [stateful(k8s, 1, {"replicas": 1}, serviceName="db-peers")]
    view = view_of(objects, DB, failed={"Service shop/db-peers": FailureKind.FORBIDDEN})
    assert found(view, "no-headless-service") == []


# ---- DaemonSets


def daemon(k8s: Any, status: Raw, **template: Any) -> Raw:
    made: Raw = k8s.obj(
        AGENT,
        spec={"template": {"spec": template}, "selector": {"matchLabels": {"app": "agent"}}},
        status=status,
    )
    return made


def test_daemon_without_nodes(view_of: Any, k8s: Any) -> None:
    """A selector that fits no node wants no pod at all."""
    objects = [
        daemon(k8s, {"desiredNumberScheduled": 0}, nodeSelector={"role": "edge"}),
        k8s.obj("Node n1", labels={"role": "core"}),
    ]
    (one,) = found(view_of(objects, AGENT, lists=[("Node", "")]))
    assert one.category == "daemonset-scheduling"
    assert "role=edge" in one.statement.en
    assert found(view_of(objects[:1], AGENT)) == []


def test_daemon_on_wrong_nodes(view_of: Any, k8s: Any) -> None:
    """Nodes that the template no longer allows are named."""
    status = {"desiredNumberScheduled": 1, "currentNumberScheduled": 1, "numberReady": 1,
        "numberAvailable": 1,
              "updatedNumberScheduled": 1, "numberMisscheduled": 1}  # fmt: skip
    nodes = [k8s.obj("Node n1", labels={"role": "edge"}), k8s.obj("Node n2")]
    pods = [k8s.pod(f"Pod infra/agent-{n}", owner=AGENT, node=n) for n in ("n1", "n2")]
    view = view_of(
        [daemon(k8s, status, nodeSelector={"role": "edge"}), *nodes, *pods], AGENT, lists=[("Node", "")]
    )
    (one,) = found(view)
    assert "n2" in one.statement.en
    assert "n1" not in one.statement.en


def test_nodes_in_trouble_are_not_wrong(view_of: Any, k8s: Any) -> None:
    """Taints of a node's own trouble, which DaemonSet pods tolerate by themselves, are not named."""
    status = {"desiredNumberScheduled": 1, "currentNumberScheduled": 1, "numberReady": 1,
        "numberAvailable": 1,
              "updatedNumberScheduled": 1, "numberMisscheduled": 1}  # fmt: skip
    ill = [{"key": "node.kubernetes.io/disk-pressure", "effect": "NoSchedule"}]
    mine = [{"key": "team", "value": "ml", "effect": "NoSchedule"}]
    nodes = [k8s.obj("Node n1", spec={"taints": ill}), k8s.obj("Node n2", spec={"taints": mine})]
    pods = [k8s.pod(f"Pod infra/agent-{n}", owner=AGENT, node=n) for n in ("n1", "n2")]
    (one,) = found(view_of([daemon(k8s, status), *nodes, *pods], AGENT, lists=[("Node", "")]))
    assert "n2 (it has the taint team=ml:NoSchedule)" in one.statement.en
    assert "n1" not in one.statement.en


def test_daemon_pods_of_an_earlier_template(view_of: Any, k8s: Any) -> None:
    """A DaemonSet names no revision in its status: its pods carry the generation of their template."""
    marks = {"annotations": {"deprecated.daemonset.template.generation": "2"}}
    status = {"desiredNumberScheduled": 1, "currentNumberScheduled": 1, "numberReady": 1, "numberAvailable": 1,
              "updatedNumberScheduled": 0}  # fmt: skip
    top = k8s.obj("DaemonSet shop/agent", metadata=marks, spec={"updateStrategy": {"type": "OnDelete"}},
                  status=status)  # fmt: skip
    pod = k8s.pod("Pod shop/agent-1", owner="DaemonSet shop/agent", labels={"pod-template-generation": "1"})
    (one,) = found(view_of([top, pod], "DaemonSet shop/agent"))
    assert [c.command for c in one.remedies[0].commands] == ["kubectl delete pod/agent-1 -n shop"]
    (one,) = found(view_of([top], "DaemonSet shop/agent"))
    assert "RollingUpdate" in one.remedies[0].commands[0].command
