"""A ResourceQuota that the alert is about: what of it is used up, and by whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.alert import AlertStatus
from kubetriage.domain.finding import Finding, Role, Specificity
from kubetriage.domain.kube import Obj, quantity
from kubetriage.domain.language import Text
from kubetriage.domain.relations.absent import cronjob_of
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.phrases import NOTHING, joined, say, stated
from kubetriage.domain.rules.remedies import change, check, describe, mutate, target, with_note
from kubetriage.domain.rules.scheduling_fit import amount, requested
from kubetriage.domain.rules.wording import quotable
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

NEARLY = 0.9
"""The share of a quota from which it counts as nearly used up."""


class Share(NamedTuple):
    """One resource of a quota."""

    name: str
    used: str
    hard: str
    part: float


def shares(found: Obj) -> list[Share]:
    """The resources of a quota, the fullest first."""
    hard, used = found.mapping("status", "hard"), found.mapping("status", "used")
    made = []
    for name, most in hard.items():
        limit, taken = quantity(most), quantity(used.get(name))
        if limit is not None and taken is not None:
            part = taken / limit if limit else float(taken > 0)
            made.append(Share(str(name), str(used[name]), str(most), part))
    return sorted(made, key=lambda s: (-s.part, s.name))


def used_up(view: ClusterView) -> Iterator[Finding]:
    """The alert's own quota, used up or nearly so."""
    found = view.find(view.primary)
    if found is None or found.ref.kind != "ResourceQuota" or view.alert.status is AlertStatus.RESOLVED:
        return
    full = [s for s in shares(found) if s.part >= NEARLY]
    if not full:
        return
    said = joined([say("{u} of {h} {n}", "{n} 已用 {u}/{h}", n=s.name, u=s.used, h=s.hard) for s in full[:2]],
                  ", ", "、")  # fmt: skip
    whom, cites = _most(view, found, full[0].name)
    over = full[0].part >= 1
    statement = stated(
        "ResourceQuota {q} of namespace {n} is used up: {s}{w}; new pods that need more are refused."
        if over
        else "ResourceQuota {q} of namespace {n} is nearly used up: {s}{w}.",
        "命名空间 {n} 的 ResourceQuota {q} 已用尽：{s}{w}；需要更多的新 Pod 会被拒绝。"
        if over
        else "命名空间 {n} 的 ResourceQuota {q} 即将用尽：{s}{w}。",
        q=found.name, n=found.namespace, s=said, w=whom,
    )  # fmt: skip
    patch = f'{{"spec":{{"hard":{{"{full[0].name}":"<amount>"}}}}}}'
    yield Finding(
        rule="quota.used-up",
        category="quota",
        role=Role.CAUSE,
        subject=found.ref,
        culprit=found.ref,
        statement=statement,
        specificity=Specificity.NAMED,
        cites=(found.cite, *cites),
        quotes=quotable(full[0].name, full[0].hard),
        remedies=(
            change(
                say("Free some of the quota, or raise it", "释放部分配额，或提高配额"),
                with_note(say("Scale down or end what is not needed; the namespace's owner sets the quota.",
                              "缩减或结束不需要的工作负载；配额由命名空间的管理者设置。"), found),
                mutate(f"kubectl patch {target(found.ref)} --type=merge -p '{patch}'"),
            ),
            check(
                say("See what the quota counts", "查看配额的使用情况"),
                say("Used and hard of each resource.", "各资源的 Used 和 Hard。"),
                describe(found.ref),
            ),
        ),
    )  # fmt: skip


def _most(view: ClusterView, found: Obj, name: str) -> tuple[Text, tuple[str, ...]]:
    """The workload that uses most of a resource, where the pods were listed."""
    pods = [
        p
        for p in view.objects("Pod", found.namespace)
        if p.text("status", "phase") not in ("Succeeded", "Failed")
    ]
    plain = name.removeprefix("requests.")
    if name not in ("pods", "count/pods") and plain not in ("cpu", "memory"):
        return NOTHING, ()
    used: defaultdict[Resource, float] = defaultdict(float)
    first: dict[Resource, Obj] = {}
    for pod in pods:
        owner = _counted_as(view, pod)
        used[owner] += 1 if name.endswith("pods") else requested(pod, plain)
        first.setdefault(owner, pod)
    if not used:
        return NOTHING, ()
    most, taken = max(used.items(), key=lambda item: (item[1], item[0].key))
    shown = f"{taken:.0f}" if name.endswith("pods") else amount(plain, taken)
    return (
        say(", most by {k} {w} ({t})", "，其中 {k} {w} 占用最多（{t}）", k=most.kind, w=most.name, t=shown),
        (first[most].cite,),
    )


def _counted_as(view: ClusterView, pod: Obj) -> Resource:
    """The workload of a pod, where its controllers were not read by their names."""
    owner = view.workload(pod.ref)
    if owner.kind == "Job":
        return cronjob_of(owner) or owner
    end = f"-{pod.labels.get('pod-template-hash')}"
    if owner.kind == "ReplicaSet" and owner.name.endswith(end):
        return resource("Deployment", owner.namespace, owner.name.removesuffix(end))
    return owner


RULES: tuple[Rule, ...] = (used_up,)
