"""The alert's object is gone: well if what owned it is, else unknown, with what is still there to see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj, when
from kubetriage.domain.language import Text
from kubetriage.domain.relations.absent import cronjob_of
from kubetriage.domain.relations.base import events_about
from kubetriage.domain.relations.pod import owners_by_name
from kubetriage.domain.resource import KINDS, Resource, resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.grouping import fresh, replaced
from kubetriage.domain.rules.listing import list_kind
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.scheduling_unjudged import preemptor, taker_text
from kubetriage.domain.rules.similar_names import nearest
from kubetriage.domain.rules.times import ago
from kubetriage.domain.rules.wellness import workload_is_well
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import Absent, ClusterView, Present

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

CATEGORY = "insufficient-data"


def gone(view: ClusterView) -> Iterator[Finding]:
    """The alert's object does not exist, or will soon no longer."""
    ref = view.primary
    known = view.get(ref) if ref is not None else None
    if ref is not None and isinstance(known, Present):
        yield from _going(view, known.object)
    if ref is None or not isinstance(known, Absent):
        return
    owner = owner_of(view, ref)
    if owner is not None:
        replaced = _replaced(view, ref, owner, known)
        if replaced is not None:
            yield replaced
            return
    pushed_out = _preempted(view, ref, known)
    yield pushed_out if pushed_out is not None else _unknown(view, ref, owner, known)


def _preempted(view: ClusterView, ref: Resource, known: Absent) -> Finding | None:
    """That the scheduler deleted the pod to make room, if its event is still there."""
    event = next((e for e in view.events(ref, "Preempted") if fresh(view, e.last)), None)
    if ref.kind != "Pod" or event is None:
        return None
    taker = preemptor(view, event.message)
    found = view.find(taker)
    return Finding(
        rule="gone.preempted",
        category="preemption",
        role=Role.CAUSE,
        subject=ref,
        culprit=view.workload(taker) if taker is not None else None,
        statement=say(
            "{r} was preempted {t}: the scheduler deleted it to make room for {who}.",
            "{r} 于 {t}被抢占：调度器为给{who}腾出资源而删除了它。",
            r=str(ref),
            t=ago(view, event.last),
            who=taker_text(view, taker),
        ),
        specificity=Specificity.EXACT,
        cites=(known.cite, event.cite, *((found.cite,) if found is not None else ())),
        quotes=quotable(short(event.message, 80)),
        since=event.last,
        remedies=(
            remedies.change(
                say("Create it again where there is room for both", "在资源足够时重新创建它"),
                say(
                    "A controller (Deployment, Job) would do so by itself; a fitting priorityClassName keeps "
                    "it from being pushed out, and another node makes room for both.",
                    "由控制器（Deployment、Job）管理则会自动重建；设置合适的 priorityClassName 可避免被抢占，"
                    "增加节点可同时容纳两者。",
                ),
                remedies.mutate("kubectl apply -f <manifest>.yaml"),
            ),
        ),
    )


def _going(view: ClusterView, pod: Obj) -> Iterator[Finding]:
    """The alert's pod is being deleted, and its workload has all replicas without it."""
    owner = view.find(view.workload(pod.ref))
    if pod.ref.kind != "Pod" or owner is None or not replaced(view, pod):
        return
    yield Finding(
        rule="health.being-replaced",
        category="resolved",
        role=Role.HEALTHY,
        subject=owner.ref,
        statement=say(
            "{p} is being deleted; {o} has all {n} current replicas ready without it.",
            "{p} 正在被删除；{o} 当前的 {n} 个副本（不含它）全部就绪。",
            p=str(pod.ref),
            o=f"{owner.ref.kind} {owner.name}",
            n=workload_is_well(owner),
        ),
        explains=(pod.ref,),
        cites=(pod.cite, owner.cite),
    )


def owner_of(view: ClusterView, ref: Resource) -> Obj | None:
    """What made the object, by its name: a Pod's controller, a Job's CronJob."""
    if ref.kind == "Pod":
        return next((o for o in map(view.find, owners_by_name(ref)) if o is not None), None)
    cron = cronjob_of(ref) if ref.kind == "Job" else None
    return view.find(cron)


def _replaced(view: ClusterView, ref: Resource, owner: Obj, known: Absent) -> Finding | None:
    """That what owned it is well without it, if it is."""
    state = _owner_well(view, owner)
    if state is None:
        return None
    return Finding(
        rule="health.replaced",
        category="resolved",
        role=Role.HEALTHY,
        subject=owner.ref,
        statement=say(
            "{r} no longer exists (not found); {o}, which made it, {s}.",
            "{r} 已不存在（未找到）；创建它的 {o} {s}。",
            r=str(ref),
            o=f"{owner.ref.kind} {owner.name}",
            s=state,
        ),
        explains=(ref,),
        cites=(known.cite, owner.cite),
    )


def _owner_well(view: ClusterView, owner: Obj) -> Text | None:
    if owner.ref.kind == "Job":
        done = owner.conditions().get("Complete")
        complete = done is not None and done.status == "True"
        return say("has completed", "已成功完成") if complete else None
    if owner.ref.kind == "CronJob":
        good = when(owner.at("status", "lastSuccessfulTime"))
        if good is None or view.alert_began is None or good < view.alert_began:
            return None
        return say("has had a successful run since ({t})", "此后已有一次成功的运行（{t}）", t=ago(view, good))
    count = workload_is_well(owner)
    if count is None:
        return None
    return say("has all {n} current replicas ready", "当前 {n} 个副本全部就绪", n=count)


# ---- nothing left


def _unknown(view: ClusterView, ref: Resource, owner: Obj | None, known: Absent) -> Finding:
    left, left_cites, quotes = _left(view, ref)
    hint, hint_cites = _hint(view, ref, owner)
    return Finding(
        rule="gone.unknown",
        category=CATEGORY,
        role=Role.SYMPTOM,
        subject=ref,
        culprit=None,
        statement=say(
            "{r} no longer exists (not found){left}, so why the alert fired is unknown{hint}.",
            "{r} 已不存在（未找到），{left}，因此触发告警的原因未知{hint}。",
            r=str(ref),
            left=left,
            hint=hint,
        ),
        likelihood=Likelihood.LOW,
        specificity=Specificity.GENERAL,
        waits_on=(owner.ref,) if owner is not None else (),
        cites=tuple(dict.fromkeys((known.cite, *left_cites, *hint_cites))),
        quotes=quotes,
        remedies=(_look_elsewhere(view, ref, owner),),
    )


def _left(view: ClusterView, ref: Resource) -> tuple[Text, tuple[str, ...], tuple[str, ...]]:
    """What was said about it that is still there."""
    events = view.events(ref)
    last = next((e for e in events if e.warning), events[0] if events else None)
    if last is not None:
        words = short(last.message, 80)
        said = say("; the last said of it is {r} “{m}” ({t})", "最后的记录是 {r}“{m}”（{t}）",
                   r=last.reason, m=words, t=ago(view, last.last))  # fmt: skip
        return said, (last.cite,), quotable(words)
    seen = view.observation(events_about(ref))
    if seen is None or not seen.found:
        return say(" and its events could not be read", "其事件也无法读取"), (), ()
    return say(" and no events or logs of it remain", "也没有留下事件或日志"), (seen.read.key,), ()


def _hint(view: ClusterView, ref: Resource, owner: Obj | None) -> tuple[Text, tuple[str, ...]]:
    """What is there instead: its owner, its namespace, the same name elsewhere, a similar name."""
    if owner is not None:
        return say("; {o} is still there", "；{o} 仍存在", o=f"{owner.ref.kind} {owner.name}"), (owner.cite,)
    info = KINDS.get(ref.kind)
    namespaced = info is None or info.namespaced
    home = resource("Namespace", "", ref.namespace)
    there = view.get(home) if namespaced and ref.namespace else None
    if isinstance(there, Absent):
        return say("; namespace {n} does not exist either", "；命名空间 {n} 也不存在", n=ref.namespace), (
            there.cite,
        )
    same = next((o for o in view.objects(ref.kind) if o.name == ref.name and o.ref != ref), None)
    if same is not None:
        return say(
            "; one of that name is in namespace {n}", "；命名空间 {n} 中有同名对象", n=same.namespace
        ), (same.cite,)
    others = [o.name for o in view.objects(ref.kind, ref.namespace if namespaced else None)]
    similar = nearest(ref.name, others) if view.complete_list(ref.kind, ref.namespace) else ""
    if similar:
        cite = next(o.cite for o in view.objects(ref.kind) if o.name == similar)
        return say("; {k} {s} exists", "；存在 {k} {s}", k=ref.kind, s=similar), (cite,)
    return NOTHING, ()


def _look_elsewhere(view: ClusterView, ref: Resource, owner: Obj | None) -> Remedy:
    """Where its past can still be found."""
    commands = [remedies.describe(owner.ref)] if owner is not None else []
    commands += list_kind(view, ref.kind, ref.namespace)
    commands += list_kind(view, "Event", ref.namespace, "--sort-by=.lastTimestamp") if ref.namespace else []
    if ref.namespace and view.is_absent(resource("Namespace", "", ref.namespace)):
        commands = [remedies.read("kubectl get namespaces")]
    return remedies.check(
        say("Look for its past outside the cluster", "在集群之外查找它的历史"),
        say(
            "The API server keeps nothing of a deleted object, and its events for an hour: ask the log "
            "store and the "
            "metrics for that name and time, and the audit log for who deleted it.",
            "API 服务器不保留已删除的对象，事件也只保留约一小时：请在日志平台和监控中按名称和时间查找，"
            "并从审计日志查看是谁删除了它。",
        ),
        *commands,
    )


RULES: tuple[Rule, ...] = (gone,)
