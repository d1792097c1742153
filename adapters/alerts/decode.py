"""Bytes → one document: JSON values, or text when they are neither JSON nor YAML."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from kubetriage.adapters.alerts import gzip_members
from kubetriage.adapters.alerts.gzip_members import GZIP, MEMBERS, Fault, NotUnpacked
from kubetriage.adapters.alerts.text_encoding import text_of
from kubetriage.domain.alert_formats import has_alert_shape
from kubetriage.domain.alert_formats.fields import MAX_DEPTH
from kubetriage.domain.errors import BadAlert

MAX_BYTES = 16 * 1024 * 1024
"""Of a body, packed and unpacked; 10,000 alerts of Alertmanager are about 6 MB."""

MAX_DOCUMENTS = 60_000
"""One after the other in a body; two million of them take seven seconds."""

_NOT_UNPACKED = {
    Fault.TOO_LARGE: f"The alert, unpacked, is above the limit of {MAX_BYTES // 1048576} MB.",
    Fault.TOO_MANY_MEMBERS: f"The alert has more than {MEMBERS} gzip members.",
    Fault.CUT: "The alert is packed with gzip, but its end is missing.",
    Fault.DAMAGED: "The alert is packed with gzip, but damaged.",
}
_GO_ESCAPE = re.compile(
    r"(?<!\\)(?P<pairs>(?:\\\\)*+)\\(?:x(?P<byte>[0-9a-fA-F]{2})|U(?P<rune>[0-9a-fA-F]{8})|(?P<bell>[av]))"
)
_MOST_GO_ESCAPES = 100_000
"""Which take a tenth of a second to replace; what has more is no alert that somebody quoted."""
_LOOKS_LIKE_JSON = re.compile(r"\s*(?:\{|\[\s*(?:[\[{\"\]]|\Z))")
_LOOKS_LIKE_YAML = re.compile(
    r"^[ \t]*(?:- +)?[\"']?(?:labels|annotations|alerts|alertname|status|startsAt|commonLabels)[\"']?[ \t]*:",
    re.MULTILINE,
)
_LARGE = 256 * 1024
"""Characters of a text that is read as YAML where nobody can be asked. 16 MB take ten seconds, which no
sender waits for, and senders send JSON: what is larger and no JSON is a log, or JSON that was cut off."""
_FORM = re.compile(r"[\w.\-]{1,64}=[^\s&=]{0,65536}(?:&[\w.\-]{1,64}=[^\s&=]{0,65536}){1,500}", re.ASCII)
_SPACE = re.compile(r"[ \t\r\n]*")


class _NotJson(ValueError):
    """Why a text is not JSON, with the place."""


class _TooDeep(BadAlert):
    """It may be JSON, but cannot be walked."""

    def __init__(self) -> None:
        super().__init__(f"The alert is nested more than {MAX_DEPTH} levels deep.")


def decode(body: bytes, *, strict: bool = False) -> Any:
    """The document in a body: UTF-8, marked UTF-16 or GBK, gzip or not, JSON or YAML; a list if several.

    Go's `%q` escapes (`\\xNN`, `\\a`, `\\v`, `\\UNNNNNNNN`) in otherwise valid JSON are understood. What is
    neither comes back as a `str`, which `alerts_from` makes a text alert of; so does what is nested deeper
    than `MAX_DEPTH`, and YAML of more than 256 K characters. With `strict`, for people at a shell, YAML may
    have any size, and broken JSON, broken YAML, too deep nesting and binary data raise BadAlert that says
    where. An empty body, one above `MAX_BYTES`, more than `MAX_DOCUMENTS` of JSON, and broken gzip always do.
    """
    text = text_of(_unpacked(body), strict=strict)
    if not text.strip():
        raise BadAlert("The alert is empty.")
    form = _form(text)
    if form:
        return form
    try:
        return bounded(_json(text))
    except _NotJson as error:
        if strict and _LOOKS_LIKE_JSON.match(text) and not _is_yaml(text):
            raise BadAlert(f"The alert is not valid JSON: {error}.") from error
    except _TooDeep:
        if strict:
            raise
        return text
    return _yaml_or_text(text, strict)


def _unpacked(body: bytes) -> bytes:
    if len(body) > MAX_BYTES:
        raise BadAlert(f"The alert has {len(body) / 1048576:.1f} MB; the limit is {MAX_BYTES // 1048576} MB.")
    if not body.startswith(GZIP):
        return body
    try:
        return gzip_members.unpacked(body, MAX_BYTES)
    except NotUnpacked as error:
        raise BadAlert(_NOT_UNPACKED[error.fault]) from None


def _json(text: str) -> Any:
    """The JSON document, or the list of several one after the other; raises _NotJson."""
    try:
        document = _json_documents(text)
    except _NotJson as error:
        escaped = _without_go_escapes(text)
        if escaped == text:
            raise
        try:
            document = _json_documents(escaped)
        except _NotJson:
            raise error from None
    if isinstance(document, str) and _LOOKS_LIKE_JSON.match(document):
        try:  # JSON that somebody wrapped into a JSON text once more
            return _json_documents(document)
        except _NotJson:
            return document
    return document


def _json_documents(text: str) -> Any:
    # strict=False lets line breaks and tabs stand in strings, as templates that don't escape leave them.
    decoder = json.JSONDecoder(strict=False)
    documents: list[Any] = []
    position = _skip_space(text, 0)
    try:
        while position < len(text):
            document, position = decoder.raw_decode(text, position)
            documents.append(document)
            if len(documents) > MAX_DOCUMENTS:
                raise BadAlert(f"The body holds more than {MAX_DOCUMENTS:,} JSON documents.")
            position = _skip_space(text, position)
            if not isinstance(document, dict | list) and (position < len(text) or len(documents) > 1):
                raise json.JSONDecodeError("More text after the value", text, position)
    except json.JSONDecodeError as error:
        reason = error.msg[:1].lower() + error.msg[1:]
        raise _NotJson(f"line {error.lineno}, column {error.colno}: {reason}") from error
    except RecursionError as error:
        raise _TooDeep from error
    except ValueError as error:  # Python's limit on the digits of a number
        raise _NotJson("a number has too many digits") from error
    return documents[0] if len(documents) == 1 else documents


def _skip_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _without_go_escapes(text: str) -> str:
    """The text with the escapes that Go's `%q` writes and JSON doesn't know replaced by JSON's."""
    if sum(text.count(escape) for escape in ("\\x", "\\U", "\\a", "\\v")) > _MOST_GO_ESCAPES:
        return text

    def replaced(found: re.Match[str]) -> str:
        if found["byte"]:
            known = f"\\u00{found['byte']}"
        elif found["rune"]:
            number = int(found["rune"], 16)
            known = json.dumps(chr(number))[1:-1] if number <= 0x10FFFF else "\\ufffd"
        else:
            known = "\\u0007" if found["bell"] == "a" else "\\u000b"
        return found["pairs"] + known

    return _GO_ESCAPE.sub(replaced, text)


def _is_yaml(text: str) -> bool:
    """Whether what is not JSON is YAML's flow form: single quotes, a comma too many, a comment."""
    from kubetriage.adapters.alerts.yaml_documents import BrokenYaml, yaml_documents

    try:
        return has_alert_shape(_single(yaml_documents(text)))
    except BrokenYaml:
        return False


def _yaml_or_text(text: str, strict: bool) -> Any:
    """The YAML document, or the text itself when it is not one, or is one by chance (`Note: all is well`)."""
    from kubetriage.adapters.alerts.yaml_documents import BrokenYaml, yaml_documents

    if not strict and len(text) > _LARGE:
        return text
    try:
        document = _single(yaml_documents(text))
    except BrokenYaml as error:
        if strict and _LOOKS_LIKE_YAML.search(text):
            raise BadAlert(f"The alert is not valid YAML: {error}.") from error
        return text
    except BadAlert:  # a line of dashes is a hundred lists in one another
        if strict:
            raise
        return text
    if has_alert_shape(document) or (strict and not _is_prose(document)):
        return document
    return text


def _is_prose(document: Any) -> bool:
    """Whether YAML is nothing but a text, or a text's lines of `Name: value`."""
    if not document or not isinstance(document, dict | list):
        return True
    return isinstance(document, dict) and not (
        "apiVersion" in document or any(isinstance(value, dict | list) for value in document.values())
    )


def _form(text: str) -> dict[str, str] | None:
    """The fields of a form (`alertName=x&alertState=ALERT`), as Aliyun posts them; None for others."""
    if len(text) > _LARGE or not _FORM.fullmatch(text.strip()):
        return None
    return dict(parse_qsl(text.strip(), max_num_fields=1_000))


def _single(documents: list[Any]) -> Any:
    kept = [document for document in documents if document is not None]
    return kept[0] if len(kept) == 1 else kept


def bounded(document: Any) -> Any:
    """The document, if it is not nested too deeply to be walked; raises BadAlert otherwise."""
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return document
    raise _TooDeep
