"""Autoscalers without metrics: no request to count from, no ready pods, or no metrics API."""

from __future__ import annotations

import re

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Condition, Obj
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.autoscaling_target import scaler_finding, see_scaler, target_of
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.remedies import (
    change,
    describe,
    escalate,
    mutate,
    see_yaml,
    target,
    with_note,
)
from kubetriage.domain.rules.wording import short
from kubetriage.domain.view import ClusterView

METRICS_API = resource("APIService", "", "v1beta1.metrics.k8s.io")
METRICS_SERVER = resource("Deployment", "kube-system", "metrics-server")
OTHER_APIS = {
    "External": resource("APIService", "", "v1beta1.external.metrics.k8s.io"),
    "Object": resource("APIService", "", "v1beta1.custom.metrics.k8s.io"),
    "Pods": resource("APIService", "", "v1beta1.custom.metrics.k8s.io"),
}
"""Aggregated APIs of metrics that adapters serve (KEDA, prometheus-adapter), by the word in the reason."""
_NO_REQUEST = re.compile(r"missing request for (?P<what>[\w./-]+)(?: in container (?P<container>[\w.-]+))?")
_NOT_SERVED = re.compile(
    r"could not find the requested resource|currently unable to handle|service unavailable", re.IGNORECASE
)
"""The API server's own answers where an aggregated API is not registered or does not answer."""
_UNREADY = re.compile(
    r"pods might be unready|no ready pods|did not receive metrics for (?:any ready|targeted) pods", re.I
)


_NO_SERVICE = "ServiceNotFound"
"""The one reason of an APIService that leaves nothing open; the others have a reason of their own."""


def without_metrics(view: ClusterView, found: Obj, active: Condition) -> Finding:
    """No metrics: none requested, none given by unready pods, or nobody who serves them."""
    asked = _NO_REQUEST.search(active.message)
    if asked:
        return _no_request(view, found, active, asked["what"], asked["container"] or "")
    if _UNREADY.search(active.message):
        return _unready(view, found, active)
    adapter = adapter_api(active.reason)
    api = view.find(adapter)
    if api is not None and _unavailable(api):
        return _not_served(found, active, api)
    if adapter is not None and api is None and _NOT_SERVED.search(active.message):
        return _not_seen_serving(view, found, active, adapter)
    return _no_metrics(view, found, active)


def _no_request(view: ClusterView, found: Obj, active: Condition, what: str, container: str) -> Finding:
    goal = target_of(found)
    where = say("its pods have", "") if not container else say(
        "container {c} of its pods has", "其容器 {c}", c=container)  # fmt: skip
    flag = f" -c {container}" if container else ""
    return scaler_finding(
        found,
        "missing-request",
        say("HPA {h} cannot scale {k} {n}: {where} no {w} request, which the percentage is "
            "counted from.",
            "HPA {h} 无法伸缩 {k} {n}：{where}没有设置 {w} request，无法计算使用率百分比。",
            h=found.name, k=goal.kind, n=goal.name, where=where, w=what),
        culprit=goal,
        quotes=(f"missing request for {what}",),
        since=active,
        remedies=(
            change(
                say("Give every container a {w} request", "为每个容器设置 {w} request", w=what),
                with_note(say("Sidecars too, or use an absolute target value.",
                    "包括 sidecar；或改用绝对目标值。"), view.find(goal)),
                mutate(f"kubectl set resources {target(goal)}{flag} --requests={what}=<amount>"),
            ),
            see_scaler(found),
        ),
    )  # fmt: skip


def _unready(view: ClusterView, found: Obj, active: Condition) -> Finding:
    goal = target_of(found)
    return scaler_finding(
        found,
        "pods-unready",
        say("HPA {h} cannot scale {k} {n}: its pods give no metrics, as if none were ready.",
            "HPA {h} 无法伸缩 {k} {n}：Pod 没有指标，疑似都未就绪。", h=found.name, k=goal.kind, n=goal.name),
        role=Role.SYMPTOM,
        culprit=goal,
        specificity=Specificity.GENERAL,
        waits_on=(goal, *(p.ref for p in view.pods_of(goal))),
        quotes=(active.reason,),
        since=active,
        remedies=(see_scaler(found),),
    )  # fmt: skip


def _no_metrics(view: ClusterView, found: Obj, active: Condition) -> Finding:
    kind = active.reason.removeprefix("FailedGet").removesuffix("Metric") or "resource"
    api, server = view.find(METRICS_API), view.find(METRICS_SERVER)
    usual = "Resource" in active.reason
    down = _unavailable(api) if usual else ""
    absent = usual and view.is_absent(METRICS_API)
    words = short(active.message.rpartition(": ")[2] if len(active.message) > 150 else active.message, 120)
    if absent:
        why = say("the metrics API {a} (metrics-server) is not installed",
            "集群没有安装指标 API {a}（metrics-server）",
                  a=METRICS_API.name)  # fmt: skip
    elif down:
        why = say("the metrics API {a} (metrics-server) is not available ({r})",
            "指标 API {a}（metrics-server）不可用（{r}）",
                  a=METRICS_API.name, r=down)  # fmt: skip
    else:
        why = say("{k} metrics cannot be read: “{w}”", "无法读取 {k} 指标：“{w}”", k=kind, w=words)
    owner = METRICS_API if absent or (down and server is None) else METRICS_SERVER if down else found.ref
    waits: tuple[Resource, ...] = (METRICS_SERVER,) if usual and server is not None else ()
    ask = escalate(
        say("Have the metrics pipeline looked at", "请检查指标链路"),
        say("CPU and memory come from metrics-server; other metrics from the adapter that serves their API.",
            "CPU 和内存来自 metrics-server；其他指标来自提供相应 API 的适配器。"),
        *([see_yaml(METRICS_API)] if api is not None else []),
        *([describe(METRICS_SERVER)] if server is not None else []),
    )  # fmt: skip
    return scaler_finding(
        found,
        "no-metrics",
        say("HPA {h} cannot scale {k} {n}: {why}.", "HPA {h} 无法伸缩 {k} {n}：{why}。",
            h=found.name, k=target_of(found).kind, n=target_of(found).name, why=why),
        culprit=owner,
        likelihood=Likelihood.HIGH if not usual or absent or down == _NO_SERVICE else Likelihood.MEDIUM,
        specificity=Specificity.NAMED,
        waits_on=waits,
        cites=tuple(o.cite for o in (api, server) if o is not None),
        quotes=(active.reason,) if absent or down else (words,),
        since=active,
        remedies=(ask, see_scaler(found)),
    )  # fmt: skip


def adapter_api(reason: str) -> Resource | None:
    """The API that serves the metric of a `FailedGetExternalMetric`, …; None for CPU and memory."""
    return OTHER_APIS.get(reason.removeprefix("FailedGet").removesuffix("Metric"))


def _not_served(found: Obj, active: Condition, api: Obj) -> Finding:
    """The adapter's API is not available: why is the trouble of the Service behind it."""
    name, where = (api.text("spec", "service", k) for k in ("name", "namespace"))
    service = resource("Service", where, name)
    words = short(api.conditions()["Available"].message, 90)
    return scaler_finding(
        found,
        "no-adapter",
        say("HPA {h} gets no {m} metrics and cannot scale {k} {n}: the API {a}, which Service {s} serves, is "
            "not available ({r}: “{w}”).",
            "HPA {h} 得不到 {m} 指标，无法伸缩 {k} {n}：由 Service {s} 提供的 API {a} 不可用（{r}：“{w}”）。",
            m=active.reason.removeprefix("FailedGet").removesuffix("Metric").lower(), h=found.name,
            k=target_of(found).kind, n=target_of(found).name, a=api.name, s=f"{where}/{name}",
            r=_unavailable(api), w=words),
        culprit=api.ref,
        specificity=Specificity.NAMED,
        waits_on=(api.ref, service),
        cites=(api.cite,),
        quotes=(name,),
        since=active,
        remedies=(
            escalate(
                say("Have the metrics adapter {s} looked at", "请检查指标适配器 {s}", s=f"{where}/{name}"),
                say("Its pods serve that API; nothing that is scaled by such metrics moves until they do.",
                    "该 API 由其 Pod 提供；恢复之前依赖这类指标的伸缩都不会动作。"),
                see_yaml(api.ref),
            ),
            see_scaler(found),
        ),
    )  # fmt: skip


def _not_seen_serving(view: ClusterView, found: Obj, active: Condition, adapter: Resource) -> Finding:
    """The API server does not serve the adapter's API: it is not registered, or could not be looked at."""
    absent = view.is_absent(adapter)
    words = short(active.message.rpartition(": ")[2], 90)
    why = say("is not installed", "没有安装") if absent else say(
        "is not served, and why could not be seen", "没有提供服务，原因未能查看")  # fmt: skip
    return scaler_finding(
        found,
        "no-adapter",
        say("HPA {h} gets no {m} metrics and cannot scale {k} {n}: the API {a} {y} (“{w}”).",
            "HPA {h} 得不到 {m} 指标，无法伸缩 {k} {n}：API {a} {y}（“{w}”）。",
            m=active.reason.removeprefix("FailedGet").removesuffix("Metric").lower(), h=found.name,
            k=target_of(found).kind, n=target_of(found).name, a=adapter.name, y=why, w=words),
        culprit=adapter,
        likelihood=Likelihood.HIGH if absent else Likelihood.MEDIUM,
        specificity=Specificity.NAMED,
        waits_on=(adapter,),
        quotes=(words,),
        since=active,
        remedies=(
            escalate(
                say("Have the metrics adapter looked at", "请检查指标适配器"),
                say("Whoever serves {a} (KEDA, prometheus-adapter, a cloud's adapter) must be installed, and "
                    "its Service must have ready pods.",
                    "提供 {a} 的组件（KEDA、prometheus-adapter 或云厂商适配器）必须已安装，"
                    "且其 Service 有就绪的 Pod。", a=adapter.name),
            ),
            see_scaler(found),
        ),
    )  # fmt: skip


def _unavailable(api: Obj | None) -> str:
    """The reason of an APIService that is not available, empty if it is."""
    state = api.conditions().get("Available") if api is not None else None
    return (state.reason or "Unavailable") if state is not None and state.status == "False" else ""
