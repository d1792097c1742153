"""Whether a sentence says only what the evidence it cites holds: its values, found one by one.

What can be checked is what a person would copy: quoted words, names, images, reasons, numbers, times. Each
must occur in what is cited, be computable from it, or name the alert's own object.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final

from kubetriage.domain.claim_amounts import Amounts, amounts_of
from kubetriage.domain.claim_facts import Facts
from kubetriage.domain.claim_ground import Ground, stands
from kubetriage.domain.claim_names import KnownNames, Nearness
from kubetriage.domain.claim_numbers import numbers_of, pairs_of
from kubetriage.domain.claim_states import contradicted
from kubetriage.domain.claim_times import Times, clocks_of, dates_of, spans_of
from kubetriage.domain.claim_values import Value
from kubetriage.domain.claim_vocabulary import is_english, is_vocabulary
from kubetriage.domain.claim_words import Words, strange_names
from kubetriage.domain.evidence import Evidence
from kubetriage.domain.hypotheses import Hypothesis
from kubetriage.domain.quoting import squeezed
from kubetriage.domain.resource import Resource
from kubetriage.domain.view import ClusterView

MAX_STATEMENT: Final = 2_000
_QUOTES: Final = (("“", "”"), ("「", "」"), ("『", "』"), ("《", "》"), ("`", "`"), ('"', '"'), ("‘", "’"))
_SINGLE: Final = re.compile(r"(?<![\w'])'([^'\n]{1,300})'(?![\w'])")
_SAYS: Final = re.compile(
    r"(?:\b(?:says?|said|shows?|shown|logs?|logged|prints?|printed|reports?|reported|messages?|errors?|reason)"
    r"|日志|显示|报错|提示|报告|消息|错误|原因)(?: ?[:：是为]| is| was)? ?$",
    re.IGNORECASE,
)
"""Before words that somebody else is said to have said."""
_LONGEST: Final = 600
"""Characters of a quotation that holds others."""
_SEAM: Final = re.compile(r"(?<=[一-鿿])(?=[A-Za-z0-9/])|(?<=[A-Za-z0-9%])(?=[一-鿿])")
_CUT: Final = re.compile(r"…|\.\.\.|<\*>|\[\.\.\]")
_MARKS: Final = str.maketrans("", "", "\"'“”‘’`")
_WIDE: Final = {wide: wide - 0xFEE0 for wide in range(0xFF10, 0xFF5B) if chr(wide - 0xFEE0).isalnum()}
_PLAIN: Final = _WIDE | {
    ord("％"): "%", ord("．"): ".", ord("／"): "/", ord("‑"): "-", ord("‐"): "-", ord("−"): "-",
    ord("\u00a0"): " ", ord("＝"): "=", ord("＿"): "_",
    **dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xAD), None),
}  # fmt: skip
_MOST: Final = 60_000
"""Characters of the evidence whose plain words are looked at."""
_FEW: Final = 4
"""Words in quotation marks that may be the claim's own and no quotation."""


class Check:
    """What one set of citations is asked."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.facts = Facts(ground)
        self.times = Times(ground)
        self.amounts = Amounts(ground)
        self.words = Words(ground, self.facts)

    def unsupported(self, statement: str) -> tuple[str, ...]:
        """The values of a statement that what it cites does not hold, as they stand in it."""
        whole = _spaced(statement[:MAX_STATEMENT].translate(_PLAIN))
        missing: list[str] = []
        rest = whole
        for start, end, words in quoted(whole):
            if not self._has_fragment(words, own=_SAYS.search(whole[max(start - 30, 0) : start]) is None):
                missing.append(words)
            rest = rest[:start] + " " * (end - start) + rest[end:]
        for values in self._passes(whole):
            for found in values(rest):
                missing += [] if found.supported else [found.words]
                rest = rest[: found.start] + "\x00" * (found.end - found.start) + rest[found.end :]
        missing += self.words.unheld(rest)
        missing += contradicted(whole, self.ground)
        return tuple(dict.fromkeys(missing))

    def names_object(self, ref: Resource) -> bool:
        """Whether what is cited names an object: in an event, a status, a field that refers to it."""
        if (
            ref.namespace
            and ref.namespace not in self.ground.namespaces
            and not self.ground.stands(f"{ref.namespace}/{ref.name}".lower())
        ):
            return False
        name, kind, hay = ref.name.lower(), ref.kind.lower(), self.ground.hay
        if not (self.ground.stands(name) and kind in hay):
            return False
        if not is_english(name):
            return True
        # `secret "data" not found`, `secretKeyRef.name: data`; not `the secret does not exist`
        last = re.findall("[A-Z][a-z]*|^.+$", ref.kind)[-1].lower()
        told = rf"(?:{re.escape(kind)}|{re.escape(last)})[a-z.]* ?[:=/(\"'“`]+ ?{re.escape(name)}(?![\w-])"
        return re.search(told, hay) is not None

    def _passes(self, whole: str) -> tuple[Callable[[str], Iterator[Value]], ...]:
        """What is looked for one after the other; what one has found, the next does not see."""
        return (
            lambda rest: dates_of(rest, self.times),
            lambda rest: clocks_of(rest, self.times),
            lambda rest: amounts_of(rest, self.amounts),
            lambda rest: spans_of(rest, self.times, whole),
            lambda rest: pairs_of(rest, self.facts, self.ground),
            lambda rest: numbers_of(rest, self.ground, self.facts, self.amounts, whole),
        )

    # ---- quotations

    def _has_fragment(self, words: str, *, own: bool) -> bool:
        """Whether quoted words stand in the evidence, one that was cut by the pieces that are left.

        Where nobody is said to have said them, a few plain words may be the claim's `own`.
        """
        plain = squeezed(words.replace('\\"', '"').replace("\\\\", "\\")).lower()
        pieces = [piece.strip(" .,;:!。，") for piece in _CUT.split(plain)]
        whole = [piece for piece in pieces if piece]
        return all(self._has_piece(piece, own=own) for piece in whole)

    def _has_piece(self, piece: str, *, own: bool) -> bool:
        if stands(piece, self.ground.hay) or (len(piece) >= 40 and piece in self.ground.hay):
            return True
        bare = squeezed(piece.translate(_MARKS))
        if stands(bare, self.ground.bare):
            return True
        if self._is_abridged(piece):
            return True
        if "; " in piece and all(
            len(part) >= 12 and self._has_piece(part, own=own) for part in piece.split("; ")
        ):
            return True
        key = re.fullmatch(r"([\w.\[\]/-]+) ?[:=]+ ?(\S+)", bare)
        if key is not None:
            field = re.split(r"[./]", key[1])[-1]
            return key[2] in self.ground.keys.get(field, ()) or self.words.holds(bare.replace(" ", ""))
        parts = piece.split()
        if len(parts) == 1:
            return is_vocabulary(piece) or is_english(piece) or self.words.holds(piece, named=True)
        plain = own and len(parts) <= _FEW and not any(map(str.isdigit, piece))
        return plain and all(self._is_own(part) for part in parts)

    def _is_own(self, word: str) -> bool:
        """Whether a quoted word may be the claim's own: a plain one, and none of the evidence's misspelt."""
        if stands(word, self.ground.hay):
            return True
        return (is_english(word) or is_vocabulary(word)) and not self._written.holds(word)

    @cached_property
    def _written(self) -> Nearness:
        return Nearness(set(re.findall(r"[a-z]{4,24}", self.ground.hay[:_MOST])))

    def _is_abridged(self, piece: str) -> bool:
        """Whether one line holds all the words in their order, others left out between them."""
        words = piece.split()
        if not 3 <= len(words) <= 60:
            return False
        for line in self._lines:
            at = 0
            for word in words:
                at = line.find(word, at)
                if at < 0 or (at and line[at - 1].isalnum() and word[0].isalnum()):
                    break
                at += len(word)
                if at < len(line) and line[at].isalnum() and word[-1].isalnum():
                    break
            else:
                return True
        return False

    @cached_property
    def _lines(self) -> list[str]:
        texts = [*self.facts.lines, *self.ground.told]
        return [line.lower() for line in texts if " " in line][:2_000]


class Checks:
    """The checks of one verdict, each set of citations looked up once."""

    def __init__(
        self, evidence: Sequence[Evidence], view: ClusterView, findings: Sequence[Hypothesis] = ()
    ) -> None:
        self._by_id = {item.id: item for item in evidence}
        self._view = view
        self._findings = findings
        self._known = KnownNames(view)
        self._made: dict[frozenset[str], Check] = {}

    def strange_names(self, words: str) -> tuple[str, ...]:
        """Names in an advice that nothing of the run has: it may name new values, not new objects."""
        plain = words[:MAX_STATEMENT].translate(_PLAIN)
        return tuple(dict.fromkeys(strange_names(plain, self._known, self._view)))

    def of(self, ids: Iterable[str]) -> Check:
        """The check against these ids; unknown ones are left out."""
        wanted = frozenset(i for i in ids if i in self._by_id)
        made = self._made.get(wanted)
        if made is None:
            cited = [item for key, item in self._by_id.items() if key in wanted]
            made = self._made[wanted] = Check(Ground(cited, self._view, self._findings, self._known))
        return made


def quoted(statement: str) -> list[tuple[int, int, str]]:
    """Quoted fragments, outermost first, with their places."""
    found: list[tuple[int, int, str]] = []
    at = 0
    while at < len(statement):
        for left, right in _QUOTES:
            if statement[at] == left and (close := _closing(statement, at, left, right)) > at:
                found.append((at, close + 1, statement[at + 1 : close]))
                at = close
                break
        at += 1
    taken = [(start, end) for start, end, _ in found]
    for match in _SINGLE.finditer(statement):
        if not any(start < match.end() and match.start() < end for start, end in taken):
            found.append((match.start(), match.end(), match[1]))
    return found


def _spaced(statement: str) -> str:
    """Chinese set apart from what stands beside it (`重启11次`), quotations left as they are."""
    made, at = [], 0
    for start, end, _ in sorted(quoted(statement)):
        if start >= at:
            made += [_SEAM.sub(" ", statement[at:start]), statement[start:end]]
            at = end
    return "".join([*made, _SEAM.sub(" ", statement[at:])])


def _closing(statement: str, at: int, left: str, right: str) -> int:
    """Where a quotation ends: at the mark that closes it, other quotations in it being passed over."""
    if left == right or left != "“":
        return statement.find(right, at + 1)
    first = statement.find(right, at + 1)
    if first < 0:
        return -1
    depth = 0
    for place in range(at, min(at + _LONGEST, len(statement))):
        depth += (statement[place] == "“") - (statement[place] == "”")
        if depth == 0:
            return place
    return first
