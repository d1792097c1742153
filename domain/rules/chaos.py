"""Experiments that break pods on purpose and are still running."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.chaos import (
    action,
    disturbed,
    injected_at,
    is_experiment,
    is_litmus,
    is_running,
    kills,
)
from kubetriage.domain.custom_kinds import EXPERIMENTS
from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.failed_calls import fails_by_itself
from kubetriage.domain.rules.grouping import focus_pods, fresh
from kubetriage.domain.rules.phrases import NOTHING, say, stated
from kubetriage.domain.rules.times import since as since_text
from kubetriage.domain.rules.wording import listed, quotable
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_DOES = {
    "delay": Text(en="delays the packets of", zh="延迟网络数据包"),
    "loss": Text(en="drops packets of", zh="丢弃网络数据包"),
    "corrupt": Text(en="corrupts packets of", zh="损坏网络数据包"),
    "duplicate": Text(en="duplicates packets of", zh="重复网络数据包"),
    "partition": Text(en="cuts the network of", zh="隔断网络"),
    "bandwidth": Text(en="limits the bandwidth of", zh="限制带宽"),
    "pod-kill": Text(en="kills", zh="杀死 Pod"),
    "pod-failure": Text(en="takes down the containers of", zh="使容器停止服务"),
    "container-kill": Text(en="kills containers of", zh="杀死容器"),
    "latency": Text(en="delays the disk calls of", zh="延迟磁盘读写"),
    "fault": Text(en="fails the disk calls of", zh="使磁盘读写出错"),
}
_BY_KIND = {
    "StressChaos": Text(en="loads CPU or memory of", zh="对 CPU 或内存加压"),
    "HTTPChaos": Text(en="disturbs HTTP calls of", zh="干扰 HTTP 请求"),
    "DNSChaos": Text(en="disturbs DNS answers for", zh="干扰 DNS 解析"),
    "TimeChaos": Text(en="shifts the clock of", zh="偏移时钟"),
    "IOChaos": Text(en="disturbs the disk calls of", zh="干扰磁盘读写"),
}
_DISTURBS = Text(en="disturbs", zh="造成干扰")
_VALUES = (("delay", "latency"), ("loss", "loss"), ("corrupt", "corrupt"), ("duplicate", "duplicate"),
           ("bandwidth", "rate"), ("delay",))  # fmt: skip


def experiments_running(view: ClusterView) -> Iterator[Finding]:
    """An experiment that is injected into pods of the alert's workload, or into those that it calls."""
    near = {pod.ref for pod in focus_pods(view)}
    called = [s for s in view.objects("Service") if view.looked_at(s.ref)]
    near |= {pod.ref for service in called for pod in view.pods_behind(service)}
    for kind in EXPERIMENTS:
        for obj in view.objects(kind):
            if is_experiment(obj) and is_running(obj) and not _is_old_kill(view, obj):
                hit = disturbed(obj, view.objects("Pod"))
                if any(pod.ref in near for pod in hit) or view.looked_at(obj.ref):
                    yield _finding(view, obj, hit)


def _is_old_kill(view: ClusterView, obj: Obj) -> bool:
    """Whether it killed pods once, and long before the alert: those that came after are not its doing."""
    return kills(obj) and not fresh(view, injected_at(obj))


def _finding(view: ClusterView, obj: Obj, hit: list[Obj]) -> Finding:
    pods = sorted(hit, key=lambda p: p.ref.key)
    at = injected_at(obj)
    works = dict.fromkeys(view.workload(p.ref) for p in pods)
    who = _who(list(works), pods, obj)
    late = at is not None and view.alert_began is not None and at > view.alert_began
    other = obj.ref.kind in ("StressChaos", "PodChaos")
    explains: dict[Resource, None] = dict.fromkeys(p.ref for p in pods if other or not fails_by_itself(p))
    explains |= dict.fromkeys(s.ref for p in pods for s in view.services_of(p))
    return Finding(
        rule="chaos.running",
        category="chaos-experiment",
        role=Role.CAUSE,
        subject=obj.ref,
        culprit=obj.ref,
        statement=stated(
            "The chaos experiment {k} {ns}/{n} {does} {who}{value}{since}.",
            "混沌实验 {k} {ns}/{n} {since}对 {who} 进行故障注入：{does}{value}。",
            k=obj.ref.kind,
            ns=obj.namespace,
            n=obj.name,
            does=_does(obj),
            who=who,
            value=_value(obj),
            since=since_text(view, at),
        ),
        likelihood=Likelihood.MEDIUM if late else Likelihood.HIGH,
        specificity=Specificity.EXACT,
        explains=tuple(explains),
        cites=(obj.cite, *(p.cite for p in pods[:2])),
        quotes=quotable(obj.name, *((_setting(obj),) if _setting(obj) else ())),
        since=at,
        remedies=(
            remedies.change(
                say("End the experiment, if it is not wanted", "如非预期，结束该实验"),
                remedies.with_note(
                    say("Whoever started it should know: pausing keeps it, deleting it undoes the fault.",
                        "请先告知实验发起人：暂停会保留实验，删除则撤销故障。"), obj),
                remedies.mutate(_pause(obj)),
                remedies.destroy(f"kubectl delete {remedies.target(obj.ref)}"),
            ),
            remedies.check(
                say("See what it does and to whom", "查看实验内容和影响对象"),
                say("Its records name each pod.", "其记录中列出了每个 Pod。"),
                remedies.describe(obj.ref),
            ),
        ),
    )  # fmt: skip


def _does(obj: Obj) -> Text:
    if is_litmus(obj) and action(obj):
        return say("runs {a} on", "运行 {a}", a=action(obj))
    return _DOES.get(action(obj)) or _BY_KIND.get(obj.ref.kind, _DISTURBS)


def _pause(obj: Obj) -> str:
    if is_litmus(obj):
        stop = '{"spec":{"engineState":"stop"}}'
        return f"kubectl patch {remedies.target(obj.ref)} --type merge -p '{stop}'"
    return f"kubectl annotate {remedies.target(obj.ref)} experiment.chaos-mesh.org/pause=true"


def _who(works: list[Resource], pods: list[Obj], obj: Obj) -> Text:
    if not pods:
        return say("pods of namespace {n}", "命名空间 {n} 的 Pod", n=obj.namespace)
    names = listed([f"{w.kind} {w.name}" for w in works], 2)
    return say("pods of {n}", "{n} 的 Pod", n=names) if works[0].kind != "Pod" else names


def _setting(obj: Obj) -> str:
    return next((v for path in _VALUES if (v := obj.text("spec", *path))), "")


def _value(obj: Obj) -> Text:
    value = _setting(obj)
    return say(" by {v}", "（{v}）", v=value) if value else NOTHING


RULES: tuple[Rule, ...] = (experiments_running,)
