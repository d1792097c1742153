"""Probes that fail: those that make kubelet kill a container, and those that keep traffic away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.events import EventRecord
from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import ContainerState, Obj, containers, pod_ready, when
from kubetriage.domain.language import Text
from kubetriage.domain.log_signs import PEER, last_sign
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.crash import grouped
from kubetriage.domain.rules.ends import Ending, Kind, concerns, endings
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, fresh, group_pods, node_down, told_apart
from kubetriage.domain.rules.log_unknown import common_error
from kubetriage.domain.rules.phrases import NOTHING, aside, say
from kubetriage.domain.rules.probe_words import (
    Result,
    Said,
    asks,
    budget,
    judged,
    number,
    only_inside,
    probe_of,
    read_probe,
)
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

CATEGORY = "probe-failure"
STARTING = timedelta(minutes=1)
"""How long after its start a container may fail probes now and then without anything being wrong."""
PROBE_ZH = {"liveness": "存活探针", "readiness": "就绪探针", "startup": "启动探针"}


@told_apart
def killed_by_probe(view: ClusterView) -> Iterator[Finding]:
    """Containers that kubelet restarts because their liveness or startup probe fails."""
    for end, group in grouped(view, [e for e in endings(view) if e.kind is Kind.PROBE]):
        event, said = latest_failure(view, end.pod, end.state, ("liveness", "startup"))
        if event is None and end.probe is not None:
            event, said = end.probe, None
        probe = (
            said.probe
            if said
            else ("startup" if end.probe and "startup" in end.probe.message else "liveness")
        )
        spec = probe_of(end.state, probe)
        log = end.log.text if end.log is not None else ""
        why, wrong = (
            judged(end.state, spec, said, log) if said else (Text(en="it fails", zh="探测失败"), False)
        )
        dependent = not wrong and end.seen is not None and end.seen.sign in PEER
        early = _early(end, spec, wrong)
        answers = said is not None and said.result is Result.STATUS and not early.en
        yield Finding(
            rule="probes.killed",
            category=CATEGORY,
            role=Role.SYMPTOM if dependent else Role.CAUSE,
            subject=group.lead.ref,
            culprit=group.culprit,
            statement=_statement(end, group, probe, said, why, early),
            likelihood=Likelihood.HIGH,
            specificity=Specificity.EXACT if wrong else Specificity.NAMED,
            cites=tuple(dict.fromkeys((*group.cites, *((event.cite,) if event else ()),
                                       *((end.probe.cite,) if end.probe else ())))),
            quotes=quotable(short(said.what, 80)) if said and said.what else (),
            since=end.at,
            remedies=probe_remedies(view, group, end.state, probe, wrong, answers=answers,
                                    inside=only_inside(end.state, spec, said, log) if said else ""),
        )  # fmt: skip


def _statement(end: Ending, group: PodGroup, probe: str, said: Said | None, why: Text, early: Text) -> Text:
    quote = aside(short(said.what, 80)) if said else NOTHING
    return say(
        "{who}: kubelet restarts container {c} ({n} time(s)) because its {probe} probe {a} fails: "
        "{why}{early}{q}.",
        "{who}：容器 {c} 因{probe_zh} {a} 失败被 kubelet 重启（{n} 次）：{why}{early}{q}。",
        who=group.who, c=end.state.name, n=end.state.restarts, probe=probe, probe_zh=PROBE_ZH[probe],
        a=short(asks(end.state, probe_of(end.state, probe)), 50), why=why, early=early, q=quote,
    )  # fmt: skip


def _early(end: Ending, spec: object, wrong: bool) -> Text:
    """That it was killed as soon as the probe allows after a start: the application may only start slowly."""
    started, finished = when(end.state.last_terminated.get("startedAt")), end.at
    if wrong or not isinstance(spec, dict) or started is None or finished is None:
        return NOTHING
    lived, allowed = int((finished - started).total_seconds()), budget(spec)
    grace = int(number({"g": end.pod.at("spec", "terminationGracePeriodSeconds")}, "g", 30))
    if "startupProbe" in end.state.spec or lived > allowed + grace + 10:
        return NOTHING
    return say(", {l} s after its start: too soon for a slow start without a startup probe",
               "，启动仅 {l} 秒：没有启动探针，启动慢就会被误杀", l=lived)  # fmt: skip


def latest_failure(
    view: ClusterView, pod: Obj, state: ContainerState, probes: tuple[str, ...]
) -> tuple[EventRecord | None, Said | None]:
    """The latest event that says how one of these probes of a container failed."""
    for event in view.events(pod.ref, "Unhealthy", "ProbeWarning"):
        said = read_probe(event.message)
        if said and said.probe in probes and concerns(event, state, pod) and probe_of(state, said.probe):
            return event, said
    return None, None


# ---- not ready


@told_apart
def not_ready(view: ClusterView) -> Iterator[Finding]:
    """Running containers whose readiness or startup probe does not succeed."""
    found: dict[tuple[object, str], tuple[ContainerState, EventRecord | None, Said | None]] = {}
    shown = []
    down = {(e.pod.ref, e.state.name) for e in endings(view)}
    for pod in focus_pods(view):
        if pod_ready(pod) or node_down(view, pod):
            continue
        for state in containers(pod):
            unready = state.running and not state.ready and (not state.init or state.sidecar)
            if unready and (pod.ref, state.name) not in down:
                event, said = latest_failure(view, pod, state, ("readiness", "startup"))
                if event is not None and not fresh(view, event.last):
                    event, said = None, None
                found[(pod.ref, state.name)] = (state, event, said)
                shown.append((pod, (state.name, (said.probe, said.result, said.status) if said else "")))
    for (name, _), group in group_pods(view, shown):
        yield _unready(view, group, *found[(group.lead.ref, name)])


def _unready(
    view: ClusterView, group: PodGroup, state: ContainerState, event: EventRecord | None, said: Said | None
) -> Finding:
    pod, log = group.lead, view.log(group.lead.ref, state.name)
    if said is None or event is None:
        probe = "startup" if probe_of(state, "startup") and not state.status.get("started") else "readiness"
        asked = asks(state, probe_of(state, probe))
        return Finding(
            rule="probes.not-ready",
            category=CATEGORY,
            role=Role.SYMPTOM,
            subject=pod.ref,
            culprit=group.culprit,
            statement=say(
                "{who}: container {c} runs but is not ready ({probe} probe {a}).",
                "{who}：容器 {c} 在运行但未就绪（{probe_zh} {a}）。",
                who=group.who, c=state.name, probe=probe, probe_zh=PROBE_ZH[probe], a=short(asked, 60),
            ),
            cites=group.cites,
        )  # fmt: skip
    spec = probe_of(state, said.probe)
    why, wrong = judged(state, spec, said, log.text if log is not None else "")
    dependent = not wrong and log is not None and bool(last_sign(log.text) or common_error(log.text))
    started = when(state.running.get("startedAt"))
    starting = started is not None and view.now - started < STARTING and event.times < 3
    return Finding(
        rule=f"probes.{said.probe}",
        category=CATEGORY,
        role=Role.SYMPTOM if dependent or starting else Role.CAUSE,
        subject=pod.ref,
        culprit=group.culprit,
        statement=say(
            "{who}: container {c} runs but is not ready: its {probe} probe {a} fails: {why}{q}.",
            "{who}：容器 {c} 在运行但未就绪：{probe_zh} {a} 失败：{why}{q}。",
            who=group.who, c=state.name, probe=said.probe, probe_zh=PROBE_ZH[said.probe],
            a=short(asks(state, spec), 50), why=why, q=aside(short(said.what, 80)),
        ),
        likelihood=Likelihood.HIGH if wrong else Likelihood.MEDIUM,
        specificity=Specificity.EXACT if wrong else Specificity.NAMED,
        cites=(*group.cites, event.cite),
        quotes=quotable(short(said.what, 80)),
        since=event.first,
        remedies=probe_remedies(view, group, state, said.probe, wrong,
                                inside=only_inside(state, spec, said, log.text if log else "")),
    )  # fmt: skip


def probe_remedies(
    view: ClusterView,
    group: PodGroup,
    state: ContainerState,
    probe: str,
    wrong: bool,
    *,
    answers: bool = False,
    inside: str = "",
) -> tuple[Remedy, ...]:
    """What to do about a probe that fails; `answers`: the application had its time and says it is ill;
    `inside`: the loopback address that it listens on alone."""
    work, obj = group.workload, view.find(group.workload)
    if inside:
        title = say("Let container {c} listen on all addresses (0.0.0.0)",
                    "让容器 {c} 监听所有地址（0.0.0.0）",
                    c=state.name)  # fmt: skip
        detail = say("Its address to listen on is {i}; it is set by an argument, a variable or its "
                     "configuration.",
                     "其监听地址为 {i}，由参数、环境变量或配置决定。", i=inside)  # fmt: skip
    elif wrong:
        title = say(
            "Correct the {p} probe of container {c}",
            "修正容器 {c} 的{z}",
            p=probe,
            z=PROBE_ZH[probe],
            c=state.name,
        )
        detail = Text(en="Ask the port and path (or command) that the application serves.",
                      zh="改为应用实际提供的端口和路径（或命令）。")  # fmt: skip
    elif probe == "readiness" or answers:
        title = say("Find out why container {c} fails its {p} probe", "查明容器 {c} 的{z}为何失败",
                    c=state.name, p=probe, z=PROBE_ZH[probe])  # fmt: skip
        detail = Text(en="Its log and its dependencies say more; change the probe only if it is wrong.",
                      zh="查看其日志与依赖；只有探针本身有误才修改探针。")  # fmt: skip
    else:
        title = say("Give container {c} more time", "给容器 {c} 更多时间", c=state.name)
        detail = Text(en="Add a startupProbe for the start, and raise timeoutSeconds or "
                         "failureThreshold; if it hangs, "
                         "mend the application.",
                      zh="为启动阶段添加 startupProbe，并调大 timeoutSeconds 或 failureThreshold；"
                         "若应用卡死则修复应用。")  # fmt: skip
    fix = remedies.change(title, remedies.with_note(detail, obj), *remedies.edit_template(work))
    look = remedies.check(
        Text(en="See the probe and its failures", zh="查看探针配置与失败记录"),
        Text(en="Events and log of the pod.", zh="Pod 的事件与日志。"),
        remedies.describe(group.lead.ref),
        *remedies.see_log(view, group.lead.ref, state.name),
    )
    return remedies.with_rollback(view, work, fix, look)


@told_apart
def readiness_gates(view: ClusterView) -> Iterator[Finding]:
    """Pods whose containers are ready while a readiness gate is not set."""
    shown = []
    for pod in focus_pods(view):
        conditions = pod.conditions()
        ready = conditions.get("ContainersReady")
        if pod_ready(pod) or not ready or ready.status != "True" or node_down(view, pod):
            continue
        for gate in pod.items("spec", "readinessGates"):
            kind = str(gate.get("conditionType") or "")
            if kind and (kind not in conditions or conditions[kind].status != "True"):
                shown.append((pod, kind))
    for kind, group in group_pods(view, shown):
        yield Finding(
            rule="probes.readiness-gate",
            category=CATEGORY,
            role=Role.CAUSE,
            subject=group.lead.ref,
            culprit=group.culprit,
            statement=say(
                "{who}: all containers are ready, but readiness gate {k} has not been set by its controller.",
                "{who}：容器均已就绪，但就绪门 {k} 未被其控制器置为 True。",
                who=group.who, k=kind,
            ),
            likelihood=Likelihood.MEDIUM,
            cites=group.cites,
            quotes=quotable(kind),
            remedies=(
                remedies.escalate(
                    say("Ask who runs the controller of {k}", "联系 {k} 的控制器负责人", k=kind),
                    Text(en="A load balancer or mesh controller sets such a gate; see its log and rights.",
                         zh="该就绪门由负载均衡或网格控制器设置；查看其日志与权限。"),
                    remedies.see_yaml(group.lead.ref),
                ),
            ),
        )  # fmt: skip


RULES: tuple[Rule, ...] = (killed_by_probe, not_ready, readiness_gates)
