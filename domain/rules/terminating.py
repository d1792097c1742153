"""Objects that are being deleted and do not go: finalizers, what still uses them, what cannot be asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj, pod_ready
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.phrases import say, stated
from kubetriage.domain.rules.remedies import (
    change,
    check,
    describe,
    destroy,
    escalate,
    mutate,
    see_yaml,
    target,
)
from kubetriage.domain.rules.terminating_kill import unkilled
from kubetriage.domain.rules.terminating_namespace import finalizers, holders, remaining, unreachable_api
from kubetriage.domain.rules.wording import duration, listed, quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

PATIENCE = timedelta(minutes=5)
"""How long after its grace period an object may take to go."""
_IN_USE = {"kubernetes.io/pvc-protection", "kubernetes.io/pv-protection"}


def stuck(view: ClusterView) -> Iterator[Finding]:
    """Each object looked at whose deletion has been asked for and does not end."""
    refs = [view.primary, *(w.about for w in view.why_looked.values())]
    for ref in sorted({r for r in refs if r is not None}):
        found = view.find(ref)
        if found is None or found.deleted is None or view.now - found.deleted < PATIENCE:
            continue
        if found.ref.kind == "Namespace":
            yield _namespace(view, found)
        elif found.ref.kind == "Pod" and not _finalizers(found):
            yield _pod(view, found)
        elif _finalizers(found):
            yield _held(view, found)


def _finalizers(found: Obj) -> list[str]:
    value = found.at("metadata", "finalizers")
    return [str(v) for v in value] if isinstance(value, list) else []


def _since(view: ClusterView, found: Obj) -> Text:
    assert found.deleted is not None
    return duration(view.now - found.deleted)


def _finding(
    found: Obj,
    rule: str,
    statement: Text,
    *,
    culprit: Resource,
    category: str = "finalizer-deadlock",
    role: Role = Role.CAUSE,
    likelihood: Likelihood = Likelihood.HIGH,
    waits_on: tuple[Resource, ...] = (),
    cites: tuple[str, ...] = (),
    quotes: tuple[str, ...] = (),
    remedies: tuple[Remedy, ...],
) -> Finding:
    return Finding(
        rule=f"terminating.{rule}",
        category=category,
        role=role,
        subject=found.ref,
        culprit=culprit,
        statement=statement,
        likelihood=likelihood,
        specificity=Specificity.EXACT if role is Role.CAUSE else Specificity.GENERAL,
        waits_on=waits_on,
        cites=(found.cite, *cites),
        quotes=quotable(*quotes),
        since=found.deleted,
        remedies=remedies,
    )


def _let_go(ref: Resource, names: list[str]) -> tuple[Remedy, ...]:
    """Bring the controller back; take the finalizer off by hand only when it is gone for good."""
    patch = '{"metadata":{"finalizers":null}}'
    back = escalate(
        say("Bring back the controller that owns {f}", "恢复负责 {f} 的控制器", f=listed(names, 2)),
        say("It has to do its cleanup and take its finalizer off; the name's domain says whose it is.",
            "它需要完成清理并移除 finalizer；名称中的域名说明了归属。"),
        see_yaml(ref),
    )  # fmt: skip
    force = change(
        say("Only if it is gone for good: take the finalizer off",
            "仅当该控制器已永久移除时：移除 finalizer"),
        say("What it would have cleaned up (disks, databases, DNS) then stays behind.",
            "它本应清理的资源（磁盘、数据库、DNS 等）会遗留下来。"),
        destroy(f"kubectl patch {target(ref)} --type=merge -p '{patch}'"),
    )  # fmt: skip
    return (back, force)


def _held(view: ClusterView, found: Obj) -> Finding:
    names = _finalizers(found)
    users = _users(view, found) if _IN_USE & set(names) else []
    who = f"{found.ref.kind} {found.name}"
    if users:
        owner = view.workload(users[0].ref)
        return _finding(
            found, "in-use",
            stated(
                "{who} has been terminating for {t}: {u} still uses it ({f}).",
                "{who} 处于删除中已 {t}：{u} 仍在使用它（{f}）。",
                who=who, t=_since(view, found), u=str(users[0].ref), f=names[0],
            ),
            culprit=owner if found.ref == view.primary else found.ref,
            cites=(users[0].cite,),
            quotes=(names[0],),
            remedies=(
                change(
                    say("Move what uses it to another volume: this one goes as soon as nothing uses it",
                        "让使用者改用其他卷：无人使用后该对象即被删除"),
                    say("A deletion cannot be taken back, so save what is still needed first; the protection "
                        "must not be taken off by hand while pods run on it.",
                        "删除请求无法撤回，请先备份所需数据；仍有 Pod 在用时不要手动移除该保护。"),
                    mutate(f"kubectl edit {target(owner)}"),
                ),
                _let_go_of(found.ref),
            ),
        )  # fmt: skip
    if set(names) <= _IN_USE:
        return _finding(
            found,
            "protected",
            stated(
                "{who} has been terminating for {t}: {f} keeps it until nothing uses it any more.",
                "{who} 处于删除中已 {t}：{f} 会保留它，直到不再被使用。",
                who=who, t=_since(view, found), f=names[0],
            ),
            culprit=found.ref,
            likelihood=Likelihood.MEDIUM,
            quotes=(names[0],),
            remedies=(_let_go_of(found.ref),),
        )  # fmt: skip
    return _finding(
        found,
        "finalizer",
        stated(
            "{who} has been terminating for {t}: nobody takes off its finalizer {f}.",
            "{who} 处于删除中已 {t}：finalizer {f} 一直没有被移除。",
            who=who, t=_since(view, found), f=listed(names, 2),
        ),
        culprit=found.ref,
        quotes=tuple(names[:2]),
        remedies=_let_go(found.ref, names),
    )  # fmt: skip


def _let_go_of(ref: Resource) -> Remedy:
    return check(
        say("See who uses it", "查看使用者"),
        say("“Used By” of a claim names its pods; a volume waits for its claim.",
            "声明的 Used By 会列出其 Pod；卷则等待其声明。"),
        describe(ref),
    )  # fmt: skip


def _users(view: ClusterView, found: Obj) -> list[Obj]:
    if found.ref.kind == "PersistentVolumeClaim":
        return [p for p in view.pods_using_claim(found.ref) if p.text("spec", "nodeName")]
    taken = found.mapping("spec", "claimRef")
    claim = resource("PersistentVolumeClaim", str(taken.get("namespace")), str(taken.get("name")))
    bound = view.find(claim)
    return [bound] if bound is not None else []


def _pod(view: ClusterView, found: Obj) -> Finding:
    node = resource("Node", "", found.text("spec", "nodeName"))
    told = unkilled(view, found, node, _since(view, found))
    if told is not None:
        return _finding(
            found, "pod-not-killed", told.says, category=told.category, culprit=node, cites=(told.cite,),
            quotes=told.quotes, remedies=(told.remedy,),
        )  # fmt: skip
    return _finding(
        found, "pod",
        stated(
            "Pod {p} should have ended {t} ago: the kubelet of {n} has not confirmed that it stopped.",
            "Pod {p} 应在 {t}前结束：{n}的 kubelet 尚未确认其停止。",
            p=found.name, t=_since(view, found),
            n=say("node {v}", "节点 {v}", v=node.name) if node.name else say("its node", "所在节点"),
        ),
        role=Role.SYMPTOM, culprit=node if node.name else found.ref, waits_on=(node,) if node.name else (),
        remedies=(
            check(
                say("See whether the kubelet answers", "查看 kubelet 是否正常"),
                say("On the node: `journalctl -u kubelet` says why the containers or volumes do not go.",
                    "在节点上用 `journalctl -u kubelet` 查看容器或卷为何无法清理。"),
                see_yaml(found.ref),
            ),
        ),
    )  # fmt: skip


# ---- namespaces


def _namespace(view: ClusterView, found: Obj) -> Finding:
    api = unreachable_api(found)
    if api is not None:
        return _not_asked(view, found, api)
    held, names = holders(view, found), finalizers(found)
    left = remaining(found)
    if names:
        what = listed([f"{o.ref.kind} {o.name}" for o in held] or [f"{r.number} {r.plural}" for r in left], 3)
        return _finding(
            found,
            "namespace-content",
            stated(
                "Namespace {n} has been terminating for {t}: {what} keeps the finalizer {f}, which nobody "
                "takes off.",
                "命名空间 {n} 处于删除中已 {t}：{what} 仍带有 finalizer {f}，一直没有被移除。",
                n=found.name, t=_since(view, found), what=what, f=listed(names, 2),
            ),
            culprit=held[0].ref if held else found.ref,
            likelihood=Likelihood.HIGH if held else Likelihood.MEDIUM,
            cites=tuple(o.cite for o in held[:3]),
            quotes=(names[0],),
            remedies=_let_go(held[0].ref if held else found.ref, names),
        )  # fmt: skip
    failed = [c for c in found.conditions().values() if c.status == "True" and c.message]
    words = short(failed[0].message, 120) if failed else ""
    why = say("“{w}”", "“{w}”", w=words) if words else say("no condition says why", "没有状态条件说明原因")
    return _finding(
        found,
        "namespace",
        stated("Namespace {n} has been terminating for {t}: {why}.", "命名空间 {n} 处于删除中已 {t}：{why}。",
               n=found.name, t=_since(view, found), why=why),
        role=Role.CAUSE if words else Role.SYMPTOM,
        likelihood=Likelihood.MEDIUM if words else Likelihood.LOW,
        culprit=found.ref,
        quotes=(words,) if words else (),
        remedies=(
            escalate(say("Ask the cluster's administrator", "请联系集群管理员"),
                     say("The namespace's conditions say what still holds it.",
                         "命名空间的状态条件说明仍被什么阻塞。"),
                     see_yaml(found.ref)),
        ),
    )  # fmt: skip


def _not_asked(view: ClusterView, found: Obj, api: Resource) -> Finding:
    known = view.find(api)
    name, where = "", ""
    if known is not None:
        name, where = known.text("spec", "service", "name"), known.text("spec", "service", "namespace")
    service = resource("Service", where, name)
    behind = say(" (Service {s})", "（Service {s}）", s=f"{where}/{name}") if name else ""
    backs = view.find(service) if name else None
    ill = [p.ref for p in view.pods_behind(backs) if not pod_ready(p)] if backs is not None else []
    words = found.conditions()["NamespaceDeletionDiscoveryFailure"].message
    return _finding(
        found,
        "namespace-discovery",
        stated(
            "Namespace {n} has been terminating for {t}: what is left in it cannot be listed, because the "
            "aggregated API {a}{b} does not answer.",
            "命名空间 {n} 处于删除中已 {t}：聚合 API {a}{b} 没有响应，无法列出其中剩余的对象。",
            n=found.name, t=_since(view, found), a=api.name, b=behind,
        ),
        culprit=api,
        waits_on=(service, *ill) if backs is not None else (),
        cites=(known.cite,) if known is not None else (),
        quotes=(short(words, 80).rstrip("…"),),
        remedies=(
            escalate(
                say("Bring the API's Service back", "恢复该 API 的 Service"),
                say("Ask the owner of the component that serves it.", "请联系提供该 API 的组件负责人。"),
                *([see_yaml(api)] if known is not None else []),
            ),
            change(
                say("Or delete the APIService, if its component is gone for good",
                    "或在组件已永久移除时删除该 APIService"),
                say("Discovery works again without it.", "删除后发现（discovery）即可恢复。"),
                destroy(f"kubectl delete apiservice {api.name}"),
            ),
        ),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (stuck,)
