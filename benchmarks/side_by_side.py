"""The graph beside an agent, as tables: what `react.py` measured, under every assumption about speeds."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from kubetriage.adapters.model.fake.tokens import token_counter
from kubetriage.evals.modelled_time import Speeds, Timeline
from kubetriage.evals.scripted_agent import THOUGHT

SIMULATED = (
    "Simulated: a scripted model with assumed speeds answers; this compares costs, not what models can do."
)
AT_ONCE = 4
"""Calls a turn of the agent at its best."""
TURNS = (1, 2, 3, 7, 12, 20, 31, 42, 53)
"""Turns with tool calls of the whole sweep."""
HISTORIES = (7, 12, 20, 31, 42, 53)
"""What the scenarios draw from, in turn. For scale: published averages of ITBench-AA are 31 turns a task for
GPT-5.5, 58 for Gemma 4 31B and 83 for Gemini 3.1 Pro."""
PROSE = len(token_counter().ids(THOUGHT))
LONGER = 300
"""Tokens."""
BIG, SMALL = "qwen3-235b-a22b", "qwen3-30b-a3b"
WALL, PROMPT = 1 / 8, 1 / 10
"""Aims on the big profile: the graph's share of the agent's wall time, and of its prompt tokens."""


class Pair(NamedTuple):
    """Both arms of one scenario."""

    name: str
    graph: Timeline
    agent: Timeline
    """With the most turns."""
    drawn: int
    """Turns out of the histories."""
    best: Timeline
    """The agent at its best: what the graph reads, each once, several calls a turn, no word beside them."""
    seconds: tuple[float, float]
    """What the agent and the graph really took."""

    def shares(self, turns: int, speeds: Speeds) -> tuple[float, float]:
        """The graph's share of the agent's wall time and of its prompt tokens."""
        return shares(self.graph, self.agent.ended_after(turns), speeds)


def shares(graph: Timeline, agent: Timeline, speeds: Speeds) -> tuple[float, float]:
    return graph.wall(speeds) / agent.wall(speeds), graph.prompt / agent.prompt


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def share(value: float, aim: float) -> str:
    word = " (lost)" if value >= 1 else " (missed)" if value > aim else ""
    return f"1/{1 / value:.1f}{word}"


SWEEP_HEAD = (
    *("turns", "agent s", "graph s", "share", "calls", "agent prompt", "graph prompt", "share"),
    *("completion", "longest prompt", "lost"),
)


def sweep(pairs: Sequence[Pair], turns: Sequence[int], speeds: Speeds) -> str:
    """Medians over the scenarios, and in how many of them the graph was the slower one or read more."""
    written = median(pair.graph.completion for pair in pairs)
    rows = []
    for count in turns:
        agents = [pair.agent.ended_after(count) for pair in pairs]
        shares = [pair.shares(count, speeds) for pair in pairs]
        lost = sum(wall >= 1 or prompt >= 1 for wall, prompt in shares)
        rows.append(
            [
                str(count),
                f"{median(agent.wall(speeds) for agent in agents):.1f}",
                f"{median(pair.graph.wall(speeds) for pair in pairs):.1f}",
                share(median(wall for wall, _ in shares), WALL),
                f"{count + 1} / {median(len(pair.graph.calls) for pair in pairs):.0f}",
                f"{median(agent.prompt for agent in agents):,.0f}",
                f"{median(pair.graph.prompt for pair in pairs):,.0f}",
                share(median(prompt for _, prompt in shares), PROMPT),
                f"{median(agent.completion for agent in agents):,.0f} / {written:,.0f}",
                f"{max(call.prompt for agent in agents for call in agent.calls):,}",
                f"{lost} of {len(pairs)}",
            ]
        )
    return table(SWEEP_HEAD, rows)


def drawn(pairs: Sequence[Pair], speeds: Speeds) -> str:
    """Each scenario with the turns that it drew."""
    rows = []
    for pair in pairs:
        agent, (wall, prompt) = pair.agent.ended_after(pair.drawn), pair.shares(pair.drawn, speeds)
        rows.append(
            [
                pair.name,
                str(pair.drawn),
                *(f"{agent.wall(speeds):.1f}", f"{pair.graph.wall(speeds):.1f}", share(wall, WALL)),
                *(f"{agent.prompt:,}", f"{pair.graph.prompt:,}", share(prompt, PROMPT)),
            ]
        )
    shares = [pair.shares(pair.drawn, speeds) for pair in pairs]
    middle = [share(median(one[i] for one in shares), aim) for i, aim in enumerate((WALL, PROMPT))]
    agents = [pair.agent.ended_after(pair.drawn) for pair in pairs]
    whole = [
        sum(pair.graph.wall(speeds) for pair in pairs) / sum(agent.wall(speeds) for agent in agents),
        sum(pair.graph.prompt for pair in pairs) / sum(agent.prompt for agent in agents),
    ]
    together = [share(one, aim) for one, aim in zip(whole, (WALL, PROMPT), strict=True)]
    rows.append(["all together", "", "", "", together[0], "", "", together[1]])
    rows.append(["**median share**", "", "", "", f"**{middle[0]}**", "", "", f"**{middle[1]}**"])
    head = ("scenario", "turns", "agent s", "graph s", "share", "agent prompt", "graph prompt", "share")
    return table(head, rows)


Change = Callable[[Timeline, Timeline], tuple[Timeline, Timeline]]
ASSUMED: tuple[tuple[str, Change], ...] = (
    (f"both answers {LONGER} tokens longer",
     lambda graph, agent: (graph.with_longer_answer(LONGER), agent.with_longer_answer(LONGER))),
    ("an agent that says nothing before its calls",
     lambda graph, agent: (graph, agent.with_shorter_turns(PROSE))),
)  # fmt: skip
"""Other assumptions about what is written."""


def otherwise(pairs: Sequence[Pair], turns: Sequence[int]) -> str:
    """The graph's median share of the agent's wall time under other assumptions."""
    every: list[tuple[str, Speeds, Change]] = [
        (str(speeds), speeds, lambda graph, agent: (graph, agent))
        for speeds in [
            *(Speeds(profile, cache, thinking) for profile in (BIG, SMALL) for cache in (True, False)
              for thinking in (False, True)),
            *(Speeds(BIG, tpot=times) for times in (0.5, 2.0, 4.0)),
            *(Speeds(BIG, prefill=times) for times in (0.5, 2.0)),
            *(Speeds(name) for name in ("deepseek-v3", "busy-235b", "local-0.5b-2cpu")),
        ]
    ]  # fmt: skip
    every += [(f"{Speeds(BIG)}, {said}", Speeds(BIG), change) for said, change in ASSUMED]

    def cell(speeds: Speeds, change: Change, agent: Callable[[Pair], Timeline]) -> str:
        walls = [shares(*change(pair.graph, agent(pair)), speeds)[0] for pair in pairs]
        return share(median(walls), WALL)

    rows = []
    for said, speeds, change in every:
        agents: list[Callable[[Pair], Timeline]] = [partial(_ended, turns=count) for count in turns]
        agents += [_drawn, _best]
        rows.append([said, *(cell(speeds, change, agent) for agent in agents)])
    return table(("assumed", *(f"{count} turns" for count in turns), "drawn", "best agent"), rows)


def _ended(pair: Pair, turns: int) -> Timeline:
    return pair.agent.ended_after(turns)


def _best(pair: Pair) -> Timeline:
    return pair.best


def _drawn(pair: Pair) -> Timeline:
    return pair.agent.ended_after(pair.drawn)


def at_best(pairs: Sequence[Pair], speeds: Speeds) -> str:
    """The agent at its best beside the graph: medians, and how often the graph lost."""
    both = [shares(pair.graph, pair.best, speeds) for pair in pairs]
    lost = [sum(one[i] >= 1 for one in both) for i in (0, 1)]
    calls = median(len(pair.best.calls) for pair in pairs)
    seconds = median(pair.best.wall(speeds) for pair in pairs), median(p.graph.wall(speeds) for p in pairs)
    return (
        f"{speeds}: {calls:.0f} calls; agent {seconds[0]:.1f} s, graph {seconds[1]:.1f} s, share"
        f" {share(median(wall for wall, _ in both), WALL)} of wall time and"
        f" {share(median(prompt for _, prompt in both), PROMPT)} of prompt tokens; the graph lost"
        f" {lost[0]} of {len(pairs)} by time and {lost[1]} by prompt tokens."
    )


def shown(pairs: Sequence[Pair], reached: str, real: Sequence[str], unasked: Sequence[str]) -> str:
    """The whole report as Markdown; `reached` says whose tools the agent had."""
    some = (1, 3, *HISTORIES)
    parts = [
        SIMULATED,
        f"{len(pairs)} scenarios; tools of {reached}; share is the graph's part of what the agent took, aims"
        f" 1/{1 / WALL:.0f} of wall time and 1/{1 / PROMPT:.0f} of prompt tokens; seconds are modelled model"
        " time plus measured time for everything else; medians over scenarios.",
    ]
    if unasked:
        parts.append(f"No model is asked about {', '.join(unasked)}: left out.")
    for speeds in (Speeds(BIG), Speeds(BIG, cache=False), Speeds(SMALL)):
        parts += [f"## The whole sweep: {speeds}", sweep(pairs, TURNS, speeds)]
    parts += [
        f"## Turns drawn from the range of published histories: {Speeds(BIG)}",
        drawn(pairs, Speeds(BIG)),
    ]
    parts += [
        "## The agent at its best",
        f"It reads exactly what the graph reads, each once, {AT_ONCE} calls a turn, without a detour or a"
        " word beside its calls; no such history is known.",
        *(at_best(pairs, speeds) for speeds in (Speeds(BIG), Speeds(BIG, cache=False), Speeds(SMALL))),
    ]
    parts += ["## Share of the wall time under other assumptions", otherwise(pairs, some)]
    if real:
        parts += ["## In real time", "\n".join(f"* {line}" for line in real)]
    return "\n\n".join(parts)


def as_json(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    return [
        {
            "scenario": pair.name,
            "drawn": pair.drawn,
            **{name: {"calls": [c._asdict() for c in line.calls], "around": list(line.around)}
               for name, line in (("graph", pair.graph), ("agent", pair.agent))},
        }
        for pair in pairs
    ]  # fmt: skip
