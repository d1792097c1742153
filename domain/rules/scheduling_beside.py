"""Whom a pod must run beside: the workload whose pods its required pod affinity asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kubetriage.domain.evidence import list_of
from kubetriage.domain.finding import Remedy, Want
from kubetriage.domain.kube import Obj, selects
from kubetriage.domain.language import Text, text
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.remedies import change, mutate, target, with_note
from kubetriage.domain.view import ClusterView

_KINDS = ("Deployment", "StatefulSet")


def terms(pod: Obj) -> list[dict[str, Any]]:
    """The terms of a pod's required pod affinity."""
    return pod.items("spec", "affinity", "podAffinity", "requiredDuringSchedulingIgnoredDuringExecution")


def _namespace(pod: Obj, term: dict[str, Any]) -> str:
    """Where the term looks for pods; empty if it names several namespaces or chooses them by labels."""
    if term.get("namespaceSelector") is not None:
        return ""
    named = [str(n) for n in term.get("namespaces") or ()]
    return pod.namespace if not named else named[0] if len(named) == 1 else ""


def beside_read(pod: Obj) -> Iterator[Want]:
    """The workloads among which the one is that the pod must run beside."""
    for namespace in sorted({_namespace(pod, t) for t in terms(pod)[:1]} - {""}):
        for kind in _KINDS:
            why = text("whose pods Pod {p} must run beside", "Pod {p} 必须与谁的 Pod 同处一地", p=pod.name)
            yield Want(read=list_of(kind, namespace), about=pod.ref, why=why)


def partner(view: ClusterView, pod: Obj) -> Obj | None:
    """The one workload whose template bears the labels that the pod's affinity asks for."""
    found = [
        w
        for term in terms(pod)[:1]
        for kind in _KINDS
        for w in view.objects(kind, _namespace(pod, term) or "-")
        if isinstance(chosen := term.get("labelSelector"), dict)
        and selects(chosen, w.mapping("spec", "template", "metadata", "labels"))
        and w.ref != view.workload(pod.ref)
    ]
    return found[0] if len(found) == 1 else None


def at_zero(workload: Obj | None) -> bool:
    return workload is not None and workload.at("spec", "replicas") == 0


def partner_text(workload: Obj | None) -> Text:
    """A clause about the partner, to follow its labels."""
    if workload is None:
        return NOTHING
    told = {"k": workload.ref.kind, "n": workload.name}
    if at_zero(workload):
        return say(
            "; those are of {k} {n}, which is scaled to 0", "；即 {k} {n} 的 Pod，而它被缩到 0", **told
        )
    return say("; those are of {k} {n}", "；即 {k} {n} 的 Pod", **told)


def scale_up(workload: Obj) -> Remedy:
    """Let the partner run again."""
    return change(
        say("Scale {k} {n} up again", "重新扩容 {k} {n}", k=workload.ref.kind, n=workload.name),
        with_note(
            say("Its pods must run before others can be placed beside them; ask who scaled it down, and why.",
                "它的 Pod 运行后，其他 Pod 才能与之同处一地；请先确认是谁、为何缩容。"), workload),
        mutate(f"kubectl scale {target(workload.ref)} --replicas=<count>"),
    )  # fmt: skip
