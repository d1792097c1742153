"""The generated documentation of the rules."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from kubetriage.domain.rules import RULES
from kubetriage.evals.catalogue import (
    Catalogue,
    bundled,
    catalogue_of,
    evidence_of,
    families,
    markdown,
    named_rules,
    slug_of,
)
from kubetriage.evals.scenario import CATEGORIES, find, load

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "rules.md"


def test_every_rule_is_documented() -> None:
    """Each rule belongs to one family and says what it states."""
    listed = [rule for rules in families().values() for rule in rules]
    assert sorted(map(RULES.index, listed)) == list(range(len(RULES)))
    assert [r.__name__ for r in RULES if not inspect.getdoc(r)] == []


@pytest.mark.parametrize(
    ("rule", "slug"),
    [
        ("oom.limit", "oom.limit"),
        ("job.failed.2", "job.failed"),
        ("ingress.wrong-port.web.80", "ingress.wrong-port"),
    ],
)
def test_slug(rule: str, slug: str) -> None:
    """What tells two findings about one object apart is not part of the kind of finding."""
    assert slug_of(rule) == slug


@pytest.mark.parametrize(
    ("cite", "what"),
    [
        ("object|Pod|shop|web", "Pod"),
        ("get|v1|Service|shop|web", "absent Service"),
        ("list|v1|Node||", "list of Node"),
        ("log|v1|Pod|shop|web|app|current|500", "log"),
        ("top||Node||", "usage of Node"),
        ("query|v1|Pod|shop|web|memory|2026-03-01T12:00:00+00:00|0|0|up", "Prometheus"),
        ("", ""),
    ],
)
def test_evidence(cite: str, what: str) -> None:
    """Evidence is told by its kind, what was asked for in vain as absent."""
    assert evidence_of(cite) == what


def test_rules_named_in_the_code() -> None:
    """Rules whose slug stands in the code are found there, so that none is left out of the document."""
    assert {"image.bare-name", "change.configuration-unseen"} <= set(named_rules())


async def test_a_scenario_shows_what_a_rule_says() -> None:
    """A scenario's findings are listed under their rule with category, likelihood, culprit and evidence."""
    made = await catalogue_of([load(bundled() / "rollout-stuck-bad-image")])
    text = markdown(made)
    assert "- `image.absent`: image-pull; cause; high; culprit Deployment; from Event, Pod\n" in text
    assert "- `change.rollout`: change; change; from ReplicaSet\n" in text
    assert made.by_category() == {"image-pull": ["image.absent"]}
    assert "image.bare-name" in made.not_shown()


def test_nothing_shown() -> None:
    """Without a scenario every rule is listed as not shown, and the families still stand with their words."""
    text = markdown(Catalogue())
    assert "Not shown by a bundled scenario: " in text
    assert all(f"## {m.__name__.rpartition('.')[2].replace('_', ' ')}\n" in text for m in families())


@pytest.mark.slow
async def test_the_document_is_generated() -> None:
    """docs/rules.md is what the command in its head prints, and its categories are the fault table's."""
    made = await catalogue_of(find(bundled()))
    assert DOCUMENT.read_text(encoding="utf-8") == markdown(made), (
        "run: python -m kubetriage.evals.catalogue > docs/rules.md"
    )
    assert set(made.by_category()) <= CATEGORIES
