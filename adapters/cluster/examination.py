"""What a connection offers and what its rights forbid, for people who set it up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.errors import ClusterUnreachable
from kubetriage.domain.evidence import FailureKind, Observation, list_of, log_of, top_of
from kubetriage.domain.resource import resource

if TYPE_CHECKING:
    from kubetriage.adapters.cluster.reads import McpCluster

KINDS_READ = """
    Pod Event Node Namespace Service EndpointSlice ConfigMap PersistentVolumeClaim PersistentVolume
    StorageClass ResourceQuota LimitRange Deployment ReplicaSet StatefulSet DaemonSet Job CronJob
    NetworkPolicy ValidatingWebhookConfiguration MutatingWebhookConfiguration
"""
"""Kinds that a triage reads often."""


class Rights(NamedTuple):
    """What came of trying reads: kinds, `logs` and `usage`."""

    readable: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    unserved: tuple[str, ...] = ()
    """What the API server or the MCP server doesn't have."""
    troubled: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Other reasons, each with what could not be read for it."""


class Examined(NamedTuple):
    """What was found out about one connection; empty where it could not be reached."""

    unreachable: str = ""
    """Why it could not be reached; empty if it was."""
    server: str = ""
    version: str = ""
    usable: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    """Tools on our allow-list that are marked as writing."""
    missing: tuple[str, ...] = ()
    """Tools that a triage needs and the server lacks."""
    others: int = 0
    """Tools that are never called, whatever they do."""
    unhinted: tuple[str, ...] = ()
    rights: Rights = Rights()


async def examine_cluster(cluster: McpCluster) -> Examined:
    """Connect, look at the tools, and try reads of all kinds that a triage needs, changing nothing."""
    try:
        offer, tools = await cluster.connect()
        kinds = KINDS_READ.split()
        answers = list(await asyncio.gather(*(cluster.read(list_of(kind, labels=_NONE)) for kind in kinds)))
        said = dict(zip(kinds, answers, strict=True))
        said["usage"] = await cluster.read(top_of("Node"))
        if (log := await _some_log(cluster)) is not None:
            said["logs"] = log
    except ClusterUnreachable as error:
        return Examined(unreachable=str(error))
    return Examined(
        server=offer.server,
        version=offer.version,
        usable=tuple(tools.usable),
        refused=tuple(f"{tool} ({mark})" for tool, mark in tools.refused.items()),
        missing=tools.missing,
        others=len(tools.others),
        unhinted=tools.unhinted,
        rights=_rights(said),
    )


_NONE = "kubetriage.example/no-object-has-this-label"
"""Rights are checked before labels, so an empty list tells as much as a full one."""


async def _some_log(cluster: McpCluster) -> Observation | None:
    """The last line of a log of cluster DNS, which nearly every cluster has; None where it has not."""
    pods = await cluster.read(list_of("Pod", "kube-system", labels="k8s-app=kube-dns"))
    for pod in pods.objects[:1]:
        name, containers = pod["metadata"]["name"], (pod.get("spec") or {}).get("containers") or [{}]
        where = resource("Pod", "kube-system", name)
        return await cluster.read(log_of(where, containers[0].get("name", ""), tail=1))
    return None


def _rights(said: Mapping[str, Observation]) -> Rights:
    readable: list[str] = []
    forbidden: list[str] = []
    unserved: list[str] = []
    troubled: dict[str, list[str]] = {}
    for what, answer in said.items():
        if answer.failure is None and not answer.cut:
            readable.append(what)
        elif answer.failure is None:
            troubled.setdefault(answer.cut, []).append(what)
        elif answer.failure.kind in (FailureKind.FORBIDDEN, FailureKind.DENIED):
            forbidden.append(what)
        elif answer.failure.kind is FailureKind.UNSUPPORTED:
            unserved.append(what)
        else:
            troubled.setdefault(answer.failure.message, []).append(what)
    reasons = tuple((why, tuple(names)) for why, names in troubled.items())
    return Rights(tuple(readable), tuple(forbidden), tuple(unserved), reasons)
