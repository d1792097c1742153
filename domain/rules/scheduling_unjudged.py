"""Pods that the scheduler did not judge: gated, bound by hand, preempted, or never looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj, pod_ready
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, fresh, group_pods
from kubetriage.domain.rules.phrases import NOTHING, say, stated
from kubetriage.domain.rules.remedies import change, check, escalate, mutate, read, see_yaml, target
from kubetriage.domain.rules.scheduling_stuck import pending, stuck
from kubetriage.domain.rules.wording import listed, quotable, short
from kubetriage.domain.view import ClusterView

SCHEDULER_PODS = {"component": "kube-scheduler"}
"""The label of kube-scheduler's static pods (kubeadm, kind, k3s server excepted)."""
SILENT_AFTER = timedelta(minutes=2)
"""A scheduler looks at a new pod within seconds; after this its silence says something."""


def gated(view: ClusterView) -> Iterator[Finding]:
    """`spec.schedulingGates` holds the pod back until somebody removes it."""
    shown = []
    for pod in pending(view):
        gates = [str(g.get("name")) for g in pod.items("spec", "schedulingGates")]
        if gates:
            shown.append((pod, tuple(gates)))
    for _, group in group_pods(view, shown):
        gates = [str(g.get("name")) for g in group.lead.items("spec", "schedulingGates")]
        yield Finding(
            rule="scheduling.gated",
            category="scheduling-gate",
            role=Role.CAUSE,
            subject=group.lead.ref,
            culprit=group.culprit,
            statement=stated(
                "{who} is not scheduled: the scheduling gate {gates} has not been removed, so the scheduler "
                "does not even look at it.",
                "{who} 未被调度：调度门控 {gates} 尚未移除，调度器不会处理该 Pod。",
                who=group.who, gates=listed(gates, 2),
            ),
            specificity=Specificity.EXACT,
            cites=group.cites,
            quotes=quotable(*gates[:2]),
            since=group.lead.created,
            remedies=(
                change(
                    say("Let the gate's owner remove it, or take it out of the template",
                        "由门控的控制器移除，或从模板中删去"),
                    say("A gate is removed by the controller its name belongs to (a queue, a quota); "
                        "if nothing does, delete spec.schedulingGates from the template.",
                        "门控应由名称所属的控制器移除（队列、配额等）；"
"若没有这样的控制器，请从模板中删去 spec.schedulingGates。"),
                    mutate(f"kubectl edit {target(group.workload)}"),
                ),
            ),
        )  # fmt: skip


def silent(view: ClusterView) -> Iterator[Finding]:
    """Pending for minutes, and no scheduler has said a word about it."""
    shown = []
    for pod in pending(view):
        young = pod.created is None or view.now - pod.created < SILENT_AFTER
        if young or pod.conditions().get("PodScheduled") is not None or view.events(pod.ref):
            continue
        if not pod.items("spec", "schedulingGates"):
            shown.append((pod, pod.text("spec", "schedulerName") or "default-scheduler"))
    for _, group in group_pods(view, shown):
        yield _silent(view, group, group.lead.text("spec", "schedulerName") or "default-scheduler")


def _silent(view: ClusterView, group: PodGroup, name: str) -> Finding:
    usual = name == "default-scheduler"
    runs = [p for p in view.objects("Pod", "kube-system") if _is_scheduler(p)]
    down = [p for p in runs if not pod_ready(p)]
    broken = usual and bool(runs) and len(down) == len(runs)
    if broken:
        why = say("kube-scheduler is not running ({p} is not ready)", "kube-scheduler 没有运行（{p} 未就绪）",
                  p=listed([p.name for p in down], 2))  # fmt: skip
    elif usual:
        why = say("no scheduler has looked at it, as if kube-scheduler were not running",
                  "没有任何调度器处理它，疑似 kube-scheduler 没有运行")  # fmt: skip
    else:
        why = say("it asks for the scheduler “{name}”, and none of that name has looked at it",
                  "它指定的调度器 “{name}” 没有处理它，可能并不存在", name=name)  # fmt: skip
    ask = escalate(
        say("Ask the cluster's administrator about the scheduler", "请集群管理员检查调度器"),
        say(
            "On a managed cluster the provider runs kube-scheduler: tell them which pods wait without an "
            "event, and since when.",
            "托管集群的 kube-scheduler 由云厂商运行：请说明从何时起、哪些 Pod 没有任何调度事件。",
        ),
        *([see_yaml(down[0].ref)] if down else []),
    )
    rename = change(
        say("Use a scheduler that exists", "改用存在的调度器"),
        say("Set spec.schedulerName of the pod template to default-scheduler, or start that scheduler.",
            "把 Pod 模板的 spec.schedulerName 改为 default-scheduler，或启动该调度器。"),
        mutate(f"kubectl edit {target(group.workload)}"),
    )  # fmt: skip
    return Finding(
        rule="scheduling.silent",
        category="control-plane-down" if usual else "scheduling-gate",
        role=Role.CAUSE,
        subject=group.lead.ref,
        culprit=down[0].ref if broken else (None if usual else group.culprit),
        statement=stated("{who} is not scheduled: {why}.", "{who} 未被调度：{why}。", who=group.who, why=why),
        likelihood=Likelihood.HIGH if broken else Likelihood.MEDIUM,
        waits_on=tuple(p.ref for p in down) if broken else (),
        cites=(*group.cites, *(p.cite for p in down[:2])),
        quotes=() if usual else quotable(name),
        since=group.lead.created,
        remedies=(ask,) if usual else (rename, ask),
    )


def _is_scheduler(pod: Obj) -> bool:
    return all(pod.labels.get(k) == v for k, v in SCHEDULER_PODS.items())


def node_absent(view: ClusterView) -> Iterator[Finding]:
    """`spec.nodeName` set by hand to a node that does not exist: the scheduler is bypassed."""
    shown = []
    for pod in focus_pods(view):
        node = pod.text("spec", "nodeName")
        if node and pod.text("status", "phase") == "Pending" and view.is_absent(resource("Node", "", node)):
            shown.append((pod, node))
    for node, group in group_pods(view, shown):
        gone = view.get(resource("Node", "", str(node)))
        have = [n.name for n in view.objects("Node")]
        statement = stated(
            "{who} does not start: it is bound to the node {node}, which does not exist{have}.",
            "{who} 无法启动：它被绑定到不存在的节点 {node}{have}。",
            who=group.who, node=node,
            have=say(" (nodes: {n})", "（现有节点：{n}）", n=listed(have, 3)) if have else "",
        )  # fmt: skip
        yield Finding(
            rule="scheduling.node-absent",
            category="node-selector",
            role=Role.CAUSE,
            subject=group.lead.ref,
            culprit=group.culprit,
            statement=statement,
            specificity=Specificity.EXACT,
            cites=(*group.cites, getattr(gone, "cite", "")),
            quotes=quotable(str(node)),
            since=group.lead.created,
            remedies=(
                change(
                    say("Take nodeName out of the template", "从模板中去掉 nodeName"),
                    say("Let the scheduler choose, or ask for a label with nodeSelector.",
                        "让调度器选择节点，或用 nodeSelector 指定标签。"),
                    mutate(f"kubectl edit {target(group.workload)}"),
                ),
                *([check(say("See the nodes", "查看节点"), say("Their names.", "节点名称。"),
                         read("kubectl get nodes"))] if have else []),
            ),
        )  # fmt: skip


_PREEMPTOR = re.compile(
    r"^Preempted by (?:a )?pod (?P<uid>[0-9a-f-]{36})|^Preempted by (?P<name>[^\s/]+/\S+)"
)


def preempted(view: ClusterView) -> Iterator[Finding]:
    """A pod of higher priority took the place of this workload's pod, whose replacement now waits."""
    taken = [e for e in view.events_of("Preempted") if fresh(view, e.last)]
    if not taken:
        return
    waiting = {view.workload(p.ref): p for p in pending(view) if stuck(view, p) is not None}
    for owner, pod in sorted(waiting.items(), key=lambda item: item[0].key):
        for event in taken:
            victim = event.about
            if victim.namespace != owner.namespace or not _was_of(view, victim, owner):
                continue
            taker = preemptor(view, event.message)
            who = taker_text(view, taker)
            yield Finding(
                rule="scheduling.preempted",
                category="preemption",
                role=Role.CAUSE,
                subject=pod.ref,
                culprit=view.workload(taker) if taker else owner,
                statement=stated(
                    "{kind} {name} lost Pod {victim}: {who} preempted it, and its replacement {pod} finds no "
                    "room.",
                    "{kind} {name} 的 Pod {victim} 被{who}抢占，替代它的 {pod} 没有资源可用。",
                    kind=owner.kind, name=owner.name, victim=victim.name, who=who, pod=pod.name,
                ),
                explains=(pod.ref,),
                cites=(pod.cite, event.cite),
                quotes=quotable(short(event.message, 80)),
                since=event.first,
                remedies=(
                    change(
                        say("Give the workload a priority that fits its weight", "设置合适的优先级"),
                        say("Set priorityClassName in the pod template, or lower the preemptor's; "
                            "or add room so that both fit.",
                            "在 Pod 模板中设置 priorityClassName，或降低抢占者的优先级；"
"或增加资源使两者都能运行。"),
                        mutate(f"kubectl edit {target(owner)}"),
                    ),
                ),
            )  # fmt: skip
            break


def taker_text(view: ClusterView, ref: Resource | None) -> Text:
    """Who took the room, with its PriorityClass where the pod was read."""
    if ref is None:
        return say("a pod of higher priority", "更高优先级的 Pod ")
    found = view.find(ref)
    cls = found.text("spec", "priorityClassName") if found is not None else ""
    owner = view.workload(ref)
    of = say(" of {k} {n}", "（{k} {n}）", k=owner.kind, n=owner.name) if owner != ref else NOTHING
    named = (
        say(" (PriorityClass {c})", "（PriorityClass {c}）", c=cls)
        if cls
        else say(" of higher priority", "（优先级更高）")
    )
    return say(
        "Pod {p}{of}{named}", " Pod {p}{of}{named}", p=f"{ref.namespace}/{ref.name}", of=of, named=named
    )


def _was_of(view: ClusterView, victim: Resource, owner: Resource) -> bool:
    """Whether the pod, which may be gone, was one of the workload's."""
    if view.find(victim) is not None:
        return view.workload(victim) == owner
    sets = [s.name for s in view.owned(owner, "ReplicaSet")] or [owner.name]
    return any(re.fullmatch(rf"{re.escape(s)}-[a-z0-9]{{1,10}}", victim.name) for s in sets)


def preemptor(view: ClusterView, message: str) -> Resource | None:
    """The pod that a `Preempted` event names, by name or by a uid that was read."""
    found = _PREEMPTOR.search(message)
    if not found:
        return None
    if found["name"]:
        namespace, _, name = found["name"].partition("/")
        return resource("Pod", namespace, name)
    for pod in view.objects("Pod"):
        if pod.text("metadata", "uid") == found["uid"]:
            return pod.ref
    return None
