"""Bytes → one document: JSON values, or text when they are neither JSON nor YAML."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

from kubetriage.adapters.alerts import gzip_members
from kubetriage.adapters.alerts.gzip_members import GZIP, MEMBERS, Fault, NotUnpacked
from kubetriage.domain.alert_formats import has_alert_shape
from kubetriage.domain.alert_formats.fields import MAX_DEPTH
from kubetriage.domain.errors import BadAlert

MAX_BYTES = 16 * 1024 * 1024
"""Of a body, packed and unpacked; 10,000 alerts of Alertmanager are about 6 MB."""

_NOT_UNPACKED = {
    Fault.TOO_LARGE: f"The alert, unpacked, is above the limit of {MAX_BYTES // 1048576} MB.",
    Fault.TOO_MANY_MEMBERS: f"The alert has more than {MEMBERS} gzip members.",
    Fault.CUT: "The alert is packed with gzip, but its end is missing.",
    Fault.DAMAGED: "The alert is packed with gzip, but damaged.",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GO_ESCAPE = re.compile(
    r"\\(?:(?P<kept>[\"\\/bfnrtu])|x(?P<byte>[0-9a-fA-F]{2})|U(?P<rune>[0-9a-fA-F]{8})|(?P<bell>[av]))"
)
_LOOKS_LIKE_JSON = re.compile(r"\s*(?:\{|\[\s*(?:[\[{\"\]]|\Z))")
_LOOKS_LIKE_YAML = re.compile(
    r"^[ \t]*(?:- +)?[\"']?(?:labels|annotations|alerts|alertname|status|startsAt|commonLabels)[\"']?[ \t]*:",
    re.MULTILINE,
)
_SPACE = re.compile(r"[ \t\r\n]*")


class _NotJson(ValueError):
    """Why a text is not JSON, with the place."""


def decode(body: bytes, *, strict: bool = False) -> Any:
    """The document in a body: UTF-8 or marked UTF-16, gzip or not, JSON or YAML; a list if there are several.

    Go's `%q` escapes (`\\xNN`, `\\a`, `\\v`, `\\UNNNNNNNN`) in otherwise valid JSON are understood. What is
    neither comes back as a `str`, which `alerts_from` makes a text alert of. With `strict`, for people at a
    command line, broken JSON, broken YAML and binary data raise BadAlert that says where. An empty body, one
    above `MAX_BYTES`, one nested deeper than `MAX_DEPTH`, and broken gzip always raise BadAlert.
    """
    text = _text(_unpacked(body), strict)
    if not text.strip():
        raise BadAlert("The alert is empty.")
    try:
        return bounded(_json(text))
    except _NotJson as error:
        if strict and _LOOKS_LIKE_JSON.match(text) and not _is_yaml(text):
            raise BadAlert(f"The alert is not valid JSON: {error}.") from error
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


def _text(body: bytes, strict: bool) -> str:
    """The body as text. Without `strict`, bytes that are not text are kept as `\\xNN`."""
    encoding = next((name for mark, name in _MARKS if body.startswith(mark)), "utf-8")
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        if strict:
            wrong = (
                f"byte 0x{body[error.start]:02x} at position {error.start} is not {encoding[:6].rstrip('-')}"
            )
            raise BadAlert(f"The alert is not text: {wrong}.") from error
        text = body.decode(encoding, "backslashreplace" if encoding.startswith("utf-8") else "replace")
    if "\0" in text:
        if strict:
            raise BadAlert("The alert is binary data, not JSON, YAML or text.")
        text = text.replace("\0", "\\x00")
    return text


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
            position = _skip_space(text, position)
            if not isinstance(document, dict | list) and (position < len(text) or len(documents) > 1):
                raise json.JSONDecodeError("More text after the value", text, position)
    except json.JSONDecodeError as error:
        reason = error.msg[:1].lower() + error.msg[1:]
        raise _NotJson(f"line {error.lineno}, column {error.colno}: {reason}") from error
    except RecursionError as error:
        raise BadAlert(f"The alert is nested more than {MAX_DEPTH} levels deep.") from error
    except ValueError as error:  # Python's limit on the digits of a number
        raise _NotJson("a number has too many digits") from error
    return documents[0] if len(documents) == 1 else documents


def _skip_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _without_go_escapes(text: str) -> str:
    """The text with the escapes that Go's `%q` writes and JSON doesn't know replaced by JSON's."""

    def replaced(found: re.Match[str]) -> str:
        if found["byte"]:
            return f"\\u00{found['byte']}"
        if found["rune"]:
            number = int(found["rune"], 16)
            return json.dumps(chr(number))[1:-1] if number <= 0x10FFFF else "\\ufffd"
        if found["bell"]:
            return "\\u0007" if found["bell"] == "a" else "\\u000b"
        return found[0]

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

    try:
        document = _single(yaml_documents(text))
    except BrokenYaml as error:
        if strict and _LOOKS_LIKE_YAML.search(text):
            raise BadAlert(f"The alert is not valid YAML: {error}.") from error
        return text
    if has_alert_shape(document) or (strict and isinstance(document, dict | list) and document):
        return document
    return text


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
    raise BadAlert(f"The alert is nested more than {MAX_DEPTH} levels deep.")
