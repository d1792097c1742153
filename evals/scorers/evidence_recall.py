"""Whether the objects that decide the case were looked at."""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.evals.cells import Score
from kubetriage.evals.ownership import Place
from kubetriage.evals.scorers.material import Material, place_of, place_of_named, shown


def evidence_recall(material: Material) -> Score:
    """The share of the key's subject and culprit that the report's evidence holds.

    Any of several right culprits will do. An object that is absent is looked at by asking for it. A report of
    a strategy that gives no evidence is not judged.
    """
    if "evidence" not in material.report:
        return Score(name="evidence_recall", reason="The report has no list of evidence.")
    expected = material.expected
    wanted = [(place_of_named(expected.primary),)] if expected.primary else []
    if expected.culprits:
        wanted.append(tuple(place_of_named(one) for one in expected.culprits))  # type: ignore[arg-type]
    if not wanted:
        return Score(name="evidence_recall", reason="The answer names no object.")
    seen = set(_looked_at(material))
    missing = [
        one for one in wanted if not any(material.objects.same(place, each) for place in one for each in seen)
    ]
    told = " and ".join(" or ".join(shown(place) for place in one) for one in missing)
    return Score(
        name="evidence_recall",
        value=1 - len(missing) / len(wanted),
        passed=not missing,
        reason=f"The evidence does not show {told}." if missing else "What decides the case was looked at.",
    )


def _looked_at(material: Material) -> Iterator[Place]:
    for item in material.report.get("evidence") or ():
        yield place_of(item.get("resource") or {})
    for row in material.report.get("checked") or ():
        yield place_of(row.get("resource") or {})
