"""What relations share: their type, and the reads that several of them make."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kubetriage.domain.evidence import FailureKind, Read, get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource
from kubetriage.domain.view import ClusterView, Unknown

Relation = Callable[[ClusterView], Iterable[Want]]

FOCUS = 3
"""Objects of one kind that are looked at closely around one other object."""


def events_about(ref: Resource) -> Read:
    """The events of one object; those of cluster-scoped objects stand in namespace `default`."""
    chosen = f"involvedObject.kind={ref.kind},involvedObject.name={ref.name}"
    return list_of("Event", ref.namespace or "default", fields=chosen)


def events_of(ref: Resource, why: Text) -> Want:
    """`events_about`, asked because of the object itself, which is thereby looked at."""
    return Want(read=events_about(ref), about=ref, why=why)


def closer(view: ClusterView, listed: Read, ref: Resource, why: Text) -> Want:
    """A closer look at one object of a list: its events, or itself again if the list was cut to fit."""
    seen = view.observation(listed)
    return Want(read=get(ref), about=ref, why=why) if seen is not None and seen.cut else events_of(ref, why)


def refused(view: ClusterView, ref: Resource) -> bool:
    """Whether an object's read failed for a reason that other reads need not meet (rights, a slow answer)."""
    known = view.get(ref)
    failure = known.failure if isinstance(known, Unknown) else None
    return failure is not None and failure.kind is not FailureKind.UNAVAILABLE
