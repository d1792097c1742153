"""What a language model answers: its typed diagnosis, before code has checked a word of it.

Models of thirty billion parameters get shapes slightly wrong: a string where a list is asked for, `null` for
nothing, a likelihood in capitals. Such answers are read as they are meant; one that lacks its outcome or its
summary is refused, with a sentence that a re-ask can quote.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from kubetriage.domain.finding import Likelihood, RemedyKind
from kubetriage.domain.report import Outcome

MAX_ITEMS = 8
"""Causes, claims, steps and reads of one answer that are looked at, each."""
MAX_WORDS = 2_000
"""Characters of one text of an answer that are looked at."""

_ID = re.compile(r"\b[EF]\d{1,4}\b")


def _words(value: Any) -> Any:
    if value is None:
        return ""
    return " ".join(str(value).split())[:MAX_WORDS] if isinstance(value, (str, int, float)) else value


def _ids(value: Any) -> Any:
    """`["E1"]`, `"E1, E2"`, `["[E1]"]` and `[{"id": "E1"}]` all mean the same."""
    return tuple(dict.fromkeys(_ID.findall(str(value))))[:24] if value is not None else ()


def _items(value: Any) -> Any:
    if value is None or value == "":
        return ()
    return tuple(value[:MAX_ITEMS]) if isinstance(value, (list, tuple)) else (value,)


def _low(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _claim(value: Any) -> Any:
    """A claim that came as a bare sentence; the ids in it are what it cites."""
    return {"statement": _ID.sub("", value), "evidence": value} if isinstance(value, str) else value


def _named(value: Any) -> Any:
    """`Deployment/web`, `shop/Deployment/web` and `Deployment shop/web` for an object."""
    if not isinstance(value, str):
        return value
    parts = [part for part in re.split(r"[\s/]+", value.strip()) if part]
    if len(parts) == 2:
        return {"kind": parts[0], "name": parts[1]}
    if len(parts) == 3:
        kind = 0 if parts[0][:1].isupper() else 1
        rest = [part for i, part in enumerate(parts) if i != kind]
        return {"kind": parts[kind], "namespace": rest[0], "name": rest[1]}
    return None


Words = Annotated[str, BeforeValidator(_words)]
Ids = Annotated[tuple[str, ...], BeforeValidator(_ids)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class NamedObject(Part):
    kind: Words
    namespace: Words = ""
    name: Words


class VerdictCause(Part):
    """One cause that the model names."""

    finding: Words = ""
    """The finding it confirms (`F1`), if it is one of the rules'."""
    category: Words = ""
    culprit: Annotated[NamedObject | None, BeforeValidator(_named)] = None
    statement: Words
    likelihood: Annotated[Likelihood, BeforeValidator(_low)] = Likelihood.MEDIUM
    evidence: Ids = ()


class VerdictClaim(Part):
    statement: Words
    evidence: Ids = ()


class Refutation(Part):
    """A finding of the rules that the model holds to be wrong here."""

    finding: Words
    why: Words = ""
    evidence: Ids = ()


class VerdictStep(Part):
    """One thing to do."""

    kind: Annotated[RemedyKind, BeforeValidator(_low)] = RemedyKind.CHECK
    title: Words
    detail: Words = ""
    commands: Annotated[tuple[str, ...], BeforeValidator(_items)] = ()


class AskedRead(StrEnum):
    OBJECT = "object"
    LIST = "list"
    LOG = "log"


class ReadRequest(Part):
    """One more read that the model asks for; code decides whether it is made."""

    what: Annotated[AskedRead, BeforeValidator(_low)]
    kind: Words = ""
    namespace: Words = ""
    name: Words = ""
    container: Words = ""
    previous: bool = False
    lines: int = Field(default=0, ge=0)
    """Lines of a log from its end; 0 for as many as may be read."""
    why: Words = ""


Claims = Annotated[tuple[Annotated[VerdictClaim, BeforeValidator(_claim)], ...], BeforeValidator(_items)]


class Verdict(Part):
    """A model's diagnosis. Nothing in it is believed before `domain.judging` has checked it."""

    outcome: Annotated[Outcome, BeforeValidator(_low)]
    summary: Annotated[Words, Field(min_length=1)]
    root_causes: Annotated[tuple[VerdictCause, ...], BeforeValidator(_items)] = ()
    contributing: Claims = ()
    risks: Claims = ()
    refuted: Annotated[tuple[Refutation, ...], BeforeValidator(_items)] = ()
    steps: Annotated[tuple[VerdictStep, ...], BeforeValidator(_items)] = ()
    reads: Annotated[tuple[ReadRequest, ...], BeforeValidator(_items)] = ()


def read_verdict(answer: dict[str, Any]) -> Verdict | str:
    """The verdict, or in one English sentence what is wrong with its form."""
    inner = answer.get("diagnosis")  # wrapped in the answer's own name
    if "outcome" not in answer and isinstance(inner, dict):
        answer = inner
    try:
        return Verdict.model_validate(answer)
    except ValidationError as error:
        told = [_fault(fault) for fault in error.errors(include_url=False, include_input=False)[:4]]
        return "; ".join(told)


def _fault(fault: Any) -> str:
    place = ".".join(str(step) for step in fault["loc"]) or "the answer"
    return f"{place}: {fault['msg']}"


def read_requests(arguments: dict[str, Any]) -> tuple[ReadRequest, ...]:
    """The reads of a `request_reads` call; ones in no known form are left out."""
    found = []
    for each in _items(arguments.get("reads")):
        try:
            found.append(ReadRequest.model_validate(each))
        except ValidationError:
            continue
    return tuple(found)


# ---- the schema that an endpoint enforces, strict: every key required, nothing else allowed


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_STRING = {"type": "string"}
_EVIDENCE = _list(_STRING)
_CLAIM = _object(statement=_STRING, evidence=_EVIDENCE)
_READ = _object(
    what={"type": "string", "enum": [each.value for each in AskedRead]},
    kind=_STRING,
    namespace=_STRING,
    name=_STRING,
    container=_STRING,
    previous={"type": "boolean"},
    lines={"type": "integer"},
    why=_STRING,
)
READS_SCHEMA: dict[str, Any] = _object(reads=_list(_READ))
"""The arguments of `request_reads`."""

ANSWER_SCHEMA: dict[str, Any] = _object(
    outcome={"type": "string", "enum": [each.value for each in Outcome]},
    summary=_STRING,
    root_causes=_list(
        _object(
            finding=_STRING,
            category=_STRING,
            culprit={"anyOf": [_object(kind=_STRING, namespace=_STRING, name=_STRING), {"type": "null"}]},
            statement=_STRING,
            likelihood={"type": "string", "enum": [each.value for each in Likelihood]},
            evidence=_EVIDENCE,
        )
    ),
    contributing=_list(_CLAIM),
    risks=_list(_CLAIM),
    refuted=_list(_object(finding=_STRING, why=_STRING, evidence=_EVIDENCE)),
    steps=_list(
        _object(
            kind={"type": "string", "enum": [each.value for each in RemedyKind]},
            title=_STRING,
            detail=_STRING,
            commands=_list(_STRING),
        )
    ),
    reads=_list(_READ),
)
