"""Quotas and limits that refuse pods: used up, unmet, or out of range."""

from __future__ import annotations

from kubetriage.domain.finding import Finding
from kubetriage.domain.resource import resource
from kubetriage.domain.rules.admission_finding import refusal_finding, seen, template_change
from kubetriage.domain.rules.admission_messages import demanded, unmet_quota
from kubetriage.domain.rules.admission_refusals import Refusal
from kubetriage.domain.rules.phrases import NOTHING, joined, say
from kubetriage.domain.rules.remedies import (
    change,
    check,
    describe,
    mutate,
    target,
    with_note,
)
from kubetriage.domain.rules.wording import listed, short
from kubetriage.domain.view import ClusterView


def exceeded(view: ClusterView, one: Refusal) -> Finding:
    quota = resource("ResourceQuota", one.workload.namespace, one.denial.name)
    parts = unmet_quota(one.denial.values)
    said = joined(
        [say("{r}: {a} more is asked for{used}", "{r}：还需 {a}{used}", r=r, a=a,
             used=say(", {u} of {l} is used", "，已用 {u}/{l}", u=u, l=h) if u and h else NOTHING)
         for r, a, u, h in parts[:2]]
    )  # fmt: skip
    why = say(
        "ResourceQuota {q} is used up{said}",
        "ResourceQuota {q} 已用尽{said}",
        q=quota.name,
        said=say(" ({s})", "（{s}）", s=said) if parts else NOTHING,
    )
    name = parts[0][0] if parts else "pods"
    patch = f'{{"spec":{{"hard":{{"{name}":"<amount>"}}}}}}'
    raised = change(
        say("Raise the quota, or free some of it", "提高配额，或释放已用部分"),
        with_note(
            say("Whoever owns namespace {n} sets it; workloads that are not needed can be scaled down "
                "instead.",
                "由命名空间 {n} 的管理者设置；也可以缩减不需要的工作负载。", n=quota.namespace),
            view.find(quota),
        ),
        mutate(f"kubectl patch {target(quota)} --type=merge -p '{patch}'"),
    )  # fmt: skip
    look = check(
        say("See what the quota counts", "查看配额的使用情况"),
        say("Used and hard of each resource.", "各资源的 Used 和 Hard。"),
        *seen(view, quota),
    )
    values = [v for part in parts[:2] for v in (f"{part[0]}={part[1]}", part[2] and f"{part[0]}={part[2]}")]
    return refusal_finding(
        view, one, "quota", why, culprit=quota, quotes=(quota.name, *values), remedies=(raised, look)
    )


def out_of_scope(view: ClusterView, one: Refusal) -> Finding:
    """A priority class that the cluster gives out by quotas of that scope; GKE does so with its system "
    "classes."""
    named = one.denial.name.split()
    own = one.maker.text("spec", "template", "spec", "priorityClassName")
    name = own if own in named else named[0]
    space = one.workload.namespace
    why = say(
        "their PriorityClass {p} may only be used where a ResourceQuota allows it (scope {s}), and none in "
        "namespace {n} does",
        "所用的 PriorityClass {p} 只能在有相应 ResourceQuota（作用域 {s}）的命名空间中使用，而命名空间 {n} "
        "没有",
        p=name, s=one.denial.values.get("scope", ""), n=space,
    )  # fmt: skip
    fixed = template_change(
        view,
        one,
        say("Use a priority class that the namespace may use", "改用该命名空间可用的优先级"),
        say("The system classes are meant for the cluster's own parts; another PriorityClass of a high value "
            "needs no quota.",
            "system 类优先级供集群自身组件使用；可改用其他高优先级的 PriorityClass，无需配额。"),
    )  # fmt: skip
    allow = change(
        say("Or allow it by a quota", "或用配额放行"),
        say("A ResourceQuota whose scopeSelector is {s} In [{p}], with `pods` under hard.",
            "创建 scopeSelector 为 {s} In [{p}] 的 ResourceQuota，并在 hard 中写明 `pods`。",
            s=one.denial.values.get("scope", ""), p=name),
        mutate(f"kubectl apply -n {space} -f <quota>.yaml"),
    )  # fmt: skip
    return refusal_finding(
        view, one, "quota", why, culprit=one.workload, quotes=(name,), remedies=(fixed, allow)
    )


def demands(view: ClusterView, one: Refusal) -> Finding:
    quota = resource("ResourceQuota", one.workload.namespace, one.denial.name)
    parts = demanded(one.denial.values)
    wants = listed([name for name, _ in parts], 4)
    holders = list(dict.fromkeys(h for _, names in parts for h in names.split(",") if h))
    whose = (
        say("container {c}", "容器 {c}", c=listed(holders, 3)) if holders else say("its containers", "其容器")
    )
    why = say(
        "ResourceQuota {q} requires every container to specify {wants}, and {whose} must specify it but "
        "does not",
        "ResourceQuota {q} 要求每个容器都设置 {wants}，而{whose}没有设置",
        q=quota.name, wants=wants, whose=whose,
    )  # fmt: skip
    commands = [
        mutate(f"kubectl set resources {target(one.workload)} -c {holder} {_flags(parts)}")
        for holder in holders[:2]
        if one.workload.kind in ("Deployment", "StatefulSet", "DaemonSet")
    ]
    fixed = template_change(
        view,
        one,
        say("Set {wants} in the pod template", "在 Pod 模板中设置 {wants}", wants=wants),
        say("Or give the namespace a LimitRange with defaults, which fills them in for every container.",
            "或为命名空间创建带默认值的 LimitRange，为每个容器自动补上。"),
        *commands,
    )  # fmt: skip
    look = check(
        say("See the quota", "查看配额"), say("Its hard resources.", "其 hard 资源。"), *seen(view, quota)
    )
    return refusal_finding(
        view, one, "quota", why, culprit=quota, quotes=(quota.name, one.denial.words), remedies=(fixed, look)
    )


def _flags(parts: list[tuple[str, str]]) -> str:
    """`--limits=cpu=<amount> --requests=memory=<amount>` for the resources that a quota wants."""
    found: dict[str, list[str]] = {}
    for name, _ in parts:
        side, _, what = name.partition(".")
        if side in ("limits", "requests") and what:
            found.setdefault(side, []).append(f"{what}=<amount>")
        elif side in ("cpu", "memory"):
            found.setdefault("requests", []).append(f"{side}=<amount>")
    return " ".join(f"--{side}={','.join(what)}" for side, what in found.items())


def limits(view: ClusterView, one: Refusal) -> Finding:
    ranges = view.objects("LimitRange", one.workload.namespace)
    which = say(" {n}", " {n}", n=listed([r.name for r in ranges], 2)) if ranges else NOTHING
    words = short(one.denial.words, 110)
    why = say(
        "LimitRange{which} refuses their resources: “{w}”",
        "LimitRange{which} 拒绝其资源设置：“{w}”",
        which=which,
        w=words,
    )
    fixed = template_change(
        view,
        one,
        say("Bring requests and limits within the LimitRange", "使 requests 和 limits 符合 LimitRange"),
        say("Or ask the owner of the namespace to widen it.", "或请命名空间管理者放宽限制。"),
    )
    look = check(
        say("See the limits of the namespace", "查看命名空间的限制"),
        say("Minimum, maximum and defaults.", "最小值、最大值和默认值。"),
        *(describe(r.ref) for r in ranges[:2]),
    )
    return refusal_finding(
        view, one, "quota", why, culprit=one.workload, quotes=(words,), remedies=(fixed, look)
    )
