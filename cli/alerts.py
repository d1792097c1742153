"""What the user wants triaged: a file, standard input, or a resource by name."""

from __future__ import annotations

import difflib
import hashlib
import re
import sys
from pathlib import Path

from kubetriage.bootstrap.incidents import Incidents, incidents_in, read_body
from kubetriage.domain.alert import Alert
from kubetriage.domain.custom_kinds import TABLE
from kubetriage.domain.errors import BadAlert
from kubetriage.domain.resource import KINDS, kind_info

_NAMED = re.compile(r"^([A-Za-z][A-Za-z.]*)/([a-z0-9]([-a-z0-9.]*[a-z0-9])?)$")
_SHORT_KINDS = {
    "po": "Pod", "svc": "Service", "cm": "ConfigMap", "no": "Node", "ns": "Namespace", "ev": "Event",
    "pv": "PersistentVolume", "pvc": "PersistentVolumeClaim", "quota": "ResourceQuota",
    "sa": "ServiceAccount",
    "deploy": "Deployment", "rs": "ReplicaSet", "sts": "StatefulSet", "ds": "DaemonSet", "cj": "CronJob",
    "hpa": "HorizontalPodAutoscaler", "pdb": "PodDisruptionBudget", "ing": "Ingress", "sc": "StorageClass",
    "netpol": "NetworkPolicy", "limits": "LimitRange", "ep": "Endpoints",
}  # fmt: skip
"""kubectl's short names."""
LONGEST_NAME = 253
"""Characters of an object's name (RFC 1123 subdomain)."""


def incidents_of(argument: str, namespace: str | None, snapshot: str | None = None) -> Incidents:
    """The incidents that an ALERT argument stands for.

    Raises `BadAlert` with one sentence for a file that cannot be read or is no alert.
    """
    named = _NAMED.match(argument)
    if named and not _is_there(argument):
        return Incidents(([asked_for(named[1], named[2], namespace)],), several=False)
    body = _body(argument)
    try:
        return incidents_in(body, Path(snapshot) if snapshot else None)
    except BadAlert as error:
        raise BadAlert(f"{_named_source(argument)}: {error}") from error


def _named_source(argument: str) -> str:
    return "standard input" if argument == "-" else argument


def _is_there(argument: str) -> bool:
    try:
        return Path(argument).exists()
    except OSError:  # a name too long for a file
        return False


def _body(argument: str) -> bytes:
    if argument == "-":
        if sys.stdin is None or sys.stdin.closed:
            raise BadAlert("standard input is closed")
        return read_body(sys.stdin.buffer)
    try:
        with open(argument, "rb") as file:
            return read_body(file)
    except FileNotFoundError as error:
        raise BadAlert(
            f"{argument}: there is no such file, and it is not KIND/NAME such as pod/web-0 either"
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = error.strerror if isinstance(error, OSError) else error
        raise BadAlert(f"{argument}: cannot be read ({why})") from error


def asked_for(word: str, name: str, namespace: str | None) -> Alert:
    """A request to triage one resource, in an alert's form."""
    if len(name) > LONGEST_NAME:
        raise BadAlert(f"{word}/{name[:20]}…: names have at most {LONGEST_NAME} characters")
    try:
        kind = kind_named(word)
    except BadAlert as error:
        raise BadAlert(f"{word}/{name}: there is no such file, and {error}") from error
    info = kind_info(kind)
    labels = {"alertname": f"{kind} {name}", "kind": kind, "name": name}
    if info is not None and info.namespaced:
        labels["namespace"] = namespace or "default"
    digest = hashlib.sha256("\x00".join(f"{k}={v}" for k, v in sorted(labels.items())).encode())
    return Alert(
        name=labels["alertname"], labels=labels, fingerprint=digest.hexdigest()[:16], source="resource"
    )


def kind_named(word: str) -> str:
    """The kind that kubectl would understand by this word; raises `BadAlert` for none."""
    low = word.lower().split(".")[0]
    known = {word: custom.kind for custom in reversed(TABLE) for word in (custom.kind.lower(), custom.plural)}
    known |= _SHORT_KINDS
    for kind, info in KINDS.items():
        if info.api_version != "metrics.k8s.io/v1beta1":
            known |= {kind.lower(): kind, info.plural: kind}
    if low in known:
        return known[low]
    near = difflib.get_close_matches(low, known, 1, cutoff=0.75)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise BadAlert(f"{word} is not a kind that kubetriage knows, such as pod, deployment or node{hint}")
