"""Log lines made of fields: JSON in the shapes that loggers give it, and logfmt."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any, NamedTuple

from kubetriage.domain.log_times import time_of


class Fields(NamedTuple):
    """What a line of fields says."""

    before: str
    """What stands in the line before them."""
    said: str
    """Message and error, empty if no field holds one."""
    level: str
    """The level's name in lower case, empty if it has none."""
    at: datetime | None
    stack: str
    """The stack trace in one of its fields."""


_LEVELS = ("level", "severity", "lvl", "log.level", "levelname", "loglevel", "severitytext", "l", "s")
_MESSAGES = (
    "msg", "message", "log", "event", "m", "mt", "error", "err", "exception", "error.message", "thrown",
    "cause", "reason", "detail", "details", "x", "error_message", "exc_info", "attr",
)  # fmt: skip
_STACKS = (
    "stack",
    "stacktrace",
    "stack_trace",
    "error.stack_trace",
    "exception",
    "exc_info",
    "x",
    "backtrace",
)
_TIMES = ("time", "timestamp", "ts", "datetime", "asctime", "t", "date", "eventtime", "instant")
_INNER = ("message", "msg", "error", "reason", "errmsg", "localizedmessage", "detail")
"""Fields of an error that is itself an object."""
_PINO = {1: "trace", 2: "debug", 3: "info", 4: "warn", 5: "error", 6: "fatal"}
_INITIALS = {"i": "info", "w": "warn", "e": "error", "f": "fatal", "d": "debug", "n": "notice", "t": "trace"}
_PREFIX = 120
"""Characters that may stand before the JSON of a line: a time, a container's name."""
_LOGFMT = re.compile(r'\b(?:msg|message|error|err|reason|cause)=(?:"((?:[^"\\]|\\.)*)"|(\S+))')


def json_fields(line: str, now: datetime | None = None) -> Fields | None:
    """What a JSON object says that is the line, or its end behind a short prefix; None if there is none."""
    begin = line.find("{", 0, _PREFIX)
    if begin < 0 or not line.endswith("}"):
        return None
    made = _parsed(line[begin:])
    if made is None:
        return None
    low = _lowered(made)
    inner = low.get("log") or low.get("message") or low.get("msg")
    if isinstance(inner, str) and inner.startswith("{"):  # a log of JSON lines, wrapped in JSON
        wrapped = _parsed(inner.strip())
        low = {**low, **_lowered(wrapped)} if wrapped else low
    return _read(line[:begin], low, now)


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        made = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return made if isinstance(made, dict) else None


def _lowered(fields: dict[str, Any]) -> dict[str, Any]:
    low = {str(key).lower().lstrip("@"): value for key, value in fields.items()}
    nested = low.get("log")
    if isinstance(nested, dict) and "level" in nested:
        low.setdefault("level", nested["level"])
    return low


def _read(before: str, low: dict[str, Any], now: datetime | None) -> Fields:
    parts: list[str] = []
    for key in _MESSAGES:
        value = low.get(key)
        if isinstance(value, dict):
            inner = _lowered(value)
            value = next((inner[k] for k in _INNER if isinstance(inner.get(k), str)), None)
        if isinstance(value, str) and value and value not in parts:
            first = value.partition("\n")[0] if key in _STACKS else value
            parts.append(first)
    at = next((made for k in _TIMES if k in low and (made := time_of(low[k], now)) is not None), None)
    return Fields(before, "; ".join(dict.fromkeys(parts)), _level(low), at, _stack(low))


def _level(low: dict[str, Any]) -> str:
    value = next((low[key] for key in _LEVELS if isinstance(low.get(key), (str, int))), "")
    if isinstance(value, int):  # pino and bunyan: 30 info, 40 warn, 50 error, 60 fatal
        return _PINO.get(value // 10, "")
    name = value.lower()
    return _INITIALS.get(name[:1], "") if len(name) <= 2 else name


def _stack(low: dict[str, Any]) -> str:
    for holder in (low, low.get("error"), low.get("err"), low.get("thrown")):
        fields = _lowered(holder) if isinstance(holder, dict) else {}
        for key in _STACKS:
            value = fields.get(key)
            if isinstance(value, list):
                value = "\n".join(str(part) for part in value)
            if isinstance(value, str) and "\n" in value:
                return value
    return ""


def logfmt_said(line: str) -> str:
    """Message and error of a logfmt line, empty if it is none."""
    if "level=" not in line and "lvl=" not in line:
        return ""
    return "; ".join(
        dict.fromkeys(quoted.replace('\\"', '"') or bare for quoted, bare in _LOGFMT.findall(line))
    )
