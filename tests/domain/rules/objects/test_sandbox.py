"""Pods that get no sandbox: no network, no address, no runtime."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Likelihood, Role
from kubetriage.domain.rules import sandbox as rules

POD = "Pod shop/web-1"
NEW = (
    "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "
    '"1f0e8ad03a01a3fb9f0a9b2e0c7d1e55": {why}'
)
OLD = (
    "Failed create pod sandbox: rpc error: code = Unknown desc = failed to set up sandbox container "
    '"1f0e8ad03a01a3fb9f0a9b2e0c7d1e55" network for pod "web-1": networkPlugin cni failed to set up pod '
    '"web-1_shop" network: {why}'
)


def _waiting(k8s: Any, **parts: Any) -> Any:
    return k8s.pod(POD, k8s.container(state=k8s.waiting("ContainerCreating")), **parts)


@pytest.mark.parametrize("form", [NEW, OLD])
@pytest.mark.parametrize(
    ("why", "rule", "category"),
    [
        ('plugin type="calico" failed (add): error getting ClusterInformation: connection is '
         'unauthorized: Unauthorized',
         "network", "cni"),
        ("stat /var/lib/calico/nodename: no such file or directory: check that the calico/node container "
         "is running",
         "network", "cni"),
        ('plugin type="host-local" failed (add): failed to allocate for range 0: no IP addresses '
         'available in range '
         "set: 10.244.1.1-10.244.1.254", "no-address", "ip-exhaustion"),
        ("add cmd: failed to assign an IP address to container", "no-address", "ip-exhaustion"),
    ],
)  # fmt: skip
def test_the_network_plugin_fails(
    k8s: Any, view_of: Any, node: Any, cause: Any, form: str, why: str, rule: str, category: str
) -> None:
    """In the runtimes' words, old and new: the plugin fails, or has no address left; the node is the culprit."""
    event = k8s.event(POD, "FailedCreatePodSandBox", form.format(why=why))
    one = cause(view_of([_waiting(k8s), node(), event], POD), rules.RULES)
    assert (one.rule, one.category, str(one.culprit)) == (f"sandbox.{rule}", category, "Node n1")
    assert why[-30:] in one.statement.en and "1f0e8ad0" not in one.statement.en


@pytest.mark.parametrize(
    ("message", "rule", "culprit"),
    [
        ('Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image '
         '"registry.k8s.io/pause:3.9": failed to pull image "registry.k8s.io/pause:3.9": i/o timeout',
         "sandbox-image", "Node n1"),
        ('Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: '
         'no runtime for '
         '"gvisor" is configured', "runtime-handler", POD),
        ('plugin type="multus" failed (add): Multus: [shop/app]: error getting k8s network: cannot find a '
         'network-attachment-definition (macvlan) in namespace (shop): network-attachment-definitions.k8s.cni.cncf.io '
         '"macvlan" not found', "network-undefined", POD),
        ("Failed to create pod sandbox: rpc error: code = DeadlineExceeded desc = context deadline exceeded",
         "runtime", "Node n1"),
        ("Failed to create pod sandbox: mkdir /var/lib/containerd/x: no space left on device", "disk-full",
            "Node n1"),
    ],
)  # fmt: skip
def test_the_runtime_fails(
    k8s: Any, view_of: Any, node: Any, cause: Any, message: str, rule: str, culprit: str
) -> None:
    """The runtime's own failures; a runtime class that the node lacks is the workload's."""
    event = k8s.event(POD, "FailedCreatePodSandBox", message)
    one = cause(view_of([_waiting(k8s), node(), event], POD), rules.RULES)
    assert (one.rule, str(one.culprit)) == (f"sandbox.{rule}", culprit)


def test_a_node_that_says_so_itself_is_the_cause(k8s: Any, view_of: Any, node: Any, found: Any) -> None:
    """Where the node is not ready for its network, the pod's failure is a symptom that waits on it."""
    cni = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:x"
    event = k8s.event(POD, "NetworkNotReady", f"network is not ready: {cni}")
    view = view_of([_waiting(k8s), node(Ready=("False", "KubeletNotReady", cni)), event], POD)
    (one,) = found(view, rules.RULES)
    assert one.role is Role.SYMPTOM and "Node n1" in [str(r) for r in one.waits_on]


def test_an_agent_in_trouble_is_waited_on(k8s: Any, view_of: Any, node: Any, cause: Any) -> None:
    """The network's agent on that node, if it is not ready, is what the failure waits on."""
    agent = k8s.pod("Pod kube-system/calico-node-x7k2p", k8s.container(state=k8s.waiting("CrashLoopBackOff")))
    event = k8s.event(POD, "FailedCreatePodSandBox", NEW.format(why="connection refused"))
    objects = [_waiting(k8s), node(), agent, event]
    one = cause(view_of(objects, POD, looked=["Pod kube-system/calico-node-x7k2p"]), rules.RULES)
    assert [r.name for r in one.waits_on] == ["calico-node-x7k2p"] and "calico-node-x7k2p" in one.statement.en


def test_a_pod_that_has_its_sandbox_is_left_alone(k8s: Any, view_of: Any, node: Any, found: Any) -> None:
    """An early failure that passed, or an old one, is no cause: the pod waits or fails for another reason now."""
    event = k8s.event(POD, "FailedCreatePodSandBox", NEW.format(why="timeout"))
    for pod in (
        k8s.pod(POD),
        k8s.pod(POD, k8s.container(state=k8s.waiting("CrashLoopBackOff"), last=k8s.ended(1))),
        _waiting(k8s, status={"conditions": [{"type": "PodReadyToStartContainers", "status": "True"}]}),
    ):
        assert found(view_of([pod, node(), event], POD), rules.RULES) == []
    old = k8s.event(POD, "FailedCreatePodSandBox", NEW.format(why="timeout"), first=900, last=800)
    assert found(view_of([_waiting(k8s), node(), old], POD), rules.RULES) == []


NO_BLOCKS = (
    "failed to request IPv4 addresses: Assigned 0 out of 1 requested IPv4 addresses; No more free affine "
    "blocks and strict affinity enabled"
)


def test_calico_has_no_addresses(k8s: Any, view_of: Any, node: Any, cause: Any) -> None:
    """Its pools are for all nodes: the one that is enabled is the culprit, and the disabled one is named."""
    pools = [
        k8s.obj(f"IPPool {name}", apiVersion="crd.projectcalico.org/v1", spec={"cidr": cidr, "disabled": off})
        for name, cidr, off in (("small", "10.9.0.0/28", False), ("default", "10.8.0.0/16", True))
    ]
    event = k8s.event(
        POD, "FailedCreatePodSandBox", NEW.format(why=f'plugin type="calico" failed: {NO_BLOCKS}')
    )
    one = cause(view_of([_waiting(k8s), node(), event, *pools], POD), rules.RULES)
    assert (one.category, one.culprit.name) == ("ip-exhaustion", "small")
    assert "small (10.9.0.0/28), default is disabled" in one.statement.en
    one = cause(view_of([_waiting(k8s), node(), event], POD), rules.RULES)
    assert (one.category, str(one.culprit)) == ("ip-exhaustion", "Node n1")


def test_no_pool_of_calico_is_enabled(k8s: Any, view_of: Any, node: Any, cause: Any) -> None:
    """Where the only pool was disabled, it is the culprit, and not the node that the pod is on."""
    pool = k8s.obj(
        "IPPool small", apiVersion="crd.projectcalico.org/v1", spec={"cidr": "10.9.0.0/28", "disabled": True}
    )
    event = k8s.event(POD, "FailedCreatePodSandBox", NEW.format(why="no configured Calico pools for node n1"))
    one = cause(view_of([_waiting(k8s), node(), event, pool], POD), rules.RULES)
    assert one.culprit.name == "small" and "no IPPool is enabled: small is disabled" in one.statement.en
    pool["spec"] |= {"disabled": False, "nodeSelector": "zone == 'b'"}
    one = cause(view_of([_waiting(k8s), node(), event, pool], POD), rules.RULES)
    assert "small (10.9.0.0/28, nodeSelector zone == 'b')" in one.statement.en


@pytest.mark.parametrize(
    ("kind", "likelihood"),
    [
        (FailureKind.FORBIDDEN, Likelihood.MEDIUM),
        (FailureKind.TIMEOUT, Likelihood.MEDIUM),
        (FailureKind.UNSUPPORTED, Likelihood.HIGH),
    ],
)
def test_pools_that_could_not_be_read(
    k8s: Any, view_of: Any, node: Any, cause: Any, kind: FailureKind, likelihood: Likelihood
) -> None:
    """Which pools there are is open then, and no node is blamed for them; a cluster without the kind has none."""
    read = list_of("IPPool", "", api_version="crd.projectcalico.org/v1")
    event = k8s.event(POD, "FailedCreatePodSandBox", NEW.format(why=f"calico: {NO_BLOCKS}"))
    one = cause(view_of([_waiting(k8s), node(), event], POD, failed={read: kind}), rules.RULES)
    assert one.likelihood is likelihood and (one.culprit is None) is (likelihood is Likelihood.MEDIUM)
    assert ("IPPools could not be read" in one.statement.en) is (likelihood is Likelihood.MEDIUM)


def test_several_nodes_without_addresses_are_one_cause(k8s: Any, view_of: Any, node: Any, cause: Any) -> None:
    """A subnet that is used up shows on every node: one finding names them."""
    pods = [
        k8s.pod(f"Pod shop/web-{i}", k8s.container(state=k8s.waiting("ContainerCreating")), node=f"n{i}",
                owner="StatefulSet shop/web")
        for i in (1, 2)
    ]  # fmt: skip
    why = "add cmd: failed to assign an IP address to container"
    events = [k8s.event(f"Pod shop/web-{i}", "FailedCreatePodSandBox", NEW.format(why=why)) for i in (1, 2)]
    objects = [*pods, *events, node("n1"), node("n2"), k8s.obj("StatefulSet shop/web", spec={"replicas": 2})]
    one = cause(view_of(objects, "StatefulSet shop/web"), rules.RULES)
    assert "2 of 2 pods" in one.statement.en and "nodes n1, n2" in one.statement.en
