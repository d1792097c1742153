"""What a volume provisioner's error says: sizes it accepts, and which kind of refusal it is.

Texts come from CSI drivers of many vendors, passed on by external-provisioner in `ProvisioningFailed` events
as `failed to provision volume with StorageClass "x": rpc error: code = C desc = …`. Vendors change their
words, so only numbers, gRPC codes and error names are relied on.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from kubetriage.domain.rules.wording import short, short_end

GIB = 2.0**30
_UNITS = {"k": 2.0**10, "m": 2.0**20, "g": GIB, "t": 2.0**40, "p": 2.0**50}
_NUMBER = r"\(?(?P<{0}>\d+(?:\.\d+)?)\s*(?P<{0}u>[kmgtp]i?b?(?:ytes)?|bytes?|b)?(?![\w.]*\d)\)?"
_SIZE = (
    r"(?:(?:disk|volume|storage|requested|allowed|required|supported|valid)\s*)*"
    r"(?:size|capacity|value|storage)?"
)
_FILL = r"[\s:=]*(?:is|of|are|to be|must be|limit)?[\s:=]*"


def _number(name: str) -> str:
    return _NUMBER.format(name)


_RANGES = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"[\[(]\s*" + _number("low") + r"\s*(?:,|~|-|to)\s*" + _number("high") + r"\s*[\])]",
        r"\bbetween\s+" + _number("low") + r"\s+(?:and|to)\s+" + _number("high"),
        r"\b(?:from|range(?:s)?(?:\s+(?:is|of|from))?)[\s:]*"
        + _number("low")
        + r"\s*(?:to|-|~|and)\s*"
        + _number("high"),
        _number("low") + r"\s*(?:<=|≤|<)\s*" + r"\w+\s*(?:<=|≤|<)\s*" + _number("high"),
        _number("low") + r"\s*~\s*" + _number("high"),
    )
)
_MINIMA = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"\bat least\s+" + _number("low"),
        r"\b(?:no|not|cannot|can't)(?:\s+be)?\s+(?:less|smaller|lower)\s+than\s+" + _number("low"),
        r"\b(?:greater|larger|more|bigger)\s+than\s+or\s+equal\s+to\s+" + _number("low"),
        r"(?:>=|≥)\s*" + _number("low"),
        r"\bmin(?:imum|imal)?[\s_-]*" + _SIZE + _FILL + _number("low"),
        r"\b(?:less|smaller|lower)\s+than\s+(?:the\s+)?(?:min(?:imum|imal)?\s*)?"
        + _SIZE
        + _FILL
        + _number("low"),
        r"\b(?:must|should|need(?:s)? to)\s+be\s+(?:greater|larger|more|bigger)\s+than\s+" + _number("low"),
    )
)
_MAXIMA = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"\bat most\s+" + _number("high"),
        r"\b(?:no|not|cannot|can't)(?:\s+be)?\s+(?:more|larger|greater|bigger|higher)\s+than\s+"
        + _number("high"),
        r"\bless\s+than\s+or\s+equal\s+to\s+" + _number("high"),
        r"(?:<=|≤)\s*" + _number("high"),
        r"\bmax(?:imum|imal)?[\s_-]*" + _SIZE + _FILL + _number("high"),
        r"\bexceed(?:s|ed|ing)?\s+(?:the\s+)?(?:max(?:imum|imal)?\s*)?" + _SIZE + _FILL + _number("high"),
    )
)
_NOT_BELOW = re.compile(
    r"\b(?:no|not|cannot|can't)(?:\s+be)?\s+(?:more|larger|greater|bigger|higher|exceed)", re.I
)


class Bounds(NamedTuple):
    """The sizes that a provisioner says it accepts, in bytes."""

    minimum: float | None
    maximum: float | None
    words: str
    """The part of the message that says so."""

    def refuses(self, size: float) -> str:
        """`small`, `large` or empty."""
        if self.minimum is not None and size < self.minimum:
            return "small"
        return "large" if self.maximum is not None and size > self.maximum else ""


def size_bounds(message: str) -> Bounds | None:
    """The bounds that a message names, None if it names none.

    Numbers without a unit are GiB, as clouds count disks, unless they are so large that only bytes fit.
    """
    for pattern in _RANGES:
        for found in pattern.finditer(message):
            low, high = _bytes(found, "low"), _bytes(found, "high")
            if found["highu"] and not found["lowu"]:
                low = _bytes(found, "low", found["highu"])
            if 0 <= low < high:
                return Bounds(low, high, found[0])
    low_found = next((f for p in _MINIMA if (f := p.search(message))), None)
    high_found = next((f for p in _MAXIMA if (f := p.search(message))), None)
    if high_found and _NOT_BELOW.search(message) and low_found and low_found.start() >= high_found.start():
        low_found = None
    if low_found or high_found:
        words = " … ".join(f[0].strip() for f in (low_found, high_found) if f)
        return Bounds(
            _bytes(low_found, "low") if low_found else None,
            _bytes(high_found, "high") if high_found else None,
            words,
        )
    return None


def _bytes(found: re.Match[str], name: str, unit: str = "") -> float:
    value = float(found[name])
    unit = (found[name + "u"] or unit).lower()
    if unit[:1] in _UNITS:
        return value * _UNITS[unit[:1]]
    if unit.startswith("b") or value >= 2**20:
        return value
    return value * GIB


class Refusal(StrEnum):
    """Why a provisioner did not make a volume."""

    SIZE = "size"
    CLASS = "class"
    """The StorageClass itself is not there."""
    BALANCE = "balance"
    QUOTA = "quota"
    SOLD_OUT = "sold-out"
    DENIED = "denied"
    SECRET = "secret"
    SOURCE = "source"
    """The snapshot or claim that the volume is to be made from."""
    NO_DRIVER = "no-driver"
    """The driver runs not on the node that was chosen."""
    TOPOLOGY = "topology"
    ACCESS_MODE = "access-mode"
    UNREACHABLE = "unreachable"
    PARAMETER = "parameter"
    OTHER = "other"


_KINDS: tuple[tuple[Refusal, re.Pattern[str]], ...] = (
    (Refusal.CLASS, re.compile(r'storageclass(?:es)?(?:\.storage\.k8s\.io)? "[^"]*" not found', re.I)),
    (
        Refusal.SOURCE,
        re.compile(
            r"(?:DataSource\b|VolumeSnapshot|snapshot (?=\S+ )).*"
            r"(?:not (?:found|ready|bound)\w*|being deleted|is deleted)",
            re.I | re.S,
        ),
    ),
    (Refusal.SOURCE, re.compile(r"error getting handle for DataSource", re.I)),
    (
        Refusal.NO_DRIVER,
        re.compile(r"no topology keys? found on CSINode|csinodes?(?:\.storage\.k8s\.io)? \S+ not found"
                   r"|CSINode \S+ (?:does not contain|has no) driver", re.I),
    ),
    (Refusal.BALANCE, re.compile(r"balance|arrears|overdue|account.{0,20}(?:suspend|frozen)", re.I)),
    (Refusal.QUOTA, re.compile(r"quota|limit ?exceeded|exceed\w*.{0,30}limit|too many disks", re.I)),
    (
        Refusal.SOLD_OUT,
        re.compile(
            r"sold ?out|ResourceExhausted|ResourceInsufficient|insufficient ?(?:volume|free|disk|storage)?"
            r" ?(?:capacity|space|resource)|(?:not enough|no) (?:free |available )?(?:space|capacity)|stock",
            re.I,
        ),
    ),
    (
        Refusal.DENIED,
        re.compile(
            r"unauthori[sz]ed|access ?denied|forbidden|permission ?denied|not authori[sz]ed|unauthenticated"
            r"|auth\w* ?fail|invalid\w*(?:accesskey|token)|signature|(?:status|code|error)\W{0,3}40[13]\b",
            re.I,
        ),
    ),
    (Refusal.SECRET, re.compile(r"secrets? .{0,80}(?:not found|empty|missing)|get secret", re.I)),
    (
        Refusal.TOPOLOGY,
        re.compile(r"topolog|accessibility requirement|CSINode|\bzone\b.{0,60}(?:not|invalid|no )", re.I),
    ),
    (
        Refusal.ACCESS_MODE,
        re.compile(
            r"access ?(?:modes?|types?)\b|volume ?capabilit|MULTI_NODE|multi[ -](?:node|writer|reader|attach)"
            r"|ReadWriteMany|ReadOnlyMany",
            re.I,
        ),
    ),
    (
        Refusal.UNREACHABLE,
        re.compile(
            r"deadline ?exceeded|timed? ?out|connection (?:refused|reset)|no such host|no route|dial tcp"
            r"|code = Unavailable|transport: |i/o timeout|(?:status|code|error)\W{0,3}50[234]\b",
            re.I,
        ),
    ),
    (Refusal.PARAMETER, re.compile(r"invalid|unsupported|not supported|unknown param|unrecogni[sz]ed", re.I)),
)  # fmt: skip
_SIZE_WORDS = re.compile(
    r"(?:disk|volume|storage|requested) ?(?:size|capacity).{0,40}(?:invalid|illegal|not |out of|too )"
    r"|Invalid\w*(?:Size|Capacity)|code = OutOfRange|(?:size|capacity) (?:is )?too (?:small|large)",
    re.I,
)
_WRAPPED = re.compile(r'^failed to provision volume with StorageClass "[^"]*":\s*', re.I)
_RPC = re.compile(r"rpc error: code = \w+ desc = ", re.I)


def kind_of(message: str, size: float | None) -> Refusal:
    """Which refusal a message states; `size` is what the claim asks for, in bytes."""
    bounds = size_bounds(message)
    if size is not None and bounds is not None and bounds.refuses(size):
        return Refusal.SIZE
    for kind, pattern in _KINDS:
        if kind is not Refusal.PARAMETER and pattern.search(message):
            return kind
    if _SIZE_WORDS.search(message):
        return Refusal.SIZE
    return Refusal.PARAMETER if _KINDS[-1][1].search(message) else Refusal.OTHER


_ON_NODE = re.compile(
    r"CSINode (?P<node>[a-z0-9][a-z0-9.-]*[a-z0-9])|csinodes\S* \"(?P<quoted>[^\"]+)\"", re.I
)


def node_of(message: str) -> str:
    """The node whose driver a message speaks of."""
    found = _ON_NODE.search(message)
    return (found["node"] or found["quoted"]) if found else ""


def said(message: str) -> str:
    """The provisioner's own words, without the frames around them."""
    return _RPC.sub("", _WRAPPED.sub("", message)).strip()


def decisive(message: str, size: float | None, room: int) -> str:
    """As much of the provisioner's words as fits, with those that say which refusal it is."""
    words, kind = said(message), kind_of(message, size)
    found = next((f for k, p in _KINDS if k is kind and (f := p.search(words))), None)
    if len(words) <= room or found is None or found.end() <= room - 20:
        return short(words, room)
    end = words.find(" ", min(found.end() + 40, len(words) - 1))
    return short_end(words[: end if end > 0 else len(words)], room)
