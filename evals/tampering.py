"""What a triage is made to miss: an object that cannot be read, an event that expired, a log that is gone.

Evidence that is missing may make a diagnosis weaker, never wrong: `wrong_claims` tells what a report claims
with confidence and the report over everything did not.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from kubetriage.domain.events import event_record
from kubetriage.domain.evidence import FailureKind, Observation, ReadFailure, ReadKind
from kubetriage.domain.finding import Likelihood
from kubetriage.domain.kube import Obj
from kubetriage.domain.report import Outcome
from kubetriage.domain.resource import Resource
from kubetriage.evals.ownership import Ownership, Place
from kubetriage.evals.replaying import Change, Replay
from kubetriage.evals.scenario import Expected


class Claim(NamedTuple):
    """Something claimed with confidence, and wrongly."""

    kind: str
    """outcome, culprit or category"""
    what: str
    statement: str = ""


class Tampering(NamedTuple):
    """One thing that is kept from a triage."""

    what: str
    change: Change


def failed(seen: Observation, kind: FailureKind) -> Observation:
    """The same question without an answer."""
    failure = ReadFailure(kind=kind, message=kind.value)
    return Observation(read=seen.read, tool=seen.tool, arguments=seen.arguments, at=seen.at, failure=failure)


def without_object(ref: Resource, kind: FailureKind) -> Tampering:
    """Reading the object fails, and so does every list that holds it, as rights are given."""

    def change(seen: Observation) -> Observation:
        if seen.read.verb is ReadKind.GET and seen.read.resource == ref:
            return failed(seen, kind)
        listed = seen.read.verb is ReadKind.LIST and seen.read.kind == ref.kind
        if listed and any(Obj(raw, kind=seen.read.kind).ref == ref for raw in seen.objects):
            return failed(seen, kind)
        return seen

    return Tampering(f"{ref} {kind.value}", change)


def without_event(event: Obj) -> Tampering:
    """The event has expired: no list holds it any more."""
    lost = event.ref

    def change(seen: Observation) -> Observation:
        if seen.read.kind != "Event" or not seen.objects:
            return seen
        left = tuple(raw for raw in seen.objects if Obj(raw, kind="Event").ref != lost)
        return seen if len(left) == len(seen.objects) else seen.model_copy(update={"objects": left})

    record = event_record(event)
    return Tampering(f"event {record.reason} of {record.about} expired", change)


def without_log(pod: str, container: str, previous: bool) -> Tampering:
    """The log of one run of a container is gone."""

    def change(seen: Observation) -> Observation:
        read = seen.read
        asked = (read.verb, read.name, read.container, read.previous)
        lost = asked == (ReadKind.LOG, pod, container, previous)
        return failed(seen, FailureKind.NOT_RECORDED) if lost else seen

    return Tampering(f"{'previous ' if previous else ''}log of {pod}/{container} gone", change)


def without_samples(measure: str, kind: FailureKind) -> Tampering:
    """Prometheus does not answer one query."""

    def change(seen: Observation) -> Observation:
        lost = seen.read.verb is ReadKind.QUERY and seen.read.measure == measure
        return failed(seen, kind) if lost else seen

    return Tampering(f"samples of {measure} {kind.value}", change)


def no_series(measure: str) -> Tampering:
    """Prometheus has no series for one query, as where they are not scraped."""

    def change(seen: Observation) -> Observation:
        lost = seen.read.verb is ReadKind.QUERY and seen.read.measure == measure
        return seen.model_copy(update={"objects": ()}) if lost else seen

    return Tampering(f"no series for {measure}", change)


def shuffled(seed: int) -> Change:
    """The objects of every answer in another order."""

    def change(seen: Observation) -> Observation:
        objects = list(seen.objects)
        random.Random(f"{seed} {seen.read.key}").shuffle(objects)
        return seen.model_copy(update={"objects": tuple(objects)})

    return change


def tamperings(whole: Replay) -> Iterator[Tampering]:
    """Everything that was read kept away, one thing at a time; what findings cite comes first."""
    cited = {cite for finding in whole.findings for cite in finding.cites}
    objects = {
        obj.cite: obj
        for seen in whole.view.observations
        if seen.read.verb in (ReadKind.GET, ReadKind.LIST)
        for obj in (Obj(raw, kind=seen.read.kind, api_version=seen.read.api_version) for raw in seen.objects)
    }
    for cite in sorted(objects, key=lambda c: (c not in cited, c)):
        obj = objects[cite]
        if obj.ref.kind == "Event":
            yield without_event(obj)
        else:
            yield without_object(obj.ref, FailureKind.FORBIDDEN)
            yield without_object(obj.ref, FailureKind.TIMEOUT)
    for seen in whole.view.observations:
        if seen.read.verb is ReadKind.LOG and seen.found:
            yield without_log(seen.read.name, seen.read.container, seen.read.previous)
        elif seen.read.verb is ReadKind.QUERY and seen.found:
            yield without_samples(seen.read.measure, FailureKind.TIMEOUT)
            yield no_series(seen.read.measure)
        elif seen.absent:
            yield without_object(seen.read.resource, FailureKind.FORBIDDEN)


# ---- what is claimed


def wrong_claims(
    report: Mapping[str, Any], whole: Mapping[str, Any], expected: Expected, ownership: Ownership
) -> list[Claim]:
    """What a report claims with confidence and neither the whole report nor the answer does.

    That is a cause of likelihood high with another culprit or category, or being healthy.
    """
    outcome = report["outcome"]
    if outcome == Outcome.HEALTHY and outcome not in (whole["outcome"], *expected.outcome):
        return [Claim("outcome", "healthy")]
    places = [p for c in whole["root_causes"] if (p := _place(c)) is not None]
    places += [(one.kind, one.namespace, one.name) for one in expected.culprits]
    categories = {expected.category, *(c["category"] for c in whole["root_causes"])}
    found = []
    for cause in report["root_causes"]:
        place = _place(cause)
        if cause["likelihood"] != Likelihood.HIGH:
            continue
        known = place is None or any(ownership.same(place, one) for one in places)
        if not known:
            found.append(Claim("culprit", " ".join(place or ()), cause["statement"]))
        elif cause["category"] not in categories:
            found.append(Claim("category", cause["category"], cause["statement"]))
    return found


def _place(cause: Mapping[str, Any]) -> Place | None:
    culprit = cause["culprit"]
    return (culprit["kind"], culprit["namespace"], culprit["name"]) if culprit else None
