"""An answer key from what people said of a report; what they left open is marked, to be filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from kubetriage.domain.intake.reading import Feedback, Verdict
from kubetriage.domain.report import Outcome, Report
from kubetriage.domain.resource import KINDS
from kubetriage.evals.key_checking import TO_FILL_IN
from kubetriage.evals.scenario import CATEGORIES

Place = tuple[str, str, str]
_SHORTEST = 4
"""Letters of a name that is found in free text; shorter ones are words too often."""
_TERM = re.compile(r"[A-Za-z0-9][\w.:/-]*[A-Za-z0-9]")
_MOST_TERMS = 2


class Material(NamedTuple):
    """What the scenario shows."""

    alert: str
    """Its body."""
    places: frozenset[Place]
    """The objects of its snapshot."""


def key_of(report: Report, said: Feedback | None, material: Material) -> dict[str, Any]:
    """The content of `expected.yaml`."""
    if said is not None and said.verdict is Verdict.RIGHT:
        return _confirmed(report, material)
    actual = " ".join(said.actual.split()) if said else ""
    culprit = _named_in(actual, material.places)
    category = next((word for word in sorted(CATEGORIES) if _stands(word, actual)), TO_FILL_IN)
    return {
        "outcome": Outcome.DIAGNOSED.value,
        "root_cause": actual or TO_FILL_IN,
        "primary": _place_of(report.primary),
        "culprit": _object(culprit) if culprit else _object((TO_FILL_IN, "", TO_FILL_IN)),
        "category": category,
        "must_mention": _terms(actual, culprit, material.alert) if culprit else [TO_FILL_IN],
        "must_not_claim": [],
        "tags": ["incident", said.verdict.value if said else "not-judged"],
        "absent_objects": [],
    }


def _confirmed(report: Report, material: Material) -> dict[str, Any]:
    """The report's own answer, which somebody has called right."""
    first = report.root_causes[0] if report.root_causes else None
    culprit = first.culprit if first is not None else None
    place = (culprit.kind, culprit.namespace, culprit.name) if culprit is not None else None
    sentence = (
        first.statement if first is not None and report.outcome is Outcome.DIAGNOSED else report.summary
    )
    if place is not None and not _stands(place[2], sentence):
        sentence = (
            f"{place[0]} {place[1]}/{place[2]}: {sentence}"
            if place[1]
            else f"{place[0]} {place[2]}: {sentence}"
        )
    return {
        "outcome": report.outcome.value,
        "root_cause": sentence,
        "primary": _place_of(report.primary),
        "culprit": _object(place) if place else None,
        "category": _category(report),
        "must_mention": _terms(sentence, place, material.alert),
        "must_not_claim": [],
        "tags": ["incident", Verdict.RIGHT.value],
        "absent_objects": [],
    }


def _category(report: Report) -> str:
    if report.root_causes and report.root_causes[0].category in CATEGORIES:
        return report.root_causes[0].category
    if report.outcome is Outcome.INCONCLUSIVE:
        return "insufficient-data"
    if report.outcome is Outcome.HEALTHY:
        return "resolved" if report.alert.status == "resolved" else "no-issue"
    return TO_FILL_IN


def _terms(sentence: str, culprit: Place | None, alert: str) -> list[str]:
    """Patterns that the sentence fits and the alert alone does not: the culprit's name, then its own terms.

    Terms are words that hold more than small letters (`OOMKilled`, `node-2`, `9.9.9`). The longest other is
    taken only where these leave nothing that the alert does not hold: somebody else may say the same
    without it.
    """
    given = alert.lower()
    own = [
        word for word in dict.fromkeys(_TERM.findall(sentence)) if word.lower() not in given and len(word) > 3
    ]
    own.sort(key=lambda word: -len(word))
    plain = [word for word in own if word.isalpha() and word[1:].islower()]
    chosen = [word for word in own if word not in plain][:_MOST_TERMS]
    if culprit is not None and culprit[2] not in chosen:
        chosen.insert(0, culprit[2])
    if all(word.lower() in given for word in chosen):
        chosen += [word for word in plain if word not in KINDS][:1]
    return [re.escape(word).replace(r"\-", "-") for word in chosen] or [TO_FILL_IN]


def _named_in(text: str, places: Iterable[Place]) -> Place | None:
    """The object that free text names, if it is one: by kind and name, else by a name that only one has."""
    named = [place for place in places if place[0] != "Event" and len(place[2]) >= _SHORTEST]
    named = [place for place in named if _stands(place[2], text)]
    with_kind = [place for place in named if _stands(place[0], text)]
    for found in (with_kind, named):
        longest = max((len(place[2]) for place in found), default=0)
        best = [place for place in found if len(place[2]) == longest]
        if len(best) == 1:
            return best[0]
    return None


def _stands(word: str, text: str) -> bool:
    """Whether it is in the text as a whole, not as a part of a longer name."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text, re.IGNORECASE) is not None


def _place_of(resource: Any) -> dict[str, str] | None:
    return _object((resource.kind, resource.namespace, resource.name)) if resource is not None else None


def _object(place: Place) -> dict[str, str]:
    return dict(zip(("kind", "namespace", "name"), place, strict=True))
