"""Words that a claim may use whatever its evidence says: English ones, and the field's own.

A word that is neither, and that the evidence does not hold, is somebody's name or value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from kubetriage.domain.kind_names import SHORT_NAMES
from kubetriage.domain.resource import KINDS

_FIELD: Final = """
    kubernetes k8s kubectl kubelet kube-proxy kube-apiserver kube-scheduler kube-controller-manager etcd
    containerd cri-o crio docker dockerhub helm argocd argo flux fluxcd istio envoy coredns linux systemd
    systemctl journalctl oom oomkill oom-kill oom-killer cpu gpu ram dns tls mtls ssl http https tcp udp icmp
    ip ipv4 ipv6 url uri api apis rbac cni csi cri pv pvs pvc pvcs hpa hpas vpa pdb pdbs crd crds crs csr csrs
    ca utc json yaml env envs uid gid io i/o fs nfs iscsi ebs ssd slo sla sre tty pid cgroup cgroups cgroupv2
    jvm gc ttl cidr vpc jwt sql ascii utf-8 utf8 x509 x86 x86_64 arm64 amd64 http/1.1 http/2 websocket grpc
    host-network self-signed user-agent round-robin n/a e.g i.e etc vs and/or tcp/ip read/write 24/7
    crashloop crash-loop crash-looping ha sidecars rollouts runbook failover kv acl nat mtu tokens
    github gitlab postgres postgresql mysql mariadb redis kafka rabbitmq mongodb elasticsearch nginx haproxy
    traefik prometheus grafana alertmanager java python node.js nodejs golang php ruby rust jvm spring aws gcp
    gke eks aks azure s3 harbor quay gatekeeper kyverno keda linkerd calico cilium flannel
    deployment-controller replicaset-controller job-controller statefulset-controller default-scheduler
    scheduler controller-manager cluster-autoscaler metrics-server attachdetach-controller
    qos sha-1 sha-256 sha-512 sha256 utf-16 oauth2 aes-256 ext4 xfs iso-8601
    deploys readyz livez healthz p50 p90 p95 p99 p999 4xx 5xx 2xx 3xx sigterm sigkill sigsegv sigint
"""
_API_FIELDS: Final = """
    imagePullSecret imagePullSecrets imagePullPolicy
    emptyDir hostPath hostNetwork configMapRef secretRef secretKeyRef
    configMapKeyRef envFrom valueFrom volumeMounts volumeMount serviceAccountName serviceAccount nodeSelector
    nodeAffinity podAffinity podAntiAffinity topologySpreadConstraints nodeName restartPolicy restartCount
    livenessProbe readinessProbe startupProbe initialDelaySeconds periodSeconds timeoutSeconds exitCode
    failureThreshold successThreshold terminationGracePeriodSeconds activeDeadlineSeconds matchLabels
    progressDeadlineSeconds backoffLimit maxUnavailable maxSurge minReadySeconds updateStrategy minAvailable
    rollingUpdate storageClassName accessModes matchExpressions targetPort containerPort nodePort hostPort
    clusterIP externalName ingressClassName priorityClassName preemptionPolicy securityContext runAsNonRoot
    runAsUser fsGroup readOnlyRootFilesystem allowPrivilegeEscalation failurePolicy caBundle volumeBindingMode
    minReplicas maxReplicas currentReplicas desiredReplicas readyReplicas availableReplicas updatedReplicas
    unavailableReplicas scaleTargetRef concurrencyPolicy startingDeadlineSeconds ownerReferences lastState
    deletionTimestamp creationTimestamp containerStatuses initContainers initContainer podSelector
    namespaceSelector claimName volumeName subPath secretName configMap dnsPolicy externalTrafficPolicy
    internalTrafficPolicy resourceQuota limitRange allowVolumeExpansion reclaimPolicy loadBalancer
    disruptionsAllowed currentHealthy desiredHealthy revisionHistoryLimit observedGeneration clientConfig
"""
_REASONS: Final = """
    CrashLoopBackOff ImagePullBackOff ErrImagePull ErrImageNeverPull InvalidImageName OOMKilled Evicted
    CreateContainerConfigError CreateContainerError RunContainerError ContainerCreating PodInitializing
    ContainerCannotRun DeadlineExceeded BackoffLimitExceeded FailedScheduling FailedMount FailedAttachVolume
    FailedCreate FailedCreatePodSandBox FailedKillPod Unhealthy NetworkNotReady NodeNotReady NotReady
    MemoryPressure DiskPressure PIDPressure NetworkUnavailable Unschedulable Preempted ProvisioningFailed
    ProgressDeadlineExceeded MinimumReplicasUnavailable ReplicaFailure FailedGetScale AmbiguousSelector
    TooManyReplicas FailedGetResourceMetric Completed SchedulingGated Multi-Attach RegistryUnavailable
    NodeStatusUnknown NetworkPluginNotReady SandboxChanged VolumeResizeFailed StartError NotFound
"""
REASONS: Final = frozenset(word.lower() for word in _REASONS.split())
"""What Kubernetes says of an object by one word; a claim that uses one must have it from its evidence."""
SAID_OTHERWISE: Final = {
    "crashloopbackoff": ("back-off restarting", "crashloop", "crash loop"),
    "imagepullbackoff": ("errimagepull", "back-off pulling", "failed to pull image"),
    "errimagepull": ("imagepullbackoff", "back-off pulling", "failed to pull image"),
    "oomkilled": ("oom-kill", "oom kill", "out of memory: killed"),
    "evicted": ("evict", "terminationbykubelet", "the node was low on resource"),
    "unschedulable": ("failedscheduling", "nodes are available"),
    "failedscheduling": ("unschedulable", "nodes are available"),
    "notready": ("nodenotready", "nodestatusunknown", "containersnotready", "type: ready", "not ready"),
    "nodenotready": ("notready", "nodestatusunknown", "kubelet stopped", "not ready"),
    "preempted": ("preempt",),
    "notfound": ("not found",),
    "multi-attach": ("multi-attach", "exclusively attached"),
    "failedmount": ("mountvolume.setup failed", "unable to attach or mount"),
    "backofflimitexceeded": ("backoff limit",),
    "unhealthy": ("probe failed", "unhealthy"),
}
"""The same in other words of the cluster's."""
_KNOWN: Final = frozenset(_FIELD.split())
_FIELDS: Final = frozenset(word.lower() for word in _API_FIELDS.split())
_KINDS: Final = frozenset(
    word
    for name, info in KINDS.items()
    for word in (name.lower(), name.lower() + "s", info.plural, SHORT_NAMES.get(name, ""))
    if word
)
KIND_NOUNS: Final = _KINDS | {
    "container", "namespace", "image", "secret", "claim", "volume", "webhook", "tag", "configmap",
    "命名空间", "容器", "镜像", "节点", "工作负载", "服务", "集群", "卷",
}  # fmt: skip
"""Nouns that a name follows."""
_API: Final = re.compile(r"(?:apps|batch|policy|autoscaling)/v\d(?:(?:alpha|beta)\d)?")
_GROUPS: Final = frozenset(info.api_version.rpartition("/")[0] for info in KINDS.values()) | {
    info.api_version for info in KINDS.values() if "/" in info.api_version
}
_ENDINGS: Final = (
    "s", "es", "ed", "d", "ing", "ly", "er", "ers", "or", "est", "r", "st", "able", "ment", "ness", "ability",
    "ation", "al", "ally", "ful", "less", "y", "ity", "en",
)  # fmt: skip
_INFLECTIONS: Final = ("s", "es", "ed", "d", "ing", "ly")
_BEGINNINGS: Final = ("un", "re", "non", "mis", "over", "under", "pre", "dis", "auto", "multi", "sub", "co")


@lru_cache(maxsize=8192)
def is_vocabulary(word: str) -> bool:
    """Whether a word is one of the field's own: a kind, a field of the API, an abbreviation."""
    low = word.lower().strip(".:")
    return (
        low in _KNOWN or low in _KINDS or low in _FIELDS or low in _GROUPS or _API.fullmatch(low) is not None
    )


@lru_cache(maxsize=8192)
def is_english(word: str) -> bool:
    """Whether a word is a common one of the language, in any form of it, or made of such by hyphens."""
    low = word.lower()
    if "-" in low:
        parts = low.split("-")
        return all(is_english(part) or part in _KNOWN for part in parts if part)
    if low in _common() or any(base in _common() for base in _bases(low)):
        return True
    return any(
        low.startswith(front) and len(low) - len(front) >= 4 and is_english(low[len(front) :])
        for front in _BEGINNINGS
    )


@lru_cache(maxsize=8192)
def is_plain_form(word: str) -> bool:
    """Whether a word is a common one or a regular inflection of one, and not only built like one."""
    low = word.lower()
    return low in _common() or any(base in _common() for base in _bases(low, _INFLECTIONS))


def _bases(low: str, endings: Sequence[str] = _ENDINGS) -> list[str]:
    """What a word may be a form of: `retried` of retry, `stopping` of stop, `scaling` of scale."""
    found: list[str] = []
    for ending in endings:
        base = low[: -len(ending)]
        if low.endswith(ending) and len(base) >= 3:
            found += [base, base + "e"]
            if len(base) > 3 and base[-1] == base[-2]:
                found.append(base[:-1])
            if base.endswith("i"):
                found.append(base[:-1] + "y")
    return found


@cache
def _common() -> frozenset[str]:
    """The words of `domain/data/common_words.txt`, read once."""
    text = files("kubetriage.domain").joinpath("data", "common_words.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def vocabulary_words() -> frozenset[str]:
    """The field's longer words, which a misspelt one is near to."""
    return frozenset(w for w in _KINDS | _FIELDS | REASONS if len(w) >= 6)
