"""Reads the scheduler's answer: why each node was refused for a pod.

The message stands in the `FailedScheduling` event and in the pod's PodScheduled condition. Its parts come
from the filter plugins of kube-scheduler; wordings of 1.18 to 1.34 are known here:

    0/5 nodes are available: 1 Insufficient cpu, 4 node(s) had untolerated taint {k: v}. preemption: 0/5 …
    0/5 nodes are available: 1 Insufficient cpu, 4 node(s) had taint {k: v}, that the pod didn't tolerate.
    0/5 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: …
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple


class Why(StrEnum):
    """A filter's reason, in the order in which the scheduler's filters run on a node.

    Each node reports the first filter that refused it, so a node with a later reason passed the earlier
    filters: it is nearer to taking the pod.
    """

    CLAIM = "claim"
    """The pod's claims rule out every node at once: unbound, absent or being deleted."""
    CORDONED = "cordoned"
    NODE_NAME = "node-name"
    TAINT = "taint"
    SELECTOR = "selector"
    PORTS = "ports"
    RESOURCE = "resource"
    PODS = "pods"
    IN_USE = "in-use"
    """A claim for a single pod is used by another one."""
    VOLUME_LIMIT = "volume-limit"
    VOLUME = "volume"
    """The node cannot reach the pod's bound volumes (zone, local disk)."""
    NO_VOLUME = "no-volume"
    """No PersistentVolume that fits a claim could be bound on the node."""
    SPREAD = "spread"
    AFFINITY = "affinity"
    ANTI_AFFINITY = "anti-affinity"
    EXISTING_ANTI_AFFINITY = "existing-anti-affinity"
    """A pod that already runs refuses this one."""
    DEVICE = "device"
    """The pod's ResourceClaims (dynamic resource allocation) get no devices there."""
    OTHER = "other"


ORDER = list(Why)


class Refusal(NamedTuple):
    """One part of the message."""

    why: Why
    nodes: int
    """How many nodes gave this reason."""
    detail: str
    """The resource, the taint (`key=value`, or `key`), or the claim; empty if the message names none."""
    words: str
    """The part as the scheduler wrote it."""


class Verdict(NamedTuple):
    """The whole message."""

    total: int
    """How many nodes the scheduler looked at."""
    refusals: tuple[Refusal, ...]

    def of(self, *reasons: Why) -> list[Refusal]:
        return [r for r in self.refusals if r.why in reasons]

    def count(self, *reasons: Why) -> int:
        return sum(r.nodes for r in self.of(*reasons))


_HEAD = re.compile(r"(?P<free>\d+)/(?P<total>\d+) nodes (?:are )?(?:un)?available:?\s*", re.I)
_TAIL = re.compile(
    r"[.,;]?\s*(?:(?:no new claims to deallocate|still not schedulable),?\s*)?"
    r"(?:preemption:|Preemption is not helpful).*$",
    re.S,
)
_SPLIT = re.compile(r",\s+(?=\d+ \S)")
_COUNT = re.compile(r"^(\d+)\s+(.*)$", re.S)
_TAINT = re.compile(r"taints?(?:\(s\))?\s*(?:\{\s*(?P<key>[^:{}\s]+)\s*:?\s*(?P<value>[^{}]*?)\s*\})?", re.I)

_PATTERNS: tuple[tuple[Why, re.Pattern[str]], ...] = (
    (Why.CLAIM, re.compile(r"unbound immediate PersistentVolumeClaims?", re.I)),
    (Why.CLAIM, re.compile(r'persistentvolumeclaim "(?P<detail>[^"]+)" (?:not found|is being|bound)', re.I)),
    (Why.CLAIM, re.compile(r"pvc\(s\) bound to non-existent pv|binding volumes|provisioning failed for "
                           r"PVC", re.I)),
    (Why.IN_USE, re.compile(r"ReadWriteOncePod access mode already in-use", re.I)),
    (Why.DEVICE, re.compile(r"cannot allocate all claims|\bresource ?claim|\bdevice class \S+ does not exist",
                            re.I)),
    (Why.CORDONED, re.compile(r"were unschedulable|taints? \{node\.kubernetes\.io/unschedulable\b", re.I)),
    (Why.NODE_NAME, re.compile(r"didn't match the requested (?:node ?name|hostname)", re.I)),
    (Why.TAINT, re.compile(r"\btaints?(?:\(s\))?(?:\b|\s|$)", re.I)),
    (Why.VOLUME, re.compile(r"volume node affinity conflict|PersistentVolume's node affinity", re.I)),
    (Why.VOLUME, re.compile(r"no available volume zone", re.I)),
    (Why.NO_VOLUME, re.compile(r"persistent volumes? to bind|enough free storage", re.I)),
    (Why.VOLUME_LIMIT, re.compile(r"exceed(?:s|ed)? max volume count", re.I)),
    (Why.EXISTING_ANTI_AFFINITY, re.compile(r"existing pods'? anti-?affinity", re.I)),
    (Why.ANTI_AFFINITY, re.compile(r"pod anti-?affinity|pod affinity/anti-?affinity", re.I)),
    (Why.AFFINITY, re.compile(r"pod affinity", re.I)),
    (Why.SPREAD, re.compile(r"topology spread constraints?", re.I)),
    (Why.SELECTOR, re.compile(r"node affinity|node selector|scheduler-enforced", re.I)),
    (Why.PORTS, re.compile(r"free ports", re.I)),
    (Why.PODS, re.compile(r"Too many pods", re.I)),
    (Why.RESOURCE, re.compile(r"Insufficient (?P<detail>[\w./-]+)", re.I)),
)  # fmt: skip


@lru_cache(maxsize=256)
def parse(message: str) -> Verdict | None:
    """The parts of a scheduler's message; None if it is not one that says why nodes were refused."""
    head = _HEAD.search(message)
    body = _TAIL.sub("", message[head.end() :] if head else message).strip().rstrip(".").strip()
    if head is None:
        # before 1.19 a claim's trouble came without the count of nodes
        alone = _refusal(body, 0)
        return Verdict(0, (alone,)) if alone.why is Why.CLAIM else None
    total = int(head["total"])
    if not body:
        return Verdict(total, ())
    parts = tuple(_part(piece, total) for piece in _SPLIT.split(body))
    return Verdict(total, parts)


def _part(piece: str, total: int) -> Refusal:
    counted = _COUNT.match(piece.strip())
    if counted:
        return _refusal(counted[2], int(counted[1]))
    return _refusal(piece.strip(), total)


def _refusal(words: str, nodes: int) -> Refusal:
    words = words.strip().rstrip(".")
    for why, pattern in _PATTERNS:
        found = pattern.search(words)
        if not found:
            continue
        detail = found.groupdict().get("detail") or ""
        if why is Why.TAINT:
            detail = _taint(words)
        return Refusal(why, nodes, detail, words)
    return Refusal(Why.OTHER, nodes, "", words)


def _taint(words: str) -> str:
    found = _TAINT.search(words)
    if not found or not found["key"]:
        return ""
    return f"{found['key']}={found['value']}" if found["value"] else found["key"]


NODE_TROUBLE = {
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/pid-pressure",
    "node.kubernetes.io/network-unavailable",
    "node.kubernetes.io/out-of-service",
}
"""Taints that the node controller sets from a node's conditions: the node's trouble, not the pod's."""

CONTROL_PLANE = {"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"}
"""Taints that keep workloads off control plane nodes; normal beside another reason."""

CORDON = "node.kubernetes.io/unschedulable"
UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized"
STARTUP = re.compile(r"^(?!node\.kubernetes\.io/).*/(?:agent-not-ready|unregistered|uninitialized)$")
"""Taints that an agent (network, storage, provider) takes off once it runs on a new node."""


def taint_key(detail: str) -> str:
    return detail.partition("=")[0]
