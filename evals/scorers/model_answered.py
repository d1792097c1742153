"""Whether the model gave an answer that could be used, or the report is the rules' in spite of it."""

from __future__ import annotations

from kubetriage.domain.language import Language
from kubetriage.domain.model_use import NO_WORDS
from kubetriage.evals.cells import Score
from kubetriage.evals.scorers.material import Material

NAME = "model_answered"
_SAID = frozenset(NO_WORDS.say(language) for language in (Language.EN, Language.ZH))


def model_answered(material: Material) -> Score:
    """1 where the report holds what the model answered, as far as it was confirmed; 0 where it says of itself
    that it is the rules' because no answer was in the form asked for.

    A right diagnosis says nothing of a model that had no part in it. An agent has nothing but its model's
    words, and the rules have no model: neither is judged.
    """
    report = material.report
    if not (report.get("usage") or {}).get("model"):
        return Score(name=NAME, reason="There is nothing that could have answered in the model's place.")
    gap = next((each for each in report.get("gaps") or () if each.get("what") in _SAID), None)
    if gap is None:
        return Score(name=NAME, value=1.0, passed=True, reason="The model's answer was used.")
    why = str(gap.get("why") or "").rstrip(".")
    return Score(name=NAME, value=0.0, passed=False, reason=f"The rules' diagnosis is given: {why}.")
