"""Nodes, Services, Jobs and what else is not a Pod; `found` runs rules and checks that each finding is well said."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from kubetriage.domain.finding import Finding, RemedyKind, Role
from kubetriage.domain.view import ClusterView

Raw = dict[str, Any]
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _held(view: ClusterView, cites: Iterable[str]) -> str:
    """The text of all that is cited; a citation of nothing that was read fails."""
    texts = {}
    for seen in view.observations:
        texts[seen.read.key] = (seen.text or "") + json.dumps(seen.objects, ensure_ascii=False)
        for raw in seen.objects:
            meta = raw.get("metadata", {})
            key = f"object|{raw.get('kind')}|{meta.get('namespace', '')}|{meta.get('name')}"
            texts[key] = json.dumps(raw, ensure_ascii=False)
    return " ".join(" ".join(texts[cite] for cite in cites).split())


def _check(view: ClusterView, finding: Finding) -> None:
    said = finding.statement
    assert len(said.en) <= 300 and len(said.zh) <= 300, said
    assert _CHINESE.search(said.zh) and not _CHINESE.search(said.en), said
    assert finding.cites, finding.rule
    held = _held(view, finding.cites)
    assert all(quote in held for quote in finding.quotes), (finding.quotes, held)
    if finding.role is Role.CAUSE:
        assert {r.kind for r in finding.remedies} & {RemedyKind.CHANGE, RemedyKind.ESCALATE}, finding.rule
    for remedy in finding.remedies:
        for words in (remedy.title, remedy.detail):
            assert _CHINESE.search(words.zh) and not _CHINESE.search(words.en), words


@pytest.fixture
def found() -> Callable[..., list[Finding]]:
    """The findings of some rules, each checked: short, in both languages, cited, quoted from what is cited, and
    a cause with something to do about it."""

    def find(view: ClusterView, rules: Iterable[Any], role: Role | None = None) -> list[Finding]:
        made = [f for rule in rules for f in rule(view) if isinstance(f, Finding)]
        for finding in made:
            _check(view, finding)
        assert len({f.key for f in made}) == len(made), "two findings with one key"
        return [f for f in made if role is None or f.role is role]

    return find


@pytest.fixture
def cause(found: Any) -> Callable[..., Finding]:
    """The only cause that some rules find."""

    def find(view: ClusterView, rules: Iterable[Any]) -> Finding:
        (one,) = found(view, rules, Role.CAUSE)
        assert isinstance(one, Finding)
        return one

    return find


@pytest.fixture
def node(k8s: Any) -> Callable[..., Raw]:
    """A node whose conditions are the usual ones but for those given: type=(status, reason, message)."""

    def make(name: str = "n1", cordoned: bool = False, capacity: Raw | None = None, **given: Any) -> Raw:
        usual = {
            "MemoryPressure": (
                "False",
                "KubeletHasSufficientMemory",
                "kubelet has sufficient memory available",
            ),
            "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
        } | given
        conditions = [
            {"type": kind, "status": status, "reason": reason, "message": message,
             "lastHeartbeatTime": k8s.at(26), "lastTransitionTime": k8s.at(25)}
            for kind, (status, reason, message) in usual.items()
        ]  # fmt: skip
        taints = [
            {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule", "timeAdded": k8s.at(50)}
        ]
        made: Raw = k8s.obj(
            f"Node {name}",
            spec={"unschedulable": True, "taints": taints} if cordoned else {},
            status={
                "conditions": conditions,
                "capacity": capacity or {"ephemeral-storage": "100Gi", "memory": "16Gi"},
                "nodeInfo": {"containerRuntimeVersion": "containerd://1.7.13"},
            },
        )
        return made

    return make


@pytest.fixture
def service(k8s: Any) -> Callable[..., Raw]:
    """A ClusterIP Service."""

    def make(words: str = "Service shop/web", port: Any = 80, target: Any = 8080, **selector: str) -> Raw:
        ports = [{"name": "http", "port": port, "targetPort": target, "protocol": "TCP"}]
        spec = {
            "type": "ClusterIP",
            "clusterIP": "10.96.0.20",
            "selector": selector or {"app": "web"},
            "ports": ports,
        }
        made: Raw = k8s.obj(words, spec=spec)
        return made

    return make


@pytest.fixture
def endpoints(k8s: Any) -> Callable[..., Raw]:
    """The EndpointSlice of a Service: (address, ready, node) for each endpoint."""

    def make(name: str, *some: tuple[str, bool, str]) -> Raw:
        made: Raw = k8s.obj(
            f"EndpointSlice shop/{name}-x1",
            labels={"kubernetes.io/service-name": name},
            addressType="IPv4",
            endpoints=[
                {"addresses": [address], "conditions": {"ready": ready}, "nodeName": where}
                for address, ready, where in some
            ],
        )
        return made

    return make


@pytest.fixture
def job(k8s: Any) -> Callable[..., Raw]:
    """A Job; `ended` is (condition type, reason, message)."""

    def make(
        words: str = "Job shop/load", ended: tuple[str, str, str] | None = None, owner: str = "", **parts: Any
    ) -> Raw:
        status: Raw = {"startTime": k8s.at(90), **parts.pop("status", {})}
        if ended:
            kind, reason, message = ended
            condition = {"type": kind, "status": "True", "lastTransitionTime": k8s.at(20)}
            status["conditions"] = [condition | ({"reason": reason, "message": message} if reason else {})]
        spec = {
            "selector": {"matchLabels": {"controller-uid": "u1"}},
            "completions": 1,
            **parts.pop("spec", {}),
        }
        made: Raw = k8s.obj(words, owner=owner, spec=spec, status=status, **parts)
        return made

    return make


@pytest.fixture
def workload(k8s: Any) -> Callable[..., Raw]:
    """A Deployment whose pods carry these labels, all of them ready or none."""

    def make(words: str = "Deployment shop/web", replicas: int = 2, ready: bool = True, **labels: str) -> Raw:
        count = replicas if ready else 0
        made: Raw = k8s.obj(
            words,
            labels=labels,
            spec={
                "replicas": replicas,
                "selector": {"matchLabels": {"app": labels.get("app", "web")}},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app"}]}},
            },
            status={"replicas": replicas, "readyReplicas": count, "updatedReplicas": count,
                    "availableReplicas": count},
        )  # fmt: skip
        return made

    return make


@pytest.fixture
def alerted() -> Callable[..., ClusterView]:
    """A view whose alert is changed: labels, annotations, status, source, name."""

    def change(view: ClusterView, **parts: Any) -> ClusterView:
        view.alert = view.alert.model_copy(update=parts)
        return view

    return change
