"""Equal runs leave equal journals, whatever the order; and a long run does not fill the memory."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from kubetriage.adapters.model.fake import CaseAnswer, ScriptedServer, diagnosis_oracle, scripted_server
from kubetriage.adapters.model.fake.journal import KEPT_REQUESTS, Journal, without_clocks
from kubetriage.adapters.model.fake.summary import covered, most_at_once, summarized

Serve = Callable[..., ScriptedServer]
Ask = Callable[..., Any]

SCRIPT = {
    "seed": 11,
    "replies": [
        {"match": {"p": 0.4, "has_tools": False}, "reply": {"text": "by chance"}},
        {"match": {"call_no": 1}, "reply": {"text": "first"}, "times": 1},
        {"reply": {"answer": {"outcome": "healthy"}}},
    ],
    "faults": [
        {"when": {"p": 0.3}, "do": [{"status": 503}], "id": "busy"},
        {"when": {"p": 0.3}, "do": ["fenced", {"usage": "absent"}]},
    ],
}


def body(case: int, n: int) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": f"case {case}, step {n}" + " word" * n}]}


async def campaign(*, parallel: bool) -> list[dict[str, Any]]:
    """Six cases of eight requests each, one case after the other or all at once."""
    async with scripted_server(SCRIPT) as server, httpx.AsyncClient(timeout=20) as client:

        async def case(number: int) -> None:
            url = f"{server.base_url_of('run', 'graph', f'c{number}')}/chat/completions"
            for n in range(8):
                await client.post(url, json=body(number, n))

        if parallel:
            await asyncio.gather(*(case(number) for number in range(6)))
        else:
            for number in range(6):
                await case(number)
        return [without_clocks(line) for line in server.journal()]


async def test_two_runs_are_equal() -> None:
    """The same requests to the same script give the same journal but for the clocks."""
    one, two = await campaign(parallel=False), await campaign(parallel=False)
    assert one == two and len(one) == 48
    assert {"busy", "fenced+usage"} <= {fault for line in one for fault in line["faults"]}


async def test_the_order_does_not_matter() -> None:
    """Cases that run at the same time get what they get one after the other, but for the shared prefix cache."""

    def sorted_lines(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        kept = [{k: v for k, v in line.items() if k not in ("cached_tokens", "modelled")} for line in lines]
        return sorted(kept, key=lambda line: (line["case"], line["seq"]))

    alone, together = await campaign(parallel=False), await campaign(parallel=True)
    assert sorted_lines(alone) == sorted_lines(together)


def test_a_retry_repeats_its_fault_unless_salted(serve: Serve, ask: Ask) -> None:
    """Chances hang on the request, not on the moment; with `retry_salt` each try draws anew."""
    rule = {"match": {"p": 0.5}, "reply": {"text": "heads"}}
    server = serve([rule, {"reply": {"text": "tails"}}], seed=2)

    def tosses() -> set[str]:
        return {ask(server).choices[0].message.content for _ in range(16)}

    assert len(tosses()) == 1
    server.configure(retry_salt=True)
    assert tosses() == {"heads", "tails"}


def test_a_line(serve: Serve, ask: Ask) -> None:
    """A line has whose request it was, its tokens, what was answered and when; none of its text."""
    server = serve([{"text": "fine", "do": ["fenced"]}], profile="deepseek-v3")
    ask(
        server,
        "secret words",
        base_url=server.base_url_of("r", "graph", "c"),
        extra_headers={"x-stage": "verdict"},
    )
    [line] = server.journal()
    assert {key: line[key] for key in ("run", "arm", "case", "seq", "stage", "model", "profile")} == {
        "run": "r",
        "arm": "graph",
        "case": "c",
        "seq": 1,
        "stage": "verdict",
        "model": "m",
        "profile": "deepseek-v3",
    }
    assert (line["reply"], line["faults"], line["http_status"], line["finish_reason"]) == (
        "text",
        ["fenced"],
        200,
        "stop",
    )
    assert line["t_start"] <= line["t_first"] <= line["t_end"] and line["n_messages"] == 1
    assert "secret" not in json.dumps(line)


def test_requests_are_kept_for_inspection(serve: Serve, ask: Ask) -> None:
    """The last bodies can be read in the process and over HTTP: what was sent, to the letter."""
    server = serve(["fine"])
    for n in range(3):
        ask(server, f"number {n}", base_url=server.base_url_of(f"r{n}"))
    assert [kept["messages"][0]["content"] for kept in server.requests()] == [
        "number 0",
        "number 1",
        "number 2",
    ]
    lines = httpx.get(f"{server.url}/sim/requests", params={"run": "r1"}).text.splitlines()
    assert [json.loads(line)["messages"][0]["content"] for line in lines] == ["number 1"]


def test_memory_is_bounded() -> None:
    """Five thousand lines stay readable and are not in memory; of the bodies only the last are kept."""
    journal = Journal(in_memory=50_000)
    line = {"run": "a", "http_status": 200, "text": "x" * 400}
    tracemalloc.start()
    for n in range(5_000):
        journal.write({**line, "n": n})
    for n in range(500):
        journal.keep_request("a", {"n": n}, 1000)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 500_000
    assert [found["n"] for found in journal.each()] == list(range(5_000))
    assert [kept["n"] for kept in journal.requests()] == list(range(500 - KEPT_REQUESTS, 500))
    for n in range(20):
        journal.keep_request("b", {"n": n}, 4 * 2**20)
    assert [kept["n"] for kept in journal.requests()] == [16, 17, 18, 19]


def test_a_run_can_be_forgotten(serve: Serve, ask: Ask) -> None:
    """Reset drops a run's lines, bodies and counters, and leaves the others."""
    server = serve(["first", "second"])
    urls = [server.base_url_of(run) for run in ("a", "b")]
    for url in urls:
        ask(server, base_url=url)
    assert httpx.post(f"{server.url}/sim/reset", params={"run": "a"}).json() == {"ok": True}
    assert [line["run"] for line in server.journal()] == ["b"] and len(server.requests()) == 1
    assert [ask(server, base_url=url).choices[0].message.content for url in urls] == ["first", "second"]
    server.reset()
    assert server.journal() == server.requests() == []


def test_a_summary(serve: Serve, ask: Ask) -> None:
    """A case's calls, tokens and times, with the client's own marks for tools, wall time and verdict."""
    oracle = diagnosis_oracle({"c": CaseAnswer({"outcome": "healthy"})})
    server = serve(oracle=oracle, faults=[{"do": [{"status": 500}], "times": 1}])
    case = {"run": "r", "arm": "graph", "case": "c"}
    client = httpx.Client(base_url=server.url)

    def mark(what: str, **more: Any) -> int:
        return client.post("/sim/mark", json={**case, "mark": what, **more}).status_code

    url = server.base_url_of("r", "graph", "c")
    assert mark("start") == 200
    with pytest.raises(Exception, match="500"):
        ask(server, base_url=url)
    mark("tool_start", name="pods_log")
    mark("tool_stop", name="pods_log")
    ask(server, base_url=url)
    mark("verdict", verdict="healthy", correct=True)
    mark("stop")
    assert mark("lunch") == 400
    [found] = client.get("/sim/summary", params={"run": "r"}).json()
    assert found == server.summary("r")[0]
    assert {
        key: found[key] for key in ("calls", "retries", "recoveries", "max_parallel", "verdict", "correct")
    } == {
        "calls": 2,
        "retries": 1,
        "recoveries": 1,
        "max_parallel": 1,
        "verdict": "healthy",
        "correct": True,
    }
    assert 0 < found["model_busy"] <= found["wall"] and found["tool_busy"] > 0
    assert found["overhead"] == pytest.approx(found["wall"] - found["model_busy"] - found["tool_busy"])


def test_times_of_a_summary() -> None:
    """Overlapping intervals count once, and only those that share a moment are parallel."""
    spans = [(0.0, 2.0), (1.0, 3.0), (3.0, 4.0), (6.0, 7.0), (6.1, 6.2), (6.15, 6.5)]
    assert covered(spans) == pytest.approx(5.0)
    assert (most_at_once(spans), most_at_once([]), covered([])) == (3, 0, 0.0)
    assert summarized([]) == []
