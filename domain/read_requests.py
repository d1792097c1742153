"""Which of the reads that a model asks for are made: known kinds, the incident's namespaces, no Secrets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from kubetriage.domain.evidence import Read, get, list_of, log_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kind_names import kind_named
from kubetriage.domain.language import text
from kubetriage.domain.resource import Resource, kind_info, resource
from kubetriage.domain.verdict import AskedRead, ReadRequest
from kubetriage.domain.view import ClusterView

MAX_REQUESTS = 8
"""Reads of one answer that are made."""
MAX_LOG_LINES = 50_000
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.:]{0,251}[a-z0-9])?")
_NEVER = frozenset({"Secret", "Event"})
"""Secrets are not read; events come with the objects that they are about."""


class Permitted(NamedTuple):
    """What becomes of a model's requests."""

    wants: tuple[Want, ...]
    refused: tuple[str, ...]
    """In the model's own words and why not, a sentence each, for the next prompt."""


def permitted(requests: Sequence[ReadRequest], view: ClusterView) -> Permitted:
    """The reads to make. A model cannot widen where kubetriage looks beyond the incident's own namespaces."""
    wants: dict[str, Want] = {}
    refused: list[str] = []
    places = namespaces_of(view)
    for request in requests[:MAX_REQUESTS]:
        made = _want(request, view, places)
        if isinstance(made, str):
            refused.append(f"{_asked(request)}: {made}")
        elif view.asked(made.read):
            refused.append(f"{_asked(request)}: already read, it is in the evidence or in the gaps")
        else:
            wants.setdefault(made.read.key, made)
    if len(requests) > MAX_REQUESTS:
        refused.append(f"{len(requests) - MAX_REQUESTS} more: at most {MAX_REQUESTS} reads are made at once")
    return Permitted(tuple(wants.values()), tuple(refused))


def namespaces_of(view: ClusterView) -> frozenset[str]:
    """The namespaces that are in evidence: of what was looked at and of what the alert names."""
    found = {read.namespace for read in (seen.read for seen in view.observations if seen.found)}
    found |= {want.about.namespace for want in view.looked}
    found.add(view.subject.namespace)
    return frozenset(found - {""})


def _want(request: ReadRequest, view: ClusterView, places: frozenset[str]) -> Want | str:
    """The want, or why there is none."""
    name = kind_named("Pod" if request.what is AskedRead.LOG else request.kind)
    info = kind_info(name) if name else None
    if name is None or info is None:
        return "this kind is not on the list of kinds that may be read"
    if name in _NEVER:
        return "this kind is never read"
    namespace = request.namespace or (view.subject.namespace if info.namespaced else "")
    if info.namespaced and namespace not in places:
        return "this namespace is not part of the incident"
    if request.what is AskedRead.LIST:
        read = list_of(name, namespace)
        return Want(read=read, about=read.resource, why=_WHY)
    if not _NAME.fullmatch(request.name):
        return "this is not the name of an object"
    about = resource(name, namespace, request.name)
    if request.what is AskedRead.OBJECT:
        return Want(read=get(about), about=about, why=_WHY)
    return _log(request, view, about)


def _log(request: ReadRequest, view: ClusterView, pod: Resource) -> Want | str:
    seen = view.find(pod)
    if seen is None:
        return "this pod was not read, so that its containers are not known"
    spec = seen.raw.get("spec")
    listed = [*_containers(spec, "containers"), *_containers(spec, "initContainers")]
    container = request.container or (listed[0] if listed else "")
    if container not in listed:
        return f"this pod has no such container; it has {', '.join(listed[:8])}"
    lines = min(request.lines or MAX_LOG_LINES, MAX_LOG_LINES)
    read: Read = log_of(pod, container, previous=request.previous, tail=lines)
    return Want(read=read, about=pod, why=_WHY)


def _containers(spec: object, key: str) -> list[str]:
    found = spec.get(key) if isinstance(spec, dict) else None
    return [str(c.get("name")) for c in found if isinstance(c, dict)] if isinstance(found, list) else []


def _asked(request: ReadRequest) -> str:
    where = f"{request.namespace}/{request.name}".strip("/")
    return f"{request.what} {request.kind} {where}".strip()[:160]


_WHY = text("the model asked for it", "模型要求读取")
"""Its own reason is not shown: nobody has checked it."""
