"""What to do: the remedies of the root causes, and how to get what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from kubetriage.domain.causes import Explanation
from kubetriage.domain.evidence import EvidenceGap, FailureKind
from kubetriage.domain.finding import Command, Effect, Finding, RemedyKind, Role
from kubetriage.domain.language import Language, text
from kubetriage.domain.report import Outcome, Recommendation
from kubetriage.domain.resource import KINDS, Resource
from kubetriage.domain.view import ClusterView


def recommendations(
    view: ClusterView,
    explanation: Explanation,
    outcome: Outcome,
    gaps: Sequence[EvidenceGap],
    language: Language,
) -> tuple[Recommendation, ...]:
    """Numbered by the root cause they address; reading before changing is the remedies' own order."""
    made: list[Recommendation] = []
    if outcome is not Outcome.HEALTHY:
        for rank, cause in enumerate(explanation.roots, 1):
            made += _of_cause(cause, rank, language)
        if not explanation.roots:
            for symptom in explanation.open_symptoms[:2]:
                made += _of_cause(symptom, None, language)
            made += _look_closer(view, language)
    made += _rights(gaps, language)
    unique: dict[tuple[str, tuple[str, ...]], Recommendation] = {}
    for item in made:
        unique.setdefault((item.title, tuple(c.command for c in item.commands)), item)
    return tuple(unique.values())


def _of_cause(cause: Finding, rank: int | None, language: Language) -> list[Recommendation]:
    found = [
        Recommendation(
            kind=r.kind,
            title=r.title.say(language),
            detail=r.detail.say(language),
            commands=r.commands,
            addresses=rank,
        )
        for r in cause.remedies
    ]
    if cause.role is Role.CAUSE and all(r.kind is RemedyKind.CHECK for r in cause.remedies):
        found.append(_nothing_to_change(cause, rank, language))
    return found


def _nothing_to_change(cause: Finding, rank: int | None, language: Language) -> Recommendation:
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


def describe(ref: Resource) -> Command:
    """The read command that shows everything about one object."""
    info = KINDS.get(ref.kind)
    plural = info.plural if info else ref.kind.lower()
    where = f" -n {ref.namespace}" if ref.namespace else ""
    return Command(command=f"kubectl describe {plural} {ref.name}{where}", effect=Effect.READ)


def _look_closer(view: ClusterView, language: Language) -> list[Recommendation]:
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
    kinds = sorted({g.read.kind for g in gaps if g.read and g.failure is FailureKind.FORBIDDEN})
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
