"""Saying a statement in fewer characters: whole clauses of it, never half a word."""

from __future__ import annotations

import re

from kubetriage.domain.diagnosis import bounded

_ASIDE = re.compile(r"(?:[ ]?\(“[^”]*”\)|（“[^”]*”）|[:：][ ]?“[^”]*”(?=$|[;；.。]))")
"""What is quoted beside a sentence, in brackets or after its colon: the sentence is whole without it."""

_ATOM = re.compile(r"“[^”]*”|`[^`]*`|\([^()]*\)|（[^（）]*）")
"""What stands together, so that it is left out as a whole."""

_ENDS = (re.compile(r"[;.](?= )|[；。]"), re.compile(r"[,:](?= )|[，：]| (?=\()|(?=（)"))
"""Where a clause may end: between sentences and halves of them first, else at a comma, colon or bracket."""

_CHINESE = re.compile("[\u4e00-\u9fff]")
_LEAST = 4
"""Words of an English clause that says something: `Pod web-0 (1 of 2)` is a subject without a verb."""


def in_short(statement: str, limit: int) -> str:
    """The statement in at most `limit` characters, what comes last in it left out by whole clauses.

    Without a clause that fits and fills a third of the room, it is cut at the end of a word: `…`.
    """
    if len(statement) <= limit:
        return statement
    bare = _ASIDE.sub("", statement)
    if len(bare) <= limit:
        return bare
    hidden = _ATOM.sub(lambda atom: f"{atom[0][0]}{'_' * (len(atom[0]) - 2)}{atom[0][-1]}", bare)
    for end in _ENDS:
        places = [m.start() for m in end.finditer(hidden) if m.start() <= limit]
        if places and places[-1] >= limit // 3 and _says_something(hidden[: places[-1]]):
            return bare[: places[-1]]
    return bounded(bare, limit)


def _says_something(clause: str) -> bool:
    return len(clause.split()) >= _LEAST or _CHINESE.search(clause) is not None
