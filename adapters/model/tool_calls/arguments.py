"""Arguments brought to the types of a tool's JSON Schema, then held against it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from kubetriage.adapters.model.tool_calls.calls import Text
from kubetriage.adapters.model.tool_calls.literals import LiteralReader, Malformed, number

Schema = Mapping[str, Any]

MAX_DEPTH = 32
"""Schemas in schemas; one that refers to itself ends here."""

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}
_BY_STRICTNESS = ("null", "integer", "number", "boolean", "object", "array", "string")
"""Text is taken for the narrowest type that is allowed and fits."""
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,39})(?:\.\d{1,40})?(?:[eE][-+]?\d{1,3})?")


class Unfit(ValueError):
    """The arguments do not satisfy the schema; `str()` says which one and why."""


def fitted(args: Mapping[str, Any], schema: Schema | None) -> dict[str, Any]:
    """The arguments with the types of the schema. Raises Unfit.

    Lossless changes only: "40" for an integer, 3.0 for an integer, 7 for a string, JSON text for an object
    or an array. An argument that is null, optional and not nullable is left out.
    """
    parameters = parameters_of(schema)
    value = _fit(dict(args), {"type": "object"} | dict(parameters), parameters, "arguments", 0)
    return cast(dict[str, Any], value)


def parameters_of(schema: Schema | None) -> Schema:
    """The schema of the arguments, also out of the wrapping in which the OpenAI API takes it."""
    if not schema:
        return {}
    function = schema.get("function")
    if schema.get("type") == "function" and isinstance(function, Mapping):
        return parameters_of(function.get("parameters"))
    return schema


def properties_of(schema: Schema | None) -> Mapping[str, Any]:
    found = parameters_of(schema).get("properties")
    return found if isinstance(found, Mapping) else {}


def required_of(schema: Schema | None) -> list[str]:
    found = parameters_of(schema).get("required")
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def sole_text_argument(schema: Schema | None) -> str | None:
    """The one required argument when it is a string, which ReAct's plain text then stands for."""
    required = required_of(schema)
    if len(required) != 1:
        return None
    allowed = _types(properties_of(schema).get(required[0], {}))
    return required[0] if not allowed or "string" in allowed else None


def is_schema(args: Mapping[str, Any], schema: Schema | None) -> bool:
    """True for the echo of a tool's own parameters, which looks like arguments and is none."""
    if args.get("type") != "object" or not isinstance(args.get("properties"), Mapping):
        return False
    return "properties" not in properties_of(schema)


def _fit(value: Any, schema: Any, root: Schema, where: str, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise Unfit(f"{where} is nested too deeply")
    schema = _resolved(schema, root)
    for key in ("anyOf", "oneOf"):
        if isinstance(schema.get(key), list):
            rest = {name: part for name, part in schema.items() if name != key}
            return _fit_any(value, [rest | _resolved(part, root) for part in schema[key]], root, where, depth)
    for part in schema.get("allOf", []) if isinstance(schema.get("allOf"), list) else []:
        schema = {**schema, **_resolved(part, root)}
    value = _typed(value, schema, where)
    if isinstance(value, dict):
        value = _fit_object(value, schema, root, where, depth)
    elif isinstance(value, list):
        items = schema.get("items", {})
        value = [_fit(item, items, root, f"{where}[{n}]", depth + 1) for n, item in enumerate(value)]
    _check(value, schema, where)
    return value


def _fit_any(value: Any, schemas: Iterable[Schema], root: Schema, where: str, depth: int) -> Any:
    """Against the first alternative that needs no change of type, else the narrowest that fits."""
    every = sorted(
        schemas, key=lambda one: min(map(_BY_STRICTNESS.index, _types(one)), default=len(_BY_STRICTNESS))
    )
    if not isinstance(value, Text):
        every.sort(key=lambda one: not _is(value, _types(one)))
    why = Unfit(f"{where} fits none of the alternatives")
    for one in every:
        try:
            return _fit(value, one, root, where, depth + 1)
        except Unfit as unfit:
            why = unfit
    raise why


def _fit_object(
    value: dict[str, Any], schema: Schema, root: Schema, where: str, depth: int
) -> dict[str, Any]:
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    required = schema.get("required") or []
    others = schema.get("additionalProperties", True)
    found: dict[str, Any] = {}
    for key, item in value.items():
        if key not in properties and others is False:
            raise Unfit(f"{key} is not an argument of this tool" if depth == 0 else f"{where} has no {key}")
        part = properties.get(key, others if isinstance(others, Mapping) else {})
        allowed = _types(_resolved(part, root))
        empty = item is None or (isinstance(item, Text) and item == "null" and "string" not in allowed)
        if empty and key in properties and key not in required and not _nullable(part, root):
            continue
        found[key] = _fit(item, part, root, key if depth == 0 else f"{where}.{key}", depth + 1)
    missing = [key for key in required if key not in found]
    if missing:
        raise Unfit(f"{', '.join(map(str, missing))} missing in {where}")
    return found


def _nullable(schema: Any, root: Schema) -> bool:
    schema = _resolved(schema, root)
    options = [schema, *(schema.get("anyOf") or []), *(schema.get("oneOf") or [])]
    plain = not any(key in schema for key in ("type", "anyOf", "oneOf", "allOf", "enum", "const"))
    return plain or any("null" in _types(_resolved(one, root)) for one in options)


def _resolved(schema: Any, root: Schema) -> dict[str, Any]:
    """A schema as a dict, its local reference followed; anything that is no schema allows everything."""
    for _ in range(MAX_DEPTH):
        reference = schema.get("$ref") if isinstance(schema, Mapping) else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        target: Any = root
        for step in reference[2:].split("/"):
            target = (
                target.get(step.replace("~1", "/").replace("~0", "~"))
                if isinstance(target, Mapping)
                else None
            )
        schema = target
    return dict(schema) if isinstance(schema, Mapping) else {}


def _types(schema: Any) -> list[str]:
    """Types that a schema allows, empty for every type."""
    if not isinstance(schema, Mapping):
        return []
    given = schema.get("type")
    given = [given] if isinstance(given, str) else given
    if isinstance(given, list):
        return [name for name in _BY_STRICTNESS if name in given]
    options = schema.get("enum")
    if isinstance(options, list):
        return [name for name in _BY_STRICTNESS if any(_is(option, [name]) for option in options)]
    return []


def _is(value: Any, types: Iterable[str]) -> bool:
    if isinstance(value, bool):
        return "boolean" in types
    return any(isinstance(value, _TYPES[name]) for name in types)


def _typed(value: Any, schema: Schema, where: str) -> Any:
    """The value in one of the schema's types. Raises Unfit where that would be a guess."""
    types = _types(schema)
    if isinstance(value, Text):
        if not types:
            return str(value)
        for name in types:
            try:
                return _from_text(value, name)
            except ValueError:
                continue
        raise Unfit(f"{where} is not of type {' or '.join(types)}")
    if not types or _is(value, types):
        return value
    if isinstance(value, float) and value.is_integer() and "integer" in types:
        return int(value)
    if isinstance(value, str):
        for name in types:
            try:
                return _from_text(value, name)
            except ValueError:
                continue
    if isinstance(value, int) and not isinstance(value, bool) and "string" in types:
        return str(value)
    raise Unfit(f"{where} is not of type {' or '.join(types)}")


def _from_text(text: str, name: str) -> Any:
    """Text as a value of one type; raises ValueError when it is none of that type."""
    if name == "string":
        return str(text)
    text = text.strip()
    if name == "null" and text in ("null", "None"):
        return None
    if name == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if name in ("integer", "number") and _NUMBER.fullmatch(text):
        value = number(text)
        whole = isinstance(value, float) and value.is_integer()
        if name == "number" or isinstance(value, int) or whole:
            return int(value) if name == "integer" else value
    if name in ("object", "array"):
        return _container(text, dict if name == "object" else list)
    raise ValueError(name)


def _container(text: str, kind: type) -> Any:
    reader = LiteralReader(text)
    value, end = reader.value(0)
    if not isinstance(value, kind) or text[end:].strip() or not text.endswith(("}", "]", ")")):
        raise Malformed("not one whole value")
    return value


def _check(value: Any, schema: Schema, where: str) -> None:
    """The keywords of JSON Schema that tools use, beyond types and properties. Raises Unfit."""
    options = schema.get("enum")
    if isinstance(options, list) and not any(value == one and type(value) is type(one) for one in options):
        raise Unfit(f"{where} is none of {', '.join(map(str, options[:20]))}")
    if "const" in schema and value != schema["const"]:
        raise Unfit(f"{where} is not {schema['const']}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        _check_bounds(value, schema, where, "minimum", "maximum")
        if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
            raise Unfit(f"{where} is not above {schema['exclusiveMinimum']}")
        if "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]:
            raise Unfit(f"{where} is not below {schema['exclusiveMaximum']}")
    elif isinstance(value, str):
        _check_bounds(len(value), schema, where, "minLength", "maxLength")
        if isinstance(schema.get("pattern"), str) and not re.search(schema["pattern"], value):
            raise Unfit(f"{where} does not have the form {schema['pattern']}")
    elif isinstance(value, list):
        _check_bounds(len(value), schema, where, "minItems", "maxItems")


def _check_bounds(size: float, schema: Schema, where: str, least: str, most: str) -> None:
    if least in schema and size < schema[least]:
        raise Unfit(f"{where} is below the {least} {schema[least]}")
    if most in schema and size > schema[most]:
        raise Unfit(f"{where} is above the {most} {schema[most]}")
