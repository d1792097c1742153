"""What is read around a Node."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Want
from kubetriage.domain.relations.node import RELATIONS
from kubetriage.domain.view import ClusterView

NODE = "Node n1"
CNI = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:x"


def _node(k8s: Any, ready: str = "True", message: str = "", **conditions: str) -> Any:
    found = [{"type": "Ready", "status": ready, "message": message}]
    found += [{"type": kind, "status": status} for kind, status in conditions.items()]
    return k8s.obj(NODE, status={"conditions": found})


def _wants(view: ClusterView) -> list[Want]:
    return [w for relation in RELATIONS for w in relation(view)]


def _kinds(view: ClusterView) -> list[tuple[str, str]]:
    return [
        (w.read.kind, w.read.name or w.read.field_selector or w.read.label_selector) for w in _wants(view)
    ]


EVENTS = ("Event", "involvedObject.kind=Node,involvedObject.name=n1")
PODS = ("Pod", "spec.nodeName=n1")


def test_the_alerts_own_node(k8s: Any, view_of: Any) -> None:
    """Its events (in namespace default) and its pods; heartbeat and the other nodes only if it is not ready."""
    view = view_of([_node(k8s)], NODE)
    assert _kinds(view) == [EVENTS, PODS]
    assert _wants(view)[0].read.namespace == "default"
    silent = view_of([_node(k8s, "Unknown", "Kubelet stopped posting node status.")], NODE)
    assert _kinds(silent) == [EVENTS, PODS, ("Lease", "n1"), ("Node", "")]


def test_the_node_of_a_pod_is_expanded_only_in_trouble(k8s: Any, view_of: Any) -> None:
    """A well node costs nothing more; one under pressure is asked for its events, not for all its pods."""
    assert _kinds(view_of([_node(k8s)], "Pod shop/x", looked=[NODE])) == []
    assert _kinds(view_of([_node(k8s, DiskPressure="True")], "Pod shop/x", looked=[NODE])) == [EVENTS]
    assert _kinds(view_of([_node(k8s, "False")], "Pod shop/x")) == [], "one that nobody looked at"


def test_who_sets_up_the_network(k8s: Any, view_of: Any) -> None:
    """A node without network: its pods are listed, and the network's agents among them that are not well."""
    agents = [
        k8s.pod("Pod kube-system/calico-node-a", k8s.container(ready=False)),
        k8s.pod("Pod kube-system/kube-proxy-b", k8s.container(ready=False)),
        k8s.pod("Pod kube-system/calico-node-c", k8s.container(ready=False), node="n2"),
    ]
    view = view_of([_node(k8s, "False", CNI), *agents], "Pod shop/x", looked=[NODE])
    assert PODS in _kinds(view)
    assert [w.about.name for w in _wants(view) if w.about.kind == "Pod"] == ["calico-node-a"]


def test_a_pod_without_network_leads_to_its_nodes_agents(k8s: Any, view_of: Any) -> None:
    """Also where the node itself says nothing; not once the pod has its sandbox."""
    event = k8s.event("Pod shop/x", "FailedCreatePodSandBox",
        "Failed to create pod sandbox: rpc error: code = Unknown "
                      'desc = failed to setup network for sandbox "ab": plugin type="calico" failed '
                      '(add)')  # fmt: skip
    waiting = k8s.pod("Pod shop/x", k8s.container(state=k8s.waiting("ContainerCreating")))
    assert PODS in _kinds(view_of([waiting, event], "Pod shop/x"))
    started = k8s.pod(
        "Pod shop/x", k8s.container(state=k8s.waiting("ImagePullBackOff")), status={"podIP": "10.0.0.9"}
    )
    assert _kinds(view_of([started, event], "Pod shop/x")) == []


def test_pods_that_are_bound_to_an_absent_node(view_of: Any) -> None:
    """A node that is gone may leave pods behind."""
    assert PODS in _kinds(view_of([], NODE, absent=[NODE]))
