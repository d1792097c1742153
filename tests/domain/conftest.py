"""Views of small clusters and findings about them, for tests of what is made of findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kubetriage.domain.alert import Alert, AlertStatus, Subject, SubjectScope
from kubetriage.domain.diagnosing import Case
from kubetriage.domain.evidence import FailureKind, Observation, Read, ReadFailure, get, list_of
from kubetriage.domain.evidence_index import gaps_of, index_evidence
from kubetriage.domain.finding import Finding, Role, Want
from kubetriage.domain.impact import impact_of
from kubetriage.domain.language import Language, Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.view import ClusterView

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Raw = dict[str, Any]


def make_ref(words: str) -> Resource:
    """`Pod shop/web-1`, `Node n1`."""
    kind, _, place = words.partition(" ")
    namespace, _, name = place.rpartition("/")
    return resource(kind, namespace, name)


def make_object(words: str, owner: str = "", labels: Raw | None = None, **parts: Any) -> Raw:
    ref = make_ref(words)
    meta: Raw = {"name": ref.name} | ({"namespace": ref.namespace} if ref.namespace else {})
    meta |= {"labels": labels} if labels else {}
    if owner:
        above = make_ref(owner)
        meta["ownerReferences"] = [{"kind": above.kind, "name": above.name, "controller": True}]
    return {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": meta, **parts}


def make_view(
    *objects: Raw,
    primary: str = "Pod shop/web-1",
    absent: Sequence[str] = (),
    failed: Iterable[tuple[Read, FailureKind]] = (),
    lists: Sequence[Read] = (),
    looked: Sequence[str] = (),
    status: str = "firing",
    name: str = "KubePodNotReady",
    scope: SubjectScope = SubjectScope.RESOURCE,
    subject: Subject | None = None,
) -> ClusterView:
    """Each object was got by itself; `absent` were asked for in vain, `lists` are complete and hold nothing."""
    seen = []
    for raw in objects:
        meta = raw["metadata"]
        read = get(resource(raw["kind"], meta.get("namespace", ""), meta["name"]))
        seen.append(Observation(read=read, tool="resources_get", at=NOW, objects=(raw,)))
    seen += [Observation(read=get(make_ref(w)), tool="resources_get", at=NOW, absent=True) for w in absent]
    seen += [Observation(read=r, tool="resources_list", at=NOW) for r in lists]
    seen += [
        Observation(read=r, tool="t", at=NOW, failure=ReadFailure(kind=k, message="no")) for r, k in failed
    ]
    main = make_ref(primary) if primary else None
    alert = Alert(
        name=name, status=AlertStatus(status), fingerprint="0" * 16, starts_at=NOW - timedelta(minutes=10)
    )
    wants = [Want(read=get(make_ref(w)), about=make_ref(w), why=Text(en="why", zh="原因")) for w in looked]
    about = subject or Subject(scope=scope, resource=main)
    return ClusterView(alert, about, main, NOW, seen, wants)


def make_finding(
    rule: str,
    subject: str = "Pod shop/web-1",
    role: Role = Role.CAUSE,
    *,
    said: str = "",
    zh: str = "",
    culprit: str = "",
    **fields: Any,
) -> Finding:
    ref = make_ref(subject)
    return Finding(
        rule=rule,
        category=fields.pop("category", "crash-app-error"),
        role=role,
        subject=ref,
        culprit=make_ref(culprit) if culprit else None,
        statement=Text(en=said or f"{ref} shows {rule}.", zh=zh or f"{ref} 出现 {rule}。"),
        cites=fields.pop("cites", (f"object|{ref.kind}|{ref.namespace}|{ref.name}",)),
        **fields,
    )


def make_case(view: ClusterView, *findings: Finding, language: Language = Language.EN) -> Case:
    """A diagnosis' material, indexed as the graph does it."""
    evidence = index_evidence(view, findings, also=impact_of(view)[1])
    return Case(view, findings, evidence, gaps_of(view), language)


def nothing_read(primary: str = "Pod shop/web-1", **given: Any) -> ClusterView:
    failed = [(get(make_ref(primary)), FailureKind.UNAVAILABLE), (list_of("Node"), FailureKind.UNAVAILABLE)]
    return make_view(primary=primary, failed=failed, **given)


@pytest.fixture
def ref() -> Callable[[str], Resource]:
    return make_ref


@pytest.fixture
def obj() -> Callable[..., Raw]:
    return make_object


@pytest.fixture
def view() -> Callable[..., ClusterView]:
    return make_view


@pytest.fixture
def unread() -> Callable[..., ClusterView]:
    """A view of a cluster that could not be reached."""
    return nothing_read


@pytest.fixture
def finding() -> Callable[..., Finding]:
    return make_finding


@pytest.fixture
def case() -> Callable[..., Case]:
    return make_case
