"""domain.evidence_index: numbered evidence, and what could not be asked."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.evidence import (
    FailureKind,
    Observation,
    Read,
    ReadFailure,
    get,
    list_of,
    log_of,
    object_cite,
    top_of,
)
from kubetriage.domain.evidence_index import gaps_of, ids_of, index_evidence
from kubetriage.domain.finding import Finding
from kubetriage.domain.resource import resource
from kubetriage.domain.view import ClusterView
from kubetriage.evals.language_check import english_in

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
POD = resource("Pod", "shop", "web-1")
MakeFinding = Callable[..., Finding]
Make = Callable[..., dict[str, Any]]


def seen(read: Read, **answer: Any) -> Observation:
    return Observation(read=read, tool="t", at=NOW, **answer)


def failed(read: Read, kind: FailureKind, message: str = "") -> Observation:
    return seen(read, failure=ReadFailure(kind=kind, message=message))


@pytest.fixture
def view_of(view: Callable[..., ClusterView]) -> Callable[..., ClusterView]:
    base = view()
    return lambda *answers: ClusterView(base.alert, base.subject, base.primary, NOW, answers)


def test_ids_are_given_in_sorted_order(
    view_of: Callable[..., ClusterView], finding: MakeFinding, obj: Make
) -> None:
    """By kind, namespace and name, however the answers and findings came."""
    pods = tuple(obj(f"Pod shop/p{i}") for i in range(12))
    answers = [
        seen(list_of("Pod", "shop"), objects=pods),
        seen(get(POD), objects=(obj("Pod shop/web-1"),)),
        seen(log_of(POD, "app"), text="hello"),
        seen(get(resource("ConfigMap", "shop", "c")), absent=True),
        failed(list_of("Node"), FailureKind.FORBIDDEN),
    ]
    found = [finding(f"r{i}", f"Pod shop/p{i}") for i in range(12)]
    first = index_evidence(view_of(*answers), found)
    assert [e.id for e in first] == [f"E{i}" for i in range(1, len(first) + 1)]
    assert [e.resource.key for e in first] == sorted(e.resource.key for e in first)
    for seed in range(5):
        random.Random(seed).shuffle(answers)
        random.Random(seed).shuffle(found)
        assert index_evidence(view_of(*answers), found) == first


def test_a_list_is_one_evidence_and_one_more_for_each_object_that_is_cited(
    view_of: Callable[..., ClusterView], finding: MakeFinding, obj: Make
) -> None:
    """Objects nobody cites are told by the list's count and names alone; `also` cites like a finding."""
    pods = (*(obj(f"Pod shop/p{i}") for i in range(3)), obj("Pod other/p1"))
    listed = seen(list_of("Pod"), objects=pods)
    cited = finding("r", "Pod shop/p1", cites=(object_cite(resource("Pod", "shop", "p1")),))
    also = [object_cite(resource("Pod", "shop", "p2"))]
    made = index_evidence(view_of(listed), [cited], also=also)
    assert [str(e.resource) for e in made] == ["Pod ", "Pod shop/p1", "Pod shop/p2"]


def test_a_failed_read_is_no_evidence_and_an_absence_is(view_of: Callable[..., ClusterView]) -> None:
    """ "Asked, and there is nothing" is evidence; "could not ask" is a gap."""
    gone, refused = get(POD), list_of("Node")
    whole = view_of(seen(gone, absent=True), failed(refused, FailureKind.FORBIDDEN))
    (only,) = index_evidence(whole, [])
    assert (only.cite, only.absent, only.excerpt) == (gone.key, True, "not found")
    assert [gap.read for gap in gaps_of(whole)] == [refused]


def test_an_object_that_came_twice_is_cited_once(
    view_of: Callable[..., ClusterView], finding: MakeFinding, obj: Make
) -> None:
    """An object got by itself and in a list has one id."""
    pod = obj("Pod shop/web-1")
    both = view_of(seen(get(POD), objects=(pod,)), seen(list_of("Pod", "shop"), objects=(pod,)))
    made = index_evidence(both, [finding("r")])
    assert [e.cite for e in made].count(object_cite(POD)) == 1


def test_every_quote_is_in_the_excerpt_of_what_is_cited(
    view_of: Callable[..., ClusterView], finding: MakeFinding, obj: Make
) -> None:
    """Excerpts are widened to hold what findings quote, of every finding that cites them."""
    spec = {f"field{i:03}": f"value-{i:03} " + "x" * 60 for i in range(200)}
    read = seen(get(POD), objects=(obj("Pod shop/web-1", spec=spec),))
    found = [finding(f"r{i}", quotes=(f"value-{i:03}",)) for i in (7, 77, 177)]
    (made,) = index_evidence(view_of(read), found)
    assert all(f"value-{i:03}" in made.excerpt for i in (7, 77, 177))


def test_ids_of_citations(view_of: Callable[..., ClusterView]) -> None:
    """In the order of the ids, each once; what is no evidence is left out."""
    names = [f"c{i:02}" for i in range(11)]
    reads = [get(resource("ConfigMap", "shop", name)) for name in names]
    made = index_evidence(view_of(*(seen(read, absent=True) for read in reads)), [])
    cites = [reads[10].key, reads[1].key, "nothing", reads[1].key]
    assert ids_of(made, cites) == ("E2", "E11")


# ---- gaps


@pytest.mark.parametrize("kind", FailureKind)
def test_every_kind_of_failure_has_its_words(kind: FailureKind, view_of: Callable[..., ClusterView]) -> None:
    """What and why, in both languages."""
    (gap,) = gaps_of(view_of(failed(get(POD), kind)))
    assert gap.failure is kind
    assert gap.what.en == "Pod shop/web-1"
    assert gap.why.en
    assert english_in(gap.why.zh) == []


def test_refused_and_cut_are_different_gaps(view_of: Callable[..., ClusterView], obj: Make) -> None:
    """A list that was cut was read, and only a part of it."""
    cut = seen(list_of("Pod", "shop"), objects=(obj("Pod shop/web-1"),), cut="7 of 8 objects were left out")
    refused = failed(list_of("Node"), FailureKind.FORBIDDEN, "nodes is forbidden")
    gaps = gaps_of(view_of(cut, refused))
    assert [(g.what.en, g.failure) for g in gaps] == [
        ("Node list", FailureKind.FORBIDDEN),
        ("Pod list in namespace shop", None),
    ]
    assert "nodes is forbidden" in gaps[0].why.en
    assert "7 of 8 objects" in gaps[1].why.en


def test_like_gaps_are_told_once(view_of: Callable[..., ClusterView]) -> None:
    """Two tails of one log that are both refused are one gap."""
    logs = [failed(log_of(POD, "app", tail=tail), FailureKind.FORBIDDEN) for tail in (10, 500)]
    assert len(gaps_of(view_of(*logs))) == 1


@pytest.mark.parametrize(
    ("read", "what"),
    [
        (log_of(POD, "app", previous=True), "previous log of shop/web-1 (app)"),
        (list_of("Event", "shop", fields="a=b"), "Event list in namespace shop (a=b)"),
        (top_of("Node"), "usage of Nodes"),
    ],
)
def test_a_gap_names_what_was_asked(read: Read, what: str, view_of: Callable[..., ClusterView]) -> None:
    """Log, list and usage in people's words."""
    (gap,) = gaps_of(view_of(failed(read, FailureKind.TIMEOUT)))
    assert gap.what.en == what


def test_a_long_message_is_cut_within_its_quotes(view_of: Callable[..., ClusterView]) -> None:
    """A server's words are bounded and stay a quotation."""
    (gap,) = gaps_of(view_of(failed(get(POD), FailureKind.UNAVAILABLE, "word " * 200)))
    assert len(gap.why.en) < 400
    assert gap.why.en.endswith("…”")
    assert english_in(gap.why.zh) == []
