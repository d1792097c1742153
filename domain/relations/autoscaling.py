"""Around a HorizontalPodAutoscaler and a PodDisruptionBudget: target, rivals, metrics, pods."""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.domain.evidence import get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import selector_of
from kubetriage.domain.language import text
from kubetriage.domain.relations.base import Relation, events_about
from kubetriage.domain.resource import KINDS, resource
from kubetriage.domain.rules.alert_words import LOAD, speaks_of
from kubetriage.domain.rules.autoscaling_metrics import adapter_api
from kubetriage.domain.view import ClusterView

METRICS_API = resource("APIService", "", "v1beta1.metrics.k8s.io")
SCALABLE = ("Deployment", "StatefulSet", "ReplicaSet")
"""Kinds that are taken for one another in a scaleTargetRef."""
METRICS_SERVER = resource("Deployment", "kube-system", "metrics-server")


def around_scalers(view: ClusterView) -> Iterator[Want]:
    for found in view.objects("HorizontalPodAutoscaler"):
        if not view.looked_at(found.ref):
            continue
        yield Want(
            read=events_about(found.ref),
            about=found.ref,
            why=text("what the autoscaler said", "自动伸缩控制器的记录"),
        )
        kind, name = (
            found.text("spec", "scaleTargetRef", "kind"),
            found.text("spec", "scaleTargetRef", "name"),
        )
        version = found.text("spec", "scaleTargetRef", "apiVersion")
        if kind and name and (kind in KINDS or version):
            target = resource(kind, found.namespace, name, "" if kind in KINDS else version)
            why = text("what HPA {h} scales", "HPA {h} 的伸缩目标", h=found.name)
            yield Want(read=get(target), about=target, why=why)
            if view.is_absent(target):
                have = text("targets of a similar name", "名称相近的目标")
                yield Want(read=list_of(kind, found.namespace), about=target, why=have)
                for other in SCALABLE if kind in SCALABLE else ():
                    namesake = resource(other, found.namespace, name)
                    yield Want(read=get(namesake), about=found.ref, why=have)
        why = text("other autoscalers of the same target", "同一目标的其他 HPA")
        yield Want(read=list_of("HorizontalPodAutoscaler", found.namespace), about=found.ref, why=why)
        active = found.conditions().get("ScalingActive")
        if active is not None and active.status == "False" and "ResourceMetric" in active.reason:
            why = text("serves CPU and memory metrics", "提供 CPU 和内存指标")
            yield Want(read=get(METRICS_API), about=METRICS_API, why=why)
            yield Want(read=get(METRICS_SERVER), about=METRICS_SERVER, why=why)
        api = adapter_api(active.reason) if active is not None and active.status == "False" else None
        if api is not None:
            yield Want(read=get(api), about=api, why=text("serves the metric", "提供该指标"))


def scalers_of_loaded(view: ClusterView) -> Iterator[Want]:
    """The autoscalers beside a workload that, by the alert's words, has more to do than it does."""
    primary = view.primary
    if primary is None or view.find(primary) is None or not speaks_of(view, LOAD):
        return
    work = view.workload(primary)
    if work.kind in SCALABLE:
        why = text("whether {w} can be scaled further", "{w} 能否继续扩容", w=work.name)
        yield Want(read=list_of("HorizontalPodAutoscaler", work.namespace), about=work, why=why)


def around_budgets(view: ClusterView) -> Iterator[Want]:
    for found in view.objects("PodDisruptionBudget"):
        if view.looked_at(found.ref) and selector_of(found):
            why = text("the pods that PDB {n} counts", "PDB {n} 统计的 Pod", n=found.name)
            pods = list_of("Pod", found.namespace, labels=selector_of(found))
            yield Want(read=pods, about=found.ref, why=why)
            if not found.number("status", "expectedPods"):
                meant = text("whose pods it may be meant for", "它可能要保护的工作负载")
                for kind in ("Deployment", "StatefulSet"):
                    yield Want(read=list_of(kind, found.namespace), about=found.ref, why=meant)
            for pod in view.pods_behind(found):
                owner = pod.controller
                if owner is not None and owner.kind in KINDS:
                    said = text("owns pods that PDB {n} counts", "拥有 PDB {n} 统计的 Pod", n=found.name)
                    yield Want(read=get(owner), about=owner, why=said)
                    break


RELATIONS: tuple[Relation, ...] = (around_scalers, scalers_of_loaded, around_budgets)
