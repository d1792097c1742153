"""Recorded container logs, and what the API server and the kubelet say where a container has none."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kubetriage.adapters.cluster.snapshot.files import read_bytes
from kubetriage.adapters.cluster.snapshot.status import ApiStatus, bad_request, not_recorded

Pod = Mapping[str, Any]

DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
_FILE_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9.]{0,251}[A-Za-z0-9])?")
"""What a name of Kubernetes' may be: a DNS label or subdomain, 253 characters at most."""
_SPECS = ("containers", "initContainers", "ephemeralContainers")
_STATUSES = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")


class LogFolder:
    """`NAMESPACE/POD/CONTAINER.log` and `….previous.log` under one folder, which need not exist."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, pod: Pod, container: str, previous: bool) -> str:
        """The log's text; `ApiStatus` where there is none, `BadSnapshot` for a file that cannot be read."""
        container = container_asked(pod, container)
        state = _status_of(pod, container)
        last = (state.get("lastState") or {}).get("terminated")
        for was_previous in (previous, not previous):
            # While a container waits for its next start, its last run is its current and its previous log.
            if was_previous is not previous and not (last and "waiting" in (state.get("state") or {})):
                continue
            text = self._text(pod, container, was_previous)
            if text is not None:
                return text
        refusal = _refusal(pod, container, state, previous)
        if refusal:
            raise refusal
        if not (pod.get("spec") or {}).get("nodeName"):
            return ""
        which = "previous log" if previous else "log"
        raise not_recorded(
            f'the {which} of container "{container}" of pod "{pod["metadata"]["name"]}"',
            "no file of it",
        )

    def path(self, namespace: str, pod: str, container: str, previous: bool) -> Path:
        return self.folder / namespace / pod / f"{container}{'.previous' if previous else ''}.log"

    def _text(self, pod: Pod, container: str, previous: bool) -> str | None:
        metadata = pod["metadata"]
        names = (metadata.get("namespace", ""), metadata["name"], container)
        if not all(_FILE_NAME.fullmatch(name) for name in names):  # such as `../../x`: nobody's name
            return None
        path = self.path(*names, previous)
        if not os.path.exists(path):  # of a name too long for a file, pathlib would raise
            return None
        return read_bytes(path, self.folder).decode("utf-8", "replace")


def container_names(pod: Pod) -> set[str]:
    """Of all containers: regular, init and ephemeral."""
    spec = pod.get("spec") or {}
    return {c.get("name", "") for key in _SPECS for c in spec.get(key) or ()}


def container_asked(pod: Pod, container: str) -> str:
    """The container to read; 400 for one the pod hasn't, or where one of several must be named."""
    spec, name = pod.get("spec") or {}, pod["metadata"]["name"]
    names = {key: [c.get("name", "") for c in spec.get(key) or ()] for key in _SPECS}
    if container:
        if container not in container_names(pod):
            raise bad_request(f"container {container} is not valid for pod {name}")
        return container
    regular = names["containers"]
    if len(regular) == 1:
        return str(regular[0])
    text = f"a container name must be specified for pod {name}"
    if regular:
        text += f", choose one of: [{' '.join(regular)}]"
    if names["initContainers"]:
        text += f" or one of the init containers: [{' '.join(names['initContainers'])}]"
    raise bad_request(text)


def _status_of(pod: Pod, container: str) -> Mapping[str, Any]:
    for key in _STATUSES:
        for state in (pod.get("status") or {}).get(key) or ():
            if state.get("name") == container:
                found: Mapping[str, Any] = state
                return found
    return {}


def _refusal(pod: Pod, container: str, state: Mapping[str, Any], previous: bool) -> ApiStatus | None:
    """What the kubelet answers by the container's state (`validateContainerLogStatus`, Kubernetes 1.33)."""
    if not state:
        return None
    subject = f'container "{container}" in pod "{pod["metadata"]["name"]}"'
    last = (state.get("lastState") or {}).get("terminated")
    waiting = (state.get("state") or {}).get("waiting")
    if previous and not last:
        return bad_request(f"previous terminated {subject} not found")
    if waiting is None or last:
        return None
    reason = waiting.get("reason", "")
    why = {
        "ErrImagePull": "image can't be pulled",
        "ImagePullBackOff": "trying and failing to pull image",
    }.get(reason, reason)
    return bad_request(f"{subject} is waiting to start: {why}")
