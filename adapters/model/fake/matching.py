"""Whether a rule's conditions hold for a request, and how often each rule was used."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from kubetriage.adapters.model.fake.request import CaseKey, ChatRequest
from kubetriage.adapters.model.fake.settings import FaultRule, Match, Numbers, ReplyRule

MOST_CASES = 10_000
"""Cases whose counters are kept; the longest unused go first."""

Chance = Callable[[str], float]
_MISSING = object()
_CALLS = "calls"


def holds(match: Match, request: ChatRequest, *, over_context: bool, chance: float) -> bool:
    """All conditions that are given hold; `chance` is the request's draw in [0, 1) for this rule."""
    key = request.key
    exact = (
        (match.run, key.run),
        (match.arm, key.arm),
        (match.case, key.case),
        (match.stage, request.stage),
        (match.has_tools, bool(request.tools)),
        (match.tool_choice, request.tool_choice),
        (match.response_format, request.response_form),
        (match.stream, request.stream),
        (match.thinking, request.thinks),
        (match.over_context, over_context),
    )
    return (
        all(wanted is None or wanted == found for wanted, found in exact)
        and _among(match.call_no, request.call_no)
        and _among(match.tool_results, len(request.tool_results))
        and (match.model is None or re.search(match.model, request.model, re.IGNORECASE) is not None)
        and (match.tool is None or match.tool in request.tools)
        and (match.has_param is None or deep(request.body, match.has_param) is not _MISSING)
        and (match.reasoning_left_out is None or match.reasoning_left_out == _reasoning_left_out(request))
        and (match.regex is None or re.search(match.regex, request.text) is not None)
        and (match.last_regex is None or re.search(match.last_regex, request.last_text) is not None)
        and (match.p is None or chance < match.p)
    )


def _among(wanted: Numbers | None, number: int) -> bool:
    return wanted is None or number in ((wanted,) if isinstance(wanted, int) else wanted)


def _reasoning_left_out(request: ChatRequest) -> bool:
    return any(m.get("tool_calls") and not m.get("reasoning_content") for m in request.messages)


def deep(body: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path."""
    value: Any = body
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return _MISSING
        value = value[name]
    return value


def without(body: Mapping[str, Any], ignored: Sequence[str]) -> dict[str, Any]:
    """The body as a server sees it that ignores those parameters."""
    kept = dict(body)
    for path in ignored:
        name, _, rest = path.partition(".")
        value = kept.get(name)
        if not rest:
            kept.pop(name, None)
        elif isinstance(value, Mapping) and rest in value:
            kept[name] = without(value, [rest])
        elif name == "tool_choice" and (value == rest or (rest == "named" and isinstance(value, Mapping))):
            del kept[name]
    return kept


class Uses:
    """Counters of one kind for every case: calls made, or how often each rule was used."""

    def __init__(self) -> None:
        self._of: OrderedDict[CaseKey, Counter[str]] = OrderedDict()

    def called(self, key: CaseKey) -> int:
        """Count one more request of the case; the new number."""
        counter = self._counter(key)
        counter[_CALLS] += 1
        return counter[_CALLS]

    def _counter(self, key: CaseKey) -> Counter[str]:
        counter = self._of.setdefault(key, Counter())
        self._of.move_to_end(key)
        while len(self._of) > MOST_CASES:
            self._of.popitem(last=False)
        return counter

    def restart_rules(self) -> None:
        """Rules count from the beginning, requests go on."""
        for key, counter in self._of.items():
            self._of[key] = Counter({_CALLS: counter[_CALLS]})

    def forget(self, run: str | None) -> None:
        for key in [key for key in self._of if run is None or key.run == run]:
            del self._of[key]

    def reply_rule(
        self, rules: Iterable[ReplyRule], request: ChatRequest, chance: Chance, *, over_context: bool = False
    ) -> ReplyRule | None:
        """The first rule that holds and is not used up."""
        used = self._counter(request.key)
        for place, rule in enumerate(rules):
            name = f"reply {place}"
            if rule.times is not None and used[name] >= rule.times:
                continue
            if holds(rule.match, request, over_context=over_context, chance=chance(name)):
                used[name] += 1
                return rule
        return None

    def fault_rules(
        self, rules: Iterable[FaultRule], request: ChatRequest, chance: Chance, *, over_context: bool = False
    ) -> Iterator[FaultRule]:
        """All rules that hold and are not used up."""
        used = self._counter(request.key)
        for place, rule in enumerate(rules):
            name = f"fault {place}"
            if rule.times is not None and used[name] >= rule.times:
                continue
            if holds(rule.when, request, over_context=over_context, chance=chance(name)):
                used[name] += 1
                yield rule
