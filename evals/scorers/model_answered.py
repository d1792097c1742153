"""Whether the report is the model's, or the rules' in spite of it."""

from __future__ import annotations

from kubetriage.domain.language import Language
from kubetriage.domain.model_use import NO_WORDS
from kubetriage.evals.cells import Score
from kubetriage.evals.scorers.material import Material

NAME = "model_answered"
_SAID = frozenset(NO_WORDS.say(language) for language in (Language.EN, Language.ZH))


def model_answered(material: Material) -> Score:
    """1 where the report comes to what the model had concluded; 0 where its answer was in no usable form, or
    was not confirmed and the rules' diagnosis was kept.

    A right diagnosis says nothing of a model that had no part in it. An agent has nothing but its model's
    words, and the rules have no model: neither is judged.
    """
    report, concluded = material.report, material.spent.concluded
    if not (report.get("usage") or {}).get("model"):
        return Score(name=NAME, reason="There is nothing that could have answered in the model's place.")
    gap = next((each for each in report.get("gaps") or () if each.get("what") in _SAID), None)
    if gap is not None:
        why = str(gap.get("why") or "").rstrip(".")
        return Score(name=NAME, value=0.0, passed=False, reason=f"The rules' diagnosis is given: {why}.")
    if concluded is None:
        return Score(name=NAME, reason="What the model had concluded was not kept.")
    if concluded.stands_in(report, material.objects):
        return Score(name=NAME, value=1.0, passed=True, reason="The report is what the model concluded.")
    said = f"The rules' diagnosis is given: the model said {concluded}; that was not confirmed."
    return Score(name=NAME, value=0.0, passed=False, reason=said)
