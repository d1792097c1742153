"""domain.rules.rbac: a binding that names the account of another namespace."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.rules.log_causes import log_causes

POD = "Pod ops/ctl-1"


@pytest.mark.parametrize(
    ("account", "culprit"), [("ctl", "RoleBinding ops/b"), ("default", "ServiceAccount ops/default")]
)
def test_a_binding_of_a_namesake(k8s: Any, view_of: Any, account: str, culprit: str) -> None:
    """The account of the same name elsewhere is another one; `default` is in every namespace."""
    subject = {"kind": "ServiceAccount", "name": account, "namespace": "ops-old"}
    binding = k8s.obj("RoleBinding ops/b", subjects=[subject], roleRef={"kind": "Role", "name": "ctl"})
    log = (
        f'ERROR leases is forbidden: User "system:serviceaccount:ops:{account}" cannot get resource "leases" '
        'in API group "coordination.k8s.io" in the namespace "ops"\n'
    )
    view = view_of(
        [k8s.pod(POD, k8s.container(), node="n1"), k8s.obj("Node n1"), binding],
        POD,
        logs={("ops", "ctl-1", "app", False): log * 12},
        lists=[("RoleBinding", "ops"), ("ClusterRoleBinding", "")],
    )
    (one,) = k8s.findings(log_causes(view))
    assert str(one.culprit) == culprit
    assert ("ops-old" in one.statement.en) == ("ops-old" in one.statement.zh) == (account == "ctl")
