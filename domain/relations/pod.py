"""Around a Pod: owners, events, node, claims, ConfigMaps, logs, Services; for one that is gone, its owner."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kubetriage.domain.dependence import behind
from kubetriage.domain.evidence import get, list_of, log_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import ContainerState, Obj, containers, pod_ready, pod_settled, selector_of
from kubetriage.domain.language import text
from kubetriage.domain.references import config_refs
from kubetriage.domain.relations.base import Relation, refused
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.view import ClusterView, claims_of

HEALTHY_LOGS = 2
MOST_WORKLOADS = 4
"""Workloads behind one Service of which a log is read."""
"""Pods of a workload without unhealthy ones whose logs are read: errors may show in them alone."""
TAIL = 500
"""Lines of the log of a container in trouble: its last words are what counts."""
LONG_TAIL = 2000
"""Lines of the log of a container that is ready: what the alert measures may lie some way back."""
CONTAINERS = 6
"""Containers of one pod whose logs are read, those in trouble first."""


def around_pods(view: ClusterView) -> Iterator[Want]:
    for pod in view.objects("Pod"):
        if not view.looked_at(pod.ref):
            continue
        yield from _events(pod.ref)
        yield from _owners(view, pod)
        yield from _logs(pod)
        if not pod_settled(pod):
            yield from _where_it_runs(pod)
            yield from _what_it_uses(pod)


def _events(pod: Resource) -> Iterator[Want]:
    chosen = f"involvedObject.kind=Pod,involvedObject.name={pod.name}"
    why = text("what kubelet and scheduler said about the pod", "kubelet 和调度器对该 Pod 的记录")
    yield Want(read=list_of("Event", pod.namespace, fields=chosen), about=pod, why=why)


def _owners(view: ClusterView, pod: Obj) -> Iterator[Want]:
    """Each controller above the pod, then the pods that the lowest one with a selector owns."""
    chain = view.owners(pod.ref)
    for below, owner in zip([pod.ref, *chain], chain, strict=False):
        if owner.builtin or owner.api_version:
            why = text("controls {kind} {name}", "{kind} {name} 的控制器", kind=below.kind, name=below.name)
            yield Want(read=get(owner), about=owner, why=why)
    top = next((found for owner in reversed(chain) if (found := view.find(owner)) is not None), None)
    if top is not None and selector_of(top):
        why = text(
            "the other pods of {kind} {name}", "{kind} {name} 的其他 Pod", kind=top.ref.kind, name=top.name
        )
        yield Want(read=list_of("Pod", top.namespace, labels=selector_of(top)), about=top.ref, why=why)


def _where_it_runs(pod: Obj) -> Iterator[Want]:
    node = pod.text("spec", "nodeName")
    if node:
        ref = resource("Node", "", node)
        yield Want(read=get(ref), about=ref, why=text("runs the pod", "该 Pod 所在的节点"))
    why = text("which Services select the pod", "哪些 Service 选中该 Pod")
    yield Want(read=list_of("Service", pod.namespace), about=pod.ref, why=why)


def _what_it_uses(pod: Obj) -> Iterator[Want]:
    for claim in dict.fromkeys(claims_of(pod)):
        yield Want(read=get(claim), about=claim, why=text("mounted by the pod", "被该 Pod 挂载"))
    for one in config_refs(pod):
        if one.ref.kind == "ConfigMap":
            why = text("used by the pod ({how})", "被该 Pod 引用（{how}）", how=one.how)
            yield Want(read=get(one.ref), about=one.ref, why=why)


# ---- logs


def _logs(pod: Obj) -> Iterator[Want]:
    states = sorted(containers(pod), key=_in_trouble, reverse=True)
    for state in states[:CONTAINERS]:
        yield from _log(pod, state)


def _in_trouble(state: ContainerState) -> bool:
    """Whether it has failed, or is not doing what it should now."""
    code = state.last_terminated.get("exitCode")
    if state.init and not state.sidecar:
        return bool(state.running or code)
    return not state.ready or bool(code)


def _log(pod: Obj, state: ContainerState) -> Iterator[Want]:
    """The current run's log if it has started, and the run's before if there was one.

    While a container waits to be restarted, kubelet gives the log of the run that ended as either of the two.
    """
    ended = bool(state.last_terminated)
    if not (state.running or ended):
        return  # never started: there is no log, and asking for it is an error
    done = state.init and not state.sidecar and state.terminated.get("exitCode") == 0
    if done and not state.restarts:
        return
    previous = state.restarts > 0 and ended
    if previous:
        why = text(
            "the last words of {name} before it was restarted", "{name} 重启前的最后日志", name=state.name
        )
        yield Want(read=log_of(pod.ref, state.name, previous=True, tail=TAIL), about=pod.ref, why=why)
    if not done:
        why = text("what {name} logs", "{name} 的日志", name=state.name)
        tail = LONG_TAIL if pod_ready(pod) else TAIL
        yield Want(read=log_of(pod.ref, state.name, tail=tail), about=pod.ref, why=why)


def logs_of_healthy_workload(view: ClusterView) -> Iterator[Want]:
    """The logs of some pods behind the alert's resource when all of them are ready; of one where some are.

    Those that are not ready may have a fault of their own, and not the one that callers notice.
    """
    found = view.find(view.primary)
    if found is None or found.ref.kind == "Pod":
        return
    pods = behind(view, found.ref) or view.pods_of(found.ref)
    alive = [p for p in pods if p.deleted is None and p.text("status", "phase") != "Failed"]
    ready = [p for p in alive if pod_ready(p)]
    for pod in _in_turn(view, ready, HEALTHY_LOGS if len(ready) == len(alive) else 1):
        why = text(
            "a ready pod whose log may show what the alert measures", "就绪的 Pod，其日志可能说明告警的原因"
        )
        for state in containers(pod)[:CONTAINERS]:
            if state.running:
                yield Want(read=log_of(pod.ref, state.name, tail=LONG_TAIL), about=pod.ref, why=why)


def _in_turn(view: ClusterView, pods: Sequence[Obj], count: int) -> list[Obj]:
    """`count` pods, of as many workloads as there are, and one of each of the first few: behind one Service a
    canary runs beside what it is to replace."""
    by_work: dict[Resource, list[Obj]] = {}
    for pod in pods:
        by_work.setdefault(view.workload(pod.ref), []).append(pod)
    if len(by_work) < 2:
        return list(pods[:count])
    return [own[0] for own in by_work.values()][:MOST_WORKLOADS]


# ---- a pod that is gone, or that may not be read

_OF_REPLICA_SET = re.compile(r"^(?P<base>.+)-(?P<hash>[a-z0-9]{6,10})-[a-z0-9]{5}$")
_OF_ORDINAL = re.compile(r"^(?P<base>.+)-\d{1,4}$")
_OF_RANDOM = re.compile(r"^(?P<base>.+)-[a-z0-9]{5}$")
_OF_SCHEDULE = re.compile(r"^(?P<base>.+)-\d{8,10}$")


def owners_by_name(pod: Resource) -> list[Resource]:
    """The controllers that would give a pod this name, the likeliest first.

    Names are `<deployment>-<template hash>-<5>`, `<statefulset>-<ordinal>`, `<daemonset or job>-<5>` and, for
    a CronJob's Job, `<cronjob>-<minutes since 1970>-<5>`.
    """
    found: list[tuple[str, str]] = []
    whole = _OF_RANDOM.match(pod.name)
    replica = _OF_REPLICA_SET.match(pod.name)
    ordinal = _OF_ORDINAL.match(pod.name)
    scheduled = _OF_SCHEDULE.match(whole["base"]) if whole else None
    if scheduled and whole:
        found += [("Job", whole["base"]), ("CronJob", scheduled["base"])]
    elif replica:
        found.append(("Deployment", replica["base"]))
    if ordinal:
        found.append(("StatefulSet", ordinal["base"]))
    if whole and not scheduled:
        found += [("DaemonSet", whole["base"]), ("Job", whole["base"]), ("ReplicaSet", whole["base"])]
    return [resource(kind, pod.namespace, name) for kind, name in found]


def owner_of_unseen_pod(view: ClusterView) -> Iterator[Want]:
    """Whose pod it is that is gone or may not be read, tried one by one until one is found; and its events.

    Events outlive the pod, and who may not read Pods may well read Events and Deployments.
    """
    pod = view.primary
    if pod is None or pod.kind != "Pod" or not (view.is_absent(pod) or refused(view, pod)):
        return
    yield from _events(pod)
    for owner in owners_by_name(pod):
        why = text("would own a pod of that name", "按名称推断是该 Pod 的所有者")
        yield Want(read=get(owner), about=owner, why=why)
        if not view.is_absent(owner):
            return


RELATIONS: tuple[Relation, ...] = (around_pods, logs_of_healthy_workload, owner_of_unseen_pod)
