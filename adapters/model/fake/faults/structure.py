"""Faults of a structured answer, wherever it is: in the text or in the call that the request forced.

What is changed is chosen by the schema that the request carries, else by the answer itself; `field` names
it outright. A reply without a structured answer stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from kubetriage.adapters.model.fake.drafting import answer_of, json_text
from kubetriage.adapters.model.fake.plan import Plan, Turn

Answer = dict[str, Any]
NO_SUCH_EVIDENCE = "E999"


def _changed(plan: Plan, change: Callable[[Answer], Answer]) -> Plan:
    """The plan with its answer put through `change`."""
    answer = answer_of(plan.draft)
    if answer is None:
        return plan
    changed = change(answer)
    if plan.draft.text and not plan.draft.calls:
        return replace(plan, draft=replace(plan.draft, text=json_text(changed)))
    first, *rest = plan.draft.calls
    return replace(plan, draft=replace(plan.draft, calls=(replace(first, arguments=changed), *rest)))


def _written(plan: Plan, write: Callable[[str], str]) -> Plan:
    """The plan with the JSON text of its answer put through `write`."""
    answer = answer_of(plan.draft)
    if answer is None:
        return plan
    if plan.draft.text and not plan.draft.calls:
        return replace(plan, draft=replace(plan.draft, text=write(plan.draft.text)))
    first, *rest = plan.draft.calls
    text = write(json_text(first.arguments))
    return replace(plan, draft=replace(plan.draft, calls=(replace(first, arguments=text), *rest)))


def _put(answer: Answer, field: str, value: Any) -> Answer:
    return {key: value if key == field else old for key, old in answer.items()}


def _properties(turn: Turn) -> Mapping[str, Any]:
    properties: Mapping[str, Any] = turn.request.schema.get("properties") or {}
    return properties


def _field(turn: Turn, answer: Answer, fits: Callable[[Mapping[str, Any], Any], bool]) -> str:
    """The first field of the answer that fits by its schema and value; empty if there is none."""
    known = _properties(turn)
    return next((key for key, value in answer.items() if fits(known.get(key) or {}, value)), "")


def fenced(plan: Plan, turn: Turn) -> Plan:
    return _written(plan, lambda text: f"```json\n{text}\n```")


def prose(plan: Plan, turn: Turn) -> Plan:
    """Sentences before and after."""
    before, after = "Here is what I found:\n\n", "\n\nTell me if you need anything else."
    return _written(plan, lambda text: before + text + after)


def trailing_comma(plan: Plan, turn: Turn) -> Plan:
    return _written(plan, lambda text: text.rstrip()[:-1] + ",}")


def python_quoted(plan: Plan, turn: Turn) -> Plan:
    """The answer as Python writes a dict: single quotes, None and True."""
    return _written(plan, lambda text: repr(answer_of(plan.draft)))


def two_objects(plan: Plan, turn: Turn) -> Plan:
    """The answer twice, one object after the other."""
    return _written(plan, lambda text: f"{text}\n{text}")


def nested_string(plan: Plan, turn: Turn, *, field: str = "answer") -> Plan:
    """The whole answer as JSON text inside one field."""
    return _changed(plan, lambda answer: {field: json_text(answer)})


def missing_field(plan: Plan, turn: Turn, *, field: str = "") -> Plan:
    """A required field is not there; without a schema, the first one."""

    def change(answer: Answer) -> Answer:
        required = list(turn.request.schema.get("required") or ())
        gone = field or next((name for name in required if name in answer), next(iter(answer), ""))
        return {key: value for key, value in answer.items() if key != gone}

    return _changed(plan, change)


def extra_field(plan: Plan, turn: Turn, *, field: str = "chain_of_thought") -> Plan:
    """A field that the schema does not know."""
    return _changed(plan, lambda answer: {**answer, field: "I looked at everything."})


def wrong_enum(plan: Plan, turn: Turn, *, field: str = "outcome", value: str = "PROBABLY_BROKEN") -> Plan:
    """A value that is none of those allowed; `field` is used where the schema shows no enumeration."""
    return _changed(plan, lambda a: _put(a, _field(turn, a, lambda s, v: "enum" in s) or field, value))


def number_as_string(plan: Plan, turn: Turn, *, field: str = "") -> Plan:
    """A number is sent as text, at any depth where no field is named."""

    def as_text(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: as_text(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [as_text(inner, key) for inner in value]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return str(value) if number and field in ("", key) else value

    return _changed(plan, as_text)


def null_field(plan: Plan, turn: Turn, *, field: str = "") -> Plan:
    """A required field is null; without a schema, the first one."""

    def change(answer: Answer) -> Answer:
        required = [name for name in turn.request.schema.get("required") or () if name in answer]
        return _put(answer, field or next(iter([*required, *answer]), ""), None)

    return _changed(plan, change)


def wrong_language(plan: Plan, turn: Turn, *, text: str = "Не удалось определить причину.") -> Plan:
    """The values that are sentences are in a language that nobody asked for."""

    def foreign(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: foreign(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [foreign(inner) for inner in value]
        sentence = isinstance(value, str) and (value.count(" ") >= 3 or any(c > "⺀" for c in value))
        return text if sentence else value

    return _changed(plan, foreign)


def blank(plan: Plan, turn: Turn, *, spaces: int = 64) -> Plan:
    """Nothing but white space, as JSON modes give it when the prompt does not ask for JSON."""
    return replace(plan, draft=replace(plan.draft, text=" " * spaces, calls=()))


def phantom_evidence(plan: Plan, turn: Turn, *, id: str = NO_SUCH_EVIDENCE) -> Plan:
    """Every list named `evidence` cites something that does not exist."""

    def cite(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: cite(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [id] if key == "evidence" else [cite(inner) for inner in value]
        return value

    return _changed(plan, cite)
