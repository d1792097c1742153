"""CronJobs that start nothing: suspended, a schedule that cannot be used, too many misses, a run in the way.

Events of the CronJob controller (`pkg/controller/cronjob`): FailedNeedsStart, TooManyMissedTimes,
UnparseableSchedule, InvalidSchedule, UnknownTimeZone, JobAlreadyActive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.events import EventRecord
from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj, when
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.grouping import fresh
from kubetriage.domain.rules.listing import list_kind
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.times import ago
from kubetriage.domain.rules.wording import duration, quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

CATEGORY = "suspended"
_MISSED = re.compile(r"too many missed start times?", re.IGNORECASE)
_REASONS = (
    "FailedNeedsStart",
    "TooManyMissedTimes",
    "UnparseableSchedule",
    "InvalidSchedule",
    "UnParseableCronJobSchedule",
    "UnknownTimeZone",
)


def _crons(view: ClusterView) -> list[Obj]:
    return [c for c in view.objects("CronJob") if view.looked_at(c.ref)]


def _is_asked(view: ClusterView, cron: Obj) -> bool:
    """Whether the alert is about this CronJob; of a failed run's CronJob its rest is only a fact."""
    return view.primary is None or view.primary == cron.ref


def suspended(view: ClusterView) -> Iterator[Finding]:
    """A CronJob that is told not to start anything."""
    for cron in _crons(view):
        if cron.at("spec", "suspend") is not True:
            continue
        last = when(cron.at("status", "lastScheduleTime"))
        ran = (
            say("; it last ran {t}", "；最近一次运行在{t}", t=ago(view, last))
            if last is not None
            else NOTHING
        )
        resume = remedies.change(
            say("Resume CronJob {c}", "恢复 CronJob {c}", c=cron.name),
            remedies.with_note(
                say("Ask who suspended it: missed runs within startingDeadlineSeconds start at once.",
                    "请先确认是谁挂起的：startingDeadlineSeconds 内错过的运行会立即启动。"), cron),
            remedies.suspend(cron.ref, False),
        )  # fmt: skip
        yield Finding(
            rule="cronjob.suspended",
            category=CATEGORY,
            role=Role.CAUSE if _is_asked(view, cron) else Role.HINT,
            subject=cron.ref,
            culprit=cron.ref,
            statement=say(
                "CronJob {c} is suspended (spec.suspend true), so its schedule “{s}” starts no Job{ran}.",
                "CronJob {c} 已挂起（spec.suspend 为 true），因此计划“{s}”不会创建 Job{ran}。",
                c=cron.name,
                s=cron.text("spec", "schedule"),
                ran=ran,
            ),
            specificity=Specificity.EXACT,
            cites=(cron.cite,),
            quotes=("suspend",),
            remedies=(resume,),
        )


def not_started(view: ClusterView) -> Iterator[Finding]:
    """A CronJob whose controller says that it cannot start a run."""
    for cron in _crons(view):
        event = next((e for e in view.events(cron.ref, *_REASONS) if fresh(view, e.last)), None)
        if event is None or cron.at("spec", "suspend") is True or _went_on(cron, event):
            continue
        said = short(event.message, 130)
        yield Finding(
            rule="cronjob.not-started",
            category=CATEGORY,
            role=Role.CAUSE,
            subject=cron.ref,
            culprit=cron.ref,
            statement=say(
                "CronJob {c} starts no Job: {why} (“{m}”).",
                "CronJob {c} 没有创建 Job：{why}（“{m}”）。",
                c=cron.name,
                why=_why(cron, event),
                m=said,
            ),
            specificity=Specificity.EXACT,
            cites=(cron.cite, event.cite),
            quotes=quotable(said),
            since=event.first,
            remedies=(_correct(cron), _see(view, cron)),
        )


def _went_on(cron: Obj, event: EventRecord) -> bool:
    """Whether it only counts what it missed: since 1.21 the controller starts the latest run all the same."""
    last = when(cron.at("status", "lastScheduleTime"))
    if event.reason != "TooManyMissedTimes" or last is None or event.last is None:
        return False
    return last >= event.last - _A_PERIOD


_A_PERIOD = timedelta(hours=1)
"""Longer than the period of a schedule that has missed 100 starts within days."""


def _why(cron: Obj, event: EventRecord) -> Text:
    schedule = cron.text("spec", "schedule")
    if _MISSED.search(event.message):
        return say("it missed more than 100 starts of “{s}” and gave up",
            "错过了超过 100 次“{s}”的启动时间，不再尝试",
                   s=schedule)  # fmt: skip
    if "zone" in event.message.lower():
        return say(
            "its time zone {z} is not known", "时区 {z} 无法识别", z=cron.text("spec", "timeZone") or "-"
        )
    return say("its schedule “{s}” cannot be used", "计划“{s}”无法使用", s=schedule)


def _correct(cron: Obj) -> Remedy:
    return remedies.change(
        say("Correct CronJob {c}", "修正 CronJob {c}", c=cron.name),
        remedies.with_note(
            say("After many missed starts set startingDeadlineSeconds (a few periods of the schedule), so "
                "that old ones "
                "are not counted.",
                "错过次数过多时设置 startingDeadlineSeconds（几个周期的长度），使过早的不再计入。"), cron),
        remedies.mutate(f"kubectl edit {remedies.target(cron.ref)}"),
    )  # fmt: skip


def _see(view: ClusterView, cron: Obj) -> Remedy:
    return remedies.check(
        say("See its runs", "查看其各次运行"),
        say("Events of the CronJob and the Jobs that it made.", "CronJob 的事件及其创建的 Job。"),
        remedies.describe(cron.ref),
        *list_kind(view, "Job", cron.namespace),
    )


_CHECKED = 10
"""Seconds between the looks of the CronJob controller: a shorter deadline may pass before it has looked."""


def deadline_too_short(view: ClusterView) -> Iterator[Finding]:
    """A CronJob that may start a Job for so short a time that its controller mostly comes too late."""
    for cron in _crons(view):
        deadline = cron.at("spec", "startingDeadlineSeconds")
        if not isinstance(deadline, int) or deadline >= _CHECKED or cron.at("spec", "suspend") is True:
            continue
        missed = next((e for e in view.events(cron.ref, "MissSchedule") if fresh(view, e.last)), None)
        if missed is None and not (_is_asked(view, cron) and cron.at("status", "lastScheduleTime") is None):
            continue
        yield Finding(
            rule="cronjob.deadline-too-short",
            category=CATEGORY,
            role=Role.CAUSE,
            subject=cron.ref,
            culprit=cron.ref,
            statement=say(
                "CronJob {c} misses its times: a run must start within {d} s (startingDeadlineSeconds), and "
                "its controller looks only every {n} s.",
                "CronJob {c} 错过了运行时间：要求在 {d} 秒内启动（startingDeadlineSeconds），"
                "而其控制器每 {n} 秒才检查一次。",
                c=cron.name, d=deadline, n=_CHECKED,
            ),
            likelihood=Likelihood.HIGH if missed is not None else Likelihood.MEDIUM,
            specificity=Specificity.EXACT,
            cites=(cron.cite, *((missed.cite,) if missed is not None else ())),
            quotes=("startingDeadlineSeconds",),
            since=missed.first if missed is not None else None,
            remedies=(
                remedies.change(
                    say("Give CronJob {c} a longer startingDeadlineSeconds",
                        "调大 CronJob {c} 的 startingDeadlineSeconds", c=cron.name),
                    remedies.with_note(
                        say("A few periods of its schedule, or none at all.",
                            "取几个周期的长度，或不设置。"), cron),
                    remedies.mutate(f"kubectl patch {remedies.target(cron.ref)} --type=merge -p "
                                    "'{\"spec\":{\"startingDeadlineSeconds\":200}}'"),
                ),
                _see(view, cron),
            ),
        )  # fmt: skip


def in_the_way(view: ClusterView) -> Iterator[Finding]:
    """A run that does not end and lets no other start (concurrencyPolicy Forbid)."""
    for cron in _crons(view):
        if cron.text("spec", "concurrencyPolicy") != "Forbid" or cron.at("spec", "suspend") is True:
            continue
        run = _oldest_run(view, cron)
        said = next((e for e in view.events(cron.ref, "JobAlreadyActive") if fresh(view, e.last)), None)
        if run is None or (said is None and not _is_asked(view, cron)):
            continue
        ref, began = run
        old = began is not None and view.alert_began is not None and began < view.alert_began
        if said is None and not old:
            continue
        found = view.find(ref)
        yield Finding(
            rule="cronjob.in-the-way",
            category="job-stuck",
            role=Role.CAUSE,
            subject=cron.ref,
            culprit=cron.ref,
            statement=say(
                "CronJob {c} starts no new Job while Job {j} is active{t}: its concurrencyPolicy is Forbid.",
                "CronJob {c} 的 Job {j} 仍在运行{t}，因此不会创建新的 Job：concurrencyPolicy 为 Forbid。",
                c=cron.name,
                j=ref.name,
                t=say(", for {d} now", "（已 {d}）", d=duration(view.now - began))
                if began is not None
                else NOTHING,
            ),
            likelihood=Likelihood.HIGH if said is not None else Likelihood.MEDIUM,
            waits_on=(ref,),
            cites=(cron.cite, *((found.cite,) if found is not None else ()), *((said.cite,) if said else ())),
            quotes=quotable("Forbid", ref.name),
            since=began,
            remedies=_clear_the_way(view, cron, ref),
        )


def _oldest_run(view: ClusterView, cron: Obj) -> tuple[Resource, datetime | None] | None:
    """The active Job that began first, and when."""
    runs = []
    for active in cron.items("status", "active"):
        ref = resource("Job", cron.namespace, str(active.get("name") or ""))
        job = view.find(ref)
        if ref.name and not view.is_absent(ref):
            runs.append((ref, when(job.at("status", "startTime")) if job is not None else None))
    return min(runs, key=lambda run: (run[1] is None, run[1] or view.now, run[0]), default=None)


def _clear_the_way(view: ClusterView, cron: Obj, run: Resource) -> tuple[Remedy, ...]:
    end = remedies.change(
        say("End Job {j} if it hangs", "如果 Job {j} 卡住则结束它", j=run.name),
        remedies.with_note(
            say("activeDeadlineSeconds in the Job's template ends a run that hangs; concurrencyPolicy "
                "Replace lets the "
                "next one take its place.",
                "在 Job 模板中设置 activeDeadlineSeconds 可结束卡住的运行；concurrencyPolicy Replace "
                "允许新的运行取而代之。"),
            cron),
        remedies.destroy(f"kubectl delete {remedies.target(run)}"),
        remedies.mutate(f"kubectl edit {remedies.target(cron.ref)}"),
    )  # fmt: skip
    return (end, _see(view, cron))


RULES: tuple[Rule, ...] = (suspended, not_started, deadline_too_short, in_the_way)
