"""Amounts in a claim: memory, CPU, percentages and rates, in whatever unit they are said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from kubetriage.domain.claim_ground import Ground
from kubetriage.domain.claim_values import Meant, Value, fits, meant
from kubetriage.domain.evidence import ASKS_PROMETHEUS, Evidence
from kubetriage.domain.kube import Obj, quantity
from kubetriage.domain.rules.scheduling_fit import free

_NUMBER: Final = r"\d{1,15}(?:\.\d{1,9})?"
_BYTES: Final = {
    "b": 1.0, "byte": 1.0, "bytes": 1.0, "字节": 1.0, "ki": 2.0**10, "mi": 2.0**20, "gi": 2.0**30,
    "ti": 2.0**40, "pi": 2.0**50, "kib": 2.0**10, "mib": 2.0**20, "gib": 2.0**30, "tib": 2.0**40,
    "pib": 2.0**50, "k": 1e3, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "g": 1e9, "t": 1e12,
}  # fmt: skip
_CORES: Final = {
    "m": 1e-3, "millicore": 1e-3, "millicores": 1e-3, "millicpu": 1e-3, "core": 1.0, "cores": 1.0, "cpu": 1.0,
    "cpus": 1.0, "vcpu": 1.0, "vcpus": 1.0, "核": 1.0, "核心": 1.0, "毫核": 1e-3,
}  # fmt: skip
_UNITS: Final = "|".join(sorted((re.escape(unit) for unit in (*_BYTES, *_CORES)), key=len, reverse=True))
_SAID: Final = re.compile(
    rf"(?<![\w.:/=#+-])({_NUMBER})([ -]?)({_UNITS})(?: (?:CPU )?(?:cores?|units?))?(?![A-Za-z0-9_])"
    rf"(?:(?: of | out of | ?/ ?)({_NUMBER})(?![\w.]|%))?",
    re.IGNORECASE,
)
_CPU_LEFT: Final = re.compile(r"(?:cpu|usage|用量)[^,;。，；]{0,24}$", re.IGNORECASE)
_CPU_RIGHT: Final = re.compile(r"[^,;.。，；]{0,20}(?:cpu|core|核)", re.IGNORECASE)
_PAIR: Final = re.compile(r"(?<![\w.])(\d{1,9}) ?(?:/|of|out of|之)(?: the| all)? ?(\d{1,9})(?![\w.])")
_WRITTEN: Final = re.compile(
    rf"(?<![\w.]){_NUMBER} ?(?:[kmgtp]i?b?|[kmgtp]ib)(?![a-z0-9_])|(?<![\w.])\d{{7,15}}(?![\w.])"
)
_CPU_WRITTEN: Final = re.compile(
    rf"cpu[\w .:]{{0,20}}[=: ]({_NUMBER})(m?)(?![\w.])|(?<![\w.])({_NUMBER})(m)(?!\w)"
)
_PERCENT: Final = re.compile(rf"(?<![\w.])({_NUMBER}) ?(?:%|％|percent|个百分点)(?!\w)")
_SHARE: Final = re.compile(r"(?<![\w.])[01]?\.\d{1,9}(?![\w.])")
_WRITTEN_PERCENT: Final = re.compile(rf"(?<![\w.])({_NUMBER}) ?%")
_LEFT: Final = re.compile(r"\b(?:free|left|leaving|remain|idle|unused)|剩|空闲|余", re.IGNORECASE)
"""Words for the rest of a whole."""
_ABOUT: Final = 2.0
"""How far `about` may be off, in percentage points."""
_BITS: Final = re.compile("[KMGTP]b")
_RATE: Final = re.compile(
    rf"(?<![\w.:/=#+-])({_NUMBER})(?:/s|/sec|/min|rps|qps| ?req/s)(?!\w)", re.IGNORECASE
)


class Amounts:
    """The amounts that a ground holds, each in base units."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    @cached_property
    def cores(self) -> tuple[float, ...]:
        """CPU: what fields of that name hold, and what texts write as such."""
        found = set()
        for leaf in self.ground.leaves:
            if "cpu" in " ".join(leaf.path).lower():
                found.add(quantity(leaf.value))
        for match in _CPU_WRITTEN.finditer(self.ground.hay):
            number, milli = match[1] or match[3], match[2] or match[4]
            found.add(float(number) * (1e-3 if milli else 1.0))
        return tuple(value for value in found if value is not None)

    @cached_property
    def sizes(self) -> tuple[float, ...]:
        """Bytes: what fields and texts write with a unit, and large numbers without one."""
        found: set[float] = set()
        for match in _WRITTEN.finditer(self.ground.hay):
            number = re.match(_NUMBER, match[0])
            assert number is not None
            unit = match[0][number.end() :].strip()
            found.add(float(number[0]) * _BYTES.get(unit, 2.0**20 if unit == "m" else 1.0))
        for leaf in self.ground.leaves:
            if isinstance(leaf.value, (int, float)) and abs(leaf.value) >= 1e5:
                found.add(float(leaf.value))
        return tuple(found)

    @cached_property
    def left(self) -> tuple[float, ...]:
        """What is left of a quota or of a node: hard less used, allocatable less requested."""
        found: list[float] = []
        for obj in self.ground.objects:
            used = obj.mapping("status", "used")
            for name, hard in obj.mapping("status", "hard").items():
                most, now = quantity(hard), quantity(used.get(name))
                found += [most - now] if most is not None and now is not None else []
            if obj.key[0] == "Node":
                room = (free(self.ground.view, obj, name) for name in ("cpu", "memory"))
                found += [left for left in room if left is not None]
        return tuple(found)

    @cached_property
    def samples(self) -> tuple[float, ...]:
        """What was measured, summed up two by two and in all."""
        return tuple(value for item in self._measured for value in _sums(item.excerpt))

    @cached_property
    def _measured(self) -> list[Evidence]:
        verbs = tuple(f"{verb}|" for verb in ASKS_PROMETHEUS)
        return [item for item in self.ground.cited if item.cite.startswith(verbs)]

    @cached_property
    def shares(self) -> tuple[float, ...]:
        """Percentages: as they are written, samples between 0 and 1, and ratios of samples of one query."""
        found = {float(m[1]) for m in _WRITTEN_PERCENT.finditer(self.ground.hay)}
        for leaf in self.ground.leaves:
            named = f"{leaf.key} {leaf.called}".lower()
            share = quantity(leaf.value) if "percent" in named or "utilization" in named else None
            found |= {share} if share is not None else set()
        for item in self._measured:
            found |= {float(m[0]) * 100 for m in _SHARE.finditer(item.excerpt)}
            found |= set(_ratios(item.excerpt))
        found |= {ratio for obj in self.ground.objects for ratio in _used(obj)}
        return tuple(found)


def _sums(excerpt: str) -> list[float]:
    """The values of one query, and what two of them or all come to."""
    values = [float(m) for m in re.findall(r"\((\d{1,15}(?:\.\d{1,9})?)\)", excerpt)][:8]
    return [*values, *(a + b for i, a in enumerate(values) for b in values[:i]), sum(values)]


def _ratios(excerpt: str) -> list[float]:
    """Percentages that values of one query are of each other."""
    sums = _sums(excerpt)
    return [100 * a / b for a in sums for b in sums if 0 < a < b]


def _used(obj: Obj) -> list[float]:
    """How much of each hard limit of a quota is used, in percent."""
    used = obj.mapping("status", "used")
    pairs = [
        (quantity(used.get(name)), quantity(hard)) for name, hard in obj.mapping("status", "hard").items()
    ]
    return [100 * now / most for now, most in pairs if now is not None and most]


def amounts_of(statement: str, amounts: Amounts) -> Iterator[Value]:
    """Every amount with a unit that is no duration; `5m` counts as one where CPU is spoken of."""
    own = _own(statement)
    for match in _PERCENT.finditer(statement):
        how, said = meant(statement[: match.start()]), float(match[1])
        pairs = [(float(m[1]), float(m[2])) for m in _PAIR.finditer(statement)]
        pairs += [(a, b) for a in own for b in own]
        known = (*amounts.shares, *(100 * a / b for a, b in pairs if 0 < a < b))
        if _LEFT.search(statement[max(match.start() - 30, 0) : match.end() + 20]):
            known = (*known, *(100 - share for share in known))
        slack = _step(match[1]) * 0.55
        if how is Meant.ABOUT:
            how, slack = Meant.EXACTLY, max(slack, _ABOUT)
        yield Value(match[0], *match.span(), fits(said, known, slack, how))
    for match in _RATE.finditer(statement):
        how, said = meant(statement[: match.start()]), float(match[1])
        held = amounts.ground.stands(match[1]) or fits(said, amounts.samples, _step(match[1]) * 0.51, how)
        yield Value(match[0], *match.span(), held)
    for match in _SAID.finditer(statement):
        unit = match[3].lower()
        before, after = statement[: match.start()], statement[match.end() : match.end() + 30].lower()
        if unit == "m" and not _is_cpu(match, before, after, amounts):
            continue  # minutes
        yield Value(match[0], *match.span(), _holds(match, unit, meant(before), amounts, own))


def _own(statement: str) -> list[float]:
    """The sizes that a statement itself names: rests and shares may be counted from them."""
    found = [float(m[1]) * _BYTES[m[3].lower()] for m in _SAID.finditer(statement) if m[3].lower() in _BYTES]
    return found[:6]


def _is_cpu(match: re.Match[str], before: str, after: str, amounts: Amounts) -> bool:
    if match[2] or match[3] == "M":
        return match[3] == "M"
    if match[4] is not None:
        return True
    spoken = _CPU_LEFT.search(before) is not None or _CPU_RIGHT.match(after) is not None
    return spoken or fits(float(match[1]) * 1e-3, (*amounts.cores, *amounts.left), 1e-9, Meant.EXACTLY)


def _holds(match: re.Match[str], unit: str, how: Meant, amounts: Amounts, own: list[float]) -> bool:
    """The same amount in any unit, within the precision that it is said with."""
    number, slack = float(match[1]), _step(match[1]) * 0.51
    if unit in _CORES and match[3] != "M":
        factor, whole = _CORES[unit], match[4]
        if whole is not None and not fits(float(whole), amounts.cores, _step(whole) * 0.51, Meant.EXACTLY):
            return False
        return fits(number * factor, (*amounts.cores, *amounts.left), slack * factor, how)
    if match[4] is not None:
        return False
    if unit.startswith("byte") and amounts.ground.stands(match[1]):
        return True
    # A size is often said in the other of the two systems: 7.4 GB for 7.4 GiB.
    factors = {_BYTES.get(unit, 1e6 if unit == "m" else 1.0)}
    if _BITS.fullmatch(match[3]) is None:
        factors.add(_BYTES.get(f"{unit[:1]}i", 1.0))
    others = [size for size in own if size != number * _BYTES.get(unit, 0.0)]
    known = (*amounts.sizes, *amounts.left, *(a - b for a in others for b in others if a > b))
    return any(fits(number * factor, known, max(slack * factor, 1e-9), how) for factor in factors)


def _step(number: str) -> float:
    """What the last digit of a number stands for."""
    return 10.0 ** -len(number.partition(".")[2])
