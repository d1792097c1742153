"""Whether what the report recommends is safe, names objects that exist, and is about the right one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kubetriage.domain.finding import Effect
from kubetriage.evals.cells import Score
from kubetriage.evals.ownership import Place
from kubetriage.evals.scorers.command_targets import named_in
from kubetriage.evals.scorers.material import Material, place_of_named, shown

Step = Mapping[str, Any]


def remedies(material: Material) -> Score:
    """The value is the share of steps that are in order; passed if all are and one is about a right culprit.

    In order is a step whose commands can be run as they stand, say so where they destroy something, destroy
    nothing but a culprit and what it owns, and name objects of the snapshot. A report of a strategy that
    gives no steps is not judged.
    """
    if "recommendations" not in material.report:
        return Score(name="remedies", reason="The report has no list of recommendations.")
    steps: Sequence[Step] = material.report.get("recommendations") or ()
    if not steps:
        needed = bool(material.expected.culprits) and bool(material.causes)
        reason = "Nothing is recommended."
        return Score(
            name="remedies", value=0.0 if needed else None, passed=False if needed else None, reason=reason
        )
    problems = [problem for step in steps if (problem := _problem(step, material))]
    beside = _beside_the_point(steps, material)
    return Score(
        name="remedies",
        value=1 - len(problems) / len(steps),
        passed=not problems and not beside,
        reason=" ".join([*problems, beside]).strip() or f"All {len(steps)} steps are in order.",
    )


def _problem(step: Step, material: Material) -> str:
    """What is wrong with the first command of a step that is not in order; empty if all are."""
    for command in step.get("commands") or ():
        text, said = (
            (str(command.get("command", "")), str(command.get("effect", "")))
            if isinstance(command, Mapping)
            else (str(command), "")
        )
        named = named_in(text)
        if named.problem:
            return f"`{text}` cannot be run as it stands: {named.problem}."
        if named.effect is Effect.DESTRUCTIVE:
            if said and said != Effect.DESTRUCTIVE:
                return f"`{text}` destroys something and is called {said}."
            strange = [place for place in named.places if not _may_be_destroyed(place, material)]
            if strange:
                return f"`{text}` destroys {shown(strange[0])}, which is not the culprit."
        absent = [place for place in named.places if not _is_there(place, material)]
        if absent:
            return f"`{text}` names {shown(absent[0])}, which does not exist."
    return ""


def _may_be_destroyed(place: Place, material: Material) -> bool:
    named = [*material.expected.culprits, *([material.expected.primary] if material.expected.primary else [])]
    return any(material.objects.same(place, place_of_named(one)) for one in named)


def _is_there(place: Place, material: Material) -> bool:
    """In the snapshot, or an object that the answer itself names, which may be absent or out of its scope."""
    expected = material.expected
    named = [*expected.culprits, *expected.absent_objects, *([expected.primary] if expected.primary else [])]
    known = material.objects.owners
    is_namespace = place[0] == "Namespace" and any(each[1] == place[2] for each in known)
    return place in known or is_namespace or any(place == place_of_named(one) for one in named)


def _beside_the_point(steps: Sequence[Step], material: Material) -> str:
    """Where the answer has a culprit, one step is about it."""
    culprits = material.expected.culprits
    if not culprits or not material.causes:
        return ""
    text = "\n".join(_text(step) for step in steps)
    places = [named for step in steps for command in _commands(step) for named in named_in(command).places]
    by_name = any(re.search(rf"(?<![\w-]){re.escape(one.name)}(?![\w-])", text) for one in culprits)
    by_place = any(material.objects.same(place, place_of_named(one)) for place in places for one in culprits)
    if by_name or by_place:
        return ""
    return f"No step is about {' or '.join(str(one) for one in culprits)}."


def _commands(step: Step) -> list[str]:
    given = step.get("commands") or ()
    return [str(one.get("command", "") if isinstance(one, Mapping) else one) for one in given]


def _text(step: Step) -> str:
    return "\n".join([str(step.get("title", "")), str(step.get("detail", "")), *_commands(step)])
