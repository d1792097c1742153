"""More of a log where what was read begins too late: the errors that an alert measures began before it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from kubetriage.domain.evidence import LOG_LINES, ReadKind, log_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj, containers, pod_ready
from kubetriage.domain.language import text
from kubetriage.domain.log_digest import LogDigest
from kubetriage.domain.relations.base import Relation
from kubetriage.domain.relations.pod import LONG_TAIL
from kubetriage.domain.view import ClusterView

MOST = 2
"""Logs of one run that are read at length: each may be 8 MiB."""
BEFORE = timedelta(minutes=5)
"""How long before the alert a log should reach back, so that what was usual can be seen."""
FEW = 5
"""Errors that make it worth while."""


def earlier_lines(view: ClusterView) -> Iterator[Want]:
    """The log from before the alert, of containers whose lines that were read are all of later.

    Asked for where they hold errors: without what was usual before, nothing shows when these began.
    """
    if view.alert_began is None:
        return
    found: list[tuple[int, Want]] = []
    for pod in view.objects("Pod"):
        if view.looked_at(pod.ref) and pod_ready(pod):
            found += [(digest.errors, _want(pod, name)) for name, digest in _cut_short(view, pod)]
    found.sort(key=lambda one: (-one[0], one[1].read.key))
    yield from (want for _, want in found[:MOST])


def _want(pod: Obj, name: str) -> Want:
    why = text("what {c} logged before the alert", "{c} 在告警之前的日志", c=name)
    return Want(read=log_of(pod.ref, name, tail=LOG_LINES), about=pod.ref, why=why)


def _cut_short(view: ClusterView, pod: Obj) -> Iterator[tuple[str, LogDigest]]:
    """Containers whose log goes on before what was read of it, and is cut after the alert's start."""
    for state in containers(pod):
        asked = log_of(pod.ref, state.name, tail=LONG_TAIL)
        seen = view.observation(asked)
        digest = seen.digest if seen is not None and seen.read.verb is ReadKind.LOG else None
        if digest is None or digest.lines < LONG_TAIL or digest.errors < FEW or digest.first_at is None:
            continue
        if view.alert_began is not None and digest.first_at > view.alert_began - BEFORE:
            yield state.name, digest


RELATIONS: tuple[Relation, ...] = (earlier_lines,)
