"""Reading a JSON object field by field, where a wrong type is a `BadAlert` that names the field."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kubetriage.domain.errors import BadAlert

NO_VALUE = "<no value>"
"""What Go's text/template prints for a field that isn't there; here it means absent, too."""

MAX_DEPTH = 100
"""Levels of nesting; deeper documents are refused rather than walked."""

_PLAIN_NAME = re.compile(r"[A-Za-z_][\w.\-]{0,63}", re.ASCII)
_INT64 = 2**63
_SURROGATE = re.compile("[\ud800-\udfff]")
_NUL = "\0"


def kind_of(value: Any) -> str:
    """A value's type in words of JSON, for error messages."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, Mapping):
        return "an object"
    return f"a value of type {type(value).__name__}"


def whole_text(text: str) -> str:
    """The text with halves of surrogate pairs joined or replaced (JSON's `\\ud800`), as Go's decoder does.

    NUL is replaced as well: PostgreSQL keeps no text that has one.
    """
    if _SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace(_NUL, "\ufffd") if _NUL in text else text


def scalar_text(value: Any) -> str | None:
    """A scalar as the text Prometheus or Alertmanager would carry; None for lists and objects.

    Null and Go's `<no value>` are the empty text. True is `true`, not Python's `True`.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return "" if value.strip() == NO_VALUE else whole_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _digits(value)
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e16:
            return str(int(value))
        return _float_text(value)
    return None


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError:  # more digits than Python converts
        return hex(value)


def _float_text(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)


def json_value(value: Any, depth: int = 0) -> Any:
    """The value as strict JSON: text keys, no NaN, no halves of surrogate pairs.

    Raises BadAlert for what is nested deeper than `MAX_DEPTH`.
    """
    if depth > MAX_DEPTH:
        raise BadAlert(f"The alert is nested more than {MAX_DEPTH} levels deep.")
    if isinstance(value, Mapping):
        return {scalar_text(k) or "": json_value(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(v, depth + 1) for v in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -_INT64 <= value < _INT64 else _digits(value)  # what a store can keep as a number
    if isinstance(value, float):
        return value if math.isfinite(value) else _float_text(value)
    return whole_text(str(value))


class Fields:
    """One JSON object being read; it remembers where in the body it stands, for the error messages."""

    def __init__(self, value: Any, path: str = "", what: str = "The alert body") -> None:
        self.path = path
        self._what = what
        if not isinstance(value, Mapping):
            raise BadAlert(f"{path or what} must be an object, not {kind_of(value)}.")
        self.value: Mapping[Any, Any] = value

    def at(self, name: Any) -> str:
        """The path of a field, fit for a one-line message."""
        shown = name if isinstance(name, str) else str(name)
        if not _PLAIN_NAME.fullmatch(shown):
            cut = shown if len(shown) <= 64 else shown[:64] + "…"
            shown = json.dumps(cut)
        return f"{self.path}.{shown}" if self.path else shown

    def get(self, *names: str) -> Any:
        """The first of these fields that is there and not null, empty text or `<no value>`; else None."""
        for name in names:
            value = self.value.get(name)
            if value is None or (isinstance(value, str) and value.strip() in ("", NO_VALUE)):
                continue
            return value
        return None

    def text(self, *names: str) -> str:
        """The first of these fields that has a value, as text; empty if none has."""
        for name in names:
            value = self.get(name)
            if value is None:
                continue
            text = scalar_text(value)
            if text is None:
                raise BadAlert(f"{self.at(name)} must be text, not {kind_of(value)}.")
            return text
        return ""

    def whole(self, name: str) -> int:
        """A count, 0 if absent; digits in text count, too."""
        value = self.get(name)
        if value is None:
            return 0
        if isinstance(value, str) and value.strip().isdecimal() and len(value) < 19:
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadAlert(f"{self.at(name)} must be a whole number, not {kind_of(value)}.")
        return max(value, 0)

    def object(self, name: str) -> Fields:
        """A nested object; an empty one if absent or null."""
        value = self.get(name)
        return Fields({} if value is None else value, self.at(name))

    def objects(self, name: str) -> Iterator[Fields]:
        """The objects of a list; none if absent or null."""
        value = self.get(name)
        if value is None:
            return
        if not isinstance(value, list | tuple):
            raise BadAlert(f"{self.at(name)} must be a list, not {kind_of(value)}.")
        for number, item in enumerate(value):
            yield Fields(item, f"{self.at(name)}[{number}]")

    def labels(self, name: str) -> dict[str, str]:
        """Names and values as text; those without a value are left out, as Alertmanager does."""
        inner = self.object(name)
        found: dict[str, str] = {}
        for key, value in inner.value.items():
            text = scalar_text(value)
            if text is None:
                raise BadAlert(f"{inner.at(key)} must be text, not {kind_of(value)}.")
            if text:
                found[scalar_text(key) or ""] = text
        return found

    def annotations(self, name: str) -> dict[str, str]:
        """Like labels, but lists and objects are kept, as JSON: people write what they like here."""
        found: dict[str, str] = {}
        for key, value in self.object(name).value.items():
            text = scalar_text(value)
            if text is None:
                text = json.dumps(json_value(value), ensure_ascii=False)
            if text:
                found[scalar_text(key) or ""] = text
        return found

    def rest(self, *known: str) -> dict[str, Any]:
        """All fields but the known ones, as strict JSON values."""
        return {
            scalar_text(key) or "": json_value(value) for key, value in self.value.items() if key not in known
        }
