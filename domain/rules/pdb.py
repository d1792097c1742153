"""PodDisruptionBudgets: too few healthy pods, or a budget that can never be met."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj, pod_ready
from kubetriage.domain.rules.phrases import say, stated
from kubetriage.domain.rules.remedies import change, check, describe, mutate, target, with_note
from kubetriage.domain.rules.wording import quotable
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
        if wanted > expected:
            yield _impossible(view, found, wanted, expected)
        elif healthy < wanted:
            yield _short(view, found, healthy, wanted)
        elif found.number("status", "disruptionsAllowed") == 0 and expected and wanted == expected:
            yield _none_allowed(view, found, expected)


def _see(found: Obj) -> Remedy:
    return check(
        say("See the budget", "查看 PDB"),
        say(
            "currentHealthy, desiredHealthy and disruptionsAllowed.",
            "currentHealthy、desiredHealthy 和 disruptionsAllowed。",
        ),
        describe(found.ref),
    )


def _edit(found: Obj) -> Remedy:
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
        remedies=(_edit(found), _see(found)),
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
        remedies=(_see(found),),
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
        remedies=(_edit(found), _see(found)),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (budgets,)
