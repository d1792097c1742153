"""Changes of the ConfigMaps and Secrets that a workload uses: told where the server shows when they were
written, and said not to be excluded where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from kubetriage.domain.finding import Finding, Likelihood, Role
from kubetriage.domain.kube import Obj, containers, pod_settled, when
from kubetriage.domain.references import config_refs
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.change_words import CATEGORY, changed, timed
from kubetriage.domain.rules.phrases import NOTHING, given, say, stated
from kubetriage.domain.rules.revisions import changing, is_own
from kubetriage.domain.rules.timeline import in_window
from kubetriage.domain.rules.wording import listed, named, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_NEW = timedelta(minutes=1)
"""A write so soon after the creation belongs to it."""


def written(view: ClusterView) -> Iterator[Finding]:
    """A ConfigMap of the alert's workload that was written near the alert, where the server shows when.

    A container reads its environment at its start: one that is older goes on with the former values.
    """
    for obj in changing(view):
        pods = [p for p in view.pods_of(obj.ref) if p.deleted is None]
        if not pods or not is_own(view, obj.ref):
            continue
        hows: dict[Resource, set[str]] = {}
        for one in config_refs(pods[0]):
            hows.setdefault(one.ref, set()).add(one.how)
        for ref, how in hows.items():
            found = view.find(ref)
            write = last_write(found) if found is not None and ref.kind == "ConfigMap" else None
            if found is not None and write is not None and in_window(view, write.at):
                yield _written(view, found, write, pods, how)


class Write(NamedTuple):
    """A write of an object: when and by which client."""

    at: datetime
    manager: str


def last_write(found: Obj) -> Write | None:
    """The newest write after its creation that `managedFields` tell of; most servers leave them out."""
    told = [(when(one.get("time")), str(one.get("manager") or "")) for one in _managers(found)]
    writes = [Write(at, manager) for at, manager in told if at is not None]
    newest = max(writes, default=None)
    if newest is None or (found.created is not None and newest.at - found.created < _NEW):
        return None
    return newest


def _managers(found: Obj) -> list[dict[str, Any]]:
    return found.items("metadata", "managedFields")


def _written(view: ClusterView, found: Obj, write: Write, pods: list[Obj], how: set[str]) -> Finding:
    what = say("{o} was written{m}", "{o} 被修改{m}", o=named(found.ref),
               m=given(" by {v}", "（由 {v}）", short(write.manager, 40)))  # fmt: skip
    old = [p for p in pods if _read_before(p, write.at)] if any(h.startswith("env") for h in how) else []
    note = NOTHING
    if old:
        note = say(
            "; {n} of {t} pods started before and keep the former values in their environment until a "
            "restart",
            "；{t} 个 Pod 中有 {n} 个在此之前启动，重启前其环境变量仍是旧值",
            n=len(old),
            t=len(pods),
        )
    statement = stated("{h}{n}.", "{h}{n}。", h=timed(view, write.at, what), n=note)
    cites = (found.cite, *(p.cite for p in old[:2]))
    return changed("configuration", found.ref, statement, write.at, *cites)


def _read_before(pod: Obj, at: datetime) -> bool:
    started = [when(s.running.get("startedAt")) for s in containers(pod) if s.running and not s.init]
    return any(one is not None and one < at for one in started)


# ---- what cannot be seen


def unseen_configuration(view: ClusterView) -> Iterator[Finding]:
    """The ConfigMaps and Secrets of a workload in trouble: `managedFields`, which say when they were written,
    are not served, so that a change of them cannot be excluded."""
    for obj in changing(view):
        pods = [p for p in view.pods_of(obj.ref) if p.deleted is None and not pod_settled(p)]
        if not pods or not is_own(view, obj.ref):
            continue
        refs = [r.ref for r in config_refs(pods[0]) if r.how != "imagePullSecrets"]
        refs = [ref for ref in refs if not _is_told(view, ref)]
        names = [named(r) for r in dict.fromkeys(refs) if not _missing(view, pods[0], r)]
        if not names:
            continue
        yield Finding(
            rule="change.configuration-unseen",  # a gap of the report, too
            category=CATEGORY,
            role=Role.HINT,
            subject=obj.ref,
            statement=stated(
                "{k} {n} uses {c}; a change there cannot be excluded: its last write is not served.",
                "{k} {n} 使用 {c}；服务器不提供其最后写入时间，不能排除其内容被修改过。",
                k=obj.ref.kind, n=obj.name, c=listed([short(n, 60) for n in names]),
            ),
            likelihood=Likelihood.LOW,
            cites=(pods[0].cite,),
        )  # fmt: skip


def _is_told(view: ClusterView, ref: Resource) -> bool:
    """Whether the server says when it was written."""
    found = view.find(ref)
    return found is not None and bool(_managers(found))


def _missing(view: ClusterView, pod: Obj, ref: Resource) -> bool:
    """Whether the object was asked for and is not there, or kubelet says so."""
    said = f'"{ref.name}" not found'
    messages = [str(state.waiting.get("message") or "") for state in containers(pod)]
    messages += [e.message for e in view.events(pod.ref)]
    return view.is_absent(ref) or any(said in m for m in messages)


CONFIGURATION_RULES: tuple[Rule, ...] = (written, unseen_configuration)
