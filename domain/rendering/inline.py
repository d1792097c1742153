"""What sentences of the rules hold beside words: code between backticks, and the name of their object."""

from __future__ import annotations

import re

from kubetriage.domain.rendering.document import Content, Mark, Span
from kubetriage.domain.report import Change, Report

_CODE = re.compile(r"(?<!`)`([^`\n]{1,200})`(?!`)")


def names_its_object(change: Change, report: Report) -> bool:
    """Whether the sentence begins with what was changed and leaves no doubt about the namespace."""
    it, primary = change.resource, report.primary
    namespace = primary.namespace if primary else report.alert.labels.get("namespace", "")
    near = not it.namespace or it.namespace == namespace
    names = [f"{it.kind} {it.namespace}/{it.name}", *([f"{it.kind} {it.name}"] if near else [])]
    return bool(it.name) and any(change.what.startswith((f"{name} ", f"{name}:")) for name in names)


def with_code(text: str, mark: Mark = Mark.PLAIN) -> Content:
    """The sentence with what stands between backticks as names to copy, the rest marked as is said."""
    spans: list[Span] = []
    for number, part in enumerate(_CODE.split(text)):
        if number % 2:
            spans.append(Span(part, Mark.VERBATIM))
            continue
        inner = part.strip()
        if not inner:
            spans += [Span(part)] if part else []
            continue
        before, _, after = part.partition(inner)  # bold that begins or ends with a blank is not read as bold
        spans += [Span(before)] if before else []
        spans.append(Span(inner, mark))
        spans += [Span(after)] if after else []
    return tuple(spans)
