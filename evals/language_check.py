"""Whether a Chinese report says everything in Chinese, outside names, commands and what it quotes, and sets
Chinese and other words as far apart as they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import assert_never

from kubetriage.domain.language import Language
from kubetriage.domain.rendering.compose import compose
from kubetriage.domain.rendering.document import (
    Block,
    Bullets,
    Code,
    Content,
    Fold,
    Heading,
    KeyValues,
    Mark,
    Numbered,
    Paragraph,
    Quote,
)
from kubetriage.domain.report import Report
from kubetriage.domain.resource import KINDS

WORDS_OF_A_SENTENCE = 4
"""English words in a row that are taken for a sentence: terms such as `liveness probe` are shorter."""

_OWN = frozenset({Mark.PLAIN, Mark.STRONG, Mark.BADGE})

_QUOTED = re.compile(
    r"“[^”]*”|‘[^’]*’|「[^」]*」|『[^』]*』|《[^》]*》|\"[^\"]*\"|`[^`]*`|(?<![A-Za-z])'[^']*'(?![A-Za-z])"
)
"""What stands in quotation marks is somebody else's."""

_CHINESE = "\u2e80-\u9fff\uf900-\ufaff\u3000-\u303f\uff00-\uffef…·"
_TOKEN = re.compile(rf"[{_CHINESE}]+|[^\s{_CHINESE}]+")
_EDGES = ".,;:!?()[]{}<>|/\"'`"
_WORD = re.compile(r"[A-Za-z]?[a-z]+(?:['’][a-z]{1,2})?|[AI]")
"""An English word as it stands in a sentence; names have digits, dots, hyphens, slashes or inner capitals."""


def english_sentences(report: Report) -> list[str]:
    """Every run of at least four English words that a Chinese report says itself.

    Looked at is the whole composed report, with the words that rendering adds. Left out are names, labels,
    annotations, commands, excerpts, passages of the knowledge base, and what stands in quotation marks.
    Raises `ValueError` for a report in another language.
    """
    if report.language is not Language.ZH:
        raise ValueError(f"report {report.id} is in {report.language.value}, not in zh")
    document = compose(report, headings=Language.ZH, zone=UTC)
    names = _names(report)
    return [
        found
        for content in _contents(document.blocks)
        for span in content
        if span.mark in _OWN
        for found in english_in(span.text, names)
    ]


_HAN = "\u3400-\u9fff"
_FAULTY_SPACE = re.compile(
    rf"[{_HAN}] +[{_HAN}]"  # between two Chinese words
    rf"|[{_HAN}][0-9A-Za-z`]|[0-9A-Za-z`%][{_HAN}]"  # none between Chinese and another script
    rf"| [，。：；、（）！？]|[，。：；、（）！？] "  # beside a mark that keeps its own distance
    rf"|[{_HAN}] ?[,;:!?()](?![^ ]*://)|[,;:)] ?[{_HAN}]"  # a narrow mark in a Chinese sentence
    r"|\S  +\S"
)
_BESIDE = 12
"""Characters shown on either side of a fault."""


def spacing_faults(text: str, names: Iterable[str] = ()) -> list[str]:
    """Where a Chinese text has a blank too many or too few, or a narrow mark in place of a wide one.

    What stands in quotation marks, and `names`, may be written as they like.
    """
    hidden = text
    foreign = {one for one in names if len(one) > 1 and re.search(f"[{_HAN}]", one)}
    for name in sorted(foreign, key=len, reverse=True):
        hidden = hidden.replace(name, f"“{'_' * (len(name) - 2)}”")
    hidden = _QUOTED.sub(lambda quoted: f"{quoted[0][0]}{'_' * (len(quoted[0]) - 2)}{quoted[0][-1]}", hidden)
    return [
        text[max(0, fault.start() - _BESIDE) : fault.end() + _BESIDE]
        for fault in _FAULTY_SPACE.finditer(hidden)
    ]


def english_in(text: str, names: frozenset[str] = frozenset()) -> list[str]:
    """The runs of at least four English words in a Chinese text, `names` not counted as words."""
    found: list[str] = []
    run: list[str] = []
    words = 0
    for token in [*_TOKEN.findall(_QUOTED.sub(" … ", text)), "…"]:
        core = token.strip(_EDGES)
        if not re.match(rf"[{_CHINESE}]", token):
            run.append(token)
            words += bool(_WORD.fullmatch(core)) and core not in names and core not in KINDS
            if token[-1] not in ".,;:!?)]}|":
                continue
        if words >= WORDS_OF_A_SENTENCE:
            found.append(" ".join(run))
        run, words = [], 0
    return found


def _names(report: Report) -> frozenset[str]:
    """Words that are names in this report."""
    places = [
        report.primary,
        *(it.resource for it in report.checked),
        *(it.resource for it in report.evidence),
    ]
    places += [it.culprit for it in report.root_causes] + [it.resource for it in report.changes]
    names = {name for it in places if it for name in (it.kind, it.namespace, it.name)}
    return frozenset(names | set(report.alert.labels.values()) | set(report.alert.labels))


def _contents(blocks: Iterable[Block]) -> Iterator[Content]:
    """Every line of text of the blocks, at any depth; code is nobody's prose."""
    for block in blocks:
        match block:
            case Heading(_, content) | Paragraph(content):
                yield content
            case Bullets(items) | Numbered(items):
                for item in items:
                    yield from _contents(item)
            case Quote(lines):
                yield from lines
            case KeyValues(rows):
                for name, value in rows:
                    yield from (name, value)
            case Fold(summary, inner):
                yield summary
                yield from _contents(inner)
            case Code():
                pass
            case _:
                assert_never(block)
