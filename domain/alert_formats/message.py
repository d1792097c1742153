"""Bodies meant for people or another tool: a chat robot's message, a titled text, a monitor's event.

DingTalk, WeCom, Feishu and Slack robots, `{title, content}`, Zabbix, Nightingale, and the notices of cloud
monitors: an object with words in it, without a label set that says which alert it is. Its words become a text
alert; label-like parts (`tags`, `dimensions`) become labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from kubetriage.domain.alert import AlertStatus
from kubetriage.domain.alert_formats.fields import Fields, scalar_text
from kubetriage.domain.alert_formats.labelled import MAX_CHARACTERS, one_line, status_of
from kubetriage.domain.alert_formats.message_tags import tags_of
from kubetriage.domain.alert_formats.parsed import ParsedAlerts
from kubetriage.domain.alert_formats.severity import known_severity
from kubetriage.domain.alert_formats.text import text_alerts
from kubetriage.domain.alert_formats.times import Moment, moment
from kubetriage.domain.fingerprint import fingerprint

_ALERT_NAMES = (
    *("rulename", "alertname", "alarmname", "triggername", "eventname", "problemname", "monitorname"),
    *("alertsubject", "alerttitle", "eventtitle", "subject", "title", "message", "msg", "text", "content"),
)
"""Fields that say what the alert is called, the best first."""
_WORDS = frozenset({
    *_ALERT_NAMES,
    *( "description", "desc", "summary", "body", "desp", "detail"),
    *("details", "alertmessage", "alarmdescription", "newstatereason", "alertcontent", "desctext"),
})  # fmt: skip
_ROBOT = frozenset({"msgtype", "msg_type", "message_type"})
_STATES = (
    *("alertstatus", "alertstate", "alarmstatus", "alarmstate", "eventstatus", "newstatevalue"),
    *("status", "state"),
)
_LEVELS = (
    *("severity", "alertlevel", "alarmlevel", "triggerlevel", "eventseverity", "triggerseverity"),
    *("level", "priority", "nseverity"),
)
_TIMES = ("firsttriggertime", "triggertime", "startsat", "starttime", "alarmtime", "statechangetime")
_NIGHTINGALE = {"1": "P1", "2": "P2", "3": "P3"}
_SILENT = frozenset({
    *("tag", "tags", "msgtype", "messagetype", "cardtype", "template", "style", "userid", "short"),
    *("atmobiles", "signature", "signatureversion", "topicurn", "topicarn", "messageid", "color"),
    *("btns", "actions", "sessionid", "hash", "callbacks", "singletitle", "atuserids", "isatall"),
    *("mentionedlist", "unescape"),
})  # fmt: skip
"""Fields that say nothing about what happened; their insides are left out, too."""
_MARKUP = re.compile(r"</?(?:font|at|b|p|br|div|span|strong|a|i|text_tag)\b[^<>]{0,200}>|\*\*|__(?=\S)|`")
_LINE_START = re.compile(r"^[ \t]*(?:[>#]+[ \t]*|[-*+][ \t]+)+", re.MULTILINE)
MOST_VALUES = 2_000
"""Values of one body that are looked at; messages have dozens."""


class _Value(NamedTuple):
    path: tuple[str, ...]
    key: str
    """In lower case, without underscores and hyphens."""
    given: Any


def is_message(fields: Fields) -> bool:
    """A robot's message type, or a title or words in the object itself; Kubernetes objects have neither."""
    if "apiVersion" in fields.value:
        return False
    if any(isinstance(fields.value.get(name), str) for name in _ROBOT):
        return any(True for _ in _lines(fields))
    own = [_Value((), _plain(name), value) for name, value in fields.value.items()]
    own += [
        _Value((), _plain(name), value)
        for inner in ("data", "event", "alert", "card")
        if isinstance(given := fields.value.get(inner), Mapping)
        for name, value in given.items()
    ]
    return any(each.key in _WORDS and isinstance(each.given, str) and each.given.strip() for each in own)


def message(fields: Fields, *, received_at: datetime) -> ParsedAlerts:
    """One alert with the message's words as its description."""
    values = list(_values(fields.value))
    parsed = text_alerts("\n".join(_lines(fields)), received_at=received_at)
    alert = parsed.alerts[0]
    labels = {**tags_of(fields.value), **alert.labels}
    update: dict[str, Any] = {"labels": labels, "extra": {**alert.extra, **_started(values)[1]}}
    name = alert.name if alert.labels else one_line(_clean(_first(values, _ALERT_NAMES))) or alert.name
    update["name"] = name
    if labels:  # repeats and the resolved one differ in their times and values
        labels.setdefault("alertname", name)
        update["fingerprint"] = fingerprint(labels)
    level = _first(values, _LEVELS)
    if any(each.key == "ruleprod" or each.key == "promql" for each in values):
        level = _NIGHTINGALE.get(level, level)
    severity = known_severity(level)
    if severity:
        update["severity"] = severity
    status = _status(values)
    if status:
        update["status"] = status
    update["starts_at"] = _started(values)[0].at
    return parsed.model_copy(update={"alerts": (alert.model_copy(update=update),)})


def _status(values: list[_Value]) -> AlertStatus | None:
    """What the message's fields say of its state; None if nothing we know."""
    for each in values:
        said = (scalar_text(each.given) or "").lower()
        if each.key in ("isrecovered", "isresolved") and said in ("true", "false"):
            return AlertStatus.RESOLVED if said == "true" else AlertStatus.FIRING
        if each.key == "isalarm" and said in ("true", "false"):
            return AlertStatus.FIRING if said == "true" else AlertStatus.RESOLVED
    return next((known for key in _STATES if (known := status_of(_first(values, (key,))))), None)


def _started(values: list[_Value]) -> tuple[Moment, dict[str, Any]]:
    """When it began, and what had to be assumed for that."""
    for key in _TIMES:
        for each in values:
            if each.key == key and isinstance(each.given, str | int | float) and each.given is not True:
                found = moment(Fields({key: each.given}), key)
                if found.at is not None:
                    return found, {"time_notes": [found.note]} if found.note else {}
    return Moment(None), {}


def _first(values: list[_Value], keys: tuple[str, ...]) -> str:
    """The text of the first of these keys that has one, the outermost of it."""
    for key in keys:
        found = [each for each in values if each.key == key and scalar_text(each.given)]
        if found:
            return (scalar_text(min(found, key=lambda each: len(each.path)).given) or "").strip()
    return ""


def _values(given: Any, path: tuple[str, ...] = ()) -> Iterator[_Value]:
    """Everything in the object, with its key, in the order in which it stands."""
    left = MOST_VALUES
    pending: list[_Value] = [_Value(path, "", given)]
    while pending and left:
        each = pending.pop()
        left -= 1
        if isinstance(each.given, Mapping):
            inner = [
                _Value((*each.path, each.key), _plain(name), value) for name, value in each.given.items()
            ]
            pending += reversed([one for one in inner if one.key not in _SILENT])
        elif isinstance(each.given, list | tuple):
            pending += [_Value(each.path, each.key, value) for value in reversed(each.given)]
        else:
            yield each


def _lines(fields: Fields) -> Iterator[str]:
    """The words, one part a line: texts as they are, other fields as `key: value`."""
    name = ""
    for each in _values(fields.value):
        text = _clean(scalar_text(each.given) or "")
        if not text or text.startswith(("http://", "https://")) or each.key.endswith(("url", "urls", "id")):
            continue
        if each.key in ("keyname", "key", "name") or (each.key == "title" and "fields" in each.path):
            name = text
        elif each.key == "value" and name:
            yield f"{name}: {text}"
            name = ""
        elif each.key in _WORDS or not each.key:
            yield text
        else:
            yield f"{each.key}: {text}"
    if name:
        yield name


def _clean(text: str) -> str:
    """Without the markup of chats, so that names stand alone."""
    return _LINE_START.sub("", _MARKUP.sub("", text[:MAX_CHARACTERS])).strip()


def _plain(name: Any) -> str:
    return str(name).lower().replace("_", "").replace("-", "")
