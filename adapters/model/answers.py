"""The JSON object in what a model wrote, however it is wrapped; and what is wrong with it.

Repair never completes what was cut off: an answer that stopped at the token limit, in a string, or before its
list was closed is no answer, because what is missing would be missing silently.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

LONGEST = 128 * 1024
"""Characters that are looked at; answers are bounded by tokens long before."""
LONGEST_REPAIR = 64 * 1024
"""Characters given to the repair library, whose work grows faster than the text."""
OBJECTS = 50
"""Objects in one text that are tried."""

DEEPEST = 64
"""Levels of an answer; a diagnosis has four."""

_FENCE = re.compile(r"```[ \t]*[A-Za-z0-9_+-]*[ \t]*\r?\n(.*?)(?:\r?\n[ \t]*```|```|\Z)", re.DOTALL)

_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*"')
"""A quotation mark that is not escaped; an odd number of them means that the last string is open."""


class Answer(NamedTuple):
    """What was read out of a text."""

    value: dict[str, Any] | None
    problem: str = ""
    """Why there is none, or what had to be mended, in English for the re-ask."""


def read_answer(
    text: str, schema: Mapping[str, Any], name: str = "", *, finish_reason: str = "stop"
) -> Answer:
    """The object in a text that fits a JSON Schema best; not validated beyond its properties' names."""
    if finish_reason == "length":
        return Answer(None, "The answer was cut off at the token limit. Answer again, and more briefly.")
    if finish_reason == "content_filter":
        return Answer(None, "The provider's filter cut the answer off.")
    stripped = text.strip().lstrip("\ufeff")
    if not stripped:
        return Answer(None, "The answer was empty.")
    if len(stripped) > LONGEST:
        return Answer(None, f"The answer has {len(stripped)} characters; at most {LONGEST} are read.")
    found = (
        _plain(stripped, schema, name) or _scanned(stripped, schema, name) or _mended(stripped, schema, name)
    )
    try:
        return found._replace(value=found.value and sound(found.value))
    except RecursionError:
        return Answer(None, f"The answer is nested more than {DEEPEST} levels deep.")


def sound(value: Any, deep: int = 0) -> Any:
    """A value that can be written down again; raises `RecursionError` if it is nested too deeply."""
    if deep > DEEPEST:
        raise RecursionError
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        return {whole(str(name)): sound(part, deep + 1) for name, part in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [sound(part, deep + 1) for part in value]
    return value


def whole(text: str) -> str:
    """A text without halves of characters (`\\ud83d` alone), which no file and no terminal takes."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# --- as it should be --------------------------------------------------------------------------------


def _plain(text: str, schema: Mapping[str, Any], name: str) -> Answer | None:
    """The whole text is JSON, perhaps as a string within a string or alone in a list."""
    try:
        value = json.loads(text)
        for _ in range(3):
            if not isinstance(value, str):
                break
            value = json.loads(value)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        return Answer(None, "The answer is JSON, but not one object.")
    value = _unwrapped(value, schema, name)
    if _fit(value, schema) == 0:
        return Answer(None, "The answer is a JSON object without any of the properties that were asked for.")
    return Answer(value)


def _scanned(text: str, schema: Mapping[str, Any], name: str) -> Answer | None:
    """Whole objects in a text of prose and fences; of several the best fitting one, the last of equals."""
    found = [(_unwrapped(each, schema, name), inside) for each, inside in _objects(text)]
    # A part of a broken object may share names with it: only a complete one is taken from inside.
    fitting = [
        each for each, inside in found if _fit(each, schema) > 0 and (not inside or _whole(each, schema))
    ]
    if not fitting:
        return None
    best = max(enumerate(fitting), key=lambda item: (_fit(item[1], schema), item[0]))[1]
    others = [each for each in fitting if each != best and _fit(each, schema) == _fit(best, schema)]
    if others:
        return Answer(best, "The answer held several objects; the last one was taken. Give exactly one.")
    return Answer(best)


def _objects(text: str) -> Iterator[tuple[dict[str, Any], bool]]:
    """Each object that can be decoded, and whether it may be inside one that can't."""
    decoder = json.JSONDecoder(strict=False)
    start, inside = text.find("{"), False
    for _ in range(OBJECTS):
        if start < 0:
            return
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            start, inside = text.find("{", start + 1), True
            continue
        if isinstance(value, dict):
            yield value, inside
        start = text.find("{", end)


# --- broken, and mended -----------------------------------------------------------------------------


def _mended(text: str, schema: Mapping[str, Any], name: str) -> Answer:
    """Trailing commas, single quotes, missing braces and the like; nothing that was cut off."""
    piece = _piece(text)
    if not piece:
        return Answer(None, "There is no JSON object in the answer.")
    if piece[-1] not in "}]" or len(_QUOTE.findall(piece)) % 2:
        return Answer(None, "The JSON object of the answer is not closed: it was cut off.")
    value = _python(piece)
    if value is None and len(piece) <= LONGEST_REPAIR:
        value = _repaired(piece)
    if isinstance(value, list):
        objects = [each for each in value if isinstance(each, dict)]
        value = max(objects, key=lambda each: _fit(each, schema), default=None)
    if not isinstance(value, dict):
        return Answer(None, "The JSON of the answer cannot be read.")
    value = _unwrapped(value, schema, name)
    if _fit(value, schema) == 0:
        return Answer(None, "The JSON of the answer cannot be read.")
    return Answer(value, "The JSON of the answer was broken and had to be repaired.")


def _piece(text: str) -> str:
    """From the first brace on: the fence that it is in, else to the last brace."""
    for fence in _FENCE.finditer(text):
        if "{" in fence[1]:
            inner = fence[1].strip()
            return inner[inner.index("{") :]
    start = text.find("{")
    if start < 0:
        return ""
    rest = text[start:].removesuffix("```").strip()
    end = max(rest.rfind("}"), rest.rfind("]"))
    # Prose may follow the object; what follows an unfinished string is the string itself.
    tail = rest[end + 1 :]
    return rest[: end + 1] if end > 0 and '"' not in tail and ":" not in tail.split("\n")[0] else rest


def _python(piece: str) -> Any:
    """A Python literal, as models write it: single quotes, True, None."""
    try:
        return ast.literal_eval(piece)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None


def _repaired(piece: str) -> Any:
    import json_repair

    try:
        return json_repair.loads(piece, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None


# --- what the schema says ---------------------------------------------------------------------------


def _fit(value: Mapping[str, Any], schema: Mapping[str, Any]) -> float:
    """How well an object's names are those of the schema: 0 not at all, 1 all required ones and no other."""
    properties = schema.get("properties")
    if not isinstance(properties, dict) or not properties:
        return 0.5 if value else 0.25
    required = set(schema.get("required") or properties)
    known = set(value) & set(properties)
    if not known:
        return 0
    return (len(set(value) & required) / len(required) if required else 1) * len(known) / len(value)


def _whole(value: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    return set(schema.get("required") or schema.get("properties") or ()) <= set(value)


def _unwrapped(value: dict[str, Any], schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The answer itself, where it was put under its own name or written as a call."""
    best = value
    inner = [value.get(key) for key in ("arguments", "parameters", "args", "input", name) if key]
    if len(value) == 1:
        inner += value.values()
    for each in inner:
        candidate = _decoded(each)
        if isinstance(candidate, dict) and _fit(candidate, schema) > _fit(best, schema):
            best = candidate
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return best
    return {key: _typed(part, properties.get(key), schema) for key, part in best.items()}


def _typed(value: Any, wanted: Any, schema: Mapping[str, Any]) -> Any:
    """JSON in a string where the schema wants a list or an object."""
    if not isinstance(value, str) or not isinstance(wanted, dict) or value.strip()[:1] not in ("[", "{"):
        return value
    kinds = _kinds(wanted, schema)
    decoded = _decoded(value) if kinds and "string" not in kinds else value
    fits = (isinstance(decoded, list) and "array" in kinds) or (
        isinstance(decoded, dict) and "object" in kinds
    )
    return decoded if fits else value


def _kinds(wanted: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> set[str]:
    """The types that a property may have, through `$ref` and `anyOf`."""
    if depth > 5:
        return set()
    kind = wanted.get("type")
    kinds = {kind} if isinstance(kind, str) else {k for k in kind or () if isinstance(k, str)}
    for option in [*(wanted.get("anyOf") or ()), *(wanted.get("oneOf") or ()), *(wanted.get("allOf") or ())]:
        if isinstance(option, dict):
            kinds |= _kinds(option, schema, depth + 1)
    reference = wanted.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/$defs/"):
        target = (schema.get("$defs") or {}).get(reference.removeprefix("#/$defs/"))
        if isinstance(target, dict):
            kinds |= _kinds(target, schema, depth + 1)
    return kinds


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
