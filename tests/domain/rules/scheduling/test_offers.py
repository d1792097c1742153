"""Devices without their plugin, requests that an autoscaler wrote, and local storage that is used up."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Likelihood
from kubetriage.domain.relations.scheduling import around_unscheduled
from kubetriage.domain.rules.scheduling_fit import pods_read

POD = "Pod shop/web-1"
NODES = [("Node", "")]
GPU = "nvidia.com/gpu"
PLUGIN = "Pod gpu-operator/nvidia-device-plugin-daemonset-4b2nk"


def _gpu_node(node: Any) -> Any:
    made = node("n1")
    made["status"]["capacity"] = {**made["status"].get("allocatable", {}), GPU: "4"}
    made["status"]["allocatable"] = {**made["status"].get("allocatable", {}), GPU: "0"}
    return made


def _plugin(k8s: Any, *, crashes: bool = True) -> Any:
    state = {"state": k8s.waiting("CrashLoopBackOff"), "last": k8s.ended(1), "restarts": 9} if crashes else {}
    owner = "DaemonSet gpu-operator/nvidia-device-plugin-daemonset"
    return k8s.pod(PLUGIN, k8s.container(**state), node="n1", owner=owner)


def test_the_device_plugin_is_down(
    view_of: Any, stuck: Any, node: Any, said: Any, found: Any, k8s: Any
) -> None:
    """The plugin's pod on that node explains why the node has devices and offers none."""
    pod = stuck(said(f"2 Insufficient {GPU}"), requests={GPU: "1"})
    answers = {pods_read("n1"): [_plugin(k8s)]}
    view = view_of([pod, _gpu_node(node), node("n2")], POD, lists=NODES, answers=answers)
    (one,) = found(view, "not-offered")
    assert one.waits_on == (k8s.ref(PLUGIN),) and one.culprit.kind == "DaemonSet"
    assert "daemonset-4b2nk, is not ready" in one.statement.en and "4b2nk 未就绪" in one.statement.zh
    wants = [w for w in k8s.wants(around_unscheduled(view)) if w.about == k8s.ref(PLUGIN)]
    assert wants


def test_a_plugin_that_runs(view_of: Any, stuck: Any, node: Any, said: Any, found: Any, k8s: Any) -> None:
    """Then the devices are not healthy: that is the node's matter."""
    pod = stuck(said(f"2 Insufficient {GPU}"), requests={GPU: "1"})
    answers = {pods_read("n1"): [_plugin(k8s, crashes=False)]}
    (one,) = found(view_of([pod, _gpu_node(node), node("n2")], POD, lists=NODES, answers=answers))
    assert str(one.culprit) == "Node n1" and "not healthy" in one.statement.en


def test_a_request_that_an_autoscaler_wrote(
    view_of: Any, stuck: Any, node: Any, said: Any, found: Any, k8s: Any
) -> None:
    """The template is not what to lower: the VerticalPodAutoscaler writes its own into every new pod."""
    pod = stuck(said("2 Insufficient memory"), requests={"memory": "900Gi"}, owner="StatefulSet shop/web")
    asked = {"spec": {"containers": [{"name": "app", "resources": {"requests": {"memory": "1Gi"}}}]}}
    owner = k8s.obj("StatefulSet shop/web", spec={"replicas": 1, "template": asked})
    note = "Pod resources updated by web-vpa: container 0: memory request, cpu request"
    pod["metadata"]["annotations"] = {"vpaUpdates": note}
    (one,) = found(view_of([pod, owner, node("n1"), node("n2")], POD, lists=NODES))
    assert str(one.culprit) == "VerticalPodAutoscaler shop/web-vpa"
    assert "web-vpa set it; the template asks for 1Gi" in one.statement.en
    assert "maxAllowed.memory" in one.remedies[0].detail.en
    pod["metadata"]["annotations"] = {"vpaUpdates": note.replace("memory request, ", "")}
    (one,) = found(view_of([pod, owner, node("n1"), node("n2")], POD, lists=NODES))
    assert str(one.culprit) == "StatefulSet shop/web"


def test_local_storage_is_used_up(
    view_of: Any, stuck: Any, node: Any, said: Any, found: Any, k8s: Any
) -> None:
    """The driver reports how much is free on each node, and no node has enough for the claim."""
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data-web-1"}}
    spec = {"storageClassName": "topolvm", "resources": {"requests": {"storage": "800Gi"}}}
    claim = k8s.obj("PersistentVolumeClaim shop/data-web-1", spec=spec, status={"phase": "Pending"})
    pod = stuck(said("2 node(s) did not have enough free storage"), volumes=[volume])
    (one,) = found(view_of([pod, claim, node("n1"), node("n2")], POD, lists=NODES))
    assert (one.rule, one.category) == ("scheduling.no-free-storage", "pvc-unbound")
    assert "class topolvm" in one.statement.en and "800Gi" in one.statement.zh
    assert str(one.culprit) == "PersistentVolumeClaim shop/data-web-1" and one.likelihood is Likelihood.HIGH
    (one,) = found(view_of([pod, node("n1"), node("n2")], POD, lists=NODES))
    assert "enough free storage for its claim data-web-1" in one.statement.en
