"""domain.rules.log_grpc: a gRPC service that the server does not have, by whose rollout."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Finding, Likelihood
from kubetriage.domain.rules.log_causes import log_causes

POD = "Pod shop/cart-1"
LOG = ("shop", "cart-1", "app", False)
LINE = (
    "{at} ERROR reserve failed addr=stock:8080 err=rpc error: code = Unimplemented desc = unknown service "
    "shop.stock.v2.Stock\n"
)


def _set(k8s: Any, name: str, owner: str, number: int, image: str, made: float) -> Any:
    one = k8s.replicaset(f"ReplicaSet shop/{name}", f"Deployment shop/{owner}", revision=number)
    one["metadata"]["creationTimestamp"] = k8s.at(made)
    one["spec"]["template"] = {"metadata": {}, "spec": {"containers": [{"name": "app", "image": image}]}}
    return one


def _works(k8s: Any, name: str, rolled: bool) -> list[Any]:
    sets = [_set(k8s, f"{name}-2", name, 2, f"r.example.com/{name}:1.9", 14 if rolled else 9000)]
    sets.append(_set(k8s, f"{name}-1", name, 1, f"r.example.com/{name}:2.1", 99999))
    return [k8s.deployment(f"Deployment shop/{name}", ready=1), *sets]


def _one(k8s: Any, view_of: Any, *, caller: bool, callee: bool) -> Finding:
    back = k8s.pod("Pod shop/stock-1", owner="ReplicaSet shop/stock-2", labels={"app": "stock"})
    service = k8s.obj("Service shop/stock", spec={"selector": {"app": "stock"}, "ports": [{"port": 8080}]})
    pod = k8s.pod(POD, owner="ReplicaSet shop/cart-2")
    view = view_of([pod, back, service, *_works(k8s, "cart", caller), *_works(k8s, "stock", callee)], POD,
                   logs={LOG: "".join(LINE.format(at=k8s.at(n)) for n in range(12, 0, -1))},
                   lists=[("Pod", "shop")])  # fmt: skip
    (found,) = k8s.findings(log_causes(view))
    return found  # type: ignore[no-any-return]


def test_the_callee_was_rolled_out(k8s: Any, view_of: Any) -> None:
    """A server that was rolled out just before has lost the service, and going back brings it again."""
    found = _one(k8s, view_of, caller=False, callee=True)
    assert found.culprit == k8s.ref("Deployment shop/stock") and found.likelihood is Likelihood.MEDIUM
    assert "stock:8080 answers Unimplemented" in found.statement.en
    assert "image 2.1 → 1.9" in found.statement.en and "镜像 2.1 → 1.9" in found.statement.zh
    assert "rollout undo deployment/stock" in found.remedies[0].commands[0].command


def test_the_caller_was_rolled_out(k8s: Any, view_of: Any) -> None:
    """A caller that was rolled out just before asks for what its server never had."""
    found = _one(k8s, view_of, caller=True, callee=False)
    assert found.culprit == k8s.ref("Deployment shop/cart") and found.likelihood is Likelihood.MEDIUM


@pytest.mark.parametrize("both", [True, False])
def test_nobody_or_both_were_rolled_out(k8s: Any, view_of: Any, both: bool) -> None:
    """Without one rollout that tells them apart, which of the two is wrong stays open."""
    assert _one(k8s, view_of, caller=both, callee=both).likelihood is Likelihood.LOW
