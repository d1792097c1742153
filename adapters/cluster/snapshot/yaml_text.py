"""Objects as YAML text: sorted keys and block style, as kubectl and kubernetes-mcp-server print them.

Written out here because the library's dumper takes a second for a hundred pods and would load with it.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

_PLAIN = re.compile(r"[A-Za-z0-9_/$](?:[^:#\x00-\x1f\x7f]|:(?![\s]|$)|(?<!\s)#)*")
_AMBIGUOUS = re.compile(
    r"(?i:y|yes|n|no|true|false|on|off|null|nan|inf)"
    r"|0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+|[0-9][0-9_]*"
    r"|[0-9][0-9_]*\.?[0-9_]*(?:[eE][-+]?[0-9]+)?"
    r"|[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"  # sexagesimal
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]| +)[0-9:.]+ *(?:Z|[-+][0-9:]+)?)?"
)
"""Strings that some reader of YAML would take for something else."""


def yaml_text(value: Any) -> str:
    """A mapping or a list as a YAML document, ending in a newline."""
    if isinstance(value, dict | list) and value:
        lines: list[str] = []
        _block(value, "", "", lines)
        return "\n".join(lines) + "\n"
    return _flow(value, "") + "\n"


def _block(value: dict[str, Any] | list[Any], first: str, indent: str, lines: list[str]) -> None:
    """Lines of a filled collection; the first starts with `first`, the others with `indent`."""
    if isinstance(value, dict):
        for key in sorted(value):
            item, head = value[key], f"{first}{_line(key)}:"
            if isinstance(item, str):
                lines.append(f"{head} {_string(item, indent)}")
            elif isinstance(item, dict) and item:
                lines.append(head)
                _block(item, indent + "  ", indent + "  ", lines)
            elif isinstance(item, list) and item:
                # A list stands under its key without further indentation, as Go's printer has it.
                lines.append(head)
                _block(item, indent, indent, lines)
            else:
                lines.append(f"{head} {_flow(item, indent)}")
            first = indent
        return
    for item in value:
        if isinstance(item, dict | list) and item:
            _block(item, first + "- ", indent + "  ", lines)
        else:
            lines.append(f"{first}- {_flow(item, indent)}")
        first = indent


def _flow(value: Any, indent: str) -> str:
    if isinstance(value, str):
        return _string(value, indent)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list):
        return "[]"
    return json.dumps(value)


def _string(text: str, indent: str) -> str:
    if "\n" in text:
        body = text.removesuffix("\n")
        lines = body.split("\n")
        if body and body[0] != " " and body[-1] != "\n" and all(line.isprintable() for line in lines):
            head = "|" if text.endswith("\n") else "|-"
            return "\n".join([head, *(f"{indent}  {line}" if line else "" for line in lines)])
    return _line(text)


@lru_cache(8192)
def _line(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and text[-1] != " " and text.isprintable()
    if plain and not _AMBIGUOUS.fullmatch(text):
        return text
    if text.isprintable():
        return json.dumps(text, ensure_ascii=False)
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    return char if char.isprintable() else f"\\U{ord(char):08x}"
