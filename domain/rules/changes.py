"""What changed in the pod template before the alert: rollouts, restarts, and going back.

None of it states a cause: a change is told with its time. Where the newest one touches what a cause is in,
`blame` says so in the cause.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kubetriage.domain.finding import Finding
from kubetriage.domain.kube import Obj, when
from kubetriage.domain.language import Text
from kubetriage.domain.rules.change_words import changed, quoted, timed, with_differences
from kubetriage.domain.rules.changes_around import SURROUNDING_RULES
from kubetriage.domain.rules.changes_scaling import SCALING_RULES
from kubetriage.domain.rules.phrases import NOTHING, say, stated
from kubetriage.domain.rules.revisions import (
    Revision,
    Rollout,
    changing,
    restarted_only,
    revisions,
    rolled_out,
    rollouts,
)
from kubetriage.domain.rules.timeline import in_window
from kubetriage.domain.template_diff import RESTARTED, Difference
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

EARLIER = 3
"""Rollouts before the newest that are told."""


# ---- rules


def rolled_out_template(view: ClusterView) -> Iterator[Finding]:
    """A change of a workload's pod template: each field with its value before and after."""
    for obj in changing(view):
        steps = rollouts(view, obj.ref)
        for place, step in enumerate(steps[: 1 + EARLIER]):
            if place and step.back:
                continue  # where it stood before is lost
            at = rolled_out(view, obj.ref, step)
            if not in_window(view, at if at is not None else step.before.created):
                continue
            differences = step.differences()
            if not restarted_only(differences):
                yield _rollout(view, obj, step, at, differences)


def _rollout(
    view: ClusterView, obj: Obj, step: Rollout, at: datetime | None, differences: list[Difference]
) -> Finding:
    name = f"{obj.ref.kind} {obj.name}"
    if step.back:
        former = _former_number(step.after)
        what = say(
            "{n} went back to the template of {f} as revision {r}",
            "{n} 回滚到{f}的模板（成为修订版 {r}）",
            n=name, f=former, r=step.after.number,
        )  # fmt: skip
    else:
        what = say("{n} rolled out revision {r}", "{n} 发布了修订版 {r}", n=name, r=step.after.number)
    head = timed(view, at, what)
    unseen = say("{h}: what differs is masked or not kept.", "{h}：不同之处已被遮盖或没有保留。", h=head)
    return changed(
        "rollback" if step.back else "rollout",
        obj.ref,
        with_differences(head, differences) if differences else unseen,
        at,
        step.after.object.cite,
        step.before.object.cite,
        quotes=quoted(differences),
    )


def _former_number(revision: Revision) -> Text:
    """The number that a revision had before it was gone back to, as far as its ReplicaSet says."""
    if revision.former:
        return say("revision {n}", "修订版 {n}", n=revision.former[-1])
    return say("an earlier revision", "较早修订版")


def rolled_out_unseen(view: ClusterView) -> Iterator[Finding]:
    """A new revision whose predecessor is not kept: when, and that what changed cannot be seen."""
    for obj in changing(view):
        found = revisions(view, obj.ref)
        if len(found) != 1 or found[0].number == 1 or not in_window(view, found[0].created):
            continue
        only = found[0]
        if only.created is not None and restart_mark(only.template) is None:
            head = timed(
                view,
                only.created,
                say("{k} {n} rolled out revision {r}", "{k} {n} 发布了修订版 {r}",
                    k=obj.ref.kind, n=obj.name, r=only.number),
            )  # fmt: skip
            statement = stated(
                "{h}; the revision before it is not kept, so what changed cannot be seen.",
                "{h}；之前的修订版没有保留，无法看出改了什么。",
                h=head,
            )
            yield changed("rollout-unseen", obj.ref, statement, only.created, only.object.cite)


def restarted(view: ClusterView) -> Iterator[Finding]:
    """`kubectl rollout restart`: new pods from the same template, which read their configuration anew."""
    for obj in changing(view):
        steps = rollouts(view, obj.ref)
        marks = [
            (restart_mark(s.after.template), s.after.object.cite)
            for s in steps[: 1 + EARLIER]
            if not s.back and restarted_only(s.differences())
        ]
        if not steps:
            marks = [(restart_mark(obj.mapping("spec", "template")), obj.cite)]
        for at, cite in marks:
            if at is None or not in_window(view, at):
                continue
            what = say("{k} {n} was restarted with kubectl rollout restart",
                       "{k} {n} 被 kubectl rollout restart 重启", k=obj.ref.kind, n=obj.name)  # fmt: skip
            same = say("; its template is the same", "，模板没有其他变化") if steps else NOTHING
            statement = stated("{h}{s}.", "{h}{s}。", h=timed(view, at, what), s=same)
            yield changed("restart", obj.ref, statement, at, cite)


def restart_mark(template: Mapping[str, Any]) -> datetime | None:
    """When `kubectl rollout restart` last wrote into a template."""
    meta = template.get("metadata")
    notes = meta.get(RESTARTED[0]) if isinstance(meta, dict) else None
    return when(notes.get(RESTARTED[1])) if isinstance(notes, dict) else None


def created_workload(view: ClusterView) -> Iterator[Finding]:
    """A workload that did not exist before: there is no earlier state that worked."""
    for obj in changing(view):
        if obj.created is None or not in_window(view, obj.created):
            continue
        head = timed(
            view, obj.created, say("{k} {n} was created", "{k} {n} 被创建", k=obj.ref.kind, n=obj.name)
        )
        statement = stated("{h}.", "{h}。", h=head)
        yield changed("created-workload", obj.ref, statement, obj.created, obj.cite)


RULES: tuple[Rule, ...] = (
    rolled_out_template,
    rolled_out_unseen,
    restarted,
    created_workload,
    *SCALING_RULES,
    *SURROUNDING_RULES,
)
