"""Whether a sentence says only what the evidence it cites holds: its values, found one by one in its words.

What can be checked is what a person would copy: numbers, names, images, reasons, quoted fragments. Each must
occur in what is cited, or name an object of the run. Plain words are not judged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from kubetriage.domain.evidence import Evidence, ReadKind
from kubetriage.domain.quoting import squeezed
from kubetriage.domain.view import ClusterView

_QUOTED = re.compile(r"`([^`]{2,200})`|“([^”]{2,200})”|\"([^\"]{2,200})\"|「([^」]{2,200})」")
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@%+-]*[A-Za-z0-9%]|[0-9]")
_EVIDENCE_ID = re.compile(r"[EF]\d{1,4}")


def unsupported(statement: str, cited: Sequence[Evidence], view: ClusterView) -> tuple[str, ...]:
    """The values of a statement that what it cites does not hold, as they stand in it; empty if it holds."""
    hay = _haystack(cited, view)
    missing: list[str] = []
    rest = statement
    for match in _QUOTED.finditer(statement):
        quoted = squeezed(next(part for part in match.groups() if part))
        if quoted.rstrip("…").lower() not in hay:
            missing.append(quoted)
        rest = rest.replace(match[0], " ")
    missing += [value for value in _values(rest) if not _found(value, hay)]
    return tuple(dict.fromkeys(missing))


def _values(words: str) -> list[str]:
    """What a person would copy: words with a digit, with `-`, `.`, `/` or `_` inside, or in camel case."""
    found = []
    for match in _VALUE.finditer(words):
        word = match[0].rstrip(".:,")
        if _EVIDENCE_ID.fullmatch(word):
            continue
        if any(c.isdigit() for c in word) or re.search(r"[a-z][A-Z]", word) or re.search(r"\w[./_:]\w", word):
            found.append(word)
    return found


def _found(value: str, hay: str) -> bool:
    low = value.lower()
    edge = r"(?<![a-z0-9.])" if low[0].isalnum() else ""
    return re.search(edge + re.escape(low) + r"(?![a-z0-9])", hay) is not None


def _haystack(cited: Sequence[Evidence], view: ClusterView) -> str:
    """Everything that is known of what is cited: the whole observation, not only its excerpt."""
    parts: list[str] = []
    wanted = {item.cite for item in cited}
    for item in cited:
        parts += [str(item.resource), item.excerpt, json.dumps(item.arguments, ensure_ascii=False)]
    for seen in view.observations:
        if seen.read.key in wanted:
            parts.append(seen.text or "")
            parts.append(f"{len(seen.objects)}")
            parts += [json.dumps(raw, ensure_ascii=False) for raw in seen.objects[:200]]
        elif seen.read.verb is not ReadKind.LOG and seen.objects and wanted:
            parts += [
                json.dumps(raw, ensure_ascii=False) for raw in seen.objects if _cite(raw, seen) in wanted
            ]
    return squeezed("\n".join(parts)).lower()


def _cite(raw: dict[str, object], seen: object) -> str:
    from kubetriage.domain.kube import Obj

    return Obj(raw, kind=seen.read.kind, api_version=seen.read.api_version).cite  # type: ignore[attr-defined]
