"""Recording: the state and logs of chosen namespaces of a live cluster, written as a snapshot folder.

Everything is read through the same MCP session and the same redaction as a triage reads, so that a triage on
the recorded snapshot sees what a live one would have seen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from kubetriage.adapters.cluster.snapshot.writing import SnapshotDraft, is_file_name, require_new_or_empty
from kubetriage.domain.errors import ClusterUnreachable
from kubetriage.domain.evidence import FailureKind, Observation, Read, list_of, log_of
from kubetriage.domain.kube import Obj, containers
from kubetriage.domain.resource import KINDS, Resource

ALWAYS = ("kube-system",)
"""Namespaces that come along: DNS, provisioners and the control plane explain faults elsewhere."""
NEVER = frozenset({"Secret", "Endpoints", "PodMetrics", "NodeMetrics", "CustomResourceDefinition"})
"""Secret data is never read; the others add bulk or no state of their own."""

Fetch = Callable[[Read], Awaitable[Observation]]
Told = Callable[[int, int, Resource | None], None]


class Plan(NamedTuple):
    """What to record."""

    namespaces: tuple[str, ...]
    """Empty for all of them."""
    tail: int
    """Lines of each log; 0 for no logs."""


class Recorded(NamedTuple):
    """What was written."""

    objects: int
    logs: int
    unreadable: tuple[str, ...]
    """Scope entries of what the API server refused."""
    missing: tuple[str, ...]
    """Kinds that could not be read for another reason; they are outside the snapshot's scope."""
    partial: tuple[str, ...]
    """Kinds of which one answer was too large to be had whole."""
    absent: tuple[str, ...]
    """Namespaces that were asked for and that the cluster does not have."""


async def record(fetch: Fetch, folder: Path, plan: Plan, at: datetime, told: Told) -> Recorded:
    """Read everything and write the folder as a whole at the end; a failure leaves nothing half-written.

    Raises `BadInput` if the folder cannot be written or is not empty, `ClusterUnreachable` if no read came
    back.
    """
    require_new_or_empty(folder)
    answers = await _ask(fetch, list(_lists(plan.namespaces)), told)
    if not any(a.found for a in answers):
        why = next((a.failure.message for a in answers if a.failure), "no answer")
        raise ClusterUnreachable(f"Nothing could be read from the cluster: {why}")
    objects = _objects(answers, plan.namespaces)
    logs = await _logs(fetch, objects, plan.tail, told) if plan.tail else []
    unreadable, missing = _refused(answers)
    unreadable += sorted({_LOG_OF.format(a.read) for a in logs if _forbidden(a)})
    kinds = sorted({a.read.kind for a in answers if a.failure is None} - set(missing))
    scope: dict[str, Any] = {"kinds": kinds}
    if plan.namespaces:
        scope["namespaces"] = sorted({*plan.namespaces, *ALWAYS})
    if unreadable:
        scope["unreadable"] = unreadable
    logs = [seen for seen in logs if seen.found and seen.text is not None and _is_file_name(seen.read)]
    with SnapshotDraft(folder) as draft:
        for seen in logs:
            read = seen.read
            draft.log(read.namespace, read.name, read.container, seen.text or "", previous=read.previous)
        draft.finish(at, scope, objects)
    partial = sorted({a.read.kind for a in answers if a.cut})
    absent = _absent(answers, plan.namespaces)
    return Recorded(len(objects), len(logs), tuple(unreadable), tuple(missing), tuple(partial), absent)


def _absent(answers: Sequence[Observation], namespaces: Sequence[str]) -> tuple[str, ...]:
    """None where namespaces could not be listed, or not as a whole."""
    listed = next((a for a in answers if a.read.kind == "Namespace" and a.found and not a.cut), None)
    if listed is None:
        return ()
    there = {str((each.get("metadata") or {}).get("name", "")) for each in listed.objects or ()}
    return tuple(sorted(set(namespaces) - there))


def _lists(namespaces: Sequence[str]) -> Iterable[Read]:
    chosen = sorted({*namespaces, *ALWAYS}) if namespaces else [""]
    for kind, info in sorted(KINDS.items()):
        if kind in NEVER:
            continue
        for namespace in chosen if info.namespaced else [""]:
            yield list_of(kind, namespace)


async def _ask(fetch: Fetch, reads: Sequence[Read], told: Told) -> list[Observation]:
    done = 0

    async def one(read: Read) -> Observation:
        nonlocal done
        seen = await fetch(read)
        done += 1
        told(done, len(reads), read.resource)
        return seen

    return list(await asyncio.gather(*(one(read) for read in reads)))


def _objects(answers: Iterable[Observation], namespaces: Sequence[str]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for answer in answers:
        for raw in answer.objects:
            whole = {"apiVersion": answer.read.api_version, **raw, "kind": answer.read.kind}
            ref = Obj(whole).ref
            outside = ref.kind == "Namespace" and namespaces and ref.name not in (*namespaces, *ALWAYS)
            if not outside:
                found.setdefault(ref.key, whole)
    return [found[key] for key in sorted(found)]


async def _logs(fetch: Fetch, objects: Iterable[dict[str, Any]], tail: int, told: Told) -> list[Observation]:
    reads: list[Read] = []
    for raw in objects:
        pod = Obj(raw)
        if pod.ref.kind != "Pod":
            continue
        for state in containers(pod):
            if state.running or state.last_terminated:
                reads.append(log_of(pod.ref, state.name, tail=tail))
            if state.restarts:
                reads.append(log_of(pod.ref, state.name, tail=tail, previous=True))
    return await _ask(fetch, reads, told)


_LOG_OF = "pods/log/{0.namespace}/{0.name}"
"""A scope entry for the logs of one pod."""


def _is_file_name(read: Read) -> bool:
    return is_file_name(read.namespace, read.name, read.container)


def _forbidden(answer: Observation) -> bool:
    return answer.failure is not None and answer.failure.kind is FailureKind.FORBIDDEN


def _refused(answers: Iterable[Observation]) -> tuple[list[str], list[str]]:
    unreadable, missing = [], []
    for answer in answers:
        if answer.failure is None:
            continue
        if _forbidden(answer):
            where = f"/{answer.read.namespace}" if answer.read.namespace else ""
            unreadable.append(f"{answer.read.kind}{where}")
        elif answer.read.kind not in missing:
            missing.append(answer.read.kind)
    return sorted(set(unreadable)), sorted(missing)
