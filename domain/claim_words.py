"""Names and values in a claim, one by one: whether what it cites holds them.

Plain words are not judged, unless they stand where a name stands (`Deployment wbe`) or are one letter away
from a name or a value that is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final, NamedTuple

from kubetriage.domain.claim_facts import Facts
from kubetriage.domain.claim_ground import MAX_LOG, MAX_OBJECTS, Ground, stands
from kubetriage.domain.claim_leaves import leaves
from kubetriage.domain.claim_names import KnownNames, Nearness
from kubetriage.domain.claim_vocabulary import (
    KIND_NOUNS,
    REASONS,
    SAID_OTHERWISE,
    is_english,
    is_plain_form,
    is_vocabulary,
    vocabulary_words,
)
from kubetriage.domain.kind_names import kind_named
from kubetriage.domain.view import ClusterView

_TOKEN: Final = re.compile(
    r"[:./]{0,2}(?:\[::\])?[A-Za-z0-9_$*](?:[A-Za-z0-9_.:/@%=+~#*$&?!\[\]{}-]*[A-Za-z0-9_*$%})\]/])?"
)
_EVIDENCE_ID: Final = re.compile(r"[EF]\d{1,4}")
_PARTS: Final = re.compile(r"[/:=@,+*$#~&?\[\]{}]+")
_FOREIGN: Final = re.compile(r"\x00(?!Z\b)[A-Za-z]|[A-Za-z0-9][\u0370-\u052f]|[\u0370-\u052f][A-Za-z0-9]")
_MARKED: Final = re.compile(r"[a-z][A-Z]|_|\w[.:/=@]\w|\d")
_NOT: Final = re.compile(
    r"(?:\bnot?\b|\bnever\b|\bwithout\b|n't|\brather than|\binstead of|\bwill\b|\bwould\b|\bcould\b|\bmay\b"
    r"|\bmight\b|\bbefore\b|\brisk|\babout to|\bto avoid|\bif"
    r"|没有|未|并非|不是|而非|无|将|会|可能|避免|防止|风险|存在)[^,;.，。；]{0,24}$"
)
_ORDINAL: Final = re.compile(r"\d{1,2}(?:st|nd|rd|th)|[x×]?\d{1,3}x?|\d+/\d+")
_NEW: Final = re.compile(
    r"\b(?:creat|add|new|introduc|provision|renam)|创建|新建|新增|添加|改名", re.IGNORECASE
)
_AMOUNT: Final = re.compile(r"\d+(?:\.\d+)?[a-z]{1,3}")
_IMAGE: Final = re.compile(r"(?:[\w.-]{1,80}/){1,5}[\w-]{1,80}:(?!\d{1,5}$)[\w.-]{1,128}")
"""An image with its tag: no part of it may be another's."""
_NEAR_NAME: Final = 40
"""Words of one statement that are compared with all names."""


class Token(NamedTuple):
    words: str
    start: int
    before: str
    """The word before it, in lower case, if nothing stands between."""


class Words:
    """The names and values that a ground holds."""

    def __init__(self, ground: Ground, facts: Facts) -> None:
        self.ground = ground
        self.facts = facts
        self._left = _NEAR_NAME

    @cached_property
    def _values(self) -> Nearness:
        return Nearness(self.ground.values)

    @cached_property
    def _field(self) -> Nearness:
        return Nearness(vocabulary_words())

    @cached_property
    def _kinds(self) -> frozenset[str]:
        """The kinds of what is cited, in lower case: custom ones, too."""
        return frozenset(item.resource.kind.lower() for item in self.ground.cited)

    def unheld(self, statement: str) -> Iterator[str]:
        """The words of a statement that say what the ground does not hold."""
        for match in _FOREIGN.finditer(statement):
            yield statement[max(match.start() - 8, 0) : match.end() + 8].strip("\x00 ")
        self._left = _NEAR_NAME
        for token in tokens(statement):
            if not self._holds(token, statement):
                yield token.words

    def _holds(self, token: Token, statement: str) -> bool:
        word, low = token.words, token.words.lower()
        if (len(word) == 1 and word.isalpha()) or _EVIDENCE_ID.fullmatch(word):
            return True
        if low in REASONS:
            return self._is_told(low) or _NOT.search(statement[: token.start]) is not None
        if is_vocabulary(word):
            return True
        named = token.before in KIND_NOUNS or token.before in self._kinds
        return self.holds(word, named=named, kind=token.before)

    def holds(self, word: str, *, named: bool = False, kind: str = "") -> bool:
        """Whether one word is held, as it is or part by part; plain words need not be."""
        low = word.lower()
        if "/" in low and not low.startswith("/") and (paired := self._pair(low, kind)) is not None:
            return paired
        if self.ground.stands(low.lstrip(":./")) or self._is_image(low) or self._is_begun(word, low):
            return True
        if _IMAGE.fullmatch(low):
            return False
        if self._is_joined(low) or self._is_host(low) or self._is_field(low):
            return True
        if _PARTS.search(low.strip("/")):
            return False
        if low.endswith("s") and self.ground.stands(low[:-1]):
            return True
        if low.count("_") > 1 and f" {low}_" in self.ground.hay:
            return True  # an identifier cut short at one of its parts
        if _MARKED.search(word):
            return bool(_ORDINAL.fullmatch(low)) and not low.isdigit()
        if is_english(low):
            return not ((named or not is_plain_form(low)) and self.ground.known.is_near(low))
        if named and not (kind[:1].islower() and "-" not in low and low in self.ground.known.places):
            return self._is_absent(kind, low)
        return not self._is_near(low)

    # ---- words that are made of others

    def _pair(self, low: str, before: str) -> bool | None:
        """`namespace/name` or `kind/name`; None for a word that is neither."""
        parts = low.split("/")
        known = self.ground.known
        kind = kind_named(parts[0])
        if kind is not None and len(parts) in (2, 3):
            rest = "/".join(parts[1:])
            return self.holds(rest, named=True, kind=parts[0]) or self._is_absent(kind, parts[-1])
        if len(parts) != 2 or ":" in low or "." in parts[0] or self.ground.stands(low):
            return None
        space, name = parts
        spaces = known.places.get(name, frozenset()) - {""}
        if spaces:  # two names beside each other mean one or the other
            return space in spaces or (space in known.places and space not in known.namespaces)
        if space in self.ground.namespaces and self.ground.stands(name):
            return True
        is_name = _MARKED.search(space) is not None or space in known.places
        if is_name and space not in known.namespaces and all(map(self.ground.stands, parts)):
            return True  # `node-1/node-2`: one or the other
        named = kind_named(before) is not None and not _is_plain(name)
        return False if named or space in known.namespaces or name in self.ground.values else None

    def _is_joined(self, low: str) -> bool:
        """`redis:6379`, `key=value`, `repository/name:tag`: each part is there, numbers as what they are."""
        if not _PARTS.search(low):
            return False
        key, sign, value = low.partition("=") if "=" in low else low.partition(":")
        field = key.rpartition(".")[2].rpartition("/")[2]
        if sign and field in self.ground.keys and value:
            return value in self.ground.keys[field] or self.ground.stands(low)
        if re.fullmatch(r"[a-z]{2,16}(?:[/-][a-z]{2,16})+", low) and all(map(_is_plain, low.split("/"))):
            return True
        if sign == "=" and stands(f"{key}:{value}", self.ground.bare):
            return True  # `tier=web` of `"tier":"web"`
        if sign == "=" and is_english(field) and _AMOUNT.fullmatch(value):
            return self.ground.stands(value)  # `limit=256Mi`
        parts = [part for part in _PARTS.split(low) if part]
        if not parts or "=" in low:
            return False
        return all(self._is_part(part, number) for number, part in enumerate(parts))

    def _is_part(self, part: str, number: int) -> bool:
        if part.isdigit():
            return int(part) in self.facts.ports if number and len(part) < 6 else self.ground.stands(part)
        return self.ground.stands(part) or is_vocabulary(part) or self._is_host(part)

    def _is_begun(self, word: str, low: str) -> bool:
        """`web-7d4b*`, `web-7d4b…` and `v1.31.x`: the beginning of something that is there."""
        begun = low.rstrip("*").rstrip("-.") if low.endswith("*") else low[:-1] if low.endswith(".x") else ""
        return len(begun) > 2 and any(f"{edge}{begun}" in self.ground.hay for edge in (" ", "/", '"', "="))

    def _is_image(self, low: str) -> bool:
        """`docker.io/library/redis:latest` where the evidence has `redis`."""
        short = low.removeprefix("docker.io/").removeprefix("library/").removesuffix(":latest")
        return short != low and self.ground.stands(short)

    def _is_host(self, low: str) -> bool:
        """`db.shop.svc.cluster.local` where `db` is a name in `shop`."""
        host, _, port = low.partition(":")
        labels = host.removesuffix(".").removesuffix(".cluster.local").removesuffix(".svc").split(".")
        if len(labels) not in (1, 2, 3) or (port and not (port.isdigit() and int(port) in self.facts.ports)):
            return False
        if len(labels) == 1:
            return bool(port) and self.ground.stands(host)
        space, name = labels[-1], labels[-2]
        spaces = self.ground.known.places.get(name, frozenset())
        known = (
            space in spaces if spaces - {""} else space in self.ground.namespaces and self.ground.stands(name)
        )
        return known and self.ground.stands(name) and all(map(self.ground.stands, labels[:-2]))

    def _is_field(self, low: str) -> bool:
        """`spec.containers[0].env`: a path of fields that the cited objects or the API have."""
        steps = [step for step in re.split(r"[.\[\]]+|\*", low) if step and not step.isdigit()]
        dotted = len(steps) > 1 or (steps and steps[0] != low)
        keys = self.ground.keys
        if dotted:
            return all(step in keys or is_vocabulary(step) for step in steps)
        return low in keys

    # ---- words that are told in other words, and such as are nearly right

    def _is_told(self, reason: str) -> bool:
        ground = self.ground
        if ground.stands(reason):
            return True
        return any(words in ground.hay for words in SAID_OTHERWISE.get(reason, ()))

    def _is_absent(self, kind: str, name: str) -> bool:
        """Whether what is cited says that there is no such object."""
        said = kind_named(kind)
        if said is None:
            return False
        return any(
            item.absent and item.resource.kind == said and item.resource.name.lower() == name
            for item in self.ground.cited
        )

    def _is_near(self, low: str) -> bool:
        if self._left <= 0 or len(low) > 80:
            return False
        self._left -= 1
        return self.ground.known.is_near(low) or self._values.holds(low) or self._field.holds(low)


def _is_plain(word: str) -> bool:
    return is_english(word) or is_vocabulary(word)


def tokens(words: str) -> Iterator[Token]:
    """Words that may be values, each with the word before it."""
    before, end = "", -1
    for match in _TOKEN.finditer(words):
        word = match[0].rstrip(".:,!?").lstrip(".")
        while word[-1:] in ")]}" and word.count("(") + word.count("[") + word.count("{") < sum(
            map(word.count, ")]}")
        ):
            word = word[:-1]
        between = words[end : match.start()] if end >= 0 else words[: match.start()]
        kind = before.lower() if end >= 0 and between in (" ", "  ", " “", " `", ' "', ": ") else ""
        if not kind:
            kind = next(
                (noun for noun in KIND_NOUNS if not noun.isascii() and between.rstrip(" “`").endswith(noun)),
                "",
            )
        before, end = word, match.end()
        if word:
            yield Token(word, match.start(), kind)


def strange_names(words: str, known: KnownNames, view: ClusterView) -> Iterator[str]:
    """Names behind a kind, or made like names (`shop/web`), that nothing has; misspelt ones, too."""
    new = _NEW.search(words) is not None
    for token in tokens(words):
        low, kind = token.words.lower(), kind_named(token.before)
        if is_vocabulary(low) or is_english(low):
            continue
        parts = [part for part in low.split("/") if part]
        name, space = parts[-1], parts[0] if len(parts) == 2 else ""
        if name in known.places:
            spaces = known.places[name] - {""}
            if space in known.namespaces and spaces and space not in spaces:
                yield token.words
        elif known.is_near(low) or (
            kind is not None
            and not new
            and _MARKED.search(name.replace("-", "_"))
            and not _is_told(name, view)
        ):
            yield token.words


def _is_told(name: str, view: ClusterView) -> bool:
    """Whether any object that was read speaks of a name: a Secret is never read, and is named by pods."""
    for seen in view.observations:
        if name in (seen.text or "")[-MAX_LOG:].lower():
            return True
        for raw in seen.objects[:MAX_OBJECTS]:
            if any(isinstance(leaf.value, str) and stands(name, leaf.value.lower()) for leaf in leaves(raw)):
                return True
    return False
