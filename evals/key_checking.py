"""Is an answer key right for its scenario: complete, consistent, within reach of who sees the snapshot."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from kubetriage.domain.errors import BadInput
from kubetriage.domain.report import Outcome
from kubetriage.evals.material import Material
from kubetriage.evals.planted import oracle
from kubetriage.evals.scenario import CATEGORIES, Expected, Named, Scenario
from kubetriage.evals.score import score

TO_FILL_IN = "TO BE FILLED IN"
"""Stands in a key for what a person still has to write."""
MOST_NAMED = 5
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
"""A word that only an object, a container or a file would have: lower case with hyphens."""


def of_key(material: Material) -> Iterator[str]:
    """What is wrong with the key, a sentence each, without their full stops."""
    expected = material.scenario.expected
    unfinished = list(_unfinished(expected))
    if unfinished:
        yield f"{', '.join(unfinished)} still {'has' if len(unfinished) == 1 else 'have'} to be filled in"
        return
    if expected.category not in CATEGORIES:
        yield f"the category {expected.category} is none of the known ones (kubetriage.evals.scenario)"
    yield from _places(material)
    yield from _consistent(expected)
    yield from _reachable(material)
    yield from _known_words(material)


def require_answers(scenarios: Sequence[Scenario]) -> None:
    """Raise `BadInput` where a key has still to be filled in: by such a key every diagnosis is wrong."""
    unfinished = [each.name for each in scenarios if any(_unfinished(each.expected))]
    if unfinished:
        more = f" and {len(unfinished) - MOST_NAMED} more" if len(unfinished) > MOST_NAMED else ""
        raise BadInput(
            f"The answers of {', '.join(unfinished[:MOST_NAMED])}{more} still have to be filled in"
            " (kubetriage eval check says what); --only chooses others."
        )


def _unfinished(expected: Expected) -> Iterator[str]:
    for field, value in expected.model_dump(mode="json").items():
        if TO_FILL_IN in str(value):
            yield field


def _places(material: Material) -> Iterator[str]:
    expected = material.scenario.expected
    for one in expected.absent_objects:
        if material.holds(one):
            yield f"absent_objects names {one}, which the snapshot holds"
    named: list[tuple[str, Named | None]] = [("primary", expected.primary), ("culprit", expected.culprit)]
    named += [("also", each) for each in expected.also]
    for field, place in named:
        if place is None or material.holds(place) or place in expected.absent_objects or material.gap(place):
            continue
        # An alert may outlive what it is about; then nothing is diagnosed of it.
        if field == "primary" and Outcome.DIAGNOSED not in expected.outcome:
            continue
        yield f"{field} is {place}, which is neither in the snapshot nor among absent_objects"
    if len(set(expected.culprits)) < len(expected.culprits):
        yield "also names an object that is named already"


def _consistent(expected: Expected) -> Iterator[str]:
    if len(set(expected.outcome)) < len(expected.outcome):
        yield "outcome names one outcome twice"
    if expected.outcome == (Outcome.DIAGNOSED,) and not expected.culprits:
        yield "outcome is diagnosed, and no culprit is named"
    for pattern in (*expected.must_mention, *expected.must_not_claim):
        if re.search(pattern, "") is not None:
            yield f"the pattern {pattern} fits a text of no words"


def _reachable(material: Material) -> Iterator[str]:
    """A report that gives the key's own answer must be right by it."""
    verdict = score(oracle(material.scenario, random.Random(0)), material.scenario)
    for check in verdict.checks:
        if not check.passed:
            yield f"its own root_cause, given as the answer, fails {check.name}: {check.reason.rstrip('.')}"


def _known_words(material: Material) -> Iterator[str]:
    """A name that a report must mention has to stand somewhere."""
    for pattern in material.scenario.expected.must_mention:
        words = pattern.lower().split("|")
        if all(_NAME.fullmatch(word) for word in words) and not any(word in material.text for word in words):
            yield f"must_mention wants {pattern}, which stands nowhere in the alert or the snapshot"
