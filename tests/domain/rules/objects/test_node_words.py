"""Conditions of a node that are someone's own, the machine that is taken away, and what is tried to free."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.kube import Obj
from kubetriage.domain.relations.node import killed_on
from kubetriage.domain.rules import node as rules
from kubetriage.domain.rules.health import healthy
from kubetriage.domain.rules.node_notes import leaving, reclaims
from kubetriage.domain.rules.node_words import problems

NODE = "Node n1"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("KernelDeadlock", "True"),
        ("FilesystemCorruptionProblem", "True"),
        ("ContainerRuntimeProblem", "True"),
        ("FrequentKubeletRestart", "True"),
        ("ReadonlyFilesystem", "True"),
        ("KernelReady", "False"),
        ("StorageReady", "False"),
        ("GPUErrors", "True"),
    ],
)
def test_conditions_that_tell_of_a_fault(node: Any, kind: str, status: str) -> None:
    """The problem detector's, the providers' agents', and others whose name says which status is bad."""
    assert [c.type for c in problems(Obj(node(**{kind: (status, "Seen", "seen")})))] == [kind]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("KernelReady", "True"),
        ("NetworkHealthy", "True"),
        ("KernelDeadlock", "False"),
        ("NoErrors", "True"),
        ("NoDiskFailures", "True"),
        ("NotFull", "True"),
        ("UpgradeSuccessful", "True"),
        ("StorageReady", "Unknown"),
        ("DrainReady", "False"),
        ("UpgradeReady", "False"),
        ("MaintenanceReady", "False"),
        ("VMEventScheduled", "False"),
        ("NetworkUnavailable", "False"),
    ],
)
def test_conditions_that_tell_of_none(node: Any, kind: str, status: str) -> None:
    """Where True is good, where a readiness is that of an operation nobody asked for, where nothing is known."""
    assert problems(Obj(node(**{kind: (status, "Seen", "seen")}))) == []


def test_a_false_readiness_is_told_with_its_status(view_of: Any, node: Any, cause: Any) -> None:
    """A condition whose False is bad is named with it."""
    ill = node(KernelReady=("False", "ForkFailedOutOfPIDs", "Kernel: fork failed, out of PIDs"))
    one = cause(view_of([ill], NODE), rules.RULES)
    assert "KernelReady=False" in one.statement.en and "KernelReady=False" in one.statement.zh


# ---- the machine goes


def test_a_machine_that_is_taken_back(k8s: Any, view_of: Any, node: Any, cause: Any) -> None:
    """A node that went silent after its provider took the machine back says so."""
    silent = node(Ready=("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."))
    event = k8s.event(NODE, "SpotInterruption", "Instance will be interrupted in two minutes", last=27)
    said = cause(view_of([silent, event], NODE), rules.RULES).statement
    assert "SpotInterruption" in said.en and "SpotInterruption" in said.zh


def test_a_taint_of_the_autoscaler(view_of: Any, node: Any) -> None:
    """The autoscaler's taint tells it as well, its mere candidates do not."""
    going, staying = node(), node()
    going["spec"]["taints"] = [{"key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule"}]
    staying["spec"]["taints"] = [
        {"key": "DeletionCandidateOfClusterAutoscaler", "effect": "PreferNoSchedule"}
    ]
    assert "ToBeDeleted" in leaving(view_of([going], NODE), Obj(going)).en
    assert not leaving(view_of([staying], NODE), Obj(staying)).en


def test_an_interruption_of_old(k8s: Any, view_of: Any, node: Any) -> None:
    """What was told hours ago of a machine that is still there is past."""
    event = k8s.event(NODE, "SpotInterruption", "Instance will be interrupted", first=190, last=190)
    assert not leaving(view_of([node(), event], NODE), Obj(node())).en


def test_what_is_reclaimed(k8s: Any, view_of: Any, node: Any) -> None:
    """The kubelet's own word for what is short, as long as it says it."""
    words = "Attempting to reclaim inodes"
    new = view_of([node(), k8s.event(NODE, "EvictionThresholdMet", words, last=1)], NODE)
    old = view_of([node(), k8s.event(NODE, "EvictionThresholdMet", words, first=99, last=75)], NODE)
    assert (
        reclaims(new, Obj(node()), whole=True) == [f"“{words}”"]
        and reclaims(old, Obj(node()), whole=True) == []
    )
    failed = "Failed to garbage collect required amount of images. Attempted to free 9 bytes, but only found 0 bytes"
    events = [k8s.event(NODE, "EvictionThresholdMet", words), k8s.event(NODE, "FreeDiskSpaceFailed", failed)]
    assert reclaims(view_of([node(), *events], NODE), Obj(node()), whole=True) == [f"“{failed}”"]


# ---- well after a reboot


def _reboot(k8s: Any, minutes: float) -> Any:
    message = "Node n1 has been rebooted, boot id: 7d1c"
    return k8s.event(NODE, "Rebooted", message, first=minutes, last=minutes)


def test_well_after_a_reboot(k8s: Any, view_of: Any, node: Any, found: Any) -> None:
    """A node that is well again tells of the reboot around the alert."""
    view = view_of([node(), _reboot(k8s, 26)], NODE, alertname="KubeNodeNotReady", alert_minutes_ago=20)
    (one,) = found(view, [healthy])
    assert "was rebooted 26 min ago" in one.statement.en and "26 分钟前重启过" in one.statement.zh


def test_well_with_a_reboot_long_before(k8s: Any, view_of: Any, node: Any, found: Any) -> None:
    """One of hours before the alert has nothing to do with it."""
    view = view_of([node(), _reboot(k8s, 300)], NODE, alertname="KubeNodeNotReady", alert_minutes_ago=20)
    (one,) = found(view, [healthy])
    assert "reboot" not in one.statement.en and "重启" not in one.statement.zh


# ---- whose node is read


@pytest.mark.parametrize(
    ("code", "reason", "limits", "read"),
    [
        (137, "Error", {}, True),
        (137, "OOMKilled", {}, True),
        (137, "OOMKilled", {"cpu": "1"}, True),
        (137, "OOMKilled", {"memory": "1Gi"}, False),
        (1, "Error", {}, False),
    ],
)
def test_the_node_of_a_container_that_was_killed(
    k8s: Any, view_of: Any, code: int, reason: str, limits: dict[str, str], read: bool
) -> None:
    """Killed from outside, or for memory without a limit of its own: its node's events may say by whom."""
    main = k8s.container(last=k8s.ended(code, reason), restarts=1, resources={"limits": limits})
    wants = k8s.wants(killed_on(view_of([k8s.pod("Pod shop/app-1", main)], "Pod shop/app-1")))
    assert (k8s.ref(NODE) in {w.about for w in wants}) is read


@pytest.mark.parametrize(
    ("restarts", "en", "zh"),
    [
        (1, "its only restart was 3 h before the alert", "仅重启过 1 次"),
        (4, "its last of 4 restarts", "共重启 4 次"),
    ],
)
def test_one_restart_is_called_the_only_one(
    k8s: Any, view_of: Any, found: Any, restarts: int, en: str, zh: str
) -> None:
    """Nobody writes of the last of one."""
    main = k8s.container(restarts=restarts, last=k8s.ended(1, minutes_ago=190))
    view = view_of([k8s.pod("Pod shop/app-1", main)], "Pod shop/app-1", alertname="KubePodNotReady")
    (one,) = found(view, [healthy])
    assert en in one.statement.en and zh in one.statement.zh
