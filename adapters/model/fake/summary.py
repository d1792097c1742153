"""What a case cost, from its lines in the journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

Interval = tuple[float, float]

_TOKENS = ("prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens")


@dataclass
class _Case:
    calls: int = 0
    retries: int = 0
    recoveries: int = 0
    tokens: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_TOKENS, 0))
    modelled_ms: float = 0
    model: list[Interval] = field(default_factory=list)
    tools: list[Interval] = field(default_factory=list)
    marks: dict[str, float] = field(default_factory=dict)
    open_tools: dict[str, float] = field(default_factory=dict)
    last_hash: str = ""
    last_failed: bool = False
    verdict: Any = None
    correct: Any = None

    def add_call(self, line: dict[str, Any]) -> None:
        failed = line["http_status"] != 200 or bool(line["faults"])
        self.calls += 1
        self.retries += self.last_failed and line["request_hash"] == self.last_hash
        self.recoveries += self.last_failed and not failed
        self.last_hash, self.last_failed = line["request_hash"], failed
        for name in _TOKENS:
            self.tokens[name] += line[name]
        self.modelled_ms += sum(line["modelled"].values())
        self.model.append((line["t_start"], line["t_end"]))

    def add_mark(self, line: dict[str, Any]) -> None:
        what, at, name = line["mark"], line["t_start"], str(line.get("name"))
        if what == "tool_start":
            self.open_tools[name] = at
        elif what == "tool_stop":
            self.tools.append((self.open_tools.pop(name, at), at))
        elif what == "verdict":
            self.verdict, self.correct = line.get("verdict"), line.get("correct")
        else:
            self.marks[what] = at

    def as_json(self) -> dict[str, Any]:
        wall = None
        if "start" in self.marks and "stop" in self.marks:
            wall = self.marks["stop"] - self.marks["start"]
        busy = covered([*self.model, *self.tools])
        return {
            "calls": self.calls,
            "retries": self.retries,
            "recoveries": self.recoveries,
            **self.tokens,
            "modelled_ms": round(self.modelled_ms, 3),
            "model_busy": covered(self.model),
            "model_sum": sum(end - start for start, end in self.model),
            "tool_busy": covered(self.tools),
            "wall": wall,
            "overhead": None if wall is None else wall - busy,
            "max_parallel": most_at_once(self.model),
            "verdict": self.verdict,
            "correct": self.correct,
        }


def covered(intervals: Sequence[Interval]) -> float:
    """Seconds in which at least one of them was under way."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(intervals):
        total += max(end - max(start, reached), 0.0)
        reached = max(reached, end)
    return total


def most_at_once(intervals: Sequence[Interval]) -> int:
    """How many were under way at the same time at most."""
    # Ends sort before starts of the same moment: one after the other is not at once.
    moments = sorted([(end, -1) for _, end in intervals] + [(start, 1) for start, _ in intervals])
    most = now = 0
    for _, change in moments:
        now += change
        most = max(most, now)
    return most


def summarized(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry for each run, arm and case, in the order in which they first came. Times are real seconds.

    A retry is a request that repeats the one before it after that failed; a recovery is a call that went
    well after one that did not.
    """
    cases: dict[tuple[str, str, str], _Case] = defaultdict(_Case)
    for line in lines:
        if "lost" in line:
            continue
        case = cases[line["run"], line["arm"], line["case"]]
        if "mark" in line:
            case.add_mark(line)
        else:
            case.add_call(line)
    return [
        {"run": run, "arm": arm, "case": name, **case.as_json()} for (run, arm, name), case in cases.items()
    ]
