"""What to do: the remedies of the root causes, and how to get what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from kubetriage.domain.alert import SubjectScope
from kubetriage.domain.evidence import ASKS_PROMETHEUS, EvidenceGap, FailureKind, ReadKind
from kubetriage.domain.finding import Finding, RemedyKind
from kubetriage.domain.language import Language, text
from kubetriage.domain.report import Outcome, Recommendation
from kubetriage.domain.view import ClusterView


def recommendations(
    view: ClusterView,
    named: Sequence[Finding],
    symptoms: Sequence[Finding],
    outcome: Outcome,
    gaps: Sequence[EvidenceGap],
    language: Language,
) -> tuple[Recommendation, ...]:
    """Numbered by the root cause they address; reading before changing is the remedies' own order.

    `named` are the findings that the report names as root causes, in their order; `symptoms` are unexplained
    ones beside them. When the evidence does not decide, how to get what is missing comes after them.
    """
    made: list[Recommendation] = []
    for rank, cause in enumerate(named, 1):
        made += _of_cause(view, cause, rank, language)
    for symptom in symptoms:
        made += _remedies(symptom, None, language)
    if outcome is Outcome.INCONCLUSIVE:
        closer, commands = _look_closer(view, language), {c.command for it in made for c in it.commands}
        made += [it for it in closer if not commands.issuperset(c.command for c in it.commands)]
        made += _name_the_object(view, language)
    made += _rights(gaps, language) + _unanswered(gaps, language)
    unique: dict[tuple[str, tuple[str, ...]], Recommendation] = {}
    for item in made:
        unique.setdefault((item.title, tuple(c.command for c in item.commands)), item)
    return tuple(unique.values())


def _of_cause(view: ClusterView, cause: Finding, rank: int, language: Language) -> list[Recommendation]:
    found = _remedies(cause, rank, language)
    if all(r.kind is RemedyKind.CHECK for r in cause.remedies):
        found.append(_nothing_to_change(cause, rank, language))
    return _with_owner(view, cause, found, language)


def _with_owner(
    view: ClusterView, cause: Finding, made: list[Recommendation], language: Language
) -> list[Recommendation]:
    """Who writes the culprit (a Helm release, an application), unless a remedy says it already: told with the
    first change, else with the first thing that is handed to others."""
    from kubetriage.domain.rules.remedies import managed_by, owner_note  # late: it brings every rule with it

    culprit = view.find(cause.culprit) if cause.culprit is not None else None
    owner = managed_by(culprit)
    acting = sorted((r for r in made if r.kind is not RemedyKind.CHECK), key=lambda r: r.kind != "change")
    if owner is None or not acting or any(owner.say(language) in r.detail for r in made):
        return made
    note = owner_note(culprit, changes=acting[0].kind is RemedyKind.CHANGE).say(language)
    noted = acting[0].model_copy(update={"detail": f"{acting[0].detail}{note}".strip()})
    return [noted if r is acting[0] else r for r in made]


def _remedies(finding: Finding, rank: int | None, language: Language) -> list[Recommendation]:
    return [
        Recommendation(
            kind=r.kind,
            title=r.title.say(language),
            detail=r.detail.say(language),
            commands=r.commands,
            addresses=rank,
        )
        for r in finding.remedies
    ]


def _nothing_to_change(cause: Finding, rank: int, language: Language) -> Recommendation:
    who = str(cause.culprit or cause.subject)
    return Recommendation(
        kind=RemedyKind.ESCALATE,
        title=text("Hand over to the owner of {who}", "交给 {who} 的负责人", who=who).say(language),
        detail=text(
            "The evidence does not decide on one safe change; give them the root cause and its evidence.",
            "现有证据不能确定唯一安全的改动；请把上面的根因和证据交给他们。",
        ).say(language),
        addresses=rank,
    )


def _look_closer(view: ClusterView, language: Language) -> list[Recommendation]:
    from kubetriage.domain.rules.remedies import describe  # late: it brings every rule with it

    primary = view.primary
    if primary is None or view.find(primary) is None:
        return []
    return [
        Recommendation(
            kind=RemedyKind.CHECK,
            title=text("Look at {r} yourself", "人工查看 {r}", r=str(primary)).say(language),
            detail=text("Its state and events as the cluster has them now.", "查看它当前的状态和事件。").say(
                language
            ),
            commands=(describe(primary),),
        )
    ]


def _rights(gaps: Sequence[EvidenceGap], language: Language) -> list[Recommendation]:
    refused = [g.read for g in gaps if g.read and g.failure is FailureKind.FORBIDDEN]
    refused = [read for read in refused if read.verb not in ASKS_PROMETHEUS]
    kinds = sorted({"pods/log" if read.verb is ReadKind.LOG else read.kind for read in refused})
    if not kinds:
        return []
    return [
        Recommendation(
            kind=RemedyKind.ESCALATE,
            title=text("Let kubetriage read {k}", "允许 kubetriage 读取 {k}", k=", ".join(kinds)).say(
                language
            ),
            detail=text(
                "The API server refused these reads; ask its administrator for get and list on them.",
                "API 服务器拒绝了这些读取；请集群管理员授予对它们的 get 和 list 权限。",
            ).say(language),
        )
    ]


def _unanswered(gaps: Sequence[EvidenceGap], language: Language) -> list[Recommendation]:
    """Reads that may be answered another time."""
    if not any(g.failure is not None and g.failure.retryable for g in gaps):
        return []
    return [
        Recommendation(
            kind=RemedyKind.CHECK,
            title=text("Run kubetriage again", "重新运行 kubetriage").say(language),
            detail=text(
                "Some reads got no answer; `kubetriage doctor` shows whether the connection works, and "
                "--timeout gives slow ones more time.",
                "部分读取没有得到回答；可用 `kubetriage doctor` 检查连接，用 --timeout 给慢的读取更多时间。",
            ).say(language),
        )
    ]


def _name_the_object(view: ClusterView, language: Language) -> list[Recommendation]:
    if view.subject.scope is not SubjectScope.LOST:
        return []
    return [
        Recommendation(
            kind=RemedyKind.CHANGE,
            title=text(
                "Keep the object's labels in alert {name}",
                "在告警 {name} 中保留对象标签",
                name=view.alert.name,
            ).say(language),
            detail=text(
                "Its labels name no object. Let its expression keep `namespace` and `pod` (or the label of "
                "the object meant), or triage the object itself: `kubetriage triage KIND/NAME -n NAMESPACE`.",
                "它的标签没有指明对象。请让表达式保留 `namespace` 和 `pod`（或所指对象的标签），"
                "也可以按名称诊断：`kubetriage triage KIND/NAME -n NAMESPACE`。",
            ).say(language),
        )
    ]
