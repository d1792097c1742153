"""From observations to numbered evidence: every read made, and every listed object that a finding cites."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubetriage.domain.diagnosis import bounded
from kubetriage.domain.evidence import (
    ASKS_PROMETHEUS,
    Evidence,
    EvidenceGap,
    FailureKind,
    Observation,
    ReadKind,
    object_cite,
)
from kubetriage.domain.excerpts import excerpt_of_object, excerpt_of_read
from kubetriage.domain.finding import Finding
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text, text
from kubetriage.domain.measures import MEASURES
from kubetriage.domain.resource import KINDS
from kubetriage.domain.view import ClusterView


def index_evidence(
    view: ClusterView, findings: Sequence[Finding], also: Iterable[str] = ()
) -> list[Evidence]:
    """All evidence of a run with ids in sorted order, each excerpt holding the values that findings quote.

    A read that failed is no evidence: it is a gap. Objects of lists are evidence where a finding or `also`
    cites them.
    """
    quotes: dict[str, list[str]] = {cite: [] for cite in also}
    for finding in sorted(findings, key=lambda f: f.key):
        for cite in finding.cites:
            known = quotes.setdefault(cite, [])
            known += [q for q in finding.quotes if q not in known]
    names = {cite.rpartition("|")[2] for cite in quotes}
    found: list[Evidence] = []
    for seen in view.observations:
        if seen.found or seen.absent:
            found.append(_of_read(seen, quotes))
            found += _of_listed(seen, quotes, names)
    unique: dict[str, Evidence] = {}
    for item in sorted(found, key=lambda e: (e.resource.key, e.cite, e.tool)):
        unique.setdefault(item.cite, item)
    return [item.model_copy(update={"id": f"E{i}"}) for i, item in enumerate(unique.values(), 1)]


def _of_read(seen: Observation, quotes: dict[str, list[str]]) -> Evidence:
    cite = seen.read.key
    wanted = list(quotes.get(cite, ()))
    if seen.read.verb is ReadKind.GET and seen.objects:
        cite = object_cite(seen.read.resource)
        wanted += quotes.get(cite, ())
    return Evidence(
        id="",
        cite=cite,
        resource=seen.read.resource,
        tool=seen.tool,
        arguments=seen.arguments,
        at=seen.at,
        excerpt=excerpt_of_read(seen, wanted),
        absent=seen.absent,
    )


def _of_listed(seen: Observation, quotes: dict[str, list[str]], names: set[str]) -> Iterable[Evidence]:
    """The cited objects of a list; `names` are those that any of them may have."""
    if seen.read.verb is not ReadKind.LIST:
        return
    for raw in seen.objects:
        meta = raw.get("metadata")
        if not isinstance(meta, dict) or str(meta.get("name")) not in names:
            continue
        made = Obj(raw, kind=seen.read.kind, api_version=seen.read.api_version)
        if made.cite in quotes:
            yield Evidence(
                id="",
                cite=made.cite,
                resource=made.ref,
                tool=seen.tool,
                arguments=seen.arguments,
                at=seen.at,
                excerpt=excerpt_of_object(dict(made.raw), quotes[made.cite]),
            )


def ids_of(evidence: Iterable[Evidence], cites: Iterable[str]) -> tuple[str, ...]:
    """The ids of what is cited, in the order of the ids; unknown citations are left out."""
    by_cite = {e.cite: e.id for e in evidence}
    found = {by_cite[c] for c in cites if c in by_cite}
    return tuple(sorted(found, key=lambda i: int(i[1:])))


_WHY: dict[FailureKind, Text] = {
    FailureKind.FORBIDDEN: text("the connection's rights forbid it", "连接的权限不允许读取"),
    FailureKind.TIMEOUT: text("no answer within the deadline", "在期限内没有回答"),
    FailureKind.UNAVAILABLE: text(
        "the cluster or its MCP server could not be reached", "无法连接集群或其 MCP 服务器"
    ),
    FailureKind.THROTTLED: text("the API server limits requests", "API 服务器限流"),
    FailureKind.UNSUPPORTED: text(
        "the MCP server or the cluster does not offer it", "MCP 服务器或集群不提供此类读取"
    ),
    FailureKind.DENIED: text("kubetriage never reads it", "kubetriage 从不读取此类内容"),
    FailureKind.NOT_RECORDED: text("the snapshot does not hold it", "快照中没有记录"),
    FailureKind.TOO_LARGE: text("the answer was too large", "回答过大"),
    FailureKind.BAD_ANSWER: text("the answer could not be understood", "无法理解返回的内容"),
}
_WHY_NO_SAMPLES: dict[FailureKind, Text] = {
    FailureKind.FORBIDDEN: text("Prometheus refuses the credentials", "Prometheus 拒绝了所用的凭据"),
    FailureKind.UNAVAILABLE: text("Prometheus could not be reached", "无法连接 Prometheus"),
    FailureKind.THROTTLED: text("Prometheus limits requests", "Prometheus 限流"),
    FailureKind.UNSUPPORTED: text("Prometheus does not take the question", "Prometheus 不接受该查询"),
}
_ALIKE = frozenset({FailureKind.FORBIDDEN, FailureKind.UNAVAILABLE, FailureKind.THROTTLED})
"""Failures that have nothing to do with the query."""


def gaps_of(view: ClusterView) -> list[EvidenceGap]:
    """Every question that could not be asked, like ones told once, and every answer that was cut.

    That the cluster has no such custom kind, or the snapshot no objects of it, is no gap unless the alert is
    about one: whether a cluster has a kind is only known by asking.
    """
    found: dict[tuple[str, str], EvidenceGap] = {}
    own = view.primary.kind if view.primary is not None else ""
    for seen in view.observations:
        what = _what(seen)
        if _is_no_kind(seen) and (seen.read.kind != own or view.find(view.primary) is not None):
            continue
        if seen.failure is not None:
            gap = EvidenceGap(what=what, why=_why(seen), read=seen.read, failure=seen.failure.kind)
            found.setdefault((what.en, seen.failure.kind), gap)
        elif seen.cut:
            why = text("only a part was read: {cut}", "只读取了一部分：{cut}", cut=seen.cut)
            found.setdefault((what.en, "cut"), EvidenceGap(what=what, why=why, read=seen.read))
    return list(found.values())


def _is_no_kind(seen: Observation) -> bool:
    missing = (FailureKind.UNSUPPORTED, FailureKind.NOT_RECORDED)
    if seen.read.verb in ASKS_PROMETHEUS:
        return False
    return seen.failure is not None and seen.failure.kind in missing and seen.read.kind not in KINDS


def _why(seen: Observation) -> Text:
    assert seen.failure is not None
    base = _WHY[seen.failure.kind]
    if seen.read.verb in ASKS_PROMETHEUS:
        base = _WHY_NO_SAMPLES.get(seen.failure.kind, base)
    message = bounded(" ".join(seen.failure.message.split()))
    if not message or seen.failure.kind is FailureKind.NOT_RECORDED:
        return base
    return Text(en=f"{base.en}: “{message}”", zh=f"{base.zh}：“{message}”")


def _what(seen: Observation) -> Text:
    read = seen.read
    where_en = f" in namespace {read.namespace}" if read.namespace else ""
    where_zh = f"命名空间 {read.namespace} 中的 " if read.namespace else ""
    match read.verb:
        case ReadKind.GET:
            return text("{r}", "{r}", r=str(read.resource))
        case ReadKind.LOG:
            past = ("previous log", "上一次运行的日志") if read.previous else ("log", "日志")
            return text(
                "{past} of {who} ({c})", "{who}（{c}）的{pz}",
                past=past[0], pz=past[1], who=f"{read.namespace}/{read.name}", c=read.container,
            )  # fmt: skip
        case ReadKind.QUERY | ReadKind.RULES:
            return _what_of_samples(seen)
        case ReadKind.TOP:
            return text("usage of {k}s{w}", "{z}{k} 的用量", k=read.kind, w=where_en, z=where_zh)
        case _:
            chosen = ",".join(s for s in (read.label_selector, read.field_selector) if s)
            tail = Text(en=f" ({chosen})", zh=f"（{chosen}）") if chosen else ""
            return text("{k} list{w}{t}", "{z}{k} 列表{t}", k=read.kind, w=where_en, z=where_zh, t=tail)


def _what_of_samples(seen: Observation) -> Text:
    """One gap for everything that a Prometheus which cannot be asked would have told."""
    if seen.failure is not None and seen.failure.kind in _ALIKE:
        return text("metrics of Prometheus", "Prometheus 的指标")
    measure = MEASURES.get(seen.read.measure)
    if measure is None:
        return text("the rule of alert {n} in Prometheus", "Prometheus 中告警 {n} 的规则", n=seen.read.name)
    return text("{r}: {what}", "{r}：{what}", r=str(seen.read.resource), what=measure.what)
