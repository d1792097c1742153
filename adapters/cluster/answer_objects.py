"""Objects in an answer, whatever form the server gives them: structured content, or YAML as text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML built without libyaml: the same, slower
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

Object = dict[str, Any]

AS_TABLE = (
    "the server answers lists as tables, which lack most fields: start kubernetes-mcp-server with"
    " --list-output yaml"
)


DEEPEST = 1000
"""Levels of nesting in YAML."""
_DEEP_BLOCK = re.compile(rf"(?:[-?][ \t]+){{100}}|^ {{{DEEPEST}}}", re.MULTILINE)
_BRACKET = re.compile(r"[\[\]{}]")


class Unreadable(Exception):
    """The answer holds no objects; `str()` says why."""


class _Loader(_SafeLoader):
    """Times stay the strings they are in the API; `<<` is a key like any other."""


_UNKNOWN_TO_THE_API = frozenset({"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:merge"})
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _UNKNOWN_TO_THE_API]
    for first, resolvers in _SafeLoader.yaml_implicit_resolvers.items()
}


def objects_in(text: str, structured: Any) -> list[Object]:
    """The objects of an answer, one for a get. Raises `Unreadable`, for a table above all."""
    if structured is None:
        structured = _parsed(text)
    found: list[Any]
    if isinstance(structured, Mapping) and isinstance(structured.get("items"), list):
        found = structured["items"]
    elif isinstance(structured, list):
        found = structured
    elif isinstance(structured, Mapping):
        found = [structured]
    else:
        raise Unreadable(AS_TABLE)
    if not all(isinstance(obj, dict) and isinstance(obj.get("metadata"), dict) for obj in found):
        raise Unreadable(
            AS_TABLE if isinstance(found[0], dict) and "Name" in found[0] else "it holds no objects"
        )
    return found


def _parsed(text: str) -> Any:
    begin = text.lstrip()
    try:
        if begin[:1] in ("{", "["):
            return json.loads(begin)
    except RecursionError as error:
        raise Unreadable("it is nested too deeply") from error
    except ValueError:
        pass  # YAML in flow style begins alike
    if _too_deep(text):
        raise Unreadable("it is nested too deeply")
    try:
        document = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise Unreadable(
            AS_TABLE if _is_table(begin) else f"neither JSON nor YAML: {_place(error)}"
        ) from error
    except RecursionError as error:
        raise Unreadable("it is nested too deeply") from error
    if _has_aliases(document):
        raise Unreadable("its YAML has aliases")
    return document


def _has_aliases(document: Any) -> bool:
    """Whether a part stands in more than one place. No server writes that; it can multiply without end."""
    seen: set[int] = set()
    queue = [document]
    while queue:
        value = queue.pop()
        if isinstance(value, (dict, list)):
            if id(value) in seen:
                return True
            seen.add(id(value))
            queue += value.values() if isinstance(value, dict) else value
    return False


def _too_deep(text: str) -> bool:
    """Would the C loader, which recurses without a bound, overrun its stack?"""
    if _DEEP_BLOCK.search(text):
        return True
    depth = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "[{" else -(depth > 0)
        if depth > DEEPEST:
            return True
    return False


def _is_table(text: str) -> bool:
    header = text.partition("\n")[0].split()
    return "NAME" in header and all(word.isupper() or not word.isalpha() for word in header)


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}" if mark else type(error).__name__
