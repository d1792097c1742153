"""Saying a statement in fewer characters: whole clauses of it, never half a word."""

from __future__ import annotations

import re

from kubetriage.domain.diagnosis import bounded

_ASIDE = re.compile(r"(?:[ ]?\(“[^”]*”\)|（“[^”]*”）|[:：][ ]?“[^”]*”(?=$|[;；.。]))")
"""What is quoted beside a sentence, in brackets or after its colon: the sentence is whole without it."""

_ATOM = re.compile(r"“[^”]*”|`[^`]*`|\([^()]*\)|（[^（）]*）")
"""What stands together, so that it is left out as a whole."""

_NOTE = re.compile(r" \([a-z][^()]*\)|（[^（）]*）")
"""What explains a word in brackets, `(application error)`: less than what comes behind it."""

_ONE_OF = (
    (re.compile(r"^Pod \S+ \((\d+ of \d+) of (\w+ [^\s)]+)((?: on [^\s)]+)?)\)"), r"\1 pods of \2\3"),
    (
        re.compile(r"^Pod \S+（(\w+ \S+) 共 (\d+) 个中的 (\d+) 个((?:，位于 [^）]+)?)）"),
        r"\1 的 \2 个 Pod 中有 \3 个\4",
    ),
)
"""One pod of a workload, named with it: the workload's name tells more than the pod's."""

_ENDS = (re.compile(r"[;.](?= )|[；。]"), re.compile(r"[,:](?= )|[，：]| (?=\()|(?=（)"))
"""Where a clause may end: between sentences and halves of them first, else at a comma, colon or bracket."""

_CHINESE = re.compile("[\u4e00-\u9fff]")
_MOST = 0.6
"""The part of the room that a clause should fill, if any does: half a sentence tells more than a third."""
_LEAST = 4
"""Words of an English clause that says something: `Pod web-0 (1 of 2)` is a subject without a verb."""


def in_short(statement: str, limit: int) -> str:
    """The statement in at most `limit` characters, what comes last in it left out by whole clauses.

    Without a clause that fits and fills a third of the room, it is cut at the end of a word: `…`.
    """
    if len(statement) <= limit:
        return statement
    bare = _ASIDE.sub("", statement)
    if len(bare) > limit:
        for one_of, said in _ONE_OF:
            bare = one_of.sub(said, bare)
    if len(bare) <= limit:
        return bare
    plain = _NOTE.sub("", bare)
    if len(bare) - len(plain) <= limit // 4:
        bare = plain
    if len(bare) <= limit:
        return bare
    hidden = _ATOM.sub(lambda atom: f"{atom[0][0]}{'_' * (len(atom[0]) - 2)}{atom[0][-1]}", bare)
    for least in (_MOST * limit, limit // 3):
        for end in _ENDS:
            places = [m.start() for m in end.finditer(hidden) if m.start() <= limit]
            if places and places[-1] >= least and _says_something(hidden[: places[-1]]):
                return bare[: places[-1]]
    return bounded(bare, limit)


_SUBJECT = re.compile(r"\d+ of \d+ pods of \w+ \S+(?: on \S+)?|\w+ \S+ 的 \d+ 个 Pod 中有 \d+ 个|Pod \S+")
"""Whom a statement is about, before its first comma or colon."""


def whole_clauses(statement: str) -> list[str]:
    """The beginnings of a statement that are whole and say something, all of it first."""
    words = _ASIDE.sub("", statement)
    hidden = _ATOM.sub(lambda atom: f"{atom[0][0]}{'_' * (len(atom[0]) - 2)}{atom[0][-1]}", words)
    places = sorted({m.start() for end in _ENDS for m in end.finditer(hidden)}, reverse=True)
    return [words, *(words[:place] for place in places if _says_something(hidden[:place]))]


def _says_something(clause: str) -> bool:
    if _SUBJECT.fullmatch(clause.strip()):
        return False
    return len(clause.split()) >= _LEAST or _CHINESE.search(clause) is not None
