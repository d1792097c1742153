"""Workloads that have fewer pods than they should because the API server refuses to create them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from kubetriage.domain.kube import Obj, when
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.admission_messages import Denial, read_denial
from kubetriage.domain.rules.grouping import in_focus
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.view import ClusterView

_MAKERS = ("ReplicaSet", "StatefulSet", "DaemonSet", "Job", "Deployment", "CronJob")
_SETTLED = timedelta(minutes=10)


class Refusal(NamedTuple):
    """The latest refusal of one workload that still lacks pods."""

    workload: Resource
    """The workload whose template the pods come from."""
    maker: Obj
    """The object that tried to create them."""
    denial: Denial
    message: str
    since: datetime | None
    cites: tuple[str, ...]

    @property
    def who(self) -> Text:
        """`Deployment web cannot create pods (1 of 3 exist)`."""
        name = f"{self.workload.kind} {self.workload.name}"
        if self.maker.ref.kind == "CronJob":
            return say("{n} cannot create Jobs", "{n} 无法创建 Job", n=name)
        want, have = replicas(self.maker)
        count = say(" ({h} of {w} exist)", "（应有 {w} 个，现有 {h} 个）", h=have, w=want)
        return say("{n} cannot create pods{c}", "{n} 无法创建 Pod{c}", n=name, c=count)

    @property
    def once_admitted(self) -> bool:
        """Whether the maker existed well before the first refusal: a rule changed, not its template."""
        made = self.maker.created
        return made is not None and self.since is not None and self.since - made > _SETTLED


def replicas(maker: Obj) -> tuple[int, int]:
    """(pods wanted, pods that exist) of an object that creates pods."""
    if maker.ref.kind == "DaemonSet":
        return maker.number("status", "desiredNumberScheduled"), maker.number(
            "status", "currentNumberScheduled"
        )
    if maker.ref.kind == "Job":
        done = sum(maker.number("status", k) for k in ("active", "succeeded", "failed"))
        return maker.number("spec", "parallelism", default=1), done
    return maker.number("spec", "replicas", default=1), maker.number("status", "replicas")


def lacks_pods(maker: Obj) -> bool:
    """Whether it has fewer than it wants; a CronJob is refused Jobs, whatever it has of them."""
    if maker.ref.kind == "CronJob":
        return maker.at("spec", "suspend") is not True
    if maker.ref.kind == "Job" and {"Complete", "Failed"} & set(maker.conditions()):
        return False
    want, have = replicas(maker)
    return have < want


def refusals(view: ClusterView) -> list[Refusal]:
    """One refusal a workload, the latest that was said about it."""
    found: dict[Resource, Refusal] = {}
    for kind in _MAKERS:
        for maker in view.objects(kind):
            if not in_focus(view, maker.ref) or not lacks_pods(maker):
                continue
            told = _told(view, maker)
            if told is not None and told.workload not in found:
                found[told.workload] = told
    return sorted(found.values(), key=lambda r: r.workload.key)


def _has_run(cron: Obj, refused: datetime | None) -> bool:
    """Whether a CronJob has made a Job since it was last refused one."""
    last = when(cron.at("status", "lastScheduleTime"))
    return last is not None and refused is not None and last > refused


def _told(view: ClusterView, maker: Obj) -> Refusal | None:
    owner = view.workload(maker.ref)
    condition = maker.conditions().get("ReplicaFailure")
    failing = condition is not None and condition.status == "True"
    events = view.events(maker.ref, "FailedCreate")
    if events:
        event = events[0]
        made = view.events(maker.ref, "SuccessfulCreate")
        newer = bool(made and made[0].last and event.last and made[0].last > event.last)
        if maker.ref.kind == "CronJob" and _has_run(maker, event.last):
            return None
        if newer and not failing:
            return None
        first = min((e.first for e in events if e.first), default=None)
        cites = (maker.cite, event.cite)
        return Refusal(owner, maker, read_denial(event.message), event.message, first, cites)
    if condition is not None and failing and condition.message:
        return Refusal(
            owner, maker, read_denial(condition.message), condition.message, condition.since, (maker.cite,)
        )
    return None
