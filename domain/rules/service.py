"""Services that reach nobody: a selector that selects no pod, pods that are not ready; ports and Ingresses.

A Service is judged only if the run looks at it: the alert's own, one before the alert's workload or of its
name, and one that a log, an Ingress or another finding names. Those without a selector are told of in
`service_by_hand`; ExternalName has no endpoints.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.evidence import list_of
from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj, pod_ready
from kubetriage.domain.language import Text
from kubetriage.domain.relations.service import would_select
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import (
    ingress,
    remedies,
    service_balancer,
    service_by_hand,
    service_meant,
    service_ports,
    service_traffic,
)
from kubetriage.domain.rules.listing import list_endpoints, list_kind
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.service_selection import (
    NearMiss,
    Slip,
    earlier_labels_fit,
    near_miss,
    selected,
    selector,
)
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


def _judged(view: ClusterView) -> Iterator[tuple[Obj, list[Obj], str]]:
    """The Services to judge with the pods that they select and the citation of these."""
    for service in view.objects("Service"):
        if view.looked_at(service.ref) and selector(service):
            found = selected(view, service)
            if found is not None and view.has_ready_endpoints(service) is not True:
                yield service, *found


# ---- nobody is selected


def selector_mismatch(view: ClusterView) -> Iterator[Finding]:
    """A selector that selects no pod although pods of nearly these labels exist."""
    for service, pods, cite in _judged(view):
        if pods or would_select(view, service) or view.complete_list("Pod", service.namespace) is None:
            continue
        miss = near_miss(view, service)
        cites = (service.cite, cite, *_slices(view, service))
        if miss is None:
            yield _nobody(view, service, cites)
        else:
            yield _mismatch(view, service, miss, cites)


def _slices(view: ClusterView, service: Obj) -> tuple[str, ...]:
    seen = view.observation(
        list_of("EndpointSlice", service.namespace, labels=f"kubernetes.io/service-name={service.name}")
    )
    return (seen.read.key,) if seen is not None and seen.found else ()


def _mismatch(view: ClusterView, service: Obj, miss: NearMiss, cites: tuple[str, ...]) -> Finding:
    target = miss.target
    changed = earlier_labels_fit(view, service, target)
    slip = miss.slips[0]
    return Finding(
        rule="service.selector-mismatch",
        category="selector-mismatch",
        role=Role.CAUSE,
        subject=service.ref,
        culprit=service.ref if changed is None else target.ref,
        statement=say(
            "Service {s} has no endpoints: its selector asks for {wants}, but {t} {have}{changed}.",
            "Service {s} 没有端点：其 selector 要求 {wants}，而 {t} {have}{changed}。",
            s=service.name,
            wants=_wants(miss),
            t=_whose(target),
            have=_have(miss),
            changed=say(
                "; its earlier revision {r} still fits", "；其较早的修订版 {r} 仍然匹配", r=changed.name
            )
            if changed is not None
            else NOTHING,
        ),
        likelihood=Likelihood.HIGH if miss.alone and _workloads_known(view, service) else Likelihood.MEDIUM,
        specificity=Specificity.EXACT,
        explains=_well(view, target),
        cites=(*cites, target.cite, *((changed.cite,) if changed is not None else ())),
        quotes=quotable(slip.wants, slip.has or slip.other_key or target.name),
        remedies=_select_again(view, service, miss, changed),
    )


def _workloads_known(view: ClusterView, service: Obj) -> bool:
    """Whether a workload that the selector does fit, and that has no pods now, could be excluded."""
    kinds = ("Deployment", "StatefulSet")
    return all(view.complete_list(kind, service.namespace) is not None for kind in kinds)


def _whose(target: Obj) -> Text:
    name = f"{target.ref.kind} {target.name}"
    if target.ref.kind == "Pod":
        return say("the labels of {n}", "{n}", n=name)
    return say("the pods of {n}", "{n} 的 Pod", n=name)


def _wants(miss: NearMiss) -> str:
    return short(", ".join(f"{s.key}={s.wants}" for s in miss.slips[:3]), 80)


def _have(miss: NearMiss) -> Text:
    labelled = [f"{s.key}={s.has}" for s in miss.slips if s.has]
    renamed = [f"{s.other_key}={s.wants}" for s in miss.slips if s.other_key]
    lacking = [s.key for s in miss.slips if not s.has and not s.other_key]
    parts = []
    if labelled or renamed:
        values = short(", ".join([*labelled, *renamed][:3]), 80)
        verb = "are" if miss.target.ref.kind == "Pod" else "are labelled"
        parts.append(say("{b} {v}", "的标签是 {v}", b=verb, v=values))
    if lacking:
        verb = "lack" if miss.target.ref.kind == "Pod" else "lack the label"
        parts.append(say("{b} {v}", "没有标签 {v}", b=verb, v=short(", ".join(lacking[:3]), 60)))
    return Text(en=" and ".join(p.en for p in parts), zh="，".join(p.zh for p in parts))


def _well(view: ClusterView, target: Obj) -> tuple[Resource, ...]:
    """The workload itself if nothing ails it: what an alert says of it may come from its Service alone."""
    if target.ref.kind == "Pod":
        return (target.ref,) if pod_ready(target) else ()
    pods = [p for p in view.pods_of(target.ref) if p.deleted is None]
    return (target.ref,) if pods and all(pod_ready(p) for p in pods) else ()


def _nobody(view: ClusterView, service: Obj, cites: tuple[str, ...]) -> Finding:
    wants = short(", ".join(f"{k}={v}" for k, v in sorted(selector(service).items())), 120)
    value = next(iter(sorted(selector(service).values())))
    return Finding(
        rule="service.selects-nobody",
        category="selector-mismatch",
        role=Role.CAUSE,
        subject=service.ref,
        culprit=service.ref,
        statement=say(
            "Service {s} has no endpoints: no pod and no workload in namespace {n} matches its selector {w}.",
            "Service {s} 没有端点：命名空间 {n} 中没有 Pod 或工作负载匹配其 selector {w}。",
            s=service.name,
            n=service.namespace,
            w=wants,
        ),
        likelihood=Likelihood.MEDIUM if _workloads_known(view, service) else Likelihood.LOW,
        cites=cites,
        quotes=quotable(value),
        remedies=(
            remedies.change(
                say("Correct the selector of Service {s}, or deploy what it selects",
                    "修正 Service {s} 的 selector，或部署它要选择的工作负载", s=service.name),
                remedies.with_note(
                    say("The workload it was made for may have been deleted or renamed.",
                        "它对应的工作负载可能已被删除或改名。"), service),
                remedies.mutate(f"kubectl edit {remedies.target(service.ref)}"),
            ),
            _see(view, service),
        ),
    )  # fmt: skip


def _select_again(view: ClusterView, service: Obj, miss: NearMiss, changed: Obj | None) -> tuple[Remedy, ...]:
    """Make selector and labels agree: at the workload if its labels were changed, else at the Service."""
    if changed is not None:
        back = remedies.change(
            say("Give the pods of {w} the labels that Service {s} selects",
                "让 {w} 的 Pod 恢复 Service {s} 所选的标签",
                w=f"{miss.target.ref.kind} {miss.target.name}", s=service.name),
            remedies.with_note(say("Its labels changed with the last revision.",
                "标签在最近一次修订中被改动。"),
                               miss.target),
            *remedies.edit_template(miss.target.ref),
        )  # fmt: skip
        return remedies.with_rollback(view, miss.target.ref, back, _see(view, service))
    patch = json.dumps({"spec": {"selector": _corrected(miss.slips)}}, separators=(",", ":"))
    fix = remedies.change(
        say("Let Service {s} select the pods of {w}", "让 Service {s} 选中 {w} 的 Pod",
            s=service.name, w=f"{miss.target.ref.kind} {miss.target.name}"),
        remedies.with_note(
            say("If the selector is meant as it is, deploy pods with these labels instead.",
                "如果 selector 本来就该如此，则应部署带有这些标签的 Pod。"), service),
        remedies.mutate(f"kubectl patch {remedies.target(service.ref)} --type merge -p '{patch}'"),
    )  # fmt: skip
    return (fix, _see(view, service))


def _corrected(slips: tuple[Slip, ...]) -> dict[str, str | None]:
    made: dict[str, str | None] = {}
    for slip in slips:
        made[slip.key] = slip.has or None
        if slip.other_key:
            made[slip.other_key] = slip.wants
    return made


def _see(view: ClusterView, service: Obj) -> Remedy:
    return remedies.check(
        say("Compare selector and labels", "对比 selector 与标签"),
        say("The endpoints fill as soon as both agree.", "两者一致后端点会自动出现。"),
        remedies.describe(service.ref),
        *list_endpoints(view, service.namespace, service.name),
        *list_kind(view, "Pod", service.namespace, "--show-labels"),
    )


# ---- those selected are not ready, or not there


def no_ready_endpoints(view: ClusterView) -> Iterator[Finding]:
    """A Service whose pods exist but are not ready, or whose workload has no pods at all."""
    for service, pods, cite in _judged(view):
        if any(pod_ready(p) for p in pods):
            continue
        owners = would_select(view, service) if not pods else []
        if not pods and not owners:
            continue
        first = view.workload(pods[0].ref) if pods else owners[0].ref
        who = f"{first.kind} {first.name}"
        yield Finding(
            rule="service.no-ready-endpoints",
            category="probe-failure" if pods else "scaled-to-zero",
            role=Role.SYMPTOM,
            subject=service.ref,
            culprit=first,
            statement=say(
                "Service {s} has no ready endpoint: none of the {n} pods that it selects ({w}) is ready.",
                "Service {s} 没有就绪的端点：它选中的 {n} 个 Pod（{w}）均未就绪。",
                s=service.name,
                n=len(pods),
                w=who,
            )
            if pods
            else say(
                "Service {s} has no endpoint: {w}, whose pods it selects, has none.",
                "Service {s} 没有端点：它所选的 {w} 没有任何 Pod。",
                s=service.name,
                w=who,
            ),
            waits_on=tuple(p.ref for p in pods) or tuple(o.ref for o in owners),
            cites=(service.cite, cite, *_slices(view, service), *(p.cite for p in pods[:2])),
        )


RULES: tuple[Rule, ...] = (
    selector_mismatch,
    no_ready_endpoints,
    *service_meant.RULES,
    *service_by_hand.RULES,
    *service_ports.RULES,
    *service_traffic.RULES,
    *service_balancer.RULES,
    *ingress.RULES,
)
