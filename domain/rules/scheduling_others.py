"""Other pods: anti-affinity, spread and affinity that leave a pod no place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kubetriage.domain.finding import Finding, Likelihood, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.rules.phrases import NOTHING, given, say
from kubetriage.domain.rules.scheduling_beside import at_zero, partner, partner_text, scale_up, terms
from kubetriage.domain.rules.scheduling_finding import see_nodes, template_change, unschedulable
from kubetriage.domain.rules.scheduling_fit import nodes, reaches, terms_text, volume_terms, volumes_of
from kubetriage.domain.rules.scheduling_reasons import Why
from kubetriage.domain.rules.scheduling_stuck import Case
from kubetriage.domain.rules.wording import short
from kubetriage.domain.view import ClusterView

_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def apart(view: ClusterView, case: Case) -> Iterator[Finding]:
    """Required pod anti-affinity or topology spread with more replicas than there are places."""
    spread = case.decision.why is Why.SPREAD
    rules = _spread_rules(case.pod) if spread else _anti_rules(case.pod)
    key = str(rules[0].get("topologyKey")) if rules else ""
    known = nodes(view)
    if spread and (missing := _without_label(case, known, rules)):
        yield _unlabelled(view, case, missing)
        return
    places = {n.labels[key] for n in known or [] if key in n.labels}
    owner = view.find(case.group.workload)
    replicas = owner.number("spec", "replicas") if owner else 0
    what = say("topology spread", "拓扑分布约束") if spread else say("pod anti-affinity", "Pod 反亲和性")
    counts = NOTHING
    held = None if spread else _held_by_volume(view, case, known or [])
    if places and replicas > len(places):
        counts = say(
            ": {r} replicas, {p} value(s) of {key}", "：{r} 个副本，而 {key} 只有 {p} 个取值",
            r=replicas, p=len(places), key=key,
        )  # fmt: skip
    why = say(
        "its {what}{key} leaves no node{counts}",
        "{what}{key}排除了所有节点{counts}",
        what=what, key=given(" ({v})", "（{v}）", key), counts=counts,
    )  # fmt: skip
    if held is not None:
        _, claim, place, other = held
        why = say(
            "its volume (claim {c}) can only be used on {n}, where its {what}{key} keeps it apart from {o}",
            "它的卷（声明 {c}）只能在 {n} 上使用，而那里有 {o}，{what}{key}不允许同处",
            c=claim, n=place, what=what, key=given(" ({v})", "（{v}）", key), o=f"Pod {other}",
        )  # fmt: skip
    exact = bool(places) and replicas > len(places) and not spread
    remedies = template_change(
        view,
        case,
        say("Relax the {what}, or run fewer replicas", "放宽{what}，或减少副本数", what=what),
        say("{soft} would place the pod anyway.", "改为 {soft} 后即使无法满足也会调度。",
            soft="whenUnsatisfiable: ScheduleAnyway" if spread else _PREFERRED),
    )  # fmt: skip
    yield unschedulable(
        case,
        "spread" if spread else "anti-affinity",
        "pod-anti-affinity",
        why,
        culprit=case.group.culprit,
        specificity=Specificity.EXACT if exact or held is not None else Specificity.NAMED,
        waits_on=tuple(n.ref for n in case.decision.ill),
        cites=(*((owner.cite,) if owner else ()), *((held[0].cite,) if held is not None else ())),
        quotes=(key, *((held[1],) if held is not None else ())),
        remedies=(remedies, see_nodes(view, (), key)),
    )


def _without_label(case: Case, known: list[Obj] | None, rules: list[dict[str, Any]]) -> str:
    """The key of a spread that no node carries, where the scheduler says that a label is missing."""
    if not all("missing required label" in r.words for r in case.decision.chosen):
        return ""
    keys = [str(r.get("topologyKey")) for r in rules]
    return next((k for k in keys if known and not any(k in n.labels for n in known)), "")


def _unlabelled(view: ClusterView, case: Case, key: str) -> Finding:
    why = say("its topology spread needs label {key}, which no node carries",
              "拓扑分布约束要求节点带有标签 {key}，但没有任何节点带有该标签", key=key)  # fmt: skip
    fix = template_change(
        view,
        case,
        say("Spread over a label that the nodes have, or label the nodes",
            "改用节点已有的标签做拓扑分布，或为节点添加该标签"),
        say("Nodes without the key are no place at all for whenUnsatisfiable: DoNotSchedule.",
            "whenUnsatisfiable 为 DoNotSchedule 时，没有该标签的节点不会被选用。"),
    )  # fmt: skip
    return unschedulable(
        case,
        "spread-label",
        "pod-anti-affinity",
        why,
        culprit=case.group.culprit,
        specificity=Specificity.EXACT,
        quotes=(key,),
        remedies=(fix, see_nodes(view, (), key)),
    )


def _held_by_volume(view: ClusterView, case: Case, known: list[Obj]) -> tuple[Obj, str, str, str] | None:
    """The volume that ties the pod to one node, its claim, that node, and the sibling that runs there."""
    for volume in volumes_of(view, case.pod):
        near = [n.name for n in known if volume_terms(volume) and reaches(volume, n)]
        if len(near) != 1:
            continue
        there = [
            p for p in view.pods_of(case.group.workload)
            if p.ref != case.pod.ref and p.text("spec", "nodeName") == near[0] and p.deleted is None
        ]  # fmt: skip
        if there:
            return volume, volume.text("spec", "claimRef", "name"), near[0], there[0].name
    return None


def together(view: ClusterView, case: Case) -> Iterator[Finding]:
    """Required pod affinity to pods that are nowhere, or a pod that runs and refuses this one."""
    refused = case.decision.why is Why.EXISTING_ANTI_AFFINITY
    asked = terms(case.pod)
    wanted = _labels_text(asked[0]) if asked else ""
    other = None if refused else partner(view, case.pod)
    zero = other if at_zero(other) else None
    if refused:
        why = say("the anti-affinity of pods that already run keeps it off every node open to it",
                  "已运行的 Pod 的反亲和性使可用节点都不能运行它")  # fmt: skip
    else:
        why = say(
            "its required pod affinity finds no place{wanted}{whose}",
            "必需的 Pod 亲和性找不到位置{wanted}{whose}",
            wanted=given(
                ": it must run beside pods with {v}", "：必须与带 {v} 的 Pod 同处一地", short(wanted, 80)
            ),
            whose=partner_text(other),
        )
    fix = template_change(
        view,
        case,
        say("Correct the pod affinity", "修正 Pod 亲和性"),
        say("The pods it asks for must exist and be placed first; or make the rule preferred.",
            "所要求的 Pod 必须已存在并已调度；或把规则改为 preferred。"),
    )  # fmt: skip
    yield unschedulable(
        case,
        "refused-by-others" if refused else "affinity",
        "pod-anti-affinity" if zero is None else "scaled-to-zero",
        why,
        culprit=case.group.culprit if zero is None else zero.ref,
        likelihood=Likelihood.MEDIUM if refused else Likelihood.HIGH,
        waits_on=(*(n.ref for n in case.decision.ill), *((other.ref,) if other and not zero else ())),
        cites=(other.cite,) if other is not None else (),
        quotes=(case.decision.chosen[0].words,),
        remedies=(fix,) if zero is None else (scale_up(zero), fix),
    )


def _anti_rules(pod: Obj) -> list[dict[str, Any]]:
    return pod.items("spec", "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution")


def _spread_rules(pod: Obj) -> list[dict[str, Any]]:
    rules = pod.items("spec", "topologySpreadConstraints")
    return [r for r in rules if r.get("whenUnsatisfiable", "DoNotSchedule") == "DoNotSchedule"]


def _labels_text(term: Mapping[str, Any]) -> str:
    chosen = Obj({"s": term.get("labelSelector")})
    pairs = [f"{k}={v}" for k, v in sorted(chosen.mapping("s", "matchLabels").items())]
    return ", ".join([*pairs, *([t] if (t := terms_text([chosen.mapping("s")])) else [])])
