"""What the events of a node say beside its conditions, and how long they say it."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Role
from kubetriage.domain.rules import node_events as rules

NODE = "Node n1"
POD = "Pod shop/app-1"
DOWN = "Node n1 status is now: NodeNotReady"


def _boot(number: int) -> str:
    return f"Node n1 has been rebooted, boot id: {number:08d}-5f4e-4c55-a1b1-0a5c2ad2e1f0"


def _controller(k8s: Any, times: int, first: float, last: float) -> Any:
    return k8s.event(NODE, "NodeNotReady", DOWN, times=times, first=first, last=last, kind="Normal",
                     component="node-controller")  # fmt: skip


# ---- a node that comes and goes


def test_a_node_that_comes_and_goes(k8s: Any, view_of: Any, node: Any, cause: Any) -> None:
    """Ready now, and three times not within the last half hour: the node is the cause, with how often."""
    one = cause(view_of([node(), _controller(k8s, 4, 28, 3)], NODE), rules.RULES)
    assert (one.rule, one.category, str(one.culprit)) == ("node.flapping", "node-not-ready", NODE)
    assert "4 times" in one.statement.en and "4 次" in one.statement.zh


@pytest.mark.parametrize(("times", "first", "last"), [(2, 28, 3), (5, 110, 62), (3, 5 * 1440, 12)])
def test_rarely_not_ready(
    k8s: Any, view_of: Any, node: Any, found: Any, times: int, first: float, last: float
) -> None:
    """Twice, an hour ago, or three times in days: a node that is ready is not called unsteady."""
    assert found(view_of([node(), _controller(k8s, times, first, last)], NODE), rules.RULES) == []


def test_one_loss_that_two_components_tell(k8s: Any, view_of: Any, node: Any, found: Any) -> None:
    """The kubelet and the node controller both tell of one loss: two of them are not four."""
    own = k8s.event(NODE, "NodeNotReady", DOWN, times=2, first=25, last=5, kind="Normal")
    own["metadata"]["name"] += "0"
    assert found(view_of([node(), own, _controller(k8s, 2, 25, 5)], NODE), rules.RULES) == []


def test_a_node_that_is_down_now_is_told_by_its_condition(
    k8s: Any, view_of: Any, node: Any, found: Any
) -> None:
    """Flapping is said of nodes that are ready; the condition tells the rest."""
    silent = node(Ready=("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."))
    assert found(view_of([silent, _controller(k8s, 4, 28, 3)], NODE), rules.RULES) == []


def test_flapping_of_another_node(k8s: Any, view_of: Any, node: Any, found: Any) -> None:
    """A pod's alert is not blamed on what its node did unless something ties them together."""
    view = view_of([node(), k8s.pod(POD), _controller(k8s, 4, 28, 3)], POD, looked=[NODE])
    assert found(view, rules.RULES) == []


# ---- reboots


def _rebooted(k8s: Any, *minutes: float, times: int = 1) -> list[Any]:
    return [
        k8s.event(NODE, "Rebooted", _boot(n), first=m, last=m, times=times) for n, m in enumerate(minutes)
    ]


def test_reboots_again_and_again(k8s: Any, view_of: Any, node: Any, cause: Any) -> None:
    """Each reboot has a boot id of its own; two within the hour are a matter of the machine."""
    one = cause(view_of([node(), *_rebooted(k8s, 48, 6)], NODE), rules.RULES)
    assert (one.rule, one.category, str(one.culprit)) == ("node.reboots", "node-hardware", NODE)
    assert (
        "2 times" in one.statement.en
        and "6 min ago" in one.statement.en
        and "重启了 2 次" in one.statement.zh
    )


@pytest.mark.parametrize(("minutes", "times"), [((6,), 1), ((6,), 3), ((118, 70), 1), ((2000, 6), 1)])
def test_a_single_reboot(
    k8s: Any, view_of: Any, node: Any, found: Any, minutes: tuple[float, ...], times: int
) -> None:
    """A planned one, one that was told again when the status was written again, long ones past: silence."""
    assert found(view_of([node(), *_rebooted(k8s, *minutes, times=times)], NODE), rules.RULES) == []


# ---- what the kubelet tries to free


GARBAGE = (
    "Failed to garbage collect required amount of images. Attempted to free 5153992192 bytes, but only found 0 "
    "bytes eligible to free."
)


def test_nothing_left_to_clean(k8s: Any, view_of: Any, node: Any, cause: Any) -> None:
    """Images may not be deleted any more: the disk is full soon, and its own node's alert is about that."""
    event = k8s.event(NODE, "FreeDiskSpaceFailed", GARBAGE, times=6, first=29, last=4)
    one = cause(view_of([node(), event], NODE), rules.RULES)
    assert (one.rule, one.category) == ("node.disk-not-cleaned", "disk-full")
    assert "disk space" in one.statement.en and "磁盘" in one.statement.zh


def test_nothing_left_to_clean_beside_a_pod(k8s: Any, view_of: Any, node: Any, found: Any) -> None:
    """To an alert about a pod there it is a hint."""
    event = k8s.event(NODE, "FreeDiskSpaceFailed", GARBAGE, times=6, first=29, last=4)
    (one,) = found(view_of([node(), k8s.pod(POD), event], POD, looked=[NODE]), rules.RULES)
    assert one.role is Role.HINT


@pytest.mark.parametrize(
    ("reason", "message", "last"),
    [
        ("FreeDiskSpaceFailed", GARBAGE, 62),
        ("FreeDiskSpaceFailed", GARBAGE, 25),
        ("EvictionThresholdMet", "Attempting to reclaim memory", 24),
        ("EvictionThresholdMet", "Attempting to reclaim ephemeral-storage", 12),
        ("ImageGCFailed", "Failed to get ImageFs stats: non-existent label", 3),
    ],
)
def test_what_was_freed_since(
    k8s: Any, view_of: Any, node: Any, found: Any, reason: str, message: str, last: float
) -> None:
    """A kubelet repeats itself every few minutes at least as long as it lacks room: what it stopped saying is over."""
    event = k8s.event(NODE, reason, message, times=6, first=last + 20, last=last)
    assert found(view_of([node(), event], NODE), rules.RULES) == []


def test_told_with_the_pressure(k8s: Any, view_of: Any, node: Any, found: Any) -> None:
    """A node whose condition holds is not told of twice."""
    full = node(DiskPressure=("True", "KubeletHasDiskPressure", "kubelet has disk pressure"))
    event = k8s.event(NODE, "FreeDiskSpaceFailed", GARBAGE, times=6, first=29, last=4)
    assert found(view_of([full, event], NODE), rules.RULES) == []


# ---- kills by the kernel


OOM = "System OOM encountered, victim process: python3, pid: 24210"


def test_a_kill_by_the_kernel(k8s: Any, view_of: Any, node: Any, cause: Any) -> None:
    """A container that a signal ended when the node's memory ran out: the node, not the container."""
    pod = k8s.pod(POD, k8s.container(last=k8s.ended(137, minutes_ago=9), restarts=1))
    event = k8s.event(NODE, "SystemOOM", OOM, first=9, last=9)
    one = cause(view_of([node(), pod, event], POD, looked=[NODE]), rules.RULES)
    assert (one.rule, str(one.culprit)) == ("node.system-oom", NODE)
    assert "python3" in one.statement.en and "app-1" in one.statement.zh
    assert [str(r) for r in one.explains] == [POD]


@pytest.mark.parametrize(
    ("code", "reason", "ended", "told"),
    [(137, "", 30, 9), (1, "", 9, 9), (137, "OOMKilled", 9, 9), (137, "", 62, 62)],
)
def test_other_ends(
    k8s: Any, view_of: Any, node: Any, found: Any, code: int, reason: str, ended: float, told: float
) -> None:
    """At another time, by itself, at its own limit, or long before the alert: not the kernel's choice."""
    pod = k8s.pod(POD, k8s.container(last=k8s.ended(code, reason, minutes_ago=ended), restarts=1))
    event = k8s.event(NODE, "SystemOOM", OOM, first=told, last=told)
    assert found(view_of([node(), pod, event], POD, looked=[NODE]), rules.RULES) == []


def test_what_is_reclaimed_is_named(k8s: Any, view_of: Any, node: Any, cause: Any, found: Any) -> None:
    """Process ids are no disk: told by their own name, and not beside the condition that says so."""
    event = k8s.event(NODE, "EvictionThresholdMet", "Attempting to reclaim pids", times=40, first=9, last=1)
    said = cause(view_of([node(), event], NODE), rules.RULES).statement
    assert "process ids" in said.en and "PID" in said.zh and "disk" not in said.en
    short_of = node(
        PIDPressure=("True", "KubeletHasInsufficientPID", "kubelet has insufficient PID available")
    )
    assert found(view_of([short_of, event], NODE), rules.RULES) == []
