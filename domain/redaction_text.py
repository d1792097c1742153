"""Where secrets stand in a text: the spans to mask.

One pass finds stems (`token`, `://`, `AKIA`, …); each stem has a finder that looks at its own place, with
possessive or bounded patterns only. So the time is linear in the text, whatever the text holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from kubetriage.domain.redaction_names import (
    BENIGN_SUFFIX,
    guessable,
    looks_random,
    object_name,
    ordinary_value,
    place,
)
from kubetriage.domain.redaction_patterns import CREDENTIALS, MARK, PATTERNS
from kubetriage.domain.redaction_pem import private_key
from kubetriage.domain.redaction_stems import Stems
from kubetriage.domain.redaction_users import Span, before_protocol, users

# --- name and value ----------------------------------------------------------------------------

_WORD: Final = re.compile(
    r"(?:password|passwd|passphrase|passcode|pwd|(?<=[\"'_.-])(?<!proxy_)pass(?![a-z])|secret|token|credentials?|dsn|connection[_-]?string"
    r"|key(?:[_-]?id|[_-]?data)?|auth(?=\\{0,3}[\"'])|bindpw|密码|口令|密钥|私钥|令牌)",
    re.IGNORECASE,
)
_KEY_OWNER: Final = re.compile(
    r"(?:api|access|secret|private|signing|encryption|master|account|client|shared|auth|session|license|ssh|jwt|hmac)"
    r"[_. -]?\Z",
    re.IGNORECASE,
)
_HAS_PARTS: Final = re.compile(r"passw|pwd|@tcp\(|@unix\(", re.IGNORECASE)
_PASSWORD: Final = ("passw", "pwd", "bindpw", "密码", "口令")
_SAID: Final = ("密码", "口令")
"""What stands after them and a blank is one if it looks like one; after a flag it always is."""
_ELEMENT: Final = re.compile(r"<[\w:.-]*\Z")
_TAIL: Final = re.compile(
    r"(?P<suffix>(?:[_-]?[0-9]{1,3}|(?:_[A-Z0-9]{1,24}){1,4}|[_-](?:base64|b64|plain|value|text|data|hash|old|new"
    r"|current|prod|dev|test|base|salt))?+)(?:(?![\w-])|(?=为|是))(?P<close>\\{0,3}[\"'`]?\]?)"
    r"(?:[ \t]{0,8}(?P<sep>=>|:=|==|=|:|：|＝|>|为|是|is(?=[ \t]))(?!//)[ \t]{0,8}"
    r"|(?P<pair>,?\s{0,40}\\{0,3}[\"']?value\\{0,3}[\"']?[ \t]{0,8}[:=][ \t]{0,8}|</name>\s{0,40}<value>)"
    r"|(?P<flag>[ \t]{1,8}|,\s{0,40}|\n[ \t]{0,40}-[ \t]{1,8}))"
    r"(?P<open>\\{0,3}[\"'`“]?)"
)
# The last repetition is greedy: Python 3.11.2 keeps what the failed last round of a possessive one took.
_BARE: Final = re.compile(
    r"(?:\[redacted\]|[^\s\"'`&;,<>\\)}\]，。；、）】])++"
    r"(?:[,;&)}\]]++[^\s\"'`&;,<>\\)}\]=:，。；、）】]++(?=[\s\"'`&;,<>\\)}\]]|$))*"
)
_QUOTED: Final = {
    '"': re.compile(r'(?:[^"\\\n]|\\.)*+'),
    "'": re.compile(r"(?:[^'\\\n]|\\.)*+"),
    "`": re.compile(r"[^`\n]*+"),
    "“": re.compile(r"[^”\n]*+"),
}
_LINE_START: Final = re.compile(r"[\s#>\"'-]*+(?:export |set |ENV |ARG )?[\w./\[-]*+")
_BLOCK: Final = re.compile(r"[|>][+-]?[0-9]?[ \t]*\n")


class _Pairs:
    """Values whose name says that they are secret: `password=…`, `"token": "…"`, `--api-key …`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.run = (0, 0)
        """The last unquoted value scanned, so that no character is scanned again for each name in it."""

    def find(self, start: int) -> Span | None:
        """The secret that follows the name whose last word begins at `start`."""
        text = self.text
        word = _WORD.match(text, start)
        if word is None:
            return None
        name = word[0].lower()
        if name == "auth" and text[start - 1 : start] not in ('"', "'"):
            return None
        tail = _TAIL.match(text, word.end())
        if tail is None or BENIGN_SUFFIX.search(tail["suffix"]):
            return None
        if tail["flag"] and name not in _SAID and not self.is_flag(start):
            return None
        if not tail["open"] and _BLOCK.match(text, tail.end()):
            return self.block(start, tail.end())
        span = tail.end(), self.value_end(tail.end(), tail["open"])
        return span if self.is_secret(start, name, tail, span) else None

    def is_flag(self, start: int) -> bool:
        """Does the word at `start` end a command-line flag, as in `--db-password`?"""
        at = start
        while at > 0 and start - at < 40 and (self.text[at - 1].isalnum() or self.text[at - 1] in "-_."):
            at -= 1
        return self.text.startswith("--", at)

    def value_end(self, first: int, opened: str) -> int:
        text = self.text
        if not opened:
            if not self.run[0] <= first < self.run[1]:
                bare = _BARE.match(text, first)
                self.run = (first, bare.end() if bare else first)
            return self.run[1]
        if opened in _QUOTED:
            quoted = _QUOTED[opened].match(text, first)
            return quoted.end() if quoted else first
        line = text.find("\n", first, first + 4096)
        end = line if line >= 0 else min(len(text), first + 4096)
        stop = text.find(opened, first, end)
        return stop if stop >= 0 else end

    def is_secret(self, start: int, name: str, tail: re.Match[str], span: Span) -> bool:
        value = self.text[span[0] : min(span[1], span[0] + 300)]
        if not value or MARK in value or ordinary_value(value):
            return False
        if name.startswith(("dsn", "connection")) and len(value) < 300:
            if any(True for _ in (*_issued(value), *users(value))) or _HAS_PARTS.search(value):
                return False  # only what is secret in it is masked, by that part's own finder
            if "://" in value and "@" not in value:
                return False
        before = self.text[start - 1 : start]
        joined = before.isalnum() or before in ("_", "-", ".")
        bare_secret = name == "密钥" or (name == "secret" and not joined)  # Kubernetes' Secret as well
        if (name == "pwd" or bare_secret) and place(value):
            return False
        if tail["flag"]:
            return guessable(value) if name in _SAID else not value.startswith("-")
        if tail["sep"] == ">":
            return _ELEMENT.search(self.text, max(0, start - 60), start) is not None
        if tail["open"] or tail["pair"] or tail["sep"] in ("=", "=>", "＝"):
            return True
        if bare_secret and object_name(value):
            return False
        if looks_random(value) or (name.startswith(_PASSWORD) and guessable(value)):
            return True
        return tail["sep"] in (":", "：") and self.whole_line(start, span[1])

    def whole_line(self, start: int, last: int) -> bool:
        """Is `name: value` all that its line holds, as in YAML and in properties?"""
        text = self.text
        begin = text.rfind("\n", max(0, start - 200), start) + 1
        if begin == 0 and start > 200:
            return False
        if text[last : last + 1] not in ("", "\n", "\r", ",", "，", "；"):
            return False
        return _LINE_START.fullmatch(text, begin, start) is not None

    def block(self, start: int, first: int) -> Span | None:
        """A YAML block scalar: the following lines that are indented deeper than the line of its key."""
        text = self.text
        begin = text.rfind("\n", max(0, start - 200), start) + 1
        indent = len(text[begin:start]) - len(text[begin:start].lstrip(" "))
        body = end = text.find("\n", first) + 1
        while end < len(text):
            stop = text.find("\n", end) + 1 or len(text)
            line = text[end:stop]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
                break
            end = stop
        inner = text[body:end]
        first, last = end - len(inner.lstrip()), body + len(inner.rstrip())
        return (first, last) if first < last and text[first:last] != MARK else None


# --- all finders -------------------------------------------------------------------------------

_KEYWORDS: Final = """
    passw passphrase passcode pwd pass secret token key credential dsn connectionstring connection_string
    connection-string auth bindpw 密码 口令 密钥 私钥 令牌
"""
_LOWER: Final = Stems(
    (*PATTERNS, *_KEYWORDS.split(), "@tcp(", "@unix("), heads=("pass", "auth", "connection", "hook", "sig")
)
_EXACT: Final = Stems(tuple(CREDENTIALS), heads=("gh", "_pat_", "_live_", "xo", "AK", "hv"))
_ROUNDS: Final = 5
_SHORT: Final = 10_000
"""Characters up to which one look at the whole text, before all finders start, is worth its time."""


def may_hold_secret(text: str) -> bool:
    """False if no stem of any finder is in the text: then there is nothing to mask."""
    return "://" in text or _LOWER.occur_in(text.lower()) or _EXACT.occur_in(text)


def mask(text: str) -> str:
    """The text with each secret replaced by the mark; the same object if there is none.

    Masking goes on until it finds nothing more: what stood against a masked secret may show only then.
    """
    if len(text) < _SHORT and not may_hold_secret(text):
        return text
    words, forms = _LOWER.those_in(_lower(text)), _EXACT.those_in(text)  # the mark brings in no others
    for _ in range(_ROUNDS):
        masked = _once(text, words, forms)
        if masked is text:
            break
        text = masked
    return text


def _once(text: str, words: Sequence[str], forms: Sequence[str]) -> str:
    spans = sorted((*_named(text, words), *_issued(text, forms), *users(text)))
    if not spans:
        return text
    parts: list[str] = []
    done = 0
    for first, last in spans:
        if first >= done:
            parts += (text[done:first], MARK)
        done = max(done, last)
    parts.append(text[done:])
    return "".join(parts)


def _lower(text: str) -> str:
    lower = text.lower()  # U+0130 alone lowers to two characters
    return lower if len(lower) == len(text) else text.replace("\u0130", "I").lower()


def _named(text: str, words: Sequence[str]) -> Iterator[Span]:
    """Secrets told by the words before them."""
    pairs = _Pairs(text)
    done = 0
    for start, stem in _LOWER.places(_lower(text), words):
        if start < done:
            continue
        span = _told(pairs, start, stem)
        if span:
            yield span
            done = span[1]


def _told(pairs: _Pairs, start: int, stem: str) -> Span | None:
    text = pairs.text
    if stem[0] == "@":
        return before_protocol(text, start)
    if patterns := PATTERNS.get(stem):
        for pattern in patterns:
            found = pattern.match(text, start)
            if found and not found["secret"].startswith(MARK):
                return found.span("secret")
        if stem != "authorization":
            return None
    if stem == "key":
        if text.startswith("PRIVATE KEY", max(0, start - 8)):
            return private_key(text, start)
        if not _KEY_OWNER.search(text, max(0, start - 12), start):
            return None
    return pairs.find(start)


def _issued(text: str, forms: Sequence[str] | None = None) -> Iterator[Span]:
    """Secrets told by their own form."""
    done = 0
    for start, stem in _EXACT.places(text, forms):
        before = text[start - 1 : start]
        if start >= done and not (before.isascii() and before.isalnum()):
            found = CREDENTIALS[stem].match(text, start)
            if found:
                yield found.span()
                done = found.end()
