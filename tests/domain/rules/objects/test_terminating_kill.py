"""Pods whose deletion does not end because they cannot be killed."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Role
from kubetriage.domain.rules import terminating

POD = "Pod shop/app-1"
TIMEOUT = (
    'error killing pod: failed to "KillContainer" for "app" with KillContainerError: "rpc error: code = '
    'DeadlineExceeded desc = an error occurs during waiting for container \\"4f2c\\" to be killed: wait container: '
    'context deadline exceeded"'
)
NETWORK = (
    'error killing pod: failed to "KillPodSandbox" for "0e5a" with KillPodSandboxError: "rpc error: code = Unknown '
    'desc = failed to destroy network for sandbox \\"9d11\\": plugin type=\\"calico\\" failed (delete): error '
    'getting ClusterInformation: connection is unauthorized: Unauthorized"'
)


def _view(k8s: Any, view_of: Any, event: Any, node: str = "n1", deleted: float = 40) -> Any:
    going = {"deletionTimestamp": k8s.at(deleted), "deletionGracePeriodSeconds": 30}
    return view_of([k8s.pod(POD, metadata=going, node=node), *event], POD)


def test_a_container_that_is_not_killed(k8s: Any, view_of: Any, cause: Any) -> None:
    """The kubelet says that the runtime does not end the container: the node is the culprit, in its words."""
    event = k8s.event(POD, "FailedKillPod", TIMEOUT, times=17, first=38, last=1)
    one = cause(_view(k8s, view_of, [event]), terminating.RULES)
    assert (one.rule, str(one.culprit)) == ("terminating.pod-not-killed", "Node n1")
    assert "context deadline exceeded" in one.statement.en and "无法终止" in one.statement.zh


def test_a_network_that_is_not_taken_down(k8s: Any, view_of: Any, cause: Any) -> None:
    """A sandbox whose network plugin fails is told with the plugin's words; no runtime is to be restarted."""
    event = k8s.event(POD, "FailedKillPod", NETWORK, times=90, first=38, last=1)
    one = cause(_view(k8s, view_of, [event]), terminating.RULES)
    assert one.category == "cni" and str(one.culprit) == "Node n1"
    assert "calico" in one.statement.en and "Unauthorized" in one.statement.en
    assert "“error getting ClusterInformation" in one.statement.en
    assert "calico" in one.statement.zh and "Unauthorized" in one.statement.zh
    assert not any("systemctl" in c.command for r in one.remedies for c in r.commands)


@pytest.mark.parametrize(("last", "node"), [(75, "n1"), (1, "")])
def test_what_is_no_failure_to_kill(k8s: Any, view_of: Any, found: Any, last: float, node: str) -> None:
    """An event that stopped long ago, or a pod that no node has: only that the kubelet has not confirmed."""
    event = k8s.event(POD, "FailedKillPod", TIMEOUT, first=80, last=last)
    assert found(_view(k8s, view_of, [event], node, deleted=100), terminating.RULES, Role.CAUSE) == []


def test_a_pod_that_has_just_been_deleted(k8s: Any, view_of: Any, found: Any) -> None:
    """A first failure within the time that a deletion may take is nothing yet."""
    event = k8s.event(POD, "FailedKillPod", TIMEOUT, first=1, last=1)
    assert found(_view(k8s, view_of, [event], deleted=2), terminating.RULES) == []
