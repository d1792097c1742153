"""Every word that a message says by itself, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from kubetriage.domain.intake.failing import FailureReason
from kubetriage.domain.language import Text
from kubetriage.domain.messages.notice import Event
from kubetriage.domain.rendering.document import Tone

STATES: Mapping[Event, tuple[Text, Tone]] = {
    Event.FAILED: (Text(en="diagnosis failed", zh="诊断失败"), Tone.BAD),
    Event.RESOLVED: (Text(en="resolved", zh="已恢复"), Tone.GOOD),
    Event.STILL_FIRING: (Text(en="still firing", zh="持续告警"), Tone.WARN),
    Event.REOPENED: (Text(en="firing again", zh="再次告警"), Tone.BAD),
    Event.FLAPPING: (Text(en="flapping", zh="反复抖动"), Tone.WARN),
    Event.SILENT: (Text(en="no alerts arrive", zh="告警链路中断"), Tone.BAD),
    Event.HEARD: (Text(en="alerts arrive again", zh="告警链路恢复"), Tone.GOOD),
    Event.STORM: (Text(en="alert storm", zh="告警风暴"), Tone.BAD),
    Event.INSPECTION: (Text(en="inspection", zh="巡检"), Tone.NOTE),
    Event.DIGEST: (Text(en="digest", zh="汇总"), Tone.NOTE),
}
"""The state of an event that has one of its own; a diagnosis has its alert's."""

ASSUMED_OVER = (Text(en="assumed to be over", zh="推定已恢复"), Tone.GOOD)
"""An end that no alert told."""

ASKED_FOR = (Text(en="asked for by name", zh="按名称查询"), Tone.WARN)
"""The state of a report that no alert led to."""

STORM_OVER = (Text(en="alert storm over", zh="告警风暴结束"), Tone.GOOD)

TITLES: Mapping[Event, Text] = {
    Event.SILENT: Text(
        en="The Watchdog alert has gone silent: alerts may not reach us",
        zh="Watchdog 告警已中断，告警可能无法送达",
    ),
    Event.HEARD: Text(en="The Watchdog alert is heard again", zh="已重新收到 Watchdog 告警"),
    Event.STORM: Text(en="{count} incidents at once", zh="短时间内出现 {count} 个事件"),
    Event.DIGEST: Text(en="{count} messages in one", zh="共 {count} 条消息"),
    Event.INSPECTION: Text(en="Findings: {count}", zh="发现 {count} 个问题"),
}
"""Titles of events that are not about one alert."""

STORM_SUMMED_UP = Text(
    en="{count} incidents, {diagnosed} of them diagnosed", zh="共 {count} 个事件，其中 {diagnosed} 个已诊断"
)

FLAPS = Text(
    en="It has fired {count} times. Nothing more is told of it until it is stable, or until {until}.",
    zh="已反复触发 {count} 次。在其稳定之前不再通知，最迟到 {until}。",
)
CHECK_THE_CHAIN = Text(
    en="Look whether Prometheus and Alertmanager run, and whether their alerts reach kubetriage.",
    zh="请检查 Prometheus 和 Alertmanager 是否正常，以及告警能否送达 kubetriage。",
)

HEADINGS: Mapping[str, Text] = {
    "cause": Text(en="Root cause", zh="根因"),
    "was": Text(en="What it was", zh="当时的原因"),
    "impact": Text(en="Impact", zh="影响"),
    "failure": Text(en="Why there is no report", zh="没有报告的原因"),
    "steps": Text(en="What to do", zh="建议操作"),
    "evidence": Text(en="Evidence", zh="证据"),
    "changes": Text(en="Changed before", zh="近期变更"),
}

FAILURES: Mapping[str, Text] = {
    FailureReason.CLUSTER_UNREACHABLE: Text(
        en="The cluster could not be reached: nothing was read from it.",
        zh="无法连接集群，没有读取到任何数据。",
    ),
    FailureReason.CLUSTER_UNKNOWN: Text(
        en="No cluster connection is configured that fits this alert.", zh="没有配置与该告警对应的集群连接。"
    ),
    FailureReason.MODEL_UNKNOWN: Text(
        en="The model that was to be used is not configured.", zh="要使用的模型没有配置。"
    ),
    FailureReason.INPUT: Text(en="The alert or a setting cannot be used.", zh="告警内容或某项配置无法使用。"),
    FailureReason.HUNG: Text(
        en="The diagnosis was not over long after its deadline.", zh="诊断远超时限仍未结束。"
    ),
    FailureReason.LOST: Text(en="The diagnosis ended without a result.", zh="诊断中断，没有得出结果。"),
    FailureReason.BUG: Text(
        en="A bug in kubetriage ended the diagnosis.", zh="kubetriage 的程序缺陷中断了诊断。"
    ),
}
"""Why a diagnosis was given up, by the kind of error."""

FAILURE = Text(en="No report could be made.", zh="没有得出报告。")
LOOK_YOURSELF = Text(
    en="It will not be tried again: please look into it yourself.", zh="不会再自动重试，请人工排查。"
)

LABELS: Mapping[str, Text] = {
    "cluster": Text(en="Cluster", zh="集群"),
    "resource": Text(en="Resource", zh="资源"),
    "namespace": Text(en="Namespace", zh="命名空间"),
    "since": Text(en="Since", zh="开始时间"),
    "alike": Text(en="Alike", zh="同类告警"),
    "incident": Text(en="Incident", zh="事件编号"),
}

LINKS: Mapping[str, Text] = {
    "report": Text(en="Full report", zh="完整报告"),
    "runbook": Text(en="Runbook", zh="处理手册"),
    "dashboard": Text(en="Dashboard", zh="监控面板"),
    "silence": Text(en="Silence", zh="静默"),
}

DETAILS = Text(en="Details", zh="详情")
"""The link of a message that has no report."""

LASTED = Text(en=" ({duration})", zh="（已持续 {duration}）")
LASTED_IN_ALL = Text(en=" (lasted {duration})", zh="（共持续 {duration}）")
ALIKE = Text(en="{count} more of the same incident", zh="同一事件另有 {count} 条告警")
UNDELIVERED = Text(
    en="{count} more that their sender left out of the group", zh="发送方另有 {count} 条未随组送达"
)
LIKELIHOOD = Text(en="likelihood: {level}", zh="可能性：{level}")
HINT_ONLY = Text(en="not confirmed in the evidence", zh="未在证据中得到证实")
NOT_FOUND = Text(en="No root cause was found.", zh="没有找到根因。")
MORE_CAUSES = Text(en="{count} more in the full report.", zh="另有 {count} 个根因，见完整报告。")
NO_STEPS = Text(en="Nothing needs to be done.", zh="无需操作。")
MORE_STEPS = Text(en="{count} more in the full report.", zh="另有 {count} 个步骤，见完整报告。")
LONG_COMMAND = Text(
    en="A command too long for a message: it is in the full report.",
    zh="命令过长，未列出：见完整报告。",
)
MORE_LINES = Text(en="… {count} more", zh="… 另有 {count} 项")
MADE = Text(en="By rules", zh="由规则得出")
MADE_BESIDE = Text(
    en="By rules; what model {model} wrote is in the {language} report",
    zh="由规则得出；模型 {model} 所写内容见{language}报告",
)
MADE_WITH = Text(en="Written by model {model}; check before acting", zh="由模型 {model} 撰写，操作前请核对")
READ = Text(en="cluster read at {at}", zh="读取集群于 {at}")
