"""What a container's log states as the reason for its trouble, and the parts a cause is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from kubetriage.domain.dependence import behind
from kubetriage.domain.finding import Likelihood, Remedy, Specificity, Want
from kubetriage.domain.kube import ContainerState, Obj, containers, elements, pod_ready
from kubetriage.domain.language import Text
from kubetriage.domain.log_clients import client_left
from kubetriage.domain.log_orders import gives_orders
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.log_signs import NETWORK, PEER, Seen, last_sign, read_record
from kubetriage.domain.log_whole import in_later_half, said_in, signs_of
from kubetriage.domain.logs import Level, Record, records
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.ends import Ending, Kind, endings
from kubetriage.domain.rules.grouping import focus_pods, fresh, node_down
from kubetriage.domain.rules.health_scope import measured
from kubetriage.domain.rules.server_kinds import is_over
from kubetriage.domain.view import ClusterView, LogText


class Manner(StrEnum):
    """The state of the container that the log is held against."""

    ENDED = "ended"
    PROBED = "probed"
    """Killed for a failed probe, while the log speaks of a peer."""
    NOT_READY = "not-ready"
    WAITING = "init-running"
    """An init container that keeps running."""
    READY = "ready"


REPEATED = 5
"""Times that an error must stand in the log of a container that is ready before it is taken for a fault."""


FEW = 3
"""Times that are enough where at least half of what was logged is this error."""


_OF_CLIENT = re.compile(r"handshake error from ", re.IGNORECASE)
"""What a server says of a client that it cannot talk to: which of both is set up wrongly stays open."""


class Stated(NamedTuple):
    """One container, and the failure that its log states."""

    pod: Obj
    state: ContainerState
    manner: Manner
    seen: Seen
    log: LogText
    end: Ending | None
    node_known: bool = True
    """Whether the node was read and is ready; else its trouble may be why the pod is not."""
    then: Seen | None = None
    """What the log repeats most, where `seen` is the first error of that burst and names the peer."""

    @property
    def sure(self) -> bool:
        """Whether the log's statement and the container's state belong together beyond doubt."""
        if self.manner is Manner.ENDED and self.end is not None:
            return self._ends_with_it and self.end.code not in (0, 137, 143)
        if self.manner is Manner.READY:
            told = self.seen.sign not in NETWORK and not _OF_CLIENT.search(self.seen.record.said)
            return told and self.seen.times >= 2 * REPEATED
        return self.manner in (Manner.NOT_READY, Manner.WAITING) and self.seen.times > 1 and self.node_known

    @property
    def _ends_with_it(self) -> bool:
        """Whether the last words are this failure, though another record may have named the host."""
        words = self.end.words if self.end is not None else None
        if words is None or words.record == self.seen.record:
            return words is not None
        own = read_record(words.record)
        return own is not None and {own.sign, self.seen.sign} <= NETWORK


class Cause(NamedTuple):
    """What a sign means for the cluster's objects; the rule adds who shows it and the quote."""

    slug: str
    category: str
    says: Text
    """A clause about the container: `it cannot connect to db:5432 (connection refused)`."""
    culprit: Resource | None = None
    """None for the workload."""
    likelihood: Likelihood = Likelihood.HIGH
    specificity: Specificity = Specificity.NAMED
    waits_on: tuple[Resource, ...] = ()
    cites: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    wants: tuple[Want, ...] = ()


def stated(view: ClusterView) -> Iterator[Stated]:
    """The failures that logs of pods in focus state, one a container."""
    told = set()
    for end in endings(view):
        told.add((end.pod.ref, end.state.name))
        if end.seen is None or end.log is None:
            continue
        if end.kind is Kind.LOG:
            yield Stated(end.pod, end.state, Manner.ENDED, end.seen, end.log, end)
        elif end.kind is Kind.PROBE and end.seen.sign in PEER:
            yield Stated(end.pod, end.state, Manner.PROBED, end.seen, end.log, end)
    for pod in focus_pods(view):
        if node_down(view, pod):
            continue
        for state in containers(pod):
            if state.running and (pod.ref, state.name) not in told:
                found = _of_running(view, pod, state)
                if found is not None:
                    yield found


def _of_running(view: ClusterView, pod: Obj, state: ContainerState) -> Stated | None:
    log = view.log(pod.ref, state.name)
    if log is None:
        return None
    if state.init and not state.sidecar:
        manner = Manner.WAITING
    else:
        manner = Manner.READY if state.ready or pod_ready(pod) else Manner.NOT_READY
    if manner is Manner.READY:
        every = said_in(log)
        often = [s for s in signs_of(log) if _repeats(s, every) and _current(view, s, log)
                 and s.sign is not Sign.BAD_VALUE  # its users' values, more likely than its settings
                 and not (s.sign is Sign.SERVER_STATE and is_over(state.image, s.quote))]  # fmt: skip
        seen = next((s for s in often if not is_telemetry(s.record)), None)
        if seen is None and often and not _other_errors(log):
            seen = often[0]
        seen = seen or _alone(view, pod, log)
        if seen is None:
            return None
        first = _first_of_burst(log.text) if seen.sign in PEER and "host" not in seen.values else None
        return Stated(pod, state, manner, first or seen, log, None, then=seen if first else None)
    near = last_sign(log.text)
    if near is None:
        return None
    counted = next((s for s in signs_of(log) if s.sign is near.sign and s.values == near.values), near)
    known = view.find(resource("Node", "", pod.text("spec", "nodeName"))) is not None
    return Stated(pod, state, manner, counted, log, None, known)


def _repeats(seen: Seen, every: int) -> bool:
    """Whether an error stands in a log again and again, or makes up most of a short one."""
    return seen.times >= REPEATED or (seen.times >= FEW and 2 * seen.times >= every)


BURST = timedelta(seconds=60)
"""How soon after the first error of a burst the next one follows."""


def _first_of_burst(text: str) -> Seen | None:
    """The first error of a log, if others follow at once and it names the peer that they leave out."""
    grave = [r for r in records(text) if is_grave(r)]
    if len(grave) < FEW or grave[0].at is None or grave[1].at is None or grave[1].at - grave[0].at > BURST:
        return None
    first = read_record(grave[0])
    return first if first is not None and first.sign in PEER and "host" in first.values else None


def _alone(view: ClusterView, pod: Obj, log: LogText) -> Seen | None:
    """A rare error in the log of the pod whose errors or slowness the alert measures, if it is grave and
    nothing else in the log tells of trouble."""
    if not measured(view) or not of_primary(view, pod):
        return None
    grave = [r for r in records(log.text) if is_grave(r)]
    return next((s for s in signs_of(log) if is_grave(s.record) and not is_telemetry(s.record)
                 and _current(view, s, log)
                 and (s.sign is Sign.HEAP or 2 * s.times >= len(grave))), None)  # fmt: skip


_TELEMETRY = re.compile(
    r"\botel\b|opentelemetry|\botlp\b|\bjaeger\b|\bzipkin\b|\bstatsd\b|\bdatadog\b|\bddtrace\b"
    r"|\bsentry\b|apm[- ](?:agent|server)|skywalking"
    r"|(?:export|send|flush|upload|push|report)\w* (?:of )?(?:the )?(?:batch of )?(?:traces?|spans?|metrics"
    r"|telemetry|profiles?)\b",
    re.IGNORECASE,
)


def is_telemetry(record: Record) -> bool:
    """Whether a record is of a client that sends traces or metrics away: requests are served without it."""
    return bool(_TELEMETRY.search(record.whole[:1000]))


def _other_errors(log: LogText) -> bool:
    """Whether a log holds errors besides those of sending telemetry."""
    grave = (r for r in records(log.text) if is_grave(r) and not is_telemetry(r))
    return sum(1 for _ in zip(grave, range(FEW), strict=False)) == FEW


def is_grave(record: Record) -> bool:
    """Whether a record calls itself an error."""
    grave = record.level >= Level.ERROR or record.thrown
    return grave and not gives_orders(record.whole) and not client_left(record.whole[:4000])


def of_primary(view: ClusterView, pod: Obj) -> bool:
    """Whether a pod belongs to what the alert is about."""
    primary = view.find(view.primary)
    if primary is None or primary.ref.kind in ("Service", "Ingress"):
        return primary is not None and pod in behind(view, primary.ref)
    return view.workload(pod.ref) in (primary.ref, view.workload(primary.ref))


def _current(view: ClusterView, seen: Seen, log: LogText) -> bool:
    """Whether an error was last seen about when the alert fired, or in the later half of the log."""
    if seen.record.at is not None:
        return fresh(view, seen.record.at)
    return in_later_half(log, seen)


def key_at(source: Mapping[str, object], inside: str) -> str:
    """The key of a ConfigMap volume that is found at a path inside its mount."""
    items = source.get("items")
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict) and item.get("path") == inside:
            return str(item.get("key") or "")
    return inside


def mounted_at(
    pod: Obj, state: ContainerState, path: str
) -> tuple[dict[str, object], str, dict[str, object]]:
    """The volume that holds a path, the path inside it, and its mount; empty if the image holds it."""
    mounts = [m for m in elements(state.spec.get("volumeMounts")) if isinstance(m, dict)]
    best: dict[str, object] = {}
    for mount in mounts:
        where = str(mount.get("mountPath") or "").rstrip("/")
        inside = where and (path == where or path.startswith(where + "/"))
        if inside and len(where) > len(str(best.get("mountPath") or "").rstrip("/")):
            best = mount
    if not best:
        return {}, "", {}
    rest = path[len(str(best.get("mountPath") or "").rstrip("/")) :].lstrip("/")
    volume = next((v for v in pod.items("spec", "volumes") if v.get("name") == best.get("name")), {})
    return volume, str(best.get("subPath") or rest), best
