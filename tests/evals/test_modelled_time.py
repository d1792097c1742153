"""Model time reckoned from tokens, and the scripted agent whose runs it is reckoned of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.adapters.model import KubetriageChat
from kubetriage.adapters.model.fake import scripted_server
from kubetriage.evals.modelled_time import ModelCall, Speeds, Timeline, timeline_of
from kubetriage.evals.react import run_react, snapshot_tools
from kubetriage.evals.scripted_agent import Course, agent_oracle, course_of, reads_of

SCENARIOS = Path(__file__).resolve().parents[2] / "evals" / "scenarios"
BIG = "qwen3-235b-a22b"
ANSWER = {"outcome": "inconclusive", "summary": "It cannot be known."}
READS = [
    ("pods_get", {"namespace": "reports", "name": "renderer-56d768984b-j8kvf"}),
    ("pods_list_in_namespace", {"namespace": "reports"}),
    ("namespaces_list", {}),
]


def evidence(number: int, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"id": f"E{number}", "tool": tool, "arguments": arguments}


REPORT = {
    "evidence": [evidence(n, *read) for n, read in enumerate([*READS, READS[0]], 1)],
    "checked": [{"evidence": ["E3", "E2"]}, {"evidence": ["E4", "E3"]}],
}


async def ran(turns: int, at_once: int = 1) -> tuple[list[dict[str, Any]], Timeline]:
    """The journal and the timeline of an agent that takes so many turns."""
    course = course_of(REPORT, turns, ANSWER, offered={tool for tool, _ in READS}, at_once=at_once)
    store = SnapshotStore.load(SCENARIOS / "crash-oom-killed" / "snapshot")
    oracle = agent_oracle({"oom": course})
    async with (
        scripted_server([], oracle=oracle, profile=BIG) as server,
        snapshot_tools(store) as tools,
    ):
        model = KubetriageChat(model="m", base_url=server.base_url_of("run", "react", "oom"), max_retries=0)
        run = await run_react(model, tools, "KubePodCrashLooping")
        await model.clients.aclose()
        lines = server.journal("run")
    assert json.loads(run.answer) == ANSWER
    return lines, timeline_of(lines, run.seconds)


async def test_the_reckoned_time_is_the_servers() -> None:
    """With the server's own settings each call takes what its journal says, and the run all of them besides."""
    lines, timeline = await ran(3)
    modelled = [sum(line["modelled"].values()) / 1000 for line in lines]
    speeds = Speeds(BIG)
    assert [call.seconds(speeds) for call in timeline.calls] == pytest.approx(modelled, abs=1e-5)
    assert timeline.wall(speeds) == pytest.approx(sum(modelled) + sum(timeline.around))
    assert timeline.prompt == sum(line["prompt_tokens"] for line in lines)
    assert 0 < sum(timeline.around) < 5


async def test_a_shorter_course_is_read_off_a_longer_one() -> None:
    """An agent that ends earlier is sent the same until then: tokens of every call are those of its own run."""
    _, short = await ran(2)
    _, long = await ran(5)
    assert long.ended_after(2).calls == short.calls
    assert len(long.ended_after(2).around) == len(short.around)
    with pytest.raises(ValueError, match="has 5 turns"):
        long.ended_after(6)


async def test_calls_at_once_are_one_turn() -> None:
    """Three reads in two turns of two calls, and the answer."""
    lines, _ = await ran(2, at_once=2)
    assert [line["reply"] for line in lines] == ["calls", "calls", "answer"]
    assert lines[-1]["n_messages"] == 2 + 2 * 3


@pytest.mark.parametrize(
    ("speeds", "seconds"),
    [
        (Speeds(BIG), 0.45 + 0.25 * 0.4 + 30 * 0.1),
        (Speeds(BIG, cache=False), 0.45 + 0.25 * 1.0 + 30 * 0.1),
        (Speeds(BIG, thinking=True), 0.45 + 0.25 * 0.4 + 30 * 0.5),
        (Speeds(BIG, tpot=2.0, prefill=0.5), 0.45 + 0.125 * 0.4 + 60 * 0.1),
    ],
)
def test_speeds_change_what_a_call_takes(speeds: Speeds, seconds: float) -> None:
    """Time to first token, 0.25 ms a token read that is in no cache, 30 ms a token written or thought."""
    assert ModelCall(prompt=1000, cached=600, completion=100).seconds(speeds) == pytest.approx(seconds)


def test_other_words_are_other_tokens() -> None:
    """What is not said in a turn is missing in the prompts behind it; a longer answer changes the last call only."""
    calls = (ModelCall(1000, 0, 90), ModelCall(1500, 1000, 90), ModelCall(2000, 1500, 300))
    timeline = Timeline(calls, (0.1, 0.1, 0.1))
    assert timeline.with_shorter_turns(50).calls == (
        ModelCall(1000, 0, 40),
        ModelCall(1450, 950, 40),
        ModelCall(1900, 1400, 300),
    )
    assert timeline.with_longer_answer(100).calls == (*calls[:2], ModelCall(2000, 1500, 400))


def test_the_agent_reads_what_was_read_in_the_order_of_looking() -> None:
    """Rows of what was checked come first, each call once; after the last it starts again."""
    assert list(reads_of(REPORT)) == [READS[2], READS[1], READS[0]]
    every = {tool for tool, _ in READS}
    assert course_of(REPORT, 4, ANSWER, offered=every) == Course(
        (READS[2], READS[1], READS[0], READS[2]), ANSWER
    )
    assert course_of(REPORT, 2, ANSWER, offered={"pods_get"}).calls == (READS[0], READS[0])
    assert course_of(REPORT, 2, ANSWER, offered=()).calls == ()
