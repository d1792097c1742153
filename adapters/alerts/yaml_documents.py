"""YAML that strangers send → JSON values, with bounds on nesting, size and aliases.

Built from the parser's events: PyYAML's C composer crashes the process on deep nesting, and its safe loader
turns `2026-11-23T03:13:28Z` into a date, `1.10` into 1.1 and `no` into false, which labels must not become.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from kubetriage.domain.alert_formats.fields import MAX_DEPTH
from kubetriage.domain.errors import BadAlert

MAX_VALUES = 1_000_000
"""Scalars, lists and mappings, aliases counted with all they stand for; 10,000 alerts are about 300,000."""

_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset({"!", f"{_TAG}str"})
_TAGS = frozenset(f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")) | {"!"}
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_QUOTED = ("'", '"', "|", ">")
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NO_KEY = object()


class BrokenYaml(ValueError):
    """Why a text is not YAML that we accept, with the place."""


def yaml_documents(text: str) -> list[Any]:
    """The documents of a YAML stream as JSON values; times, and numbers that would change, stay text.

    Raises BrokenYaml for what is not YAML and for tags of other types, and BadAlert for what is nested deeper
    than `MAX_DEPTH` or holds, aliases followed, more than `MAX_VALUES`.
    """
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise BrokenYaml(f"{where}{error.problem or 'not YAML'}") from error
    except yaml.YAMLError as error:  # a character that YAML doesn't allow
        raise BrokenYaml(" ".join(str(error).split())[:200]) from error
    return builder.documents


class _Open:
    """A list or mapping that is being filled."""

    def __init__(self, value: dict[str, Any] | list[Any], anchor: str | None, before: int) -> None:
        self.value = value
        self.anchor = anchor
        self.before = before
        """How many values there were before it."""
        self.key: Any = _NO_KEY


class _Builder:
    """Builds documents from events, one after the other, without recursion."""

    def __init__(self) -> None:
        self.documents: list[Any] = []
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self._anchors = {}
        elif isinstance(event, yaml.ScalarEvent):
            self._grow(1)
            value = _scalar(event)
            self._name(event.anchor, value, 1)
            self._put(value, event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            _check_tag(event)
            self._grow(1)
            if len(self._open) >= MAX_DEPTH:
                raise BadAlert(f"The alert is nested more than {MAX_DEPTH} levels deep.")
            value = {} if isinstance(event, yaml.MappingStartEvent) else []
            self._open.append(_Open(value, event.anchor, self._count - 1))
        elif isinstance(event, yaml.CollectionEndEvent):
            closed = self._open.pop()
            self._name(closed.anchor, closed.value, self._count - closed.before)
            self._put(closed.value, event)

    def _alias(self, event: yaml.AliasEvent) -> None:
        if event.anchor not in self._anchors:
            raise BrokenYaml(f"{_place(event)}: the alias *{event.anchor} has no anchor before it")
        value, size = self._anchors[event.anchor]
        self._grow(size)
        self._put(value, event)

    def _grow(self, by: int) -> None:
        self._count += by
        if self._count > MAX_VALUES:
            raise BadAlert(
                f"The alert holds more than {MAX_VALUES:,} values, counting what its aliases repeat."
            )

    def _name(self, anchor: str | None, value: Any, size: int) -> None:
        if anchor:
            self._anchors[anchor] = (value, size)

    def _put(self, value: Any, event: yaml.Event) -> None:
        if not self._open:
            self.documents.append(value)
            return
        inside = self._open[-1]
        if isinstance(inside.value, list):
            inside.value.append(value)
        elif inside.key is _NO_KEY:
            if isinstance(value, dict | list):
                raise BrokenYaml(f"{_place(event)}: a name cannot be a list or a mapping")
            if value == "<<":
                raise BrokenYaml(f"{_place(event)}: merge keys (<<) are not accepted")
            inside.key = _key(value)
        else:
            inside.value[inside.key] = value
            inside.key = _NO_KEY


def _scalar(event: yaml.ScalarEvent) -> Any:
    _check_tag(event)
    text: str = event.value
    if event.style in _QUOTED or event.tag in _TEXT_TAGS:
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _INTEGER.fullmatch(text) and text != "-0" else text


def _key(value: Any) -> str:
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _check_tag(event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
    tag: str | None = event.tag
    if tag and tag not in _TAGS:
        raise BrokenYaml(f"{_place(event)}: the tag {tag.replace(_TAG, '!!')[:60]} is not accepted")


def _place(event: yaml.Event) -> str:
    mark = event.start_mark
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
