"""What only StatefulSets and DaemonSets do: wait for an ordinal, keep an old revision, choose their nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kubetriage.domain.finding import Finding, Likelihood, Role
from kubetriage.domain.kube import Obj, pod_ready, whole_number
from kubetriage.domain.language import Text
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.log_signs import read_record
from kubetriage.domain.logs import Record, records
from kubetriage.domain.resource import resource
from kubetriage.domain.rules.phrases import NOTHING, joined, say, stated
from kubetriage.domain.rules.remedies import (
    change,
    check,
    destroy,
    edit_template,
    mutate,
    read,
    target,
    with_note,
)
from kubetriage.domain.rules.rollout_state import count, exact_cause, workloads
from kubetriage.domain.rules.scheduling_fit import fits_selector, nodes, taint_text, untolerated
from kubetriage.domain.rules.scheduling_reasons import NODE_TROUBLE
from kubetriage.domain.rules.wording import quotable
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


def _of_kind(view: ClusterView, kind: str) -> Iterator[Obj]:
    return (w for w in workloads(view) if w.ref.kind == kind)


def ordinal(pod: Obj) -> int:
    number = whole_number(pod.name.rpartition("-")[2])
    return -1 if number is None else number


# ---- StatefulSets


def blocked(view: ClusterView) -> Iterator[Finding]:
    """Pods are made one after the other: the first that is not ready keeps the later ones from being made."""
    for found in _of_kind(view, "StatefulSet"):
        now = count(found)
        if found.text("spec", "podManagementPolicy") == "Parallel" or now.exist >= now.want:
            continue
        pods = sorted((p for p in view.pods_of(found.ref) if p.deleted is None), key=ordinal)
        first = next((p for p in pods if not pod_ready(p)), None)
        if first is None:
            continue
        yield Finding(
            rule="rollout.ordinal-blocked",
            category="statefulset-blocked",
            role=Role.SYMPTOM,
            subject=found.ref,
            culprit=found.ref,
            statement=stated(
                "StatefulSet {n} has {e} of {w} pods: it waits for {p} to be ready before it makes the "
                "next one.",
                "StatefulSet {n} 应有 {w} 个 Pod，只有 {e} 个：要等 {p} 就绪后才会创建下一个。",
                n=found.name, e=now.exist, w=now.want, p=first.name,
            ),
            waits_on=(first.ref,),
            cites=(found.cite, first.cite),
            quotes=quotable(first.name),
        )  # fmt: skip


def held_back(view: ClusterView) -> Iterator[Finding]:
    """An update strategy that leaves pods on the old revision: OnDelete, or a partition."""
    for found in (*_of_kind(view, "StatefulSet"), *_of_kind(view, "DaemonSet")):
        strategy = found.text("spec", "updateStrategy", "type")
        partition = found.number("spec", "updateStrategy", "rollingUpdate", "partition")
        now = count(found)
        if not now.stale or now.short:
            continue
        left = now.want - now.updated
        if strategy == "OnDelete":
            why = say("its update strategy is OnDelete, and they have not been deleted",
                      "更新策略为 OnDelete，而这些 Pod 没有被删除")  # fmt: skip
            act = say("Each pod takes the new template when it is deleted.", "删除 Pod 后才会以新模板重建。")
            old = _old_pods(view, found)
            rolling = '{"spec":{"updateStrategy":{"type":"RollingUpdate"}}}'
            commands = [destroy(f"kubectl delete {target(p.ref)}") for p in old[:3]] or [
                mutate(f"kubectl patch {target(found.ref)} --type=merge -p '{rolling}'")
            ]
        elif found.ref.kind == "StatefulSet" and partition > 0 and left > 0:
            why = say(
                "the partition {p} of its update strategy keeps ordinals below {p}",
                "更新策略的 partition 为 {p}，序号小于 {p} 的不更新",
                p=partition,
            )
            act = say("Lower the partition to let the update go on.", "降低 partition 使更新继续。")
            patch = '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}'
            commands = [mutate(f"kubectl patch {target(found.ref)} --type=merge -p '{patch}'")]
        else:
            continue
        yield exact_cause(
            found,
            "held-back",
            "rollout-stuck",
            say(
                "{k} {n}: {l} of {w} pods still run the old revision, because {why}.",
                "{k} {n}：{w} 个 Pod 中仍有 {l} 个运行旧修订版：{why}。",
                k=found.ref.kind, n=found.name, l=left, w=now.want, why=why,
            ),
            change(say("Let the update go on", "让更新继续"), with_note(act, found), *commands),
            quotes=("OnDelete" if strategy == "OnDelete" else str(partition),),
        )  # fmt: skip


def _old_pods(view: ClusterView, found: Obj) -> list[Obj]:
    newest = found.text("status", "updateRevision")
    pods = [p for p in view.pods_of(found.ref) if p.deleted is None]
    if found.ref.kind == "DaemonSet":
        mark = found.annotations.get("deprecated.daemonset.template.generation", "")
        return [p for p in pods if mark and p.labels.get("pod-template-generation", mark) != mark]
    return [p for p in pods if newest and p.labels.get("controller-revision-hash") != newest]


def no_headless_service(view: ClusterView) -> Iterator[Finding]:
    """`spec.serviceName` names a Service that does not exist: the pods have no names of their own in DNS."""
    for found in _of_kind(view, "StatefulSet"):
        name = found.text("spec", "serviceName")
        ref = resource("Service", found.namespace, name)
        if not name or not view.is_absent(ref):
            continue
        now = count(found)
        wanted = _asked_for(view, found, name)
        yield Finding(
            rule="rollout.no-headless-service",
            category="statefulset-blocked",
            role=Role.CAUSE if now.short and wanted else Role.RISK,
            subject=found.ref,
            culprit=ref,
            statement=stated(
                "Service {s}, which StatefulSet {n} names as serviceName, does not exist: its pods have "
                "no DNS "
                "names of their own{log}.",
                "StatefulSet {n} 的 serviceName 指向的 Service {s} 不存在：其 Pod 没有各自的 DNS 名称{log}。",
                s=name, n=found.name,
                log=say(", and their log asks for them",
                    "，而日志显示正在解析这些名称") if wanted else NOTHING,
            ),
            likelihood=Likelihood.HIGH if wanted else Likelihood.MEDIUM,
            explains=tuple(p.ref for p in view.pods_of(found.ref)) if wanted else (),
            cites=(found.cite,),
            quotes=quotable(name),
            remedies=(
                change(
                    say("Create the headless Service {s}", "创建 headless Service {s}", s=name),
                    say("clusterIP: None, selecting the StatefulSet's pods.",
                        "clusterIP: None，选中该 StatefulSet 的 Pod。"),
                    mutate(f"kubectl create service clusterip {name} -n {found.namespace} --clusterip=None"),
                ),
            ),
        )  # fmt: skip


def _asked_for(view: ClusterView, found: Obj, service: str) -> bool:
    """Whether a pod's log says that a member's name under the Service has no address."""
    member = re.compile(rf"\b{re.escape(found.name)}-\d+\.{re.escape(service)}\b")
    for pod in view.pods_of(found.ref):
        for spec in pod.items("spec", "containers"):
            for previous in (False, True):
                log = view.log(pod.ref, str(spec.get("name")), previous=previous)
                if log is not None and any(
                    member.search(record.whole) and _unresolved(record) for record in records(log.text)
                ):
                    return True
    return False


def _unresolved(record: Record) -> bool:
    seen = read_record(record)
    return seen is not None and seen.sign is Sign.DNS


# ---- DaemonSets


def wrong_nodes(view: ClusterView) -> Iterator[Finding]:
    """Pods of a DaemonSet on nodes that it should not run on."""
    for found in _of_kind(view, "DaemonSet"):
        extra = found.number("status", "numberMisscheduled")
        if not extra:
            continue
        known = {n.name: n for n in nodes(view) or []}
        template = Obj(found.mapping("spec", "template"))
        there = sorted({p.text("spec", "nodeName") for p in view.pods_of(found.ref)} & set(known))
        bad = [(known[n], why) for n in there if (why := _not_allowed(template, known[n])) is not None]
        on = NOTHING
        if bad:
            shown = joined([say("{n} ({w})", "{n}（{w}）", n=n.name, w=w) for n, w in bad[:2]], ", ", "、")
            on = say(": {shown}", "：{shown}", shown=shown)
        yield Finding(
            rule="rollout.misscheduled",
            category="daemonset-scheduling",
            role=Role.CAUSE,
            subject=found.ref,
            culprit=found.ref,
            statement=stated(
                "DaemonSet {d} still runs {e} pod(s) on nodes that its selector, affinity or tolerations "
                "no longer "
                "allow{on}.",
                "DaemonSet {d} 仍有 {e} 个 Pod 运行在其选择器、亲和性或容忍已不允许的节点上{on}。",
                d=found.name, e=extra, on=on,
            ),
            likelihood=Likelihood.HIGH if bad else Likelihood.MEDIUM,
            cites=(found.cite, *(n.cite for n, _ in bad[:3])),
            quotes=(str(extra),),
            remedies=(
                change(
                    say("Allow those nodes, or remove the pods", "允许这些节点，或删除这些 Pod"),
                    with_note(say("Compare the nodes' labels and taints with the template.",
                                  "比较节点的标签、污点与模板。"), found),
                    *edit_template(found.ref),
                ),
            ),
        )  # fmt: skip


def _kept_off(template: Obj, node: Obj) -> list[dict[str, Any]]:
    """The node's taints that count: DaemonSet pods tolerate those of a node's own trouble."""
    return [t for t in untolerated(template, node) if t.get("key") not in NODE_TROUBLE]


def _not_allowed(template: Obj, node: Obj) -> Text | None:
    """Why a node is not one for this template."""
    taints = _kept_off(template, node)
    if taints:
        return say("it has the taint {t}", "带有污点 {t}", t=taint_text(taints[0]))
    if not fits_selector(template, node):
        return say("its labels do not fit", "标签不符合")
    return None


def no_nodes(view: ClusterView) -> Iterator[Finding]:
    """A DaemonSet that wants no pod at all because no node fits."""
    for found in _of_kind(view, "DaemonSet"):
        known = nodes(view)
        if found.number("status", "desiredNumberScheduled") or not known:
            continue
        template = Obj(found.mapping("spec", "template"))
        fitting = [n for n in known if fits_selector(template, n)]
        if any(not _kept_off(template, n) for n in fitting):
            continue
        if not fitting:
            pairs = template.mapping("spec", "nodeSelector")
            shown = ", ".join(f"{k}={v}" for k, v in sorted(pairs.items())) or "affinity"
            why = say("no node matches its node selector ({s})", "没有节点符合其节点选择器（{s}）", s=shown)
            quotes = tuple(str(v) for v in pairs.values())[:1]
        else:
            taints = [taint_text(t) for n in fitting for t in _kept_off(template, n)]
            why = say("it does not tolerate the taint {t}", "它不容忍污点 {t}", t=taints[0])
            quotes = ()
        yield exact_cause(
            found,
            "no-nodes",
            "daemonset-scheduling",
            say(
                "DaemonSet {n} runs nowhere: {why}.",
                "DaemonSet {n} 没有在任何节点上运行：{why}。",
                n=found.name,
                why=why,
            ),
            change(
                say(
                    "Correct the selector or tolerations, or label the nodes",
                    "修正选择器或容忍，或给节点打标签",
                ),
                with_note(say("No node fits the template as it is.", "目前没有节点符合模板。"), found),
                *edit_template(found.ref),
            ),
            check(
                say("See the nodes", "查看节点"),
                say("Labels and taints.", "标签和污点。"),
                read("kubectl get nodes --show-labels"),
            ),
            quotes=quotes,
        )


KIND_RULES: tuple[Rule, ...] = (blocked, held_back, no_headless_service, wrong_nodes, no_nodes)
