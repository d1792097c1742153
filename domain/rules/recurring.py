"""A CronJob that changes a workload by schedule, and each time leaves it with too little."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj, elements, quantity, when
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.change_words import difference_text, quoted
from kubetriage.domain.rules.phrases import given, say, stated
from kubetriage.domain.rules.revisions import Rollout, changing, rolled_out, rollouts
from kubetriage.domain.rules.timeline import in_window, placed
from kubetriage.domain.rules.wording import quotable
from kubetriage.domain.template_diff import Difference
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_SOON = timedelta(minutes=5)
"""How long after its scheduled time a CronJob's pod has done its work."""
_CATEGORIES = {"memory": "oom-killed", "cpu": "cpu-throttling"}


def squeezed(view: ClusterView) -> Iterator[Finding]:
    """A limit that a CronJob lowered near the alert, as the times and its own command say."""
    for work in changing(view):
        for step in rollouts(view, work.ref)[:1]:
            at = rolled_out(view, work.ref, step)
            lowered = [d for d in step.differences() if _is_lowered(d)] if in_window(view, at) else []
            for cron in view.objects("CronJob", work.namespace) if lowered else []:
                ran = when(cron.at("status", "lastScheduleTime"))
                soon = ran is not None and at is not None and ran <= at <= ran + _SOON
                if soon and ran is not None and _speaks_of(cron, work.name):
                    yield _finding(view, work, cron, step, lowered[0], ran, at)


def _is_lowered(difference: Difference) -> bool:
    if difference.path[2:4] != ("resources", "limits") or difference.path[-1] not in _CATEGORIES:
        return False
    before, after = quantity(difference.before), quantity(difference.after)
    return after is not None and (before is None or after < before)


def _speaks_of(cron: Obj, name: str) -> bool:
    """Whether the command, arguments or variables of its pods name a workload."""
    found: list[str] = []
    for spec in cron.items("spec", "jobTemplate", "spec", "template", "spec", "containers"):
        words = [*elements(spec.get("command")), *elements(spec.get("args"))]
        words += [e.get("value") for e in elements(spec.get("env")) if isinstance(e, dict)]
        found += [str(word) for word in words if word]
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", " ".join(found)) is not None


def _finding(
    view: ClusterView,
    work: Obj,
    cron: Obj,
    step: Rollout,
    lowered: Difference,
    ran: datetime,
    at: datetime | None,
) -> Finding:
    again = given("; it was set so {v} times before", "；此前已这样设置过 {v} 次", len(step.after.former))
    return Finding(
        rule="recurring.squeezed",
        category=_CATEGORIES[lowered.path[-1]],
        role=Role.CAUSE,
        subject=work.ref,
        culprit=cron.ref,
        statement=stated(
            "CronJob {c}, whose command names {w}, ran {when} by its schedule “{s}”; right then revision {r} "
            "of {k} {w} changed {d}{again}.",
            "CronJob {c} 的命令涉及 {w}，按计划“{s}”在{when}运行；随即 {k} {w} 出现修订版 {r}，"
            "修改了{d}{again}。",
            c=cron.name,
            w=work.name,
            k=work.ref.kind,
            when=placed(view, ran),
            s=cron.text("spec", "schedule"),
            r=step.after.number,
            d=difference_text(lowered),
            again=again,
        ),
        likelihood=Likelihood.HIGH,
        specificity=Specificity.EXACT,
        explains=(work.ref, *(p.ref for p in view.pods_of(work.ref))),
        cites=(cron.cite, work.cite, step.after.object.cite, step.before.object.cite),
        quotes=quotable(cron.name, cron.text("spec", "schedule"), *quoted([lowered])),
        since=at,
        remedies=_remedies(work, cron),
    )


def _remedies(work: Obj, cron: Obj) -> tuple[Remedy, ...]:
    return (
        remedies.change(
            say("Stop CronJob {c}, then go back", "停用 CronJob {c}，再回滚", c=cron.name),
            remedies.with_note(
                say("Otherwise its next run lowers the limit again.", "否则下次运行时又会调低上限。"), cron),
            remedies.suspend(cron.ref, True),
            remedies.mutate(f"kubectl rollout undo {remedies.target(work.ref)}"),
        ),
        remedies.check(
            say("See what it does and when it ran", "查看它做什么、何时运行过"),
            say("Its command and the revisions of {w}.", "其命令和 {w} 的各个修订版。", w=work.name),
            remedies.see_yaml(cron.ref),
            remedies.read(f"kubectl rollout history {remedies.target(work.ref)}"),
        ),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (squeezed,)
