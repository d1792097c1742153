"""The wrong place: taints that a pod does not tolerate, and node labels it asks for in vain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Specificity
from kubetriage.domain.kube import Obj, elements
from kubetriage.domain.language import Text
from kubetriage.domain.rules.listing import list_on_node
from kubetriage.domain.rules.phrases import NOTHING, given, say
from kubetriage.domain.rules.remedies import change, describe, escalate, mutate
from kubetriage.domain.rules.scheduling_finding import node_names, see_nodes, template_change, unschedulable
from kubetriage.domain.rules.scheduling_fit import (
    affinity_terms,
    fits_selector,
    holds,
    nodes,
    taint_text,
    terms_text,
    untolerated,
)
from kubetriage.domain.rules.scheduling_keepers import ill_keepers, startup_keys
from kubetriage.domain.rules.scheduling_reasons import STARTUP, UNINITIALIZED, Why, taint_key
from kubetriage.domain.rules.scheduling_stuck import Case
from kubetriage.domain.rules.wording import listed, short
from kubetriage.domain.view import ClusterView

# ---- taints


def tainted(view: ClusterView, case: Case) -> Iterator[Finding]:
    """Taints that the pod does not tolerate."""
    keys = [r.detail for r in case.decision.chosen if r.detail]
    known = nodes(view)
    bearing = [n for n in known or [] if _bears(case.pod, n, keys)]
    written = _taints(case.pod, bearing, keys) or keys
    taint = listed(written, 2) if written else say("a taint", "污点")
    why = say(
        "{nodes} carry the taint {taint}, which it does not tolerate{only}",
        "{nodes} 带有它不容忍的污点 {taint}{only}",
        nodes=node_names(bearing, max(sum(r.nodes for r in case.decision.chosen), 1)),
        taint=taint,
        only=_tolerated(case.pod),
    )
    provider = any(STARTUP.search(taint_key(k)) for k in keys)
    remedies = (
        (_wait_for_agent(view, keys, bearing),)
        if provider
        else (_tolerate(view, case, written), *_untaint(bearing, written))
    )
    yield unschedulable(
        case,
        "taint",
        "taint",
        why,
        culprit=bearing[0].ref if provider and bearing else case.group.culprit,
        likelihood=Likelihood.HIGH if keys else Likelihood.MEDIUM,
        specificity=Specificity.EXACT if bearing else Specificity.NAMED,
        waits_on=tuple(o.ref for o in (*case.decision.ill, *ill_keepers(view, startup_keys(case.decision)))),
        cites=(n.cite for n in bearing[:3]),
        quotes=(taint_key(k) for k in keys[:2]),
        remedies=(*remedies, see_nodes(view, bearing)),
    )


def _bears(pod: Obj, node: Obj, keys: Sequence[str]) -> bool:
    return any(not keys or str(t.get("key")) in {taint_key(k) for k in keys} for t in untolerated(pod, node))


def _taints(pod: Obj, bearing: Sequence[Obj], keys: Sequence[str]) -> list[str]:
    wanted = {taint_key(k) for k in keys}
    found = [
        taint_text(t)
        for n in bearing
        for t in untolerated(pod, n)
        if not wanted or str(t.get("key")) in wanted
    ]
    return list(dict.fromkeys(found))


def _tolerated(pod: Obj) -> Text:
    """The keys that it does tolerate, without the two that every pod is given."""
    usual = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
    keys = [
        str(t.get("key")) for t in pod.items("spec", "tolerations") if t.get("key") and t["key"] not in usual
    ]
    if not keys:
        return NOTHING
    return say(" (it tolerates {keys})", "（它只容忍 {keys}）", keys=listed(list(dict.fromkeys(keys)), 2))


def _tolerate(view: ClusterView, case: Case, written: Sequence[str]) -> Remedy:
    return template_change(
        view,
        case,
        say("Add a toleration to {kind} {name}", "为 {kind} {name} 添加容忍",
            kind=case.group.workload.kind, name=case.group.workload.name),
        say("If it is meant to run on those nodes: tolerate {taint} in the pod template.",
            "如果它应当运行在这些节点上：在 Pod 模板中容忍 {taint}。", taint=listed(list(written), 2)),
    )  # fmt: skip


def _untaint(bearing: Sequence[Obj], written: Sequence[str]) -> list[Remedy]:
    if not bearing or not written:
        return []
    return [
        change(
            say("Or remove the taint", "或移除污点"),
            say("If the taint is no longer needed; it keeps every other workload off those nodes too.",
                "如果该污点已不再需要；它同样会阻止其他工作负载。"),
            *(mutate(f"kubectl taint nodes {n.name} {written[0]}-") for n in bearing[:3]),
        )
    ]  # fmt: skip


def _wait_for_agent(view: ClusterView, keys: Sequence[str], bearing: Sequence[Obj]) -> Remedy:
    if any(taint_key(k) == UNINITIALIZED for k in keys):
        return escalate(
            say("Have the cloud controller manager looked at", "请检查 cloud-controller-manager"),
            say(
                "It removes this taint once it has initialised a node; one that keeps it was not.",
                "节点初始化完成后由它移除该污点；一直带有该污点说明节点未完成初始化。",
            ),
        )
    looks = [c for n in bearing[:1] for c in (describe(n.ref), *list_on_node(view, n.name))]
    return escalate(
        say("Have the agent looked at that should remove the taint", "请检查应移除该污点的组件"),
        say("It takes the taint off once it runs on the node; a toleration would start the pod without it.",
            "它在节点上正常运行后会移除该污点；若添加容忍，Pod 会在它缺席时启动。"),
        *looks,
    )  # fmt: skip


# ---- node labels


def selector(view: ClusterView, case: Case) -> Iterator[Finding]:
    """No node has the labels that nodeSelector or required node affinity ask for."""
    known = nodes(view)
    unmet = unmet_by(case.pod, known or [])
    wanted = unmet or _requirements(case.pod)
    shown = terms_text([{"matchExpressions": wanted[:2]}])
    key = str(wanted[0].get("key")) if wanted else ""
    named = [r for r in case.decision.chosen if r.why is Why.NODE_NAME]
    if named and case.pod.text("spec", "nodeName"):
        shown = f"nodeName={case.pod.text('spec', 'nodeName')}"
    why = say(
        "no node matches its node selector or affinity{shown}{have}",
        "没有节点符合它的节点选择器或亲和性{shown}{have}",
        shown=given(": it needs {v}", "：需要 {v}", short(shown, 90)),
        have=_nearest(key, known) if unmet else NOTHING,
    )
    label = NOTHING
    if unmet and unmet[0].get("operator") == "In" and unmet[0].get("values"):
        label = say("{l}", "{l}", l=f"{key}={(unmet[0].get('values') or [''])[0]}")
    yield unschedulable(
        case,
        "node-selector",
        "node-selector",
        why,
        culprit=case.group.culprit,
        specificity=Specificity.EXACT if unmet else Specificity.NAMED,
        waits_on=tuple(n.ref for n in case.decision.ill),
        cites=(n.cite for n in (known or [])[:3]),
        quotes=(key, *(str(v) for v in elements(wanted[0].get("values"))[:1])) if wanted else (),
        remedies=_fix_labels(view, case, key, label),
    )


def _requirements(pod: Obj) -> list[dict[str, Any]]:
    """nodeSelector and the first affinity term, each as a requirement."""
    plain = pod.mapping("spec", "nodeSelector")
    found = [{"key": str(k), "operator": "In", "values": [str(v)]} for k, v in sorted(plain.items())]
    for term in affinity_terms(pod)[:1]:
        rules = term.get("matchExpressions")
        found += [r for r in rules if isinstance(r, dict)] if isinstance(rules, list) else []
    return found


def unmet_by(pod: Obj, known: Sequence[Obj]) -> list[dict[str, Any]]:
    """The requirements that no node meets; all of them if each is met, but not together."""
    wanted = _requirements(pod)
    if not known or any(fits_selector(pod, n) for n in known):
        return []
    alone = [r for r in wanted if not any(holds(r, n.labels) for n in known)]
    return alone or wanted


def _nearest(key: str, known: Sequence[Obj] | None) -> Text:
    """What the nodes have under that label, or under one of a similar name."""
    if not known or not key:
        return NOTHING
    values = sorted({n.labels[key] for n in known if key in n.labels})
    if values:
        return say("; the nodes have {key}={v}", "；节点上是 {key}={v}", key=key, v=listed(values, 3))
    base = _plain(key)
    similar = sorted({f"{k}={v}" for n in known for k, v in n.labels.items() if _plain(k) == base})
    if similar:
        return say(
            "; no node has that label, the nearest is {s}", "；没有节点带该标签，最接近的是 {s}", s=similar[0]
        )
    return say("; no node has the label {key}", "；没有节点带有标签 {key}", key=key)


def _plain(key: str) -> str:
    """A label key without prefix, case and separators."""
    return "".join(c for c in key.rpartition("/")[2].lower() if c.isalnum())


def _fix_labels(view: ClusterView, case: Case, key: str, label: Text) -> tuple[Remedy, ...]:
    owner = case.group.workload
    remedies = [
        template_change(
            view,
            case,
            say("Correct the node selector of {kind} {name}", "修正 {kind} {name} 的节点选择器",
                kind=owner.kind, name=owner.name),
            say("Ask for a label that nodes have, or drop the requirement.",
                "改为节点已有的标签，或去掉该要求。"),
        )
    ]  # fmt: skip
    if label.en:
        remedies.append(
            change(
                say("Or label a node", "或给节点打标签"),
                say("If a node is meant to have it.", "如果某个节点本应有该标签。"),
                mutate(f"kubectl label nodes <node> {label.en}"),
            )
        )
    return (*remedies, see_nodes(view, (), key))
