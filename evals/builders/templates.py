"""Containers and pod templates with every default that the API server fills in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy

from kubetriage.evals.builders.identity import Json

Resources = Mapping[str, str]


def container(
    name: str,
    image: str,
    *,
    command: Iterable[str] = (),
    args: Iterable[str] = (),
    ports: Iterable[int] = (),
    env: Mapping[str, str | Json] | None = None,
    env_from: Iterable[Json] = (),
    requests: Resources | None = None,
    limits: Resources | None = None,
    mounts: Mapping[str, str] | None = None,
    **more: Json,
) -> Json:
    """A container as a template holds it; `more` takes the probes and `securityContext`.

    `env` maps a name to its value or its `valueFrom`, `mounts` a volume's name to its path.
    """
    resources: Json = {}
    if limits:
        resources["limits"] = dict(limits)
    if requests or limits:
        resources["requests"] = dict(requests or limits or {})
    tagged = ":" in image.rpartition("/")[2] and not image.endswith(":latest")
    spec: Json = {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent" if tagged else "Always",
        "resources": resources,
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }
    if command:
        spec["command"] = list(command)
    if args:
        spec["args"] = list(args)
    if ports:
        spec["ports"] = [{"containerPort": port, "protocol": "TCP"} for port in ports]
    if env_from:
        spec["envFrom"] = list(env_from)
    if env:
        spec["env"] = [
            {"name": key, "value": value} if isinstance(value, str) else {"name": key, "valueFrom": value}
            for key, value in env.items()
        ]
    if mounts:
        spec["volumeMounts"] = [{"mountPath": path, "name": volume} for volume, path in mounts.items()]
    return spec | more


def http_probe(
    path: str, port: int, *, delay: int = 0, period: int = 10, timeout: int = 1, failures: int = 3
) -> Json:
    """An HTTP probe; times in seconds."""
    probe: Json = {
        "failureThreshold": failures,
        "httpGet": {"path": path, "port": port, "scheme": "HTTP"},
        "periodSeconds": period,
        "successThreshold": 1,
        "timeoutSeconds": timeout,
    }
    return probe | ({"initialDelaySeconds": delay} if delay else {})


def from_key(kind: str, name: str, key: str) -> Json:
    """`valueFrom` a key of a ConfigMap or a Secret."""
    return {f"{kind[0].lower()}{kind[1:]}KeyRef": {"key": key, "name": name}}


def configmap_volume(volume: str, name: str) -> Json:
    """A volume of a ConfigMap's keys."""
    return {"configMap": {"defaultMode": 420, "name": name}, "name": volume}


def claim_volume(volume: str, claim: str) -> Json:
    """A volume of a PersistentVolumeClaim."""
    return {"name": volume, "persistentVolumeClaim": {"claimName": claim}}


def pod_spec(
    containers: Iterable[Json],
    *,
    volumes: Iterable[Json] = (),
    restart: str = "Always",
    account: str = "",
    more: Json | None = None,
) -> Json:
    """A pod template's spec; `more` takes nodeSelector, affinity, tolerations, initContainers, …"""
    spec: Json = {
        "containers": [deepcopy(one) for one in containers],
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": restart,
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
    }
    if account:
        spec |= {"serviceAccount": account, "serviceAccountName": account}
    if volumes := list(volumes):
        spec["volumes"] = volumes
    return spec | (more or {})


def template(labels: Mapping[str, str], spec: Json) -> Json:
    """A pod template."""
    return {"metadata": {"creationTimestamp": None, "labels": dict(labels)}, "spec": spec}


_OF_DAEMONS = ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
"""Taints of nodes that the DaemonSet controller makes its pods tolerate; further the two of NoExecute."""


def pinned(spec: Json, node: str) -> Json:
    """A template's spec as the DaemonSet controller completes it for one node."""
    match = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    needed = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [match]}}
    bound = deepcopy(spec) | {"affinity": {"nodeAffinity": needed}}
    added = [(key, "NoExecute") for key in ("not-ready", "unreachable")]
    added += [(key, "NoSchedule") for key in _OF_DAEMONS]
    bound["tolerations"] = [
        *bound.get("tolerations", []),
        *(
            {"effect": effect, "key": f"node.kubernetes.io/{key}", "operator": "Exists"}
            for key, effect in added
        ),
    ]
    return bound


def quality(spec: Json) -> str:
    """The QoS class of a pod with this spec."""
    every = [*spec["containers"], *spec.get("initContainers", [])]
    resources = [one.get("resources", {}) for one in every]
    if not any(one.get("requests") or one.get("limits") for one in resources):
        return "BestEffort"
    guaranteed = all(
        {"cpu", "memory"} <= set(one.get("limits", {})) and one.get("requests") == one.get("limits")
        for one in resources
    )
    return "Guaranteed" if guaranteed else "Burstable"


_API_ACCESS = [
    {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
    {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
    {
        "downwardAPI": {
            "items": [
                {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}, "path": "namespace"}
            ]
        }
    },
]


def admitted(spec: Json, volume: str) -> Json:
    """A template's spec as admission completes it in a pod; `volume` names the service account's volume."""
    made = deepcopy(spec)
    for one in [*made["containers"], *made.get("initContainers", [])]:
        one.setdefault("volumeMounts", []).append(
            {"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": volume, "readOnly": True}
        )
    made.setdefault("volumes", []).append(
        {"name": volume, "projected": {"defaultMode": 420, "sources": deepcopy(_API_ACCESS)}}
    )
    made.setdefault("serviceAccount", "default")
    made.setdefault("serviceAccountName", made["serviceAccount"])
    tolerated = {one.get("key") for one in made.setdefault("tolerations", [])}
    made["tolerations"].extend(
        {
            "effect": "NoExecute",
            "key": f"node.kubernetes.io/{key}",
            "operator": "Exists",
            "tolerationSeconds": 300,
        }
        for key in ("not-ready", "unreachable")
        if f"node.kubernetes.io/{key}" not in tolerated
    )
    return {"enableServiceLinks": True, "preemptionPolicy": "PreemptLowerPriority", "priority": 0, **made}
