"""PodDisruptionBudgets: too few healthy pods, or a budget that can never be met."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj, pod_ready, selects
from kubetriage.domain.rules.phrases import NOTHING, given, say, stated
from kubetriage.domain.rules.remedies import change, check, describe, mutate, target, with_note
from kubetriage.domain.rules.service_selection import template_labels
from kubetriage.domain.rules.similar_names import nearest
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


def budgets(view: ClusterView) -> Iterator[Finding]:
    """Budgets that no pods could meet, that too few pods meet now, or that allow no disruption at all."""
    for found in view.objects("PodDisruptionBudget"):
        if not view.looked_at(found.ref):
            continue
        healthy = found.number("status", "currentHealthy")
        wanted = found.number("status", "desiredHealthy")
        expected = found.number("status", "expectedPods")
        if wanted and not expected and not _meant(view, found):
            yield _selects_none(view, found, wanted)
        elif wanted > expected:
            yield _impossible(view, found, wanted, expected)
        elif healthy < wanted:
            yield _short(view, found, healthy, wanted)
        elif found.number("status", "disruptionsAllowed") == 0 and expected and wanted == expected:
            yield _none_allowed(view, found, expected)


def _workloads(view: ClusterView, found: Obj) -> list[Obj]:
    return [w for kind in ("Deployment", "StatefulSet") for w in view.objects(kind, found.namespace)]


def _meant(view: ClusterView, found: Obj) -> bool:
    """Whether the budget's selector fits a workload, which has no pods now, or nothing is known of them."""
    known = _workloads(view, found)
    chosen = found.mapping("spec", "selector")
    return not known or any(selects(chosen, template_labels(w)) for w in known)


def _selects_none(view: ClusterView, found: Obj, wanted: int) -> Finding:
    asked = {str(k): str(v) for k, v in found.mapping("spec", "selector", "matchLabels").items()}
    near, like = NOTHING, None
    for workload in _workloads(view, found):
        labels = template_labels(workload)
        slip = next((k for k, v in asked.items() if k in labels and nearest(v, [labels[k]])), None)
        if slip is not None:
            like = workload
            near = say("; pods of {k} {n} have {l}", "；{k} {n} 的 Pod 带有 {l}",
                       k=like.ref.kind, n=like.name, l=f"{slip}={labels[slip]}")  # fmt: skip
            break
    selector = ", ".join(f"{k}={v}" for k, v in sorted(asked.items()))
    return Finding(
        rule="pdb.selects-none",
        category="pdb",
        role=Role.CAUSE,
        subject=found.ref,
        culprit=found.ref,
        statement=stated(
            "PDB {n} selects no pod{s}{near}; it wants {w} healthy pods and can never be met.",
            "PDB {n} 没有选中任何 Pod{s}{near}；它要求 {w} 个健康 Pod，永远无法满足。",
            n=found.name, near=near, w=wanted,
            s=given(": none has {v}", "：没有 Pod 带有 {v}", short(selector, 80)),
        ),
        specificity=Specificity.EXACT,
        cites=(found.cite, *((like.cite,) if like is not None else ())),
        quotes=quotable(*list(asked.values())[:1]),
        remedies=(
            change(
                say("Correct the selector of PDB {n}", "修正 PDB {n} 的选择器", n=found.name),
                with_note(say("It must be the labels of the pods that it is to protect.",
                              "应与要保护的 Pod 的标签一致。"), found),
                mutate(f"kubectl edit {target(found.ref)}"),
            ),
            see_budget(found),
        ),
    )  # fmt: skip


def see_budget(found: Obj) -> Remedy:
    """Its numbers, as the controller counts them."""
    return check(
        say("See the budget", "查看 PDB"),
        say(
            "currentHealthy, desiredHealthy and disruptionsAllowed.",
            "currentHealthy、desiredHealthy 和 disruptionsAllowed。",
        ),
        describe(found.ref),
    )


def let_one_go(found: Obj) -> Remedy:
    """A budget that equals its pods stops every eviction."""
    return change(
        say("Let the budget allow one disruption", "让 PDB 至少允许一次中断"),
        with_note(say("minAvailable below the number of replicas, or maxUnavailable: 1.",
                      "minAvailable 小于副本数，或使用 maxUnavailable: 1。"), found),
        mutate(f"kubectl edit {target(found.ref)}"),
    )  # fmt: skip


def _impossible(view: ClusterView, found: Obj, wanted: int, expected: int) -> Finding:
    return Finding(
        rule="pdb.impossible",
        category="pdb",
        role=Role.CAUSE,
        subject=found.ref,
        culprit=found.ref,
        statement=stated(
            "PDB {n} demands {w} healthy pods, but only {e} are meant to exist: it can never be met and "
            "blocks every "
            "eviction.",
            "PDB {n} 要求 {w} 个健康 Pod，但总共只应有 {e} 个：永远无法满足，会阻止所有驱逐。",
            n=found.name, w=wanted, e=expected,
        ),
        specificity=Specificity.EXACT,
        cites=(found.cite,),
        quotes=quotable(str(wanted), str(expected)),
        remedies=(let_one_go(found), see_budget(found)),
    )  # fmt: skip


def _short(view: ClusterView, found: Obj, healthy: int, wanted: int) -> Finding:
    pods = view.pods_behind(found)
    ill = [p for p in pods if not pod_ready(p)]
    owners = {view.workload(p.ref) for p in pods}
    return Finding(
        rule="pdb.not-enough-healthy",
        category="pdb",
        role=Role.SYMPTOM,
        subject=found.ref,
        culprit=found.ref,
        statement=stated(
            "PDB {n} counts {h} healthy pods and wants {w}: no pod may be evicted until the others are "
            "ready.",
            "PDB {n} 要求 {w} 个健康 Pod，目前只有 {h} 个：其余 Pod 就绪前不允许驱逐。",
            n=found.name, h=healthy, w=wanted,
        ),
        waits_on=(*(p.ref for p in ill), *sorted(owners)),
        cites=(found.cite, *(p.cite for p in ill[:3])),
        quotes=quotable(str(healthy), str(wanted)),
        remedies=(see_budget(found),),
    )  # fmt: skip


def _none_allowed(view: ClusterView, found: Obj, expected: int) -> Finding:
    """By its own numbers: a risk for whoever drains a node, the cause if the alert is about the budget."""
    asked = found.ref == view.primary
    least = found.text("spec", "minAvailable")
    said = (
        say(
            "its minAvailable {m} equals its {e} pods",
            "其 minAvailable {m} 等于 Pod 总数 {e}",
            m=least,
            e=expected,
        )
        if least
        else say(
            "its maxUnavailable is {m}", "其 maxUnavailable 为 {m}", m=found.text("spec", "maxUnavailable")
        )
    )
    return Finding(
        rule="pdb.none-allowed",
        category="pdb",
        role=Role.CAUSE if asked else Role.RISK,
        subject=found.ref,
        culprit=found.ref,
        statement=stated(
            "PDB {n} allows no disruption: {said}, so no node that runs one of them can be drained.",
            "PDB {n} 不允许任何中断：{said}，因此运行这些 Pod 的节点都无法排空。",
            n=found.name, said=said,
        ),
        specificity=Specificity.EXACT,
        cites=(found.cite,),
        quotes=quotable(least or found.text("spec", "maxUnavailable"), str(expected)),
        remedies=(let_one_go(found), see_budget(found)),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (budgets,)
