"""Numbers without a unit in a claim: whether the evidence gives them, or lets them be counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from kubetriage.domain.claim_amounts import Amounts
from kubetriage.domain.claim_counts import Fact, Pair
from kubetriage.domain.claim_facts import Facts
from kubetriage.domain.claim_ground import Ground
from kubetriage.domain.claim_stems import stems
from kubetriage.domain.claim_values import Meant, Value, fits, meant
from kubetriage.domain.kind_names import kind_named

_PAIR: Final = re.compile(
    r"(?<![\w.:/@=#+-])(\d{1,9})(?: ?/ ?| (?:out )?of (?:the |all |its )?)(\d{1,9})(?![\w:/@=-]|\.\d)"
)
_CHINESE_PAIR: Final = re.compile(
    r"(?<![\w.:/@=#+-])(\d{1,9}) ?个?(?: ?[A-Za-z]+ ?|副本|节点|实例|容器)?"
    r"(?:中的|里的|中仅有|中仍有|中有|中只有|中) ?(\d{1,9})(?![\w:/@=-]|\.\d)"
)
_SCHEDULE: Final = re.compile(r"(?<![\w*/])(?:[\d*][\d*/,-]* ){4}[\d*][\d*/,-]*(?![\w*/])")
_SUM: Final = re.compile(r"(?<![\w.])(\d{1,4}) ?\+ ?(\d{1,4}) ?= ?(\d{1,5})(?![\w.]\w)")
_MARKER: Final = re.compile(r"(?:^|[;:,.，；。：] ?)[(（]?([1-9])[.)）、] ?(?=[^\d\s])")
_LIST: Final = re.compile(r"\[\d[\d., ]{0,80}\]|\(\d+(?:, ?\d+)+\)")
_NUMBER: Final = re.compile(
    r"(?<![\w.:/@=+-])#?(?:[x×](?=\d{1,4}\b))?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?:[x×](?!\w))?"
    r"(?![\w@=-]|[.:/]\w|,\d{3}(?!\d))"
)
_FIELD: Final = re.compile(
    r"(?:[A-Za-z]{1,40}\.){0,6}([a-z]{1,30}(?:[A-Z][a-z]{1,30}){1,6}|partition)"
    r"(?: ?[:=] ?| ?(?:is|of|was|to|at|为|是|设为|=) ?| )(?:(?:only|just|still|仅|只有|只) ?)?$"
)
_STOP: Final = re.compile(
    r"[,;:)）,。，；：、！？!?\n\x00]|\. "
    r"|\b(?:but|and|while|so|because|which|although|though|whereas|since|when)\b"
    r"|(?<![\w.-])\d[\d.,]*(?![\w-])|但|而|且|因此|所以|导致"
)
_ORDINAL: Final = re.compile(r"第 ?$")
_COUNTED: Final = re.compile(r" ((?:[A-Z][a-z]+|[a-z]+\(s\)) [a-z][\w./-]+|nodes are available)")
_SENTENCE: Final = re.compile(r"[;。；！？!?\n]|\. ")
_STATES: Final = frozenset(
    {
        "ready",
        "available",
        "healthy",
        "run",
        "unready",
        "fail",
        "crash",
        "exist",
        "create",
        "update",
        "old",
        "completion",
        "active",
    }
)
_OFTEN: Final = frozenset(
    ["time", "event", "line", "record", "entry", "warning", "error", "fail", "attempt", "backoff"]
)
_LARGE: Final = 100
_TOLD: Final = 10
"""Numbers from here on are rare enough to be told by a text that holds them."""

_CLOSE: Final = 4
"""How well a fact can fit by the words next to a number alone."""
_PLAINLY: Final = 3
"""How well a fact fits the whole sentence where it is plainly meant."""


class Near(NamedTuple):
    """The words around a number, within its clause, the nearest first."""

    left: tuple[str, ...]
    right: tuple[str, ...]

    @property
    def all(self) -> frozenset[str]:
        return frozenset((*self.left, *self.right))

    def score(self, fact: Fact) -> int:
        """How well a fact fits: the words next to the number count twice."""
        labels = fact.labels
        score = sum(word in labels for word in self.all)
        score += self.left[0] in labels if self.left else 0
        return score + (self.right[0] in labels if self.right else 0)

    @property
    def often(self) -> bool:
        """Whether it is said how often something was seen."""
        return not _OFTEN.isdisjoint((*self.right[:2], *self.left[:1]))


def near(statement: str, start: int, end: int, *, stop: re.Pattern[str] = _STOP, reach: int = 60) -> Near:
    """The stems of the words around a place, as far as the end of the clause."""
    before = stop.split(statement[max(start - reach, 0) : start])[-1]
    after = stop.split(statement[end : end + reach])[0]
    if stop is _STOP:
        after = after.partition("(")[0].partition("（")[0]
    most = 5 if stop is _STOP else 10
    return Near(tuple(reversed(stems(before)[-most:])), tuple(stems(after)[: most - 1]))


def pairs_of(statement: str, facts: Facts, ground: Ground) -> Iterator[Value]:
    """`2 of 3`, `1/2`, `3 个中的 1 个`: both numbers together; lists of numbers as they are written."""
    for match in _SUM.finditer(statement):
        right = int(match[1]) + int(match[2]) == int(match[3]) and float(match[3]) in facts.values
        yield Value(match[0], *match.span(), right)
    yield from _markers(statement)
    for match in (*_SCHEDULE.finditer(statement), *_LIST.finditer(statement)):
        yield Value(match[0], *match.span(), ground.stands(match[0]) or match[0] in ground.hay)
    for pattern, part, whole in ((_PAIR, 1, 2), (_CHINESE_PAIR, 2, 1)):
        for match in pattern.finditer(statement):
            around = near(statement, match.start(), match.end())
            inside = stems(match[0]) if pattern is _CHINESE_PAIR else []
            words = around.all.union(inside)
            after = statement[match.end() : match.end() + 8]
            subset = after.startswith(" of ") or "中的" in match[0]
            same = _same_words(statement[match.end() :], ground, r"\d{1,6}/\d{1,6}")
            held = _is_pair(int(match[part]), int(match[whole]), words, around, facts, subset=subset)
            held = match[0] in same if same else held or _is_literal(match, ground)
            yield Value(match[0], *match.span(), held)


def _markers(statement: str) -> Iterator[Value]:
    """`1. …; 2. …`: what numbers the parts of a statement from one on."""
    found = list(_MARKER.finditer(statement))
    if [int(match[1]) for match in found] == list(range(1, len(found) + 1)) and len(found) > 1:
        yield from (Value(match[1], *match.span(1), True) for match in found)


def _is_pair(
    part: int, whole: int, words: frozenset[str], around: Near, facts: Facts, *, subset: bool
) -> bool:
    if part > whole:
        return False
    state = words & _STATES
    fitting = [each for each in facts.pairs if (each.part, each.whole) == (part, whole)]
    if any(_says(each, words, state, subset) for each in fitting):
        return True
    if "pod" in words or state:
        return False
    return all(_is_told(value, around, facts) for value in (part, whole))


def _says(pair: Pair, words: frozenset[str], state: frozenset[str], subset: bool) -> bool:
    """Whether a pair is of what the words around speak of; `subset`: of some of a workload's pods."""
    states = pair.labels & _STATES
    state = state - {"exist"} or state  # `只有 1 个可用`: only one is available
    if not states:
        return not state or (bool(pair.labels) and bool(pair.labels & words))
    if state:
        return bool(states & state)
    return states.isdisjoint({"ready", "exist", "update", "old"} if subset else {"ready", "update", "old"})


def numbers_of(statement: str, ground: Ground, facts: Facts, amounts: Amounts, whole: str) -> Iterator[Value]:
    """Every other number; `whole` is the statement with its quotations, of which lines are counted."""
    for match in _NUMBER.finditer(statement):
        if match[0] in ("x509", "x86"):
            continue
        yield Value(match[0].lstrip("#"), *match.span(), _holds(match, ground, facts, amounts, whole))


def _holds(match: re.Match[str], ground: Ground, facts: Facts, amounts: Amounts, whole: str) -> bool:
    statement, plain = match.string, match[1].replace(",", "")
    if "." in plain:
        return ground.stands(plain) or _is_cores(match, plain, amounts)
    number = int(plain) if len(plain) < 16 else -1
    field = _FIELD.search(statement[max(match.start() - 60, 0) : match.start()])
    if field is not None and field[1].lower() in ground.keys:
        values = ground.keys[field[1].lower()]
        if any(value.isdecimal() for value in values):
            return plain in values
    if number >= _LARGE:
        how = meant(statement[: match.start()])
        held = (
            ground.stands(plain)
            or ground.stands(match[1])
            or number in facts.values
            or _is_signal(match, whole, ground)
        )
        return held or (how is not Meant.EXACTLY and fits(number, facts.written, 0.01, how))
    if _is_literal(match, ground) or _is_kind_count(number, statement[match.end() :], facts):
        return True
    if plain.startswith("0") and len(plain) > 1:
        return ground.stands(plain)  # no count: 0644, x509 gone wrong
    same = _same_words(statement[match.end() :], ground)
    if same:
        return plain in same
    if _is_line(match) and facts.places:
        return number in facts.places
    around, how = near(statement, match.start(), match.end()), meant(statement[: match.start()])
    if _ORDINAL.search(statement[: match.start()]) and not statement[match.end() :].lstrip().startswith("行"):
        return number in facts.values  # the third of three
    if "port" in around.all and number in facts.ports:
        return True
    if _is_told(number, around, facts, how) or _quoted_times(number, whole, around, facts):
        return True
    wide = near(statement, match.start(), match.end(), stop=_SENTENCE, reach=90)
    silent = not any(around.score(fact) for fact in facts.numbers)  # the words next to it say nothing
    if silent and _fits(number, wide, list(facts.numbers), how, often=True):
        return True
    if any(f.times and f.value == number and wide.score(f) >= _PLAINLY for f in facts.numbers):
        return True
    if any(_tells(fact, words, number, around, wide) for fact, words in facts.told):
        return True
    if _is_signal(match, whole, ground):
        return True
    return _is_cores(match, plain, amounts)


def _tells(fact: Fact, words: frozenset[str], number: int, around: Near, wide: Near) -> bool:
    """Whether a line says much the same as the statement, and of the number nothing else."""
    if fact.value != number or len(words & wide.all) < _PLAINLY:
        return False
    return not around.all or not fact.labels or not around.all.isdisjoint(fact.labels)


def _is_line(match: re.Match[str]) -> bool:
    """`line 14`, `第 14 行`: which line, not how many."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    return re.search(r"\bline ?$", before) is not None or (
        _ORDINAL.search(before) is not None and after.lstrip().startswith("行")
    )


def _same_words(after: str, ground: Ground, number: str = r"\d{1,6}") -> list[str]:
    """The numbers that stand before the same words in the evidence: `2 Insufficient cpu`, `1 node(s) had`."""
    said = _COUNTED.match(after)
    if said is None:
        return []
    return re.findall(rf"(?<![\w./])({number}) {re.escape(said[1].lower())}", ground.hay)


def _is_literal(match: re.Match[str], ground: Ground) -> bool:
    """Whether the number stands in the evidence between the very same words."""
    before = match.string[max(match.start() - 9, 0) : match.start()].lower()
    after = match.string[match.end() : match.end() + 9].lower()
    words = re.compile(r"[a-z\u4e00-\u9fff]{2}")
    if "\x00" in before + after or not words.search(before) or not words.search(after):
        return False
    return " ".join(f"{before}{match[0]}{after}".split()) in ground.hay


def _is_kind_count(number: int, after: str, facts: Facts) -> bool:
    """`3 CertificateSigningRequests`: as many objects of that kind are cited."""
    named = re.match(r" ?(?:个|台|条)? ?([A-Z][A-Za-z]{5,40})", after)
    kind = kind_named(named[1].lower()) if named is not None else None
    return kind is not None and number in facts.of_kind.get(kind, ())


def _is_told(number: int, around: Near, facts: Facts, how: Meant = Meant.EXACTLY) -> bool:
    """Whether the number is that of a fact which fits the words around it about as well as any other does."""
    if number >= _TOLD and number in facts.written and not around.often:
        return True
    if around.often and _fits(number, around, [f for f in facts.numbers if f.times], how, often=True):
        return True
    return _fits(number, around, [f for f in facts.numbers if not f.times], how)


def _fits(number: int, around: Near, facts: list[Fact], how: Meant, *, often: bool = False) -> bool:
    scores = [(around.score(fact), fits(number, (fact.value,), 0.01, how)) for fact in facts]
    best = max((score for score, _ in scores), default=0)
    slack = 2 if often or best > _CLOSE else 1
    return best > 0 and any(same and score >= max(best - slack, 1) for score, same in scores)


def _is_signal(match: re.Match[str], whole: str, ground: Ground) -> bool:
    """`137 = 128 + 9`: how an exit code is made of a signal."""
    made = re.search(r"128 ?\+ ?(\d{1,2})", whole)
    codes = ground.keys.get("exitcode", frozenset())
    return made is not None and match[1] in ("128", made[1]) and str(128 + int(made[1])) in codes


def _is_cores(match: re.Match[str], plain: str, amounts: Amounts) -> bool:
    """`1500m of 2`, `requests.cpu is 2`, `1.5 of 2 CPUs`: CPU without a unit."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    spoken = re.search(r"cpu[^,;。，；]{0,20}$|\d+m (?:of|out of|/) ?$", before, re.IGNORECASE)
    spoken = spoken or re.match(r" (?:out )?of \x00", after)  # what stands there was an amount
    return spoken is not None and float(plain) in amounts.cores


def _quoted_times(number: int, whole: str, around: Near, facts: Facts) -> bool:
    """`“connection refused” 7 times`: lines that hold a quotation are counted."""
    if not around.often:
        return False
    for quote in re.findall(r"[“`\"]([^”`\"]{6,300})[”`\"]", whole)[:8]:
        low = quote.strip("… ").lower()
        if low and facts.lines_with(low) == number:
            return True
    return False
