"""What the tests of rendering share: a zone, and a report whose every text attacks the page it stands on."""

from __future__ import annotations

from datetime import timedelta, timezone, tzinfo
from typing import Any

import pytest

from kubetriage.domain.finding import Command, Effect, Likelihood, RemedyKind
from kubetriage.domain.language import Language
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.domain.report import (
    Change,
    Checked,
    CheckState,
    Claim,
    Gap,
    Impact,
    KnowledgeItem,
    Recommendation,
    Report,
    ReportEvidence,
    ReportResource,
    RootCause,
    Verification,
)

ATTACKS = (
    "</details><script>alert(1)</script>",
    "\x1b[31mred\x1b[2J\x1b]0;title\x07 \x9b1A \r over \x00",
    "\u202eevil \u2066name\u2069 \u200bhidden\ufeff \u2028next",
    "# heading\n---\n> quote\n1. one\n+ two\n===\n```\nfence\n~~~~\n````````",
    "[link](https://evil.example) <https://evil.example> www.evil.example ![img](x) a@evil.example",
    "@all <@U123> <!channel> <at id=all></at> #12 GH-34 owner/repo#56 &lt;b&gt; **bold** $x$",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    '" onmouseover="alert(1)" \' javascript:alert(1)',
    "Z" + "\u0351" * 200,
    "`" * 12 + "${7*7}",
    "中文，很长的一句话。" * 30,
)


@pytest.fixture(scope="session")
def zone() -> tzinfo:
    """Eight hours ahead of UTC."""
    return timezone(timedelta(hours=8))


@pytest.fixture(scope="session", params=range(len(ATTACKS)), ids=lambda index: f"attack-{index}")
def hostile(request: pytest.FixtureRequest) -> Report:
    """A report all of whose texts are one attack."""
    return attacked(ATTACKS[request.param])


@pytest.fixture(scope="session")
def huge() -> Report:
    """A report with names of 10,000 characters, excerpts of one line of 20,000, and lists of 100 entries."""
    return attacked("x" * 10_000, many=100, excerpt="y" * 20_000)


def attacked(text: str, *, many: int = 2, excerpt: str = "") -> Report:
    """The sample report with every text of a cluster, an alert or a model replaced."""
    place = ReportResource(kind=text, namespace=text, name=text, cluster=text)
    ids = tuple(f"E{number}" for number in range(1, many + 1))
    parts = {
        **_alert_and_outcome(text, place),
        **_statements(text, place, ids),
        "checked": _checked(text, place, ids) * many,
        "evidence": tuple(_evidence(each, text, place, excerpt) for each in ids),
        "gaps": (Gap(what=text, why=text),) * many,
        "knowledge": (KnowledgeItem(title=text, source=text, excerpt=text),),
        "verification": Verification(claims=1, notes=(text,)),
    }
    return sample_report(Language.EN).model_copy(update=parts)


def _alert_and_outcome(text: str, place: ReportResource) -> dict[str, Any]:
    changes = {
        "name": text,
        "status": text,
        "severity": text,
        "labels": {f"{text}{number}": text for number in range(30)},
        "annotations": {"summary": text, "description": text, "runbook_url": text},
    }
    alert = sample_report(Language.EN).alert.model_copy(update=changes)
    return {"id": text, "alert": alert, "summary": text, "first_reading": text, "primary": place}


def _statements(text: str, place: ReportResource, ids: tuple[str, ...]) -> dict[str, Any]:
    claims = tuple(Claim(statement=text, confirmed=False, evidence=ids) for _ in ids)
    cause = RootCause(
        rank=1,
        category=text,
        culprit=place,
        statement=text,
        likelihood=Likelihood.LOW,
        confirmed=False,
        evidence=(text,),
    )
    action = Recommendation(
        kind=RemedyKind.ESCALATE,
        title=text,
        detail=text,
        commands=(Command(command=text, effect=Effect.DESTRUCTIVE),),
    )
    return {
        "impact": Impact(statement=text, evidence=(text,)),
        "root_causes": (cause,),
        "contributing": claims[:3],
        "risks": claims,
        "changes": (Change(at=None, resource=place, what=text, evidence=(text,)),),
        "recommendations": (action,),
    }


def _checked(text: str, place: ReportResource, ids: tuple[str, ...]) -> tuple[Checked, ...]:
    """One check of each state."""
    return tuple(
        Checked(
            resource=place,
            why=text,
            state=state,
            findings=(text, text),
            log_excerpt=text,
            evidence=(*ids, text),
        )
        for state in CheckState
    )


def _evidence(ident: str, text: str, place: ReportResource, excerpt: str) -> ReportEvidence:
    return ReportEvidence(
        id=ident,
        resource=place,
        tool=text,
        arguments={text: text},
        at=sample_report(Language.EN).created_at,
        excerpt=excerpt or "\n".join([text] * 5),
    )
