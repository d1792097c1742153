"""Pods that rules may speak of, and pods of one workload that fail the same way taken together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import wraps
from typing import NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from kubetriage.domain.finding import Finding, Want
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.wellness import lingers, workload_is_well
from kubetriage.domain.view import ClusterView

Shown = TypeVar("Shown", bound=Hashable)
Item = TypeVar("Item")
Said = TypeVar("Said", bound=Finding | Want)


def in_focus(view: ClusterView, ref: Resource) -> bool:
    """Whether the run looks at this object or at a controller above it."""
    return view.looked_at(ref) or any(view.looked_at(owner) for owner in view.owners(ref))


def per_view(found: Callable[[ClusterView], list[Item]]) -> Callable[[ClusterView], list[Item]]:
    """Compute once a view: several rules ask, and a view never changes. The list is not to be changed."""
    kept: WeakKeyDictionary[ClusterView, list[Item]] = WeakKeyDictionary()

    @wraps(found)
    def once(view: ClusterView) -> list[Item]:
        if view not in kept:
            kept[view] = found(view)
        return kept[view]

    return once


@per_view
def focus_pods(view: ClusterView) -> list[Obj]:
    """The pods that rules speak of: those looked at and their siblings, without those on their way out.

    The pod the alert is about stays in even while it is being deleted, unless others have taken its place.
    """
    under: dict[tuple[str, str, str], bool] = {}  # by controller: thousands of pods share a few
    found = []
    for pod in view.objects("Pod"):
        seen = view.looked_at(pod.ref)
        if not seen and pod.controller is not None:
            key = pod.controller.key
            if key not in under:
                under[key] = in_focus(view, pod.controller)
            seen = under[key]
        if seen and (pod.deleted is None or (pod.ref == view.primary and not replaced(view, pod))):
            found.append(pod)
    return found


def replaced(view: ClusterView, pod: Obj) -> bool:
    """Whether a pod is on its way out, not stuck there, and its workload has all its replicas without it."""
    workload = view.find(view.workload(pod.ref))
    if pod.deleted is None or workload is None or lingers(pod, view.now):
        return False
    return workload_is_well(workload) is not None


class PodGroup(NamedTuple):
    """Pods of one workload that show the same thing."""

    workload: Resource
    """`ClusterView.workload` of the pods; a pod without controller is its own workload."""
    pods: tuple[Obj, ...]
    lead: Obj
    """The pod a finding is about: the alert's own if it is among them, else the first by name."""
    total: int
    """All pods of the workload that were read and are not being deleted, at least `len(pods)`."""

    @property
    def single(self) -> bool:
        """Whether pod and workload are the same object."""
        return self.workload == self.lead.ref

    @property
    def culprit(self) -> Resource:
        return self.workload

    @property
    def cites(self) -> tuple[str, ...]:
        """The lead pod and at most two more."""
        others = [p.cite for p in self.pods if p.ref != self.lead.ref]
        return (self.lead.cite, *others[:2])

    @property
    def who(self) -> Text:
        """`Pod x` for one of one, `3 of 3 pods of Deployment y` for several."""
        if len(self.pods) == 1 and (self.single or self.total == 1):
            return Text(en=f"Pod {self.lead.name}", zh=f"Pod {self.lead.name}")
        work = f"{self.workload.kind} {self.workload.name}"
        count = len(self.pods)
        if count == 1:
            node = self.lead.text("spec", "nodeName") if self.workload.kind == "DaemonSet" else ""
            # what tells it from the others
            on_en, on_zh = (f" on {node}", f"，位于 {node}") if node else ("", "")
            return Text(en=f"Pod {self.lead.name} (1 of {self.total} of {work}{on_en})",
                        zh=f"Pod {self.lead.name}（{work} 共 {self.total} 个中的 1 个{on_zh}）")  # fmt: skip
        return Text(
            en=f"{count} of {self.total} pods of {work}", zh=f"{work} 的 {self.total} 个 Pod 中有 {count} 个"
        )


def group_pods(view: ClusterView, shown: Iterable[tuple[Obj, Shown]]) -> Iterator[tuple[Shown, PodGroup]]:
    """Groups of pods by workload and by what they show, in the order of workload and name.

    `shown` are pods with a key of what each shows (reason, image, exit code): pods that show different
    things are not put together. A pod may stand under several keys.
    """
    found: defaultdict[tuple[Resource, Shown], dict[Resource, Obj]] = defaultdict(dict)
    for pod, key in shown:
        found[(view.workload(pod.ref), key)].setdefault(pod.ref, pod)
    for (workload, key), members in sorted(found.items(), key=lambda item: (item[0][0].key, str(item[0][1]))):
        pods = sorted(members.values(), key=lambda p: p.ref.key)
        lead = next((p for p in pods if p.ref == view.primary), pods[0])
        everyone = {p.ref for p in _all_pods(view, workload) if p.deleted is None} | set(members)
        yield key, PodGroup(workload, tuple(pods), lead, len(everyone))


def _all_pods(view: ClusterView, workload: Resource) -> list[Obj]:
    """`view.pods_of`, with a CronJob's pods too (they hang under its Jobs)."""
    if workload.kind != "CronJob":
        return view.pods_of(workload)
    return [pod for job in view.owned(workload, "Job") for pod in view.pods_of(job.ref)]


def fresh(view: ClusterView, at: datetime | None, *, before: timedelta = timedelta(minutes=30)) -> bool:
    """Whether something happened shortly before the alert or later; without an alert time, in the last hour.

    Unknown times count as fresh.
    """
    if at is None:
        return True
    if view.alert_began is None:
        return at >= view.now - timedelta(hours=1)
    return at >= view.alert_began - before


def node_down(view: ClusterView, pod: Obj) -> bool:
    """Whether the pod's node is not ready: what its status says then is old, and not the pod's own doing."""
    node = view.find(resource("Node", "", pod.text("spec", "nodeName")))
    ready = node.conditions().get("Ready") if node is not None else None
    return bool(ready and ready.status != "True")


def told_apart(rule: Callable[[ClusterView], Iterator[Said]]) -> Callable[[ClusterView], Iterator[Said]]:
    """A rule whose findings about two containers of one pod are kept apart: the second's slug gets `.2`."""

    @wraps(rule)
    def apart(view: ClusterView) -> Iterator[Said]:
        seen: dict[str, int] = defaultdict(int)
        for said in rule(view):
            if isinstance(said, Finding):
                seen[said.key] += 1
                count = seen[said.key]
                if count > 1:
                    yield said.model_copy(update={"rule": f"{said.rule}.{count}"})
                    continue
            yield said

    return apart
