"""What a triage is made to miss, and what is then wrong to say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.evidence import FailureKind, Observation, get, list_of, log_of
from kubetriage.domain.kube import Obj
from kubetriage.domain.resource import resource
from kubetriage.evals.catalogue import bundled
from kubetriage.evals.ownership import NOTHING_KNOWN
from kubetriage.evals.replaying import replaying
from kubetriage.evals.scenario import Expected, load
from kubetriage.evals.tampering import (
    shuffled,
    tamperings,
    without_event,
    without_log,
    without_object,
    wrong_claims,
)

AT = datetime(2025, 6, 1, tzinfo=UTC)
WEB = resource("Pod", "shop", "web")
RAWS = tuple(
    {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": n, "namespace": "shop"}} for n in ("web", "db")
)


def answer(read: Any, **parts: Any) -> Observation:
    return Observation(read=read, tool="t", at=AT, **parts)


def test_an_object_that_cannot_be_read() -> None:
    """Its own read and lists that hold it fail with the kind of failure; other answers stay as they are."""
    change = without_object(WEB, FailureKind.FORBIDDEN).change
    for read in (get(WEB), list_of("Pod", "shop")):
        failure = change(answer(read, objects=RAWS[:1])).failure
        assert failure is not None
        assert failure.kind is FailureKind.FORBIDDEN
    other = answer(list_of("Pod", "shop"), objects=RAWS[1:])
    assert change(other) is other


def test_an_event_that_expired() -> None:
    """Only this event is missing from a list, which counts as whole still."""
    events = tuple(
        {"kind": "Event", "metadata": {"name": n, "namespace": "shop"}, "involvedObject": {"kind": "Pod"}}
        for n in ("one", "two")
    )
    left = without_event(Obj(events[0])).change(answer(list_of("Event", "shop"), objects=events))
    assert (left.objects, left.failure) == (events[1:], None)


@pytest.mark.parametrize(("previous", "gone"), [(True, True), (False, False)])
def test_a_log_that_is_gone(previous: bool, gone: bool) -> None:
    """The log of one run of a container is gone, not that of the other run."""
    change = without_log("web", "app", True).change
    assert (change(answer(log_of(WEB, "app", previous=previous), text="x")).failure is not None) is gone


def test_another_order() -> None:
    """The same objects, in an order that depends on the seed alone."""
    seen = answer(list_of("Pod", "shop"), objects=RAWS * 4)
    first = shuffled(1)(seen)
    assert first.objects == shuffled(1)(seen).objects
    assert first.objects != seen.objects
    assert sorted(map(str, first.objects)) == sorted(map(str, seen.objects))


async def test_everything_is_kept_away_once() -> None:
    """Every object twice (forbidden, timed out), every event and log once; what findings cite comes first."""
    async with replaying(load(bundled() / "crash-exit-1-last-words"), Settings()) as replayer:
        whole = await replayer.triage()
        names = [one.what for one in tamperings(whole)]
        pods = [n for n in names if n.startswith("Pod orders/worker-")]
        assert {n.rpartition(" ")[2] for n in pods} == {"forbidden", "timeout"}
        assert len([n for n in names if "log of" in n]) == 2
        assert len(names) == len(set(names))
        part = await replayer.triage(without_object(whole.view.primary or WEB, FailureKind.TIMEOUT).change)
    assert part.report["outcome"] == "inconclusive"


def cause(name: str, likelihood: str = "high", category: str = "quota") -> dict[str, Any]:
    culprit = {"kind": "Deployment", "namespace": "shop", "name": name}
    return {"category": category, "culprit": culprit, "likelihood": likelihood, "statement": "s"}


def report(*causes: dict[str, Any], outcome: str = "diagnosed") -> dict[str, Any]:
    return {"outcome": outcome, "root_causes": list(causes)}


@pytest.mark.parametrize(
    ("partial", "kinds"),
    [
        (report(cause("web")), []),
        (report(cause("other")), ["culprit"]),
        (report(cause("other", "medium")), []),
        (report(cause("web", category="dns")), ["category"]),
        (report(cause("web"), cause("other")), ["culprit"]),
        (report(outcome="healthy"), ["outcome"]),
        (report(outcome="inconclusive"), []),
    ],
)
def test_wrong_claims(partial: dict[str, Any], kinds: list[str]) -> None:
    """Likelihood high for another culprit or category is wrong, and so is healthy; being unsure is not."""
    expected = Expected.model_validate(
        {"outcome": "diagnosed", "root_cause": "r", "primary": None, "culprit": None, "category": "quota",
         "must_mention": ["x"]}
    )  # fmt: skip
    claims = wrong_claims(partial, report(cause("web")), expected, NOTHING_KNOWN)
    assert [claim.kind for claim in claims] == kinds
