"""A rollout before an alert about errors or slowness that nothing else explains."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.language import Text
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.blame import SUSPECTED, latest_change
from kubetriage.domain.rules.change_words import difference_text, quoted
from kubetriage.domain.rules.ends import endings
from kubetriage.domain.rules.health_scope import measured
from kubetriage.domain.rules.log_slow import slow_operations
from kubetriage.domain.rules.log_stated import stated
from kubetriage.domain.rules.log_unknown import unknown_errors
from kubetriage.domain.rules.phrases import joined
from kubetriage.domain.rules.phrases import stated as statement
from kubetriage.domain.rules.revisions import KINDS
from kubetriage.domain.rules.timeline import placed
from kubetriage.domain.rules.wellness import workload_is_well
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_SHOWN = 2
_SOON = timedelta(hours=1)
"""How soon before the alert a rollout must have been for the alert to follow on it."""


def suspected(view: ClusterView) -> Iterator[Finding]:
    """What the newest rollout of the alert's workload changed, where its state is well and its logs mute."""
    primary = view.primary
    work = view.find(view.workload(primary)) if primary is not None else None
    if work is None or work.ref.kind not in KINDS or not measured(view) or workload_is_well(work) is None:
        return
    change = latest_change(view, work.ref)
    if change is None or not change.differences or _explained(view):
        return
    soon = view.alert_began is not None and view.alert_began - change.at <= _SOON
    shown = list(change.differences[:_SHOWN])
    back = remedies.rollback(view, work.ref) or remedies.go_back(
        work,
        Text(en="If what the alert measures set in with the rollout, going back proves it and ends it.",
             zh="若告警指标从发布时开始异常，回滚既能验证也能恢复。"),
    )  # fmt: skip
    look = remedies.check(
        Text(en="Compare what the alert measures before and after the rollout",
             zh="对比告警指标在发布前后的变化"),
        Text(en="Its start beside the time of the rollout decides.",
             zh="对照异常开始时间与发布时间即可判断。"),
        remedies.describe(work.ref),
    )  # fmt: skip
    yield Finding(
        rule=SUSPECTED,
        category="wrong-image" if any(d.path[-1:] == ("image",) for d in shown) else "misconfigured-app",
        role=Role.CAUSE,
        subject=work.ref,
        culprit=work.ref,
        statement=statement(
            "{k} {n} was rolled out {when} (revision {r}: {what}); nothing else is seen that explains the "
            "alert, which {may} come with it.",
            "{k} {n} 于{when}发布了修订版 {r}（{what}）；未见其他可解释该告警的情况，"
            "{zh_may}由这次发布引入。",
            may="has probably" if soon else "may have",
            zh_may="很可能" if soon else "可能",
            k=work.ref.kind,
            n=work.name,
            when=placed(view, change.at),
            r=change.after.number,
            what=joined([difference_text(d, 60) for d in shown]),
        ),
        likelihood=Likelihood.MEDIUM if soon else Likelihood.LOW,
        specificity=Specificity.GENERAL,
        cites=(work.cite, change.after.object.cite, change.before.object.cite),
        quotes=quoted(shown),
        since=change.at,
        remedies=(look, back),
    )


def _explained(view: ClusterView) -> bool:
    """Whether the pods' ends or logs say something themselves."""
    if endings(view) or next(stated(view), None) is not None:
        return True
    return any(isinstance(f, Finding) for rule in (unknown_errors, slow_operations) for f in rule(view))


RULES: tuple[Rule, ...] = (suspected,)
