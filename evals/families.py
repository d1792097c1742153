"""Families of faults: the categories of answers put together, few enough to compare arms by."""

from __future__ import annotations

from typing import Final

OTHER: Final = "other"

FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    "image": ("image-architecture", "image-pull", "wrong-image"),
    "crash": (
        *(
            "bad-command",
            "clock-skew",
            "crash-app-error",
            "init-container",
            "memory-leak",
            "misconfigured-app",
        ),
        *("oom-killed", "os-limit", "port-conflict", "probe-failure", "version-skew"),
    ),
    "configuration": (
        *("config-key-missing", "missing-configmap", "missing-env", "missing-secret", "stale-credential"),
        *("cert-expired", "missing-serviceaccount"),
    ),
    "scheduling": (
        *("daemonset-scheduling", "insufficient-gpu", "insufficient-resources", "node-pod-capacity"),
        *("node-selector", "pod-anti-affinity", "preemption", "scheduling-gate", "taint"),
    ),
    "storage": (
        *("disk-full", "pvc-lost", "pvc-unbound", "volume-attach", "volume-filling-up", "volume-mount"),
        "volume-node-affinity",
    ),
    "node": (
        *("container-runtime", "disk-error", "evicted", "node-cordoned", "node-hardware", "node-not-ready"),
        "node-pressure",
    ),
    "network": (
        *("cni", "dns", "gateway", "ingress", "ip-exhaustion", "mesh-policy", "missing-service"),
        *("network-degraded", "networkpolicy", "port-mismatch", "selector-mismatch", "traffic-policy"),
    ),
    "policy": ("admission-policy", "admission-webhook", "pod-security", "quota", "rbac"),
    "workload": (
        *("finalizer-deadlock", "gitops-sync", "job-failed", "job-stuck", "pdb", "rollout-stuck"),
        *("scaled-to-zero", "statefulset-blocked", "suspended"),
    ),
    "load": ("cpu-throttling", "hpa", "overload", "queue-lag"),
    "dependency": ("app-dependency", "db-auth", "slow-dependency"),
    "control plane": (
        *("apiserver-overload", "control-plane-down", "controller-stalled"),
        "chaos-experiment",
    ),
    "no fault": ("no-issue", "resolved"),
    "not to be known": ("insufficient-data",),
}
"""In the order in which they are shown."""

_BY_CATEGORY: Final = {category: family for family, categories in FAMILIES.items() for category in categories}


def family_of(category: str) -> str:
    """The family of a category, `OTHER` for a word that is in none."""
    return _BY_CATEGORY.get(category, OTHER)


def family_order(family: str) -> int:
    """Where a family is shown."""
    return list(FAMILIES).index(family) if family in FAMILIES else len(FAMILIES)
