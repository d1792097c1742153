"""What a log record states without judgement: which failure, and the host, port, file, key or user in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from kubetriage.domain.log_orders import gives_orders
from kubetriage.domain.log_patterns import PATTERNS, Sign
from kubetriage.domain.logs import Level, Record, is_error, records, signature


class Seen(NamedTuple):
    """A sign in a record."""

    sign: Sign
    record: Record
    values: Mapping[str, str]
    """What the pattern named: host, port, key, file, user, name, verb, resource, …"""
    quote: str
    """The part of the record around what was matched, as it stands in the log."""
    times: int = 1
    """Records of the log with the same sign and the same values."""


SIGNS = tuple((sign, re.compile("|".join(parts), re.IGNORECASE | re.MULTILINE)) for sign, parts in PATTERNS)
NETWORK = frozenset({Sign.DNS, Sign.REFUSED, Sign.TIMEOUT, Sign.RESET, Sign.NO_ROUTE})
"""Signs of a peer that cannot be talked to."""
PEER = NETWORK | {
    Sign.AUTH,
    Sign.MESH_DENIED,
    Sign.POOL,
    Sign.TLS,
    Sign.CERT_EXPIRED,
    Sign.NO_DATABASE,
    Sign.RATE,
    Sign.LOCK,
}
"""Signs in which a peer takes part that the record may name."""

_SOURCE_FILES = frozenset({"go", "py", "js", "ts", "java", "rb", "rs", "c", "cc", "cpp", "php", "cs", "kt",
                           "scala", "sh", "mjs", "cjs", "jsx", "tsx", "ex", "erl", "json", "yaml", "yml",
                           "conf", "so", "jar"})  # fmt: skip
_HOST = r"(?P<host>(?:[a-z0-9_](?:[a-z0-9_\-]{0,62}[a-z0-9])?\.)*[a-z0-9_](?:[a-z0-9_\-]{0,62}[a-z0-9])?\.?)"
_PORT = r"(?::(?P<port>\d{1,5}))?"
_URL_HOST = rf"(?<!\w)\w{{1,20}}://(?:[^\s/@]{{1,120}}@)?{_HOST}{_PORT}(?=[/\s\"',;)?\\]|$)"
_URL = re.compile(_URL_HOST, re.IGNORECASE)
_ENDPOINTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"lookup {_HOST}(?: on [^\s,]{{1,60}})?: ",
        rf"(?:ENOTFOUND|EAI_AGAIN|EAI_NONAME) {_HOST}{_PORT}",
        rf"UnknownHostException: {_HOST}",
        rf"resolve(?: host| hostname| address)?(?: for)?:? ['\"]?{_HOST}['\"]?{_PORT}(?=[\s,;'\")]|$)",
        rf"host name ['\"]{_HOST}['\"]",
        rf"bad address ['\"]{_HOST}{_PORT}['\"]",
        rf"host not found in upstream ['\"]{_HOST}{_PORT}['\"]",
        rf"target (?:dns|ipv4|passthrough):(?:/+)?{_HOST}{_PORT}",
        rf"host ['\"=]+{_HOST}['\"](?: \([^)]{{1,60}}\))?[^\0]{{0,80}}?port[ =]+(?P<port>\d{{1,5}})",
        rf"server at ['\"]{_HOST}['\"](?: \([^)]{{1,60}}\))?, port (?P<port>\d{{1,5}})",
        rf"host=['\"]{_HOST}['\"], port=(?P<port>\d{{1,5}})",
        rf"ECONNREFUSED {_HOST}:(?P<port>\d{{1,5}})",
        rf"dial (?:tcp|udp)[46]? {_HOST}:(?P<port>\d{{1,5}})",
        rf"Connection refused: {_HOST}/[\d.]+:(?P<port>\d{{1,5}})",
        rf"on '{_HOST}{_PORT}'",
        _URL_HOST,
        rf"(?:to|reach|tried:|brokers?|host|server) [\['\"]*{_HOST}(?:[:]| port )(?P<port>\d{{1,5}})",
        rf"(?:^|[\s\"'=(/@,\[]){_HOST}:(?P<port>\d{{2,5}})(?=[\s\"',;)/\]:.]|$)",
        rf"(?:to|reach) (?:remote host |host |server )?[('\"]*{_HOST}[)'\"]*(?=[\s,;:.!]|$)",
    )
)
_WORDS = frozenset({"reach", "connect", "resolve", "to", "the", "a", "an", "host", "server", "database",
                    "remote", "upstream", "at", "on", "for", "error", "is", "was", "be", "it", "failed",
                    "refused", "address", "any", "all", "your", "my", "our", "with", "from"})  # fmt: skip
_NOT_A_NAME = re.compile(r"\d{4}-\d\d-\d\d.*|\d+(?:-\d+)*(?:t\d*)?")
_IP = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")


def endpoint(text: str) -> tuple[str, str]:
    """The host and port that a record names as its peer, each empty if it names none."""
    for pattern in _ENDPOINTS:
        for found in pattern.finditer(text[:2000]):
            groups = found.groupdict()
            host = groups["host"].rstrip(".").lower()
            if host in _WORDS or _NOT_A_NAME.fullmatch(host) or host.rpartition(".")[2] in _SOURCE_FILES:
                continue
            if is_ip(host):
                named = _named_host(text)
                if named[0]:  # the name that was asked for says more than the address it led to
                    return named[0], named[1] or groups.get("port") or ""
            return host, groups.get("port") or ""
    return "", ""


def _named_host(text: str) -> tuple[str, str]:
    """The host name, not an address, in the first URL of a record."""
    for found in _URL.finditer(text[:2000]):
        host = found["host"].rstrip(".").lower()
        if not is_ip(host) and host not in _WORDS:
            return host, found["port"] or ""
    return "", ""


def is_ip(host: str) -> bool:
    return bool(_IP.fullmatch(host))


@lru_cache(maxsize=1024)
def read_record(record: Record) -> Seen | None:
    """The first sign that a record shows, in its own line before its other lines."""
    text = record.whole[:4000]
    for part in dict.fromkeys((record.said, text)):
        for sign, pattern in SIGNS:
            found = pattern.search(part)
            if found is None:
                continue
            values = {k.rstrip("0123456789"): v for k, v in found.groupdict().items() if v}
            if sign in PEER:
                host, port = endpoint(record.said)
                if not host:
                    host, port = endpoint(text)
                values |= {k: v for k, v in (("host", host), ("port", port)) if v}
            return Seen(sign, record, values, _around(part, found))
    return None


def _around(text: str, found: re.Match[str]) -> str:
    """At most 110 characters of the matched line, with the match in them."""
    start = text.rfind("\n", 0, found.end()) + 1
    line = text[start : max(text.find("\n", found.end()), 0) or len(text)]
    if len(line) <= 110:
        return line.strip()
    begin = max(0, min(found.start() - start - 20, len(line) - 110))
    if begin:
        space = line.find(" ", begin, found.start() - start)
        begin = space + 1 if space >= 0 else begin
    return line[begin : begin + 110].strip()


LOOK_BACK = 15
"""Records before the last words in which the reason for them may stand."""


def speaks_of_errors(record: Record) -> bool:
    """Whether a record is worth reading for signs: one that is plainly informative needs the words for it."""
    return is_error(record) or record.level not in (Level.INFO, Level.DEBUG)


@lru_cache(maxsize=128)
def last_sign(text: str) -> Seen | None:
    """The sign nearest to a log's end among the records that speak of an error."""
    for record in reversed(records(text)[-LOOK_BACK:]):
        if speaks_of_errors(record) and not gives_orders(record.whole):
            seen = read_record(record)
            if seen is not None:
                return seen
    return None


def signs(text: str) -> Iterator[Seen]:
    """Every distinct sign of a log with how often it was seen, the most frequent first."""
    return iter(_counted(text))


@lru_cache(maxsize=64)
def _counted(text: str) -> tuple[Seen, ...]:
    found: dict[tuple[Sign, str, str], Seen] = {}
    nothing: set[str] = set()
    for record in records(text):
        if not speaks_of_errors(record) or gives_orders(record.said):
            continue
        form = signature(record.said)
        seen = None if form in nothing else read_record(record)
        if seen is None:
            nothing.add(form)
            continue
        key = (seen.sign, seen.values.get("host", ""), seen.values.get("key", ""))
        before = found.get(key)
        found[key] = seen._replace(times=before.times + 1 if before else 1)
    return tuple(sorted(found.values(), key=lambda s: (-s.times, s.sign.value, s.quote)))
