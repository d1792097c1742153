"""What a log record states without judgement: which failure, and the host, port, file, key or user in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from kubetriage.domain.log_clients import client_left
from kubetriage.domain.log_masks import masked
from kubetriage.domain.log_orders import gives_orders
from kubetriage.domain.log_patterns import PATTERNS, Sign
from kubetriage.domain.log_stems import STEMS
from kubetriage.domain.log_tally import Tally
from kubetriage.domain.logs import Level, Record, is_error, records


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


_TRIED = tuple((sign, STEMS.get(sign, ("",)), "|".join(parts)) for sign, parts in PATTERNS)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled when a line first holds one of its stems: all of them would take a tenth of a second."""
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE)


NETWORK = frozenset({Sign.DNS, Sign.REFUSED, Sign.TIMEOUT, Sign.RESET, Sign.NO_ROUTE})
"""Signs of a peer that cannot be talked to."""
PEER = NETWORK | {
    Sign.AUTH,
    Sign.FORBIDDEN,
    Sign.MESH_DENIED,
    Sign.POOL,
    Sign.TLS,
    Sign.CERT_EXPIRED,
    Sign.CERT_NAME,
    Sign.NO_DATABASE,
    Sign.RATE,
    Sign.LOCK,
    Sign.SERVER_ERROR,
    Sign.SERVER_STATE,
    Sign.UNIMPLEMENTED,
}
"""Signs in which a peer takes part that the record may name."""

_SOURCE_FILES = frozenset({"go", "py", "js", "ts", "java", "rb", "rs", "c", "cc", "cpp", "php", "cs", "kt",
                           "scala", "sh", "mjs", "cjs", "jsx", "tsx", "ex", "erl", "json", "yaml", "yml",
                           "conf", "so", "jar"})  # fmt: skip
_HOST = r"(?P<host>(?:[a-z0-9_](?:[a-z0-9_\-]{0,62}[a-z0-9])?\.)*[a-z0-9_](?:[a-z0-9_\-]{0,62}[a-z0-9])?\.?)"
_PORT = r"(?::(?P<port>\d{1,5}))?"
_CALLS = (
    r"(?:(?:re)?connect(?:ed|ing|ions?)?|dial(?:l?ing)?|request|(?:upstream )?call|resolv(?:e|ing)|login)"
)
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
        rf"Connection to node -?\d+ \({_HOST}/[^\s:)]{{0,60}}:(?P<port>\d{{1,5}})\)",
        rf"dial (?:tcp|udp)[46]? {_HOST}:(?P<port>\d{{1,5}})",
        rf"Connection refused: {_HOST}/[\d.]+:(?P<port>\d{{1,5}})",
        rf"on '{_HOST}{_PORT}'",
        _URL_HOST,
        rf"(?:to|reach|tried:|brokers?|host|server) [\['\"]*{_HOST}(?:[:]| port )(?P<port>\d{{1,5}})",
        rf"(?:^|[\s\"'=(/@,\[]){_HOST}:(?P<port>\d{{2,5}})(?=[\s\"',;)/\]:.]|$)",
        rf"(?<!\w)(?:{_CALLS}(?: (?:timeout|attempt|error))? (?:to|with)|reach|route to) "
        rf"(?:remote host |host |server )?"
        rf"[('\"]*{_HOST}[)'\"]*(?=[\s,;:.!]|$)",
    )
)
_WORDS = frozenset({"reach", "connect", "resolve", "to", "the", "a", "an", "host", "server", "database",
                    "remote", "upstream", "at", "on", "for", "error", "is", "was", "be", "it", "failed",
                    "refused", "address", "any", "all", "your", "my", "our", "with", "from", "pool",
                    "timeout", "timed", "connection", "peer", "socket", "this", "them",
                    "client"})  # fmt: skip
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


_PLACE = re.compile(r"\b(?:yaml|toml|json): line \d+[^\n]{0,80}", re.IGNORECASE)
"""Where in a file its parser stopped, which says more than that it could not be read."""


@lru_cache(maxsize=1024)
def read_record(record: Record) -> Seen | None:
    """The first sign that a record shows, in its own line before its other lines."""
    text = record.whole[:4000]
    if client_left(text):
        return None
    for part in (record.said,) if _says_all(record.said, text) else (record.said, text):
        low = part.lower()
        for sign, stems, pattern in _TRIED:
            for stem in stems:  # a plain loop: most of the time for most lines is spent here
                if stem in low:
                    break
            else:
                continue
            found = _compiled(pattern).search(part)
            if found is None:
                continue
            if sign is Sign.CONFIG_SYNTAX:
                found = _PLACE.search(part, found.start()) or found
            values = {k.rstrip("0123456789"): v for k, v in found.groupdict().items() if v}
            if sign in PEER:
                host, port = endpoint(record.said)
                if not host:
                    host, port = endpoint(text)
                values |= {k: v for k, v in (("host", host), ("port", port)) if v}
            return Seen(sign, record, values, _around(part, found))
    return None


def _says_all(said: str, text: str) -> bool:
    """Whether a record is one line with nothing before its message but a time and a level: in `Error loading
    library` the level may be a part of the message."""
    if "\n" in text or not text.endswith(said):
        return False
    return not any(letter.islower() for letter in text[: len(text) - len(said)][-8:])


def _around(text: str, found: re.Match[str]) -> str:
    """At most 110 characters of the matched line, with the match in them."""
    start = text.rfind("\n", 0, found.end()) + 1
    line = text[start : max(text.find("\n", found.end()), 0) or len(text)]
    if len(line) <= 110:
        return _LEAD.sub("", line.strip())
    begin = max(0, min(found.start() - start - 20, len(line) - 110))
    if begin:
        space = line.find(" ", begin, found.start() - start)
        begin = space + 1 if space >= 0 else begin
    return _LEAD.sub("", line[begin : begin + 110].strip())


_LEAD = re.compile(r"^(?:[\s\-–|:,]+|\[?(?:ERROR|WARN(?:ING)?|INFO|FATAL|CRITICAL|DEBUG)\]?\s*[-–|:]?\s+)+")
"""What may be left of a line's head before its message: separators and a level."""


_WAITED = re.compile(
    r"time(?:d ?out|out)\b[^\n]{0,40}\bwaiting for (?:\S+ ){0,4}(?:caches?|informers?|condition)\b"
    r"|(?:caches?|informers?)(?: to| did not| not)? sync",
    re.IGNORECASE,
)


def only_waited(seen: Seen) -> bool:
    """Whether a timeout is one of client-go's waits, whose reason was logged before: rights, a peer."""
    return seen.sign is Sign.TIMEOUT and "host" not in seen.values and bool(_WAITED.search(seen.record.said))


LOOK_BACK = 15
"""Records before the last words in which the reason for them may stand."""


def speaks_of_errors(record: Record) -> bool:
    """Whether a record is worth reading for signs: one that is plainly informative needs the words for it."""
    return is_error(record) or record.level not in (Level.INFO, Level.DEBUG)


@lru_cache(maxsize=128)
def last_sign(text: str) -> Seen | None:
    """The sign nearest to a log's end among the records that speak of an error.

    A connection that fails to a host that is not named there is read with the record before that names it.
    """
    nameless, waited = None, None
    for record in reversed(records(text)[-LOOK_BACK:]):
        if not speaks_of_errors(record) or gives_orders(record.whole):
            continue
        seen = read_record(record)
        if seen is not None and only_waited(seen) and nameless is None:
            waited = waited or seen
            continue
        if waited is not None and record.level is Level.WARN:
            continue
        if seen is None or (nameless is not None and (seen.sign not in NETWORK or _nameless(seen))):
            continue
        if not _nameless(seen):
            return seen
        nameless = seen
    return nameless or waited


def signs(text: str) -> Iterator[Seen]:
    """Every distinct sign of a log with how often it was seen, the most frequent first."""
    return iter(_counted(text))


@lru_cache(maxsize=64)
def _counted(text: str) -> tuple[Seen, ...]:
    every = records(text)
    tally = Tally(read_record, every.__getitem__, lambda place: every[place].whole)
    worth: dict[tuple[Level, bool, str], bool] = {}
    for place in range(len(every) - 1, -1, -1):
        record = every[place]
        form = (record.level, record.thrown, masked(record.whole[:4000]))
        if form not in worth:
            worth[form] = speaks_of_errors(record) and not gives_orders(record.said)
        if worth[form]:
            tally.add(form, place)
    found = [one.seen._replace(times=one.times) for one in tally.counted()]
    told = (s for s in found if not (_nameless(s) and _named_elsewhere(s, found)))
    return tuple(sorted(told, key=lambda s: -s.times))  # of equals the one that came first


def _named_elsewhere(seen: Seen, others: Iterable[Seen]) -> bool:
    """Whether the log names the host of such a failure in other records."""
    named = sum(s.times for s in others if "host" in s.values and _alike(s.sign, seen.sign))
    return seen.times <= _OFTENER * named


def _alike(one: Sign, other: Sign) -> bool:
    """Whether two signs may be one failure: what fails after the name was resolved shows in many ways."""
    return one is other or {one, other} <= NETWORK - {Sign.DNS}


_OFTENER = 5
"""How many times as often a failing connection may be logged without its host as with it, to be the same."""


def _nameless(seen: Seen) -> bool:
    """Whether a failing connection is spoken of without the host."""
    return seen.sign in NETWORK and "host" not in seen.values
