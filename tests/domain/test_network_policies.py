"""What NetworkPolicies admit: selectors, peers, ports and directions."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.kube import Obj
from kubetriage.domain.network_policies import (
    ANYONE,
    Direction,
    Peer,
    Port,
    admitted,
    directions,
    isolating,
    port_of,
)

TCP = Port(5432, frozenset({"pg"}))


def _policy(namespace: str = "shop", **spec: Any) -> Obj:
    made = {"podSelector": {}, **spec}
    return Obj({"kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": namespace}, "spec": made})


def _pod(namespace: str = "shop", labels: dict[str, str] | None = None, **spec: Any) -> Obj:
    meta = {"name": "x", "namespace": namespace, "labels": labels or {}}
    return Obj({"kind": "Pod", "metadata": meta, "spec": spec, "status": {"podIP": "10.1.2.3"}})


def _in(peers: list[Any] | None = None, ports: list[Any] | None = None) -> Obj:
    rule = ({"from": peers} if peers is not None else {}) | ({"ports": ports} if ports is not None else {})
    return _policy(ingress=[rule], policyTypes=["Ingress"])


def _admits(policy: Obj, peer: Peer = ANYONE, port: Port = TCP) -> bool | None:
    return admitted([policy], Direction.INGRESS, peer, port)


def test_policy_types_default_to_what_the_rules_imply() -> None:
    """Without policyTypes a policy isolates for ingress, and for egress only if it has egress rules."""
    assert directions(_policy(ingress=[{}])) == {Direction.INGRESS}
    assert directions(_policy(egress=[{}])) == {Direction.INGRESS, Direction.EGRESS}
    assert directions(_policy(policyTypes=["Egress"])) == {Direction.EGRESS}


def test_an_empty_pod_selector_isolates_every_pod_of_its_namespace_only() -> None:
    """A policy selects pods of its own namespace; pods of the host's network are left alone."""
    policy = _policy(policyTypes=["Ingress"])
    assert isolating([policy], _pod(), Direction.INGRESS) == [policy]
    assert isolating([policy], _pod("other"), Direction.INGRESS) == []
    assert isolating([policy], _pod(), Direction.EGRESS) == []
    assert isolating([policy], _pod(hostNetwork=True), Direction.INGRESS) == []


def test_no_rules_admit_nothing_and_an_empty_rule_admits_all() -> None:
    """`ingress: []` is deny-all, `ingress: [{}]` is allow-all."""
    assert _admits(_policy(policyTypes=["Ingress"])) is False
    assert _admits(_in()) is True
    assert _admits(_in(peers=[], ports=[])) is True


def test_a_pod_selector_alone_means_pods_of_the_policys_namespace() -> None:
    """podSelector without namespaceSelector does not reach into other namespaces."""
    policy = _in([{"podSelector": {"matchLabels": {"role": "api"}}}])
    assert _admits(policy, Peer(_pod(labels={"role": "api"}))) is True
    assert _admits(policy, Peer(_pod(labels={"role": "batch"}))) is False
    assert _admits(policy, Peer(_pod("other", {"role": "api"}), {})) is False


def test_both_selectors_of_one_peer_must_hold() -> None:
    """A peer with namespaceSelector and podSelector is their intersection; two peers are alternatives."""
    spaces, pods = {"matchLabels": {"team": "a"}}, {"matchLabels": {"role": "api"}}
    both = _in([{"namespaceSelector": spaces, "podSelector": pods}])
    either = _in([{"namespaceSelector": spaces}, {"podSelector": pods}])
    batch = Peer(_pod("other", {"role": "batch"}), {"team": "a"})
    assert _admits(both, batch) is False and _admits(either, batch) is True


def test_the_name_label_of_a_namespace_needs_no_reading() -> None:
    """`kubernetes.io/metadata.name` is known from the name; other labels are unknown until read."""
    by_name = _in([{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "web"}}}])
    by_team = _in([{"namespaceSelector": {"matchLabels": {"team": "web"}}}])
    assert _admits(by_name, Peer(_pod("web"))) is True and _admits(by_name, Peer(_pod("dev"))) is False
    assert _admits(by_team, Peer(_pod("web"))) is None
    assert _admits(by_team, Peer(_pod("web"), {"team": "web"})) is True
    assert _admits(by_team, Peer(_pod("web"), {})) is False


def test_an_ip_block_leaves_pods_open_and_decides_outside_addresses() -> None:
    """Whether a pod's address counts is the plugin's choice; outside, cidr and except decide."""
    policy = _in([{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.9.0.0/16"]}}])
    assert _admits(policy, Peer(_pod())) is None
    assert _admits(policy, Peer(address="10.2.0.1")) is True
    assert _admits(policy, Peer(address="10.9.0.1")) is False
    assert _admits(policy, Peer(address="fd00::1")) is False
    assert _admits(policy, Peer()) is None


@pytest.mark.parametrize(
    ("ports", "answer"),
    [
        ([{"port": 5432}], True),
        ([{"port": 5432, "protocol": "UDP"}], False),
        ([{"port": 5000, "endPort": 6000}], True),
        ([{"port": 5433}], False),
        ([{"port": "pg"}], True),
        ([{"port": "http"}], False),
        ([{"protocol": "TCP"}], True),
    ],
)
def test_ports_by_number_range_name_and_protocol(ports: list[Any], answer: bool) -> None:
    """A port is admitted by number, inside `endPort`, by its name in the pod, and only for its protocol."""
    assert _admits(_in(ports=ports)) is answer


def test_an_unknown_port_is_not_taken_for_a_closed_one() -> None:
    """Where the port of the call is unknown, only a policy without fitting rules closes it."""
    unknown = Port(None)
    assert _admits(_in(ports=[{"port": 80}]), ANYONE, unknown) is None
    assert _admits(_policy(policyTypes=["Ingress"]), ANYONE, unknown) is False


def test_any_policy_that_admits_is_enough() -> None:
    """Policies add up: what one of them admits gets through."""
    closed, opened = _policy(policyTypes=["Ingress"]), _in()
    assert admitted([closed, opened], Direction.INGRESS, ANYONE, TCP) is True


def test_a_target_port_by_name_is_looked_up_in_the_pod() -> None:
    """A Service's targetPort is a number or the name of a container's port."""
    pod = _pod(containers=[{"name": "c", "ports": [{"name": "pg", "containerPort": 5432}]}])
    assert port_of(pod, "pg") == TCP and port_of(pod, 5432) == TCP
    assert port_of(pod, "gone").number is None
