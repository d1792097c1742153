"""CPU and memory used now, where an alert is about speed and the pods' CPU is limited."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kubetriage.domain.evidence import Read, top_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import ContainerState, Obj, containers, pod_ready
from kubetriage.domain.language import text
from kubetriage.domain.relations.base import FOCUS, Relation
from kubetriage.domain.view import ClusterView

_SPEED = re.compile(
    r"throttl|latency|response time|\bslow|duration|\bp9\d\b|percentile|cpu (?:usage|utili[sz]ation)"
    r"|限流|延迟|时延|耗时|响应时间|变慢|CPU ?(?:使用率|利用率|用量)",
    re.IGNORECASE,
)


def about_speed(view: ClusterView) -> bool:
    """Whether the alert's own words speak of what a lack of CPU shows as."""
    return any(_SPEED.search(words[:2000]) for words in view.alert.annotations.values())


def limited(pod: Obj) -> list[ContainerState]:
    """The running containers of a pod that have a CPU limit."""
    return [s for s in containers(pod) if s.running and _cpu_limit(s)]


def _cpu_limit(state: ContainerState) -> Any:
    resources = state.spec.get("resources")
    limits = resources.get("limits") if isinstance(resources, dict) else None
    return limits.get("cpu") if isinstance(limits, dict) else None


def usage_of(view: ClusterView, pod: Obj) -> tuple[str, dict[str, dict[str, Any]]]:
    """The citation of a pod's usage and its rows by container, both empty if it was not read."""
    seen = view.observation(_read(pod))
    if seen is None or not seen.found:
        return "", {}
    return seen.read.key, {str(row.get("container")): row for row in seen.objects}


def _read(pod: Obj) -> Read:
    return top_of("Pod", pod.namespace, pod.name)


def usage(view: ClusterView) -> Iterator[Want]:
    """The usage of the alert's pods that are ready and limited; of others a limit explains nothing."""
    found = view.find(view.primary)
    if found is None or not about_speed(view):
        return
    pods = view.pods_behind(found) if found.ref.kind == "Service" else view.pods_of(found.ref)
    for pod in [p for p in pods if pod_ready(p) and limited(p)][:FOCUS]:
        why = text("how much CPU it uses of its limit", "CPU 用量与上限的对比")
        yield Want(read=_read(pod), about=pod.ref, why=why)


RELATIONS: tuple[Relation, ...] = (usage,)
