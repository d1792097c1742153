"""The alert's own pod on its way out within a long grace period: what it waits for is its own setting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj, containers, elements
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.phrases import NOTHING, say, stated
from kubetriage.domain.rules.rollout_state import count
from kubetriage.domain.rules.wording import duration, named, quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_LONG = timedelta(minutes=5)
"""A grace period from which waiting for its end is worth a word."""
_WAITED = timedelta(minutes=2)


def in_grace(view: ClusterView) -> Iterator[Finding]:
    """Deleted a while ago, still running, and its time is not over: `deletionTimestamp` is the time's end."""
    pod = _leaving(view)
    if pod is None or pod.deleted is None or pod.deleted <= view.now:
        return
    grace = timedelta(seconds=pod.number("metadata", "deletionGracePeriodSeconds"))
    asked = pod.deleted - grace
    if grace < _LONG or view.now - asked < _WAITED or not any(s.running for s in containers(pod)):
        return
    name, hook = _pre_stop(pod)
    work = view.workload(pod.ref)
    does = NOTHING
    if name:
        does = say("; preStop hook of container {c}: `{h}`", "；容器 {c} 的 preStop 钩子：`{h}`",
                   c=name, h=hook)  # fmt: skip
    waits = NOTHING if view.primary == pod.ref else _waiting(work)
    yield Finding(
        rule="terminating.grace",
        category="misconfigured-app" if view.primary == pod.ref else "rollout-stuck",
        role=Role.CAUSE,
        subject=pod.ref,
        culprit=work,
        statement=stated(
            "{w}Pod {p} was asked to stop {t} ago and has {l} of its grace period of {g} s left{d}.",
            "{w}Pod {p} 在 {t}前被要求停止，宽限期 {g} 秒，还剩 {l}{d}。",
            w=waits, p=pod.name, t=duration(view.now - asked), l=duration(pod.deleted - view.now),
            g=int(grace.total_seconds()), d=does,
        ),
        likelihood=Likelihood.HIGH if name else Likelihood.MEDIUM,
        specificity=Specificity.NAMED,
        cites=(pod.cite,),
        quotes=quotable(str(int(grace.total_seconds()))),
        since=asked,
        remedies=(
            remedies.change(
                Text(en="Shorten terminationGracePeriodSeconds or the hook, if nothing needs that long",
                     zh="若无需等待这么久，请缩短 terminationGracePeriodSeconds 或钩子"),
                remedies.with_note(
                    Text(en="Connections are drained in that time; a pod that is on its way out keeps its "
                            "setting and goes at the end of it.",
                         zh="宽限期用于排空连接；已在退出的 Pod 沿用原设置，到期后自行结束。"),
                    view.find(work)),
                *remedies.edit_template(work),
            ),
            remedies.check(
                Text(en="See what it still does", zh="查看它仍在做什么"),
                Text(en="deletionTimestamp is when the kubelet kills it.",
                     zh="deletionTimestamp 即 kubelet 强制结束它的时间。"),
                remedies.describe(pod.ref),
            ),
        ),
    )  # fmt: skip


def _leaving(view: ClusterView) -> Obj | None:
    """The alert's pod; or, of a workload that makes no new pod before the old one has ended, such an old
    one that is left alone."""
    found = view.find(view.primary)
    if found is None or found.ref.kind == "Pod":
        return found
    work = view.find(view.workload(found.ref))
    if work is None or not _one_after_the_other(work) or not count(work).short:
        return None
    pods = view.pods_of(work.ref)
    leaving = [pod for pod in pods if pod.deleted is not None]
    if work.ref.kind == "Deployment" and len(leaving) < len(pods):
        return None
    return max(leaving, key=lambda pod: (pod.deleted or view.now, pod.name), default=None)


def _one_after_the_other(work: Obj) -> bool:
    return work.ref.kind == "StatefulSet" or (
        work.ref.kind == "Deployment" and work.text("spec", "strategy", "type") == "Recreate"
    )


def _waiting(work: Resource) -> Text:
    how = say(" (strategy Recreate)", "（Recreate 策略）") if work.kind == "Deployment" else NOTHING
    return say("{w}{h} makes a new pod only when the old one has ended: ",
               "{w}{h}要等旧 Pod 结束后才会创建新 Pod：", w=named(work), h=how)  # fmt: skip


def _pre_stop(pod: Obj) -> tuple[str, str]:
    """The first container with a preStop hook, and what that does."""
    for state in containers(pod):
        lifecycle = state.spec.get("lifecycle")
        hook = lifecycle.get("preStop") if isinstance(lifecycle, dict) else None
        if not isinstance(hook, dict):
            continue
        command, sleeps, asks = (hook.get(k) for k in ("exec", "sleep", "httpGet"))
        if isinstance(command, dict):
            return state.name, short(" ".join(map(str, elements(command.get("command")))), 70)
        if isinstance(sleeps, dict):
            return state.name, f"sleep {sleeps.get('seconds')} s"
        if isinstance(asks, dict):
            return state.name, short(f"GET :{asks.get('port')}{asks.get('path') or '/'}", 70)
    return "", ""


RULES: tuple[Rule, ...] = (in_grace,)
