"""Every word that a rendered report says by itself, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from kubetriage.domain.finding import Effect, Likelihood, RemedyKind
from kubetriage.domain.language import Text
from kubetriage.domain.rendering.document import Tone
from kubetriage.domain.report import CheckState, Outcome

HEADINGS: Mapping[str, Text] = {
    "overview": Text(en="Alert overview", zh="告警概览"),
    "diagnosis": Text(en="Diagnosis", zh="诊断"),
    "first_reading": Text(en="First reading", zh="初步判断"),
    "primary": Text(en="Primary resource", zh="主要资源"),
    "related": Text(en="Related resources", zh="相关资源"),
    "root_causes": Text(en="Root cause", zh="根因"),
    "contributing": Text(en="Causal chain", zh="因果链"),
    "risks": Text(en="Risks", zh="后续风险"),
    "changes": Text(en="Recent changes", zh="近期变更"),
    "impact": Text(en="Impact", zh="影响"),
    "recommendations": Text(en="Recommendations", zh="建议操作"),
    "evidence": Text(en="Evidence", zh="证据"),
    "gaps": Text(en="Gaps", zh="信息缺口"),
    "knowledge": Text(en="Knowledge", zh="知识库"),
    "verification": Text(en="Verification", zh="核对"),
}

LABELS: Mapping[str, Text] = {
    "status": Text(en="Status", zh="状态"),
    "severity": Text(en="Severity", zh="级别"),
    "started": Text(en="Started", zh="开始时间"),
    "duration": Text(en="Duration", zh="持续"),
    "read_at": Text(en="Cluster read at", zh="读取集群时间"),
    "cluster": Text(en="Cluster", zh="集群"),
    "labels": Text(en="Labels", zh="标签"),
    "summary": Text(en="Summary", zh="摘要"),
    "description": Text(en="Description", zh="描述"),
    "runbook": Text(en="Runbook", zh="处理手册"),
    "culprit": Text(en="Culprit", zh="问题对象"),
    "likelihood": Text(en="Likelihood", zh="可能性"),
    "category": Text(en="Category", zh="类别"),
    "evidence": Text(en="Evidence", zh="证据"),
    "call": Text(en="Call", zh="调用"),
    "time": Text(en="Time", zh="时间"),
}

OUTCOMES: Mapping[Outcome, tuple[Text, Tone]] = {
    Outcome.DIAGNOSED: (Text(en="cause found", zh="已找到原因"), Tone.NOTE),
    Outcome.HEALTHY: (Text(en="healthy now", zh="现已正常"), Tone.GOOD),
    Outcome.INCONCLUSIVE: (Text(en="inconclusive", zh="尚无定论"), Tone.WARN),
}

STATUSES: Mapping[str, tuple[Text, Tone]] = {
    "firing": (Text(en="firing", zh="告警中"), Tone.BAD),
    "resolved": (Text(en="resolved", zh="已恢复"), Tone.GOOD),
}

NO_ALERT: tuple[Text, Tone] = (Text(en="no alert: asked for by name", zh="没有告警：按名称查询"), Tone.MUTED)

SEVERITIES: Mapping[str, tuple[Text, Tone]] = {
    "critical": (Text(en="critical", zh="严重"), Tone.BAD),
    "warning": (Text(en="warning", zh="警告"), Tone.WARN),
    "info": (Text(en="info", zh="提示"), Tone.NOTE),
    "none": (Text(en="none", zh="无"), Tone.MUTED),
}

STATES: Mapping[CheckState, tuple[Text, Tone]] = {
    CheckState.NORMAL: (Text(en="normal", zh="正常"), Tone.GOOD),
    CheckState.ABNORMAL: (Text(en="abnormal", zh="异常"), Tone.BAD),
    CheckState.ABSENT: (Text(en="absent", zh="不存在"), Tone.WARN),
    CheckState.UNREADABLE: (Text(en="unreadable", zh="无法读取"), Tone.WARN),
}

LIKELIHOODS: Mapping[Likelihood, Text] = {
    Likelihood.HIGH: Text(en="high", zh="高"),
    Likelihood.MEDIUM: Text(en="medium", zh="中"),
    Likelihood.LOW: Text(en="low", zh="低"),
}

REMEDIES: Mapping[RemedyKind, tuple[Text, Tone]] = {
    RemedyKind.CHECK: (Text(en="check", zh="检查"), Tone.NOTE),
    RemedyKind.CHANGE: (Text(en="change", zh="修改"), Tone.WARN),
    RemedyKind.ESCALATE: (Text(en="escalate", zh="上报"), Tone.NOTE),
}

EFFECTS: Mapping[Effect, tuple[Text, Tone]] = {
    Effect.READ: (Text(en="read-only", zh="只读"), Tone.GOOD),
    Effect.CHANGE: (Text(en="changes", zh="变更"), Tone.WARN),
    Effect.DESTRUCTIVE: (Text(en="destructive", zh="破坏性"), Tone.BAD),
}

COLON = Text(en=": ", zh="：")

CONFIRMED = Text(en="confirmed", zh="已证实")
UNCONFIRMED = Text(en="unconfirmed", zh="未证实")
NO_PRIMARY = Text(
    en="The alert does not say which object it is about.",
    zh="告警没有说明它针对哪个对象。",
)
NO_RELATED = Text(en="No other resource was looked at.", zh="没有检查其他资源。")
NO_ROOT_CAUSE: Mapping[Outcome, Text] = {
    Outcome.DIAGNOSED: Text(en="No root cause is named.", zh="没有给出根因。"),
    Outcome.HEALTHY: Text(en="None: nothing is wrong now.", zh="无：现在没有异常。"),
    Outcome.INCONCLUSIVE: Text(
        en="None: the evidence does not decide on a cause.", zh="无：现有证据不足以确定原因。"
    ),
}
NO_RECOMMENDATION = Text(en="Nothing needs to be done.", zh="无需操作。")
NO_EVIDENCE = Text(en="Nothing was read from the cluster.", zh="没有从集群读到任何内容。")
NO_GAPS = Text(en="None: every question got an answer.", zh="无：所有查询都得到了回答。")
LOG = Text(en="log", zh="日志")
ADDRESSES = Text(en=" (for root cause {rank})", zh="（针对根因 {rank}）")
MORE_LINES = Text(en="… {count} more lines", zh="… 另有 {count} 行")
MORE_ITEMS = Text(en="… {count} more", zh="… 另有 {count} 项")
UNKNOWN_TIME = Text(en="time unknown", zh="时间未知")

VERIFIED = Text(
    en="{confirmed} of {claims} claims confirmed in the evidence",
    zh="{claims} 条结论中有 {confirmed} 条在证据中得到证实",
)
DROPPED = Text(en="{count} dropped", zh="另有 {count} 条未予采用")
BY_RULES = Text(en="rules only, no model", zh="仅用规则，未用模型")
BY_MODEL = Text(en="{calls} calls ({tokens} tokens) to model ", zh="{calls} 次调用（{tokens} 个词元），模型 ")
BY_ONE_CALL = Text(en="1 call ({tokens} tokens) to model ", zh="1 次调用（{tokens} 个词元），模型 ")
READS = Text(en="{count} cluster reads", zh="读取集群 {count} 次")
ONE_READ = Text(en="1 cluster read", zh="读取集群 1 次")
SECONDS = Text(en="{seconds} s", zh="用时 {seconds} 秒")
REPORT_MADE = Text(en="report ", zh="报告 ")
MADE_AT = Text(en=" made {at}", zh=" 生成于 {at}")

DURATION_UNITS: tuple[tuple[int, Text], ...] = (
    (86_400, Text(en="{count} d", zh="{count} 天")),
    (3_600, Text(en="{count} h", zh="{count} 小时")),
    (60, Text(en="{count} min", zh="{count} 分钟")),
    (1, Text(en="{count} s", zh="{count} 秒")),
)
"""Units of a duration in seconds, largest first."""
