"""The ReAct agent as a baseline: the server's own tools, a bounded run, and what it took."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage

from kubetriage.adapters.cluster.snapshot.mcp_tools import TOOLS
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.adapters.cluster.tools import READ_TOOLS
from kubetriage.adapters.model import KubetriageChat
from kubetriage.adapters.model.fake import ScriptedServer, scripted_server
from kubetriage.evals.react import alert_text, run_react, snapshot_tools, verdict_of
from kubetriage.evals.scenario import Scenario, load
from kubetriage.evals.score import score

React = Callable[..., Any]
CULPRIT = {"kind": "Deployment", "namespace": "reports", "name": "renderer"}
RIGHT = {
    "outcome": "diagnosed",
    "summary": "Container renderer of Deployment renderer is OOMKilled: it needs more than its limit of 256Mi.",
    "root_causes": [
        {
            "category": "oom-killed",
            "culprit": CULPRIT,
            "statement": "Container renderer is OOMKilled at its memory limit of 256Mi.",
            "likelihood": "high",
        }
    ],
}


def called(tool: str, **arguments: Any) -> dict[str, Any]:
    return {"text": "I look.", "tool_calls": [{"name": tool, "arguments": arguments}]}


POD = called("pods_get", namespace="reports", name="renderer-56d768984b-j8kvf")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load(Path(__file__).resolve().parents[2] / "evals" / "scenarios" / "crash-oom-killed")


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted_server([POD], mode="zero") as running:
        yield running


@pytest.fixture
async def react(server: ScriptedServer, scenario: Scenario) -> AsyncIterator[React]:
    """`react(replies, …)` runs the agent on the scenario with a scripted model."""
    model = KubetriageChat(model="m", base_url=server.base_url, max_retries=0)
    async with snapshot_tools(SnapshotStore.load(scenario.snapshot)) as tools:

        async def run(replies: list[Any], **given: Any) -> Any:
            server.configure(replies, **given.pop("server", {}))
            return await run_react(model, tools, alert_text(scenario.alert), **given)

        yield run
    await model.clients.aclose()


async def test_the_agent_reads_with_the_servers_tools_and_answers(
    react: React, server: ScriptedServer, scenario: Scenario
) -> None:
    """It is offered the read tools as the server describes them, sees the object's text, and is scored."""
    run = await react([POD, json.dumps(RIGHT)])
    offered = {tool["function"]["name"]: tool["function"] for tool in server.requests()[0]["tools"]}
    described = {tool.name: tool for tool in TOOLS if tool.name in READ_TOOLS}
    assert {name: tool["description"] for name, tool in offered.items()} == {
        name: tool.description for name, tool in described.items()
    }
    answered = next(each for each in run.messages if isinstance(each, ToolMessage))
    assert answered.text.startswith("apiVersion: v1\nkind: Pod\n") and "OOMKilled" in answered.text
    assert (run.turns, run.tool_calls, run.failed_calls, run.stopped) == (2, 1, 0, "")
    verdict = score(run.as_report(), scenario)
    assert verdict.passed, verdict.checks


async def test_what_it_took_is_what_the_server_counted(react: React, server: ScriptedServer) -> None:
    """Tokens of all turns are added up, those out of the prefix cache told apart."""
    run = await react([POD, POD, json.dumps(RIGHT)])
    lines = server.journal()
    assert run.prompt_tokens == sum(line["prompt_tokens"] for line in lines)
    assert run.completion_tokens == sum(line["completion_tokens"] for line in lines)
    assert run.cached_tokens == sum(line["cached_tokens"] for line in lines) > 0
    assert run.turns == len(lines) == 3


async def test_a_failed_call_is_told_to_the_model(react: React, server: ScriptedServer) -> None:
    """An object that does not exist and arguments that the tool refuses are answers; the run goes on."""
    absent = called("pods_get", namespace="reports", name="nobody")
    wrong = called("pods_get")
    unknown = called("pods_delete", name="x")
    run = await react([absent, wrong, unknown, json.dumps(RIGHT)])
    answers = [each for each in run.messages if isinstance(each, ToolMessage)]
    assert [each.status for each in answers] == ["error"] * 3
    assert '"nobody" not found' in answers[0].text
    assert (run.failed_calls, run.turns) == (3, 4) and run.verdict is not None


async def test_leaked_calls_are_made(react: React) -> None:
    """A model that writes its calls into the text is not at a disadvantage: the chat model mends them."""
    leak = '<tool_call>\n{"name": "namespaces_list", "arguments": {}}\n</tool_call>'
    run = await react([leak, json.dumps(RIGHT)])
    assert (run.tool_calls, run.turns) == (1, 2)
    assert isinstance(run.messages[-1], AIMessage) and run.verdict is not None


async def test_an_endless_loop_is_stopped(react: React) -> None:
    """After so many turns the run ends without a verdict, says so, and what it took still counts."""
    run = await react([POD], most_turns=4)
    assert run.turns == 4 and run.tool_calls >= 3 and run.prompt_tokens > 0
    assert run.verdict is None and run.stopped == "it was stopped after 4 turns"
    report = run.as_report()
    assert report["outcome"] == "inconclusive" and "stopped after 4 turns" in report["summary"]


@pytest.mark.slow
async def test_a_model_that_hangs_is_stopped(react: React) -> None:
    """After so many seconds the run ends; the turns until then count."""
    hang = {"text": "x", "do": [{"hang": 60_000}]}
    run = await react([POD, hang], timeout=6.0)
    assert run.stopped == "it was stopped after 6.0 seconds"
    assert (run.turns, run.tool_calls) == (1, 1)


async def test_nothing_secret_is_shown_to_the_agent(write_snapshot: Any, tmp_path: Path) -> None:
    """Secrets are refused, and values with the name of a secret are masked in what its tools answer."""
    env = [{"name": "DB_PASSWORD", "value": "hunter2hunter2"}]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"containers": [{"name": "web", "image": "web:1", "env": env}]},
    }
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "shop"}}
    folder = write_snapshot(tmp_path / "s", [pod, secret], {"shop/web/web": "password=hunter2hunter2\n"})
    async with snapshot_tools(SnapshotStore.load(folder)) as tools:
        named = {tool.name: tool for tool in tools}
        in_shop = {"namespace": "shop"}
        said = [
            await named[name].ainvoke({"type": "tool_call", "id": "1", "name": name, "args": args})
            for name, args in (
                ("pods_get", in_shop | {"name": "web"}),
                ("pods_list_in_namespace", in_shop),
                ("pods_log", in_shop | {"name": "web"}),
                ("resources_get", in_shop | {"apiVersion": "v1", "kind": "Secret", "name": "db"}),
            )
        ]
    assert "hunter2" not in "".join(each.text for each in said)
    assert [each.status for each in said] == ["success"] * 3 + ["error"]
    assert said[1].text.startswith("- apiVersion: v1")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (json.dumps(RIGHT), "diagnosed"),
        (f"Here it is:\n```json\n{json.dumps(RIGHT)}\n```\nGood luck.", "diagnosed"),
        (json.dumps({**RIGHT, "root_causes": "none", "outcome": "Healthy"}), None),
        ("The pod is out of memory.", None),
        ("", None),
    ],
)
def test_a_verdict_is_read_leniently(answer: str, outcome: str | None) -> None:
    """A fence or words around the JSON do not matter; what has another form is no verdict."""
    found = verdict_of(answer)
    assert (found and found.outcome) == outcome
