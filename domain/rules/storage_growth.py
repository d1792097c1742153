"""Claims that were asked to grow and do not: the resizer says why in events, newer ones in the status."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.rules.phrases import given, say, stated
from kubetriage.domain.rules.remedies import escalate, see_events
from kubetriage.domain.rules.storage_claims import Claim, focus_claims
from kubetriage.domain.rules.wording import duration, quotable, short_end
from kubetriage.domain.view import ClusterView

_RESIZE = timedelta(minutes=10)
"""How long an expansion may take."""
_REFUSED = ("ControllerResizeInfeasible", "NodeResizeInfeasible")
_ERRORS = ("ControllerResizeError", "NodeResizeError")
"""Of `status.allocatedResourceStatuses`, and the conditions beside it (RecoverVolumeExpansionFailure)."""


class _Stuck(NamedTuple):
    """An expansion that was asked for and has not come to be."""

    words: str
    """Why, empty where nobody says it."""
    stated: bool
    """Whether it is said that it fails; else it merely takes too long."""
    since: datetime | None
    cite: str = ""


def _expansion(view: ClusterView, claim: Claim) -> _Stuck | None:
    failed = view.events(claim.ref, "VolumeResizeFailed", "FileSystemResizeFailed")
    if failed:
        return _Stuck(short_end(failed[0].message, 120), True, failed[0].first, failed[0].cite)
    conditions = claim.object.conditions()
    for name in _ERRORS:
        told = conditions.get(name)
        if told is not None and told.status == "True":
            return _Stuck(short_end(told.message, 120), True, told.since)
    states = claim.object.mapping("status", "allocatedResourceStatuses")
    refused = next((str(s) for s in states.values() if s in _REFUSED), "")
    going = conditions.get("Resizing")
    since = going.since if going is not None and going.status == "True" else None
    if refused:
        return _Stuck(refused, True, since)
    return _Stuck("", False, since) if since is not None and view.now - since > _RESIZE else None


def not_grown(view: ClusterView) -> Iterator[Finding]:
    """An expansion that was asked for and fails, or does not end."""
    for claim in focus_claims(view):
        have = claim.object.text("status", "capacity", "storage")
        stuck = _expansion(view, claim) if have and have != claim.asked else None
        if stuck is None:
            continue
        fails = say("which fails", "但失败") if stuck.stated else say(
            "which has not happened for {d}", "但已 {d}仍未完成",
            d=duration(view.now - (stuck.since or view.now)))  # fmt: skip
        yield Finding(
            rule="storage.not-grown",
            category="volume-filling-up",
            role=Role.CAUSE,
            subject=claim.ref,
            culprit=claim.ref,
            statement=stated(
                "PersistentVolumeClaim {c} asks to grow from {a} to {b}, {f}{w}.",
                "PersistentVolumeClaim {c} 申请从 {a} 扩容到 {b}，{f}{w}。",
                c=claim.name, a=have, b=claim.asked, f=fails, w=given(": “{v}”", "：“{v}”", stuck.words),
            ),
            likelihood=Likelihood.HIGH if stuck.stated else Likelihood.MEDIUM,
            specificity=Specificity.EXACT,
            explains=(claim.ref,),  # that it is full would have ended with this
            cites=(claim.object.cite, *((stuck.cite,) if stuck.cite else ())),
            quotes=quotable(have, claim.asked, stuck.words),
            since=stuck.since,
            remedies=(
                escalate(
                    say("Ask whoever runs the storage", "联系存储管理员"),
                    say("The volume is not larger than before; {g}.", "卷容量没有变化；{g}。",
                        g=say("give them the error above", "请提供上述错误") if stuck.words else
                          say("the log of the driver's resizer says why", "原因见驱动 resizer 的日志")),
                    see_events(claim.ref),
                ),
            ),
        )  # fmt: skip
