"""Causes that a rollout made: a cause in a field that the newest revision changed says so, and going back to
the revision before comes first where that one worked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from kubetriage.domain.finding import Finding, Remedy, Role
from kubetriage.domain.kube import Obj, pod_settled
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.change_words import difference_text, field_text, quoted
from kubetriage.domain.rules.phrases import STATEMENT_LIMIT, joined, say
from kubetriage.domain.rules.revisions import KINDS, Revision, rolled_out, rollouts
from kubetriage.domain.rules.timeline import in_window, placed
from kubetriage.domain.template_diff import Difference
from kubetriage.domain.view import ClusterView

_SETTINGS = ("env", "envFrom", "args", "command", "volumes", "volumeMounts")
_PROGRAM = ("image", *_SETTINGS)
_FIELDS: dict[str, tuple[str, ...]] = {
    "app-dependency": _SETTINGS,
    "bad-command": _PROGRAM,
    "config-key-missing": _SETTINGS,
    "cpu-throttling": ("resources",),
    "crash-app-error": _PROGRAM,
    "db-auth": _SETTINGS,
    "disk-full": ("volumes", "volumeMounts", "resources"),
    "dns": ("dnsPolicy", "dnsConfig", *_SETTINGS),
    "image-architecture": ("image", "nodeSelector", "affinity"),
    "image-pull": ("image", "imagePullPolicy", "imagePullSecrets"),
    "init-container": _PROGRAM,
    "insufficient-gpu": ("resources",),
    "insufficient-resources": ("resources",),
    "memory-leak": ("image", "resources", *_SETTINGS),
    "misconfigured-app": _PROGRAM,
    "missing-env": _SETTINGS,
    "missing-serviceaccount": ("serviceAccountName",),
    "node-selector": ("nodeSelector", "affinity", "nodeName"),
    "oom-killed": ("image", "resources", *_SETTINGS),
    "pod-anti-affinity": ("affinity", "topologySpreadConstraints"),
    "pod-security": ("securityContext", "image", "volumes", "hostNetwork", "hostPID", "hostIPC"),
    "port-conflict": ("ports", "image", *_SETTINGS),
    "probe-failure": ("livenessProbe", "readinessProbe", "startupProbe", "ports", *_PROGRAM),
    "pvc-unbound": ("volumes",),
    "quota": ("resources",),
    "scheduling-gate": ("schedulerName", "schedulingGates"),
    "taint": ("tolerations", "nodeSelector"),
    "volume-mount": ("volumes", "volumeMounts"),
    "wrong-image": ("image",),
}
"""What of a pod template may be at fault, by the fault's category: fields of a container or of the pod."""

SUSPECTED = "rollout.suspected"
"""The rule that speaks of a rollout itself."""
_AT_ONCE = timedelta(minutes=10)
"""How soon after a rollout a Deployment is unavailable because of it (the default progress deadline)."""
_SHOWN = 2
_CONTAINER = re.compile(r"\bcontainer ([a-z0-9][-a-z0-9]*)")


class Change(NamedTuple):
    """The newest rollout of a workload, made shortly before the alert."""

    at: datetime
    before: Revision
    after: Revision
    differences: Sequence[Difference]


def blamed(view: ClusterView, findings: Iterable[Finding]) -> list[Finding]:
    """The findings, each cause whose field the newest rollout changed with that rollout in its statement."""
    return [_with_change(view, f) if f.role is Role.CAUSE else f for f in findings]


def latest_change(view: ClusterView, workload: Resource) -> Change | None:
    """The newest rollout, if it was made in the window before the alert and went forward.

    None too if a revision was not read.
    """
    steps = rollouts(view, workload)
    if not steps or steps[0].back:
        return None
    at, began = rolled_out(view, workload, steps[0]), view.alert_began
    if at is None or not in_window(view, at) or (began is not None and at > began):
        return None
    return Change(at, steps[0].before, steps[0].after, steps[0].differences())


def _with_change(view: ClusterView, cause: Finding) -> Finding:
    work = cause.culprit
    if work is None or work.kind not in KINDS or cause.category not in _FIELDS or cause.rule == SUSPECTED:
        return cause
    change = latest_change(view, work)
    if change is None or not _shows(view, cause, work, change):
        return cause
    touching = [d for d in change.differences if _touches(d, cause)]
    if not touching:
        return cause
    back = _way_back(view, cause, work, change)
    found = cause.model_copy(update={"remedies": (*back, *cause.remedies)})
    told = _told(view, cause, change, touching)
    if told is None:
        return found
    statement, shown = told
    cites = (*cause.cites, change.after.object.cite, change.before.object.cite)
    return found.model_copy(
        update={
            "statement": statement,
            "cites": tuple(dict.fromkeys(cites)),
            "quotes": tuple(dict.fromkeys((*cause.quotes, *quoted(shown)))),
        }
    )


def _shows(view: ClusterView, cause: Finding, work: Resource, change: Change) -> bool:
    """Whether the newest revision has the fault and the ones before it have not."""
    if cause.since is not None and cause.since < change.at - timedelta(minutes=1):
        return False
    pods = [p for p in view.pods_of(work) if p.deleted is None]
    older = [p for p in pods if not _is_of(p, work, change.after)]
    if any(not pod_settled(p) for p in older):
        return False
    if cause.subject.kind == "Pod":
        return any(p.ref == cause.subject for p in pods if p not in older)
    return cause.subject in (work, change.after.object.ref)


def _is_of(pod: Obj, work: Resource, revision: Revision) -> bool:
    if work.kind == "Deployment":
        return pod.controller == revision.object.ref
    mark = pod.labels.get("controller-revision-hash", "")
    return bool(mark) and revision.object.name in (mark, f"{work.name}-{mark}")


def _touches(difference: Difference, cause: Finding) -> bool:
    """Whether a difference is in a field that may be at fault, of the container that the cause speaks of."""
    path = difference.path
    of_container = path[0] in ("containers", "initContainers")
    named = _CONTAINER.findall(cause.statement.en)
    if of_container and named and path[1] not in named:
        return False
    field = path[2:3] if of_container else path[:1]
    return not field or field[0] in _FIELDS[cause.category]


def _told(
    view: ClusterView, cause: Finding, change: Change, touching: Sequence[Difference]
) -> tuple[Text, Sequence[Difference]] | None:
    """The statement with as much of the change as there is room for, and the differences it shows."""
    number, when = change.after.number, placed(view, change.at)
    name = field_text(touching[0].path)
    for count, room in ((_SHOWN, 60), (1, 60), (1, 30), (0, 0)):
        shown = touching[:count]
        plain = all(d.before is not None and d.after is not None for d in shown)
        tail = say(
            "; revision {r} ({when}) changed {what}." if plain else "; revision {r} ({when}): {what}.",
            "；修订版 {r}（{when}）修改了{what}。" if plain else "；修订版 {r}（{when}）：{what}。",
            r=number, when=when, what=joined([difference_text(d, room) for d in shown]) if shown else name,
        )  # fmt: skip
        en = cause.statement.en.removesuffix(".") + tail.en
        zh = cause.statement.zh.removesuffix("。") + tail.zh
        if max(len(en), len(zh)) <= STATEMENT_LIMIT:
            return Text(en=en, zh=zh), shown
    return None


def _way_back(view: ClusterView, cause: Finding, work: Resource, change: Change) -> tuple[Remedy, ...]:
    """Going back, unless the cause says so itself or the revision before is not known to have worked."""
    offered = [c.command for r in cause.remedies for c in r.commands]
    if any("rollout undo" in command for command in offered):
        return ()
    ready = remedies.rollback(view, work)
    if ready is not None:
        return (ready,)
    found = view.find(work)
    available = found.conditions().get("Available") if found is not None else None
    if found is None or available is None or available.status == "True" or available.since is None:
        return ()
    if not change.at <= available.since <= change.at + _AT_ONCE:
        return ()
    until = say("It was available until revision {r} was rolled out.", "在发布修订版 {r} 之前它一直可用。",
                r=change.after.number)  # fmt: skip
    return (remedies.go_back(found, until),)
