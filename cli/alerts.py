"""What the user wants triaged: a file, standard input, or a resource by name."""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

from kubetriage.bootstrap.incidents import Incidents, incidents_in
from kubetriage.domain.alert import Alert
from kubetriage.domain.errors import BadAlert
from kubetriage.domain.resource import KINDS

_NAMED = re.compile(r"^([A-Za-z][A-Za-z.]*)/([a-z0-9]([-a-z0-9.]*[a-z0-9])?)$")
_SHORT = {
    "po": "Pod", "svc": "Service", "cm": "ConfigMap", "no": "Node", "ns": "Namespace", "ev": "Event",
    "pv": "PersistentVolume", "pvc": "PersistentVolumeClaim", "quota": "ResourceQuota",
    "sa": "ServiceAccount",
    "deploy": "Deployment", "rs": "ReplicaSet", "sts": "StatefulSet", "ds": "DaemonSet", "cj": "CronJob",
    "hpa": "HorizontalPodAutoscaler", "pdb": "PodDisruptionBudget", "ing": "Ingress", "sc": "StorageClass",
    "netpol": "NetworkPolicy", "limits": "LimitRange", "ep": "Endpoints",
}  # fmt: skip
"""kubectl's short names."""


def incidents_of(argument: str, namespace: str | None, snapshot: str | None = None) -> Incidents:
    """The incidents that an ALERT argument stands for.

    Raises `BadAlert` with one sentence for a file that cannot be read or is no alert.
    """
    named = _NAMED.match(argument)
    if named and argument != "-" and not Path(argument).exists():
        return Incidents(([asked_for(named[1], named[2], namespace)],), several=False)

    body = _body(argument)
    try:
        return incidents_in(body, Path(snapshot) if snapshot else None)
    except BadAlert as error:
        raise BadAlert(f"{_named_source(argument)}: {error}") from error


def _named_source(argument: str) -> str:
    return "standard input" if argument == "-" else argument


def _body(argument: str) -> bytes:
    if argument == "-":
        return sys.stdin.buffer.read()
    path = Path(argument)
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BadAlert(
            f"{argument}: there is no such file, and it is not KIND/NAME such as pod/web-0 either"
        ) from error
    except OSError as error:
        raise BadAlert(f"{argument}: cannot be read ({error.strerror})") from error


def asked_for(word: str, name: str, namespace: str | None) -> Alert:
    """A request to triage one resource, in an alert's form."""
    kind = kind_named(word)
    info = KINDS[kind]
    labels = {"alertname": f"{kind} {name}", "kind": kind, "name": name}
    if info.namespaced:
        labels["namespace"] = namespace or "default"
    digest = hashlib.sha256("\x00".join(f"{k}={v}" for k, v in sorted(labels.items())).encode())
    return Alert(
        name=labels["alertname"], labels=labels, fingerprint=digest.hexdigest()[:16], source="resource"
    )


def kind_named(word: str) -> str:
    """The kind that kubectl would understand by this word; raises `BadAlert` for none."""
    low = word.lower().split(".")[0]
    for kind, info in KINDS.items():
        if low in (kind.lower(), info.plural) and info.api_version != "metrics.k8s.io/v1beta1":
            return kind
    if low in _SHORT:
        return _SHORT[low]
    raise BadAlert(f"{word} is not a kind kubetriage knows; it knows {', '.join(sorted(KINDS))}")
