"""Whether an alert is about the state of its object, so that a well state contradicts it.

A ready pod says nothing about error rates, latency or usage. That an object is well may therefore be
concluded from its state only where

* nobody fired an alert: a resource was asked about by its name;
* the alert is resolved: its own expression is no longer true;
* the alert comes from kube-state-metrics, which exports states of objects (its `job` label says so);
* its name is one of the well-known alerts about states (`STATE_GROUPS` without `MEASURED`);
* none of these, but its words speak of a state and of nothing measured, and since it fired no warning was
  recorded about it or its pods, whose logs were read and hold no error. What an alert says that speaks of
  neither (`OrdersOdd`, “the service is abnormal”, “is unhealthy”) is not known, so nothing refutes it.

In all other cases the question stays open. The name never speaks for a cause, only for this.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kubetriage.domain.alert import AlertStatus, SubjectScope
from kubetriage.domain.alert_table import row_of
from kubetriage.domain.kube import Obj, containers
from kubetriage.domain.log_signs import signs
from kubetriage.domain.logs import Level, Record, records
from kubetriage.domain.relations.base import events_about
from kubetriage.domain.view import ClusterView

_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\-.]+")
STATE_GROUPS = frozenset({"kubernetes-apps", "kubernetes-storage", "kubernetes-system-kubelet", "kubernetes"})
"""Rule groups of kubernetes-mixin and awesome-prometheus-alerts about Kubernetes objects."""
MEASURED = re.compile(
    r"throttl|filling|full|usage|pleg|latency|certificate|eviction|toomany|capacity|outofdisk|flapping|oom"
    r"|errors?$|underutili[sz]ed|toolong|slow|instance|startup",
    re.IGNORECASE,
)
"""Names in these groups that measure something beside the object's state."""
_MEASURES = re.compile(
    r"latency|response time|error (?:rate|ratio)|success rate|failure "
    r"rate|5xx|4xx|\bp9\d\b|percentile|\bqps\b"
    r"|\brps\b|requests? "
    r"per|throughput|(?<!serve )(?<!receive )traffic|saturation|\bslo\b"
    r"|budget|lag\b|backlog|queue|usage|utili[sz]ation"
    r"|throttl|consum(?:ed|ption)|requests? (?:fail|with)|of (?:all |its "
    r")?(?:requests|calls)|timeouts?\b|slow"
    r"|\berrors\b|\d ?%|percent|performance|\b(?:taking|takes?|took) (?:longer|more|over)\b"
    r"|\b(?:than|over|above|beyond) \d+(?:\.\d+)? ?(?:ms|milliseconds?|s|sec|seconds?)\b"
    r"|\b(?:with|status|code|http)[ :=]{1,2}[45]\d\d\b"
    r"|延迟|时延|耗时|错误率|成功率|失败率|超时|请求量|吞吐|流量|积压|堆积|使用率|利用率|用量|限流|慢",
    re.IGNORECASE,
)


_STATES = re.compile(
    r"ready|crash|restart|running|pending|waiting|replica|roll(?:ed)?[ -]?out|unavailab|not available"
    r"|\bdown\b|stuck|evict|\bkill|oom|terminat|\bexit|image ?pull|pull(?:ing)? (?:the )?image|schedul"
    r"|\b(?:fail\w*|not|cannot|unable to) (?:to )?(?:start|run|mount|create)|probe|\bbound\b|mounted"
    r"|not (?:exist|found)|missing|\bgone\b|unreachable|offline|\bdead\b|\balive\b|\bstat(?:e|us)\b|phase"
    r"|health[ _-]?(?:check|probe|endpoint|z\b)|condition|back ?off|suspended|deadline|warning event"
    r"|重启|就绪|崩溃|退出|挂起|等待(?!时间)|副本|发布|滚动|不可用|宕机|下线|离线|掉线|失联|不可达|驱逐|终止|被杀|杀死"
    r"|拉取镜像|镜像拉取|调度|启动|挂载|绑定|不存在|缺失|丢失|状态|存活|健康检查|未运行|没有运行|停止|探针|探活",
    re.IGNORECASE,
)
"""Words for what an object's state shows."""
_BAD = (
    r"(?:abnormal|anomalous|bad|wrong|poor|unexpected|unusual|degraded|not ok|red|yellow|unhealthy|firing"
    r"|alert(?:ing)?|alarm|problem|critical|warning|major|minor)"
)
_VAGUE = re.compile(
    r"\bun-?health(?:y|iness)\b|\bnot (?:being )?healthy\b|\bno longer healthy\b"
    rf"|\b(?:health|stat(?:e|us)|condition)(?: (?:stat(?:e|us)|score))?(?: is| was|\s*[:=])?\s+{_BAD}\b"
    rf"|\b{_BAD} (?:health|stat(?:e|us)|condition)\b"
    r"|\b(?:alert|alarm|trigger(?:ing)?|rule|event) (?:stat(?:e|us)|condition)\b"
    r"|(?:健康|运行|工作)?状态(?:出现|存在|发生)?\s*[:：为]?\s*(?:异常|不正常|不健康|不良|不佳|有问题|告警|报警|故障|严重)"
    r"|异常状态|(?:告警|报警|触发|事件|规则)状态|[不非亚]健康",
    re.IGNORECASE,
)
"""That something is wrong, without a word about what: slowness and errors are called so as well."""
_STATE_LABELS = ("condition", "phase", "reason", "state", "status")

_PROBES = re.compile(r"(?<!readiness )(?<!ready )\bprobes?\b|(?<!就绪)探针", re.IGNORECASE)


def about_state(view: ClusterView, pods: Sequence[Obj]) -> bool:
    """Whether a well state of the alert's object contradicts the alert; `pods` are those behind it."""
    known = _known_scope(view)
    if known is not None:
        return known
    if _speaks_of(view, _MEASURES) or not _names_a_state(view) or _probes_are_open(view, pods):
        return False
    return events_are_clean(view, pods) and logs_are_clean(view, pods)


def measured(view: ClusterView) -> bool:
    """Whether the alert is about something measured (errors, latency, load), which a state neither shows nor
    refutes."""
    return not _known_scope(view) and _speaks_of(view, _MEASURES)


def _known_scope(view: ClusterView) -> bool | None:
    """Whether the alert is about a state, as its origin or its well-known name says; None if neither does."""
    alert = view.alert
    if alert.source == "resource" or alert.status is AlertStatus.RESOLVED:
        return True
    if "kube-state-metrics" in alert.labels.get("job", ""):
        return True
    row = row_of(alert.labels.get("alertname", "")) or row_of(alert.name)
    if row is None:
        return None
    return (
        row.triage is SubjectScope.RESOURCE
        and row.group in STATE_GROUPS
        and not MEASURED.search(row.alertname)
    )


def _speaks_of(view: ClusterView, what: re.Pattern[str]) -> bool:
    return any(what.search(words) for words in _words(view))


def _words(view: ClusterView) -> tuple[str, ...]:
    name = _HUMPS.sub(" ", view.alert.labels.get("alertname", "") or view.alert.name)
    return (name, *view.alert.annotations.values())


def _names_a_state(view: ClusterView) -> bool:
    """Whether the alert's words, or a label for a state, say what of its object is wrong."""
    if any(_STATES.search(_VAGUE.sub(" ", words)) for words in _words(view)):
        return True
    given = (view.alert.labels.get(name, "") for name in _STATE_LABELS)
    return any(value and not re.fullmatch(f"{_BAD}|异常|告警", value, re.IGNORECASE) for value in given)


def _probes_are_open(view: ClusterView, pods: Sequence[Obj]) -> bool:
    """Whether the alert is about probes and nobody recorded when they failed.

    Ready tells of the readiness probe alone: a liveness probe may fail for long below its threshold. That it
    does no more shows by the kubelet's event, whose time would go on.
    """
    return _speaks_of(view, _PROBES) and not any(view.events(pod.ref, "Unhealthy") for pod in pods)


def events_are_clean(view: ClusterView, pods: Sequence[Obj]) -> bool:
    """Whether the events of the alert's object and these pods, as far as they were asked for, could be read,
    and none is a warning of after the alert's start."""
    began = view.alert_began
    about = dict.fromkeys(ref for ref in (view.primary, *(p.ref for p in pods)) if ref is not None)
    asked = [seen for ref in about if (seen := view.observation(events_about(ref))) is not None]
    return all(seen.found for seen in asked) and not any(
        event.warning and (began is None or event.last is None or event.last >= began)
        for ref in about
        for event in view.events(ref)
    )


def logs_are_clean(view: ClusterView, pods: Sequence[Obj]) -> bool:
    """Whether logs of these pods were read and none holds an error of after the alert's start."""
    logs = [
        log for pod in pods for state in containers(pod) if (log := view.log(pod.ref, state.name)) is not None
    ]
    return bool(logs) and not any(_has_error(view, log.text) for log in logs)


def _has_error(view: ClusterView, text: str) -> bool:
    """Whether a log speaks of an error; where it goes on past the alert's start, of one since then."""
    began = view.alert_began
    known = records(text)
    times = [r.at for r in known if r.at is not None]
    covered = began if began is not None and times and max(times) >= began else None

    def counts(record: Record) -> bool:
        return covered is None or record.at is None or record.at >= covered

    if any(counts(seen.record) for seen in signs(text)):
        return True
    return any(r.level >= Level.ERROR or r.thrown for r in known if counts(r))
