"""What a diagnosis costs: the graph beside a ReAct agent with the same MCP tools and the same model speeds.

    python benchmarks/react.py [--scenarios 12] [--binary kubernetes-mcp-server] [--real 7] [--json FILE]

Both run in one process against one scripted model server: `langchain.agents.create_agent` with every read
tool of the MCP server, and the triage graph, over the same recorded clusters. The agent reads what the graph
has read, one tool call a turn, for 7 to 53 turns: the range that published histories of such agents show.
Model time is modelled (time to first token, prefill and time per token, as the scripted server's profiles
assume them); everything else is measured. `--real` runs one scenario in real time besides.
Without a kubernetes-mcp-server (--binary, $KUBETRIAGE_TEST_MCP_BINARY, PATH) the embedded one is read.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from langchain_core.tools import BaseTool

from kubetriage.adapters.cluster.border import at_the_border
from kubetriage.adapters.cluster.clusters import OneCluster, open_snapshot
from kubetriage.adapters.cluster.connection import ClusterConnection
from kubetriage.adapters.cluster.limits import LimitSettings, ReadLimits
from kubetriage.adapters.cluster.reads import McpCluster
from kubetriage.adapters.cluster.session import McpSession
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.adapters.cluster.transports import open_streams
from kubetriage.adapters.model import chat_model
from kubetriage.adapters.model.fake import ChatRequest, Reply, ScriptedServer, scripted_server
from kubetriage.bootstrap.incidents import incidents_in
from kubetriage.bootstrap.model_settings import profiles_of
from kubetriage.bootstrap.services import build_services
from kubetriage.bootstrap.settings import Settings
from kubetriage.bootstrap.triaging import triage_incidents
from kubetriage.domain.ports import NoProgress
from kubetriage.evals.modelled_time import Speeds, Timeline, timeline_of
from kubetriage.evals.react import alert_text, run_react, server_tools, snapshot_tools
from kubetriage.evals.scenario import Scenario, find
from kubetriage.evals.score import score
from kubetriage.evals.scripted_agent import Course, agent_oracle, course_of, reads_of
from kubetriage.evals.scripted_answers import right
from kubetriage.state.triage_alert import TriageContext

if TYPE_CHECKING:
    from benchmarks.side_by_side import (
        AT_ONCE,
        BIG,
        HISTORIES,
        PROMPT,
        PROSE,
        SMALL,
        TURNS,
        WALL,
        Pair,
        as_json,
        median,
        shown,
    )
else:  # a neighbour of this script, which is in no package
    from side_by_side import (
        AT_ONCE,
        BIG,
        HISTORIES,
        PROMPT,
        PROSE,
        SMALL,
        TURNS,
        WALL,
        Pair,
        as_json,
        median,
        shown,
    )

ROOT = Path(__file__).resolve().parents[1]
REAL = 2
"""Scenarios that are run in real time too, with each profile."""


# --- the arms -----------------------------------------------------------------------------------------


class Bench(NamedTuple):
    """The scripted model, and how a scenario's cluster is reached."""

    model: ScriptedServer
    profile: str
    agents: dict[str, Course]
    answers: dict[str, dict[str, Any]]
    """What the model has answered to the graph; the agent's last words are the same."""
    kubeconfig: Callable[[Scenario], Path] | None
    binary: str

    def profile_of(self, arm: str, scenario: Scenario) -> dict[str, Any]:
        extends = "vllm-qwen3-235b" if self.profile == BIG else "vllm-qwen3-30b"
        url = self.model.base_url_of(f"{arm}/{scenario.name}", arm, scenario.name)
        # Fifty turns are more than its context holds; that an agent would end there is not held against it.
        return {"extends": extends, "base_url": url, "context_tokens": 1_000_000, "read_timeout": 600}

    def connection(self, scenario: Scenario, *options: str) -> ClusterConnection:
        assert self.kubeconfig is not None
        arguments = ("--read-only", *options, "--kubeconfig", str(self.kubeconfig(scenario)))
        limits = {"KUBE_CLIENT_QPS": "1000", "KUBE_CLIENT_BURST": "2000"}
        return ClusterConnection(name="bench", command=self.binary, args=arguments, env=limits)  # type: ignore[arg-type]

    def cluster(self, scenario: Scenario, store: SnapshotStore) -> McpCluster:
        if self.kubeconfig is None:
            return open_snapshot(store)
        connection = self.connection(scenario, "--list-output", "yaml")
        session = McpSession("bench", partial(open_streams, connection), interceptors=[at_the_border])
        limits = ReadLimits(LimitSettings(reads_per_second=0, cache_seconds=0), connection.concurrency)
        return McpCluster("bench", session, limits, now=lambda: store.time)

    @asynccontextmanager
    async def tools(self, scenario: Scenario, store: SnapshotStore) -> AsyncIterator[list[BaseTool]]:
        """As the server is started by default: it answers lists as tables, which are shorter than objects."""
        way = snapshot_tools(store) if self.kubeconfig is None else server_tools(self.connection(scenario))
        async with way as offered:
            yield offered

    def timeline(self, arm: str, scenario: Scenario, seconds: float) -> Timeline:
        """What the journal says of a run that took so many seconds."""
        lines = self.model.journal(f"{arm}/{scenario.name}")
        assert all(line["http_status"] == 200 for line in lines), lines
        return timeline_of(lines, seconds)


async def by_graph(bench: Bench, scenario: Scenario, store: SnapshotStore) -> tuple[dict[str, Any], float]:
    """The report and the seconds it took, connecting not counted."""
    tables = {"models": {"scripted": bench.profile_of("graph", scenario)}, "model_cache": {"seconds": 0}}
    incidents = incidents_in(scenario.alert_path.read_bytes(), scenario.snapshot).groups[:1]
    context = TriageContext(model="scripted", deadline=3600)
    async with (
        build_services(
            Settings.model_validate(tables), snapshot=scenario.snapshot, progress=NoProgress()
        ) as made,
        OneCluster(bench.cluster(scenario, store)) as clusters,
    ):
        services = replace(made, clusters=clusters)
        warm = [one async for one in triage_incidents(services, incidents, TriageContext())]
        await services.observations.forget(warm[0].id)
        began = time.perf_counter()
        (report,) = [one async for one in triage_incidents(services, incidents, context)]
        return report.to_json(), time.perf_counter() - began


async def by_agent(bench: Bench, scenario: Scenario, store: SnapshotStore, arm: str) -> float:
    """The seconds that the agent took for the course of the scenario."""
    tables = {"scripted": bench.profile_of(arm, scenario)}
    model = chat_model(profiles_of(tables)["scripted"], max_retries=0)
    async with bench.tools(scenario, store) as tools:
        began = time.perf_counter()
        run = await run_react(model, tools, alert_text(scenario.alert))
        seconds = time.perf_counter() - began
    await model.clients.aclose()
    assert run.verdict is not None, (scenario.name, run.stopped, run.answer)
    return seconds


async def compare(
    bench: Bench, scenario: Scenario, turns: int, drawn: int = 0, *, at_best: bool = True
) -> Pair | None:
    """Both arms; None for an alert that no model is asked about."""
    store = SnapshotStore.load(scenario.snapshot)
    report, seconds = await by_graph(bench, scenario, store)
    assert score(report, scenario).passed, scenario.name
    graph = bench.timeline("graph", scenario, seconds)
    if not graph.calls:
        return None
    answer = bench.answers[scenario.name]
    async with bench.tools(scenario, store) as tools:
        offered = [tool.name for tool in tools]
    bench.agents[scenario.name] = course_of(report, turns, answer, offered=offered)
    took = await by_agent(bench, scenario, store, "react")
    agent = best = bench.timeline("react", scenario, took)
    if at_best:
        reads = [call for call in reads_of(report) if call[0] in offered]
        bench.agents[scenario.name] = Course(tuple(reads), answer, AT_ONCE)
        best_took = await by_agent(bench, scenario, store, "best")
        best = bench.timeline("best", scenario, best_took).with_shorter_turns(PROSE)
    return Pair(scenario.name, graph, agent, drawn, best, (took, seconds))


def answering(
    scenarios: Sequence[Scenario], agents: dict[str, Course], answers: dict[str, dict[str, Any]]
) -> Callable[[ChatRequest], Reply | None]:
    """The model of both arms: what it is asked for it sees by the tools that it is offered."""
    expected = {scenario.name: scenario.expected for scenario in scenarios}
    of_agent = agent_oracle(agents)

    def reply(request: ChatRequest) -> Reply | None:
        if "resources_get" in request.tools:
            return of_agent(request)
        answers[request.key.case] = right(request.text, expected[request.key.case])
        return Reply(answer=answers[request.key.case])

    return reply


@contextmanager
def served(scenarios: Sequence[Scenario]) -> Iterator[Callable[[Scenario], Path]]:
    """The scenarios' clusters as Kubernetes APIs; the kubeconfig that leads to one of them and no other."""
    with tempfile.TemporaryDirectory() as folder:
        every = Path(folder) / "config"
        command = [sys.executable, "-m", "kubetriage.cli", "snapshot", "serve"]
        command += [str(scenario.snapshot) for scenario in scenarios]
        api = subprocess.Popen([*command, "--kubeconfig", str(every)], stdout=subprocess.PIPE)
        try:
            assert api.stdout is not None
            api.stdout.readline()
            config = yaml.safe_load(every.read_text(encoding="utf-8"))

            def leading_to(scenario: Scenario) -> Path:
                path = Path(folder) / f"{scenario.name}.config"
                contexts = [one for one in config["contexts"] if one["name"] == scenario.name]
                one = {**config, "contexts": contexts, "current-context": scenario.name}
                path.write_text(yaml.safe_dump(one), encoding="utf-8")
                return path

            yield leading_to
        finally:
            api.terminate()
            api.wait()


def found_binary(given: str) -> str:
    """The server that is named, in the environment or on PATH; empty without one."""
    named = given or os.environ.get("KUBETRIAGE_TEST_MCP_BINARY") or shutil.which("kubernetes-mcp-server")
    return str(named or "")


def spread(every: Sequence[Scenario], count: int) -> list[Scenario]:
    """So many scenarios, evenly out of all by name: nobody has picked them."""
    step = len(every) / min(count, len(every))
    return [every[int(place * step)] for place in range(min(count, len(every)))]


async def measure(given: argparse.Namespace) -> tuple[list[Pair], list[str], list[str]]:
    """The pairs, the lines of the runs in real time, and the scenarios that no model is asked about."""
    scenarios = spread(find(ROOT / "evals" / "scenarios"), given.scenarios)
    agents: dict[str, Course] = {}
    answers: dict[str, dict[str, Any]] = {}
    binary = found_binary(given.binary)
    pairs, real, unasked = [], [], []
    with ExitStack() as stack:
        kubeconfig = stack.enter_context(served(scenarios)) if binary else None
        async with scripted_server(
            [], oracle=answering(scenarios, agents, answers), profile=BIG, mode="zero"
        ) as model:
            bench = Bench(model, BIG, agents, answers, kubeconfig, binary)
            for number, scenario in enumerate(scenarios):
                turns = HISTORIES[number % len(HISTORIES)]
                pair = await compare(bench, scenario, max(TURNS), turns)
                model.reset()
                if pair is None:
                    unasked.append(scenario.name)
                else:
                    pairs.append(pair)
        if given.real:
            both = [(profile, pair) for profile in (BIG, SMALL) for pair in pairs[:REAL]]
            at_once = (in_real_time(bench, profile, pair, scenarios, given.real) for profile, pair in both)
            real += await asyncio.gather(*at_once)
    return pairs, real, unasked


async def in_real_time(
    bench: Bench, profile: str, pair: Pair, scenarios: Sequence[Scenario], turns: int
) -> str:
    """One scenario with the model's times really passed; beside it what is modelled."""
    scenario = next(one for one in scenarios if one.name == pair.name)
    script = answering(scenarios, bench.agents, bench.answers)
    async with scripted_server([], oracle=script, profile=profile, mode="real") as model:
        passed = await compare(bench._replace(model=model, profile=profile), scenario, turns, at_best=False)
    assert passed is not None
    modelled = pair.agent.ended_after(turns), pair.graph
    assert passed.agent.prompt == modelled[0].prompt, "a course that ends earlier was sent something else"
    walls = [f"{took:.1f} s (modelled {line.wall(Speeds(profile)):.1f})"
             for took, line in zip(passed.seconds, modelled, strict=True)]  # fmt: skip
    return f"{profile}, {scenario.name}, {turns} turns: agent {walls[0]}, graph {walls[1]}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenarios", type=int, default=12, help="how many of the bundled ones")
    parser.add_argument("--binary", default="", help="the kubernetes-mcp-server binary")
    parser.add_argument("--real", type=int, default=7, metavar="TURNS", help="in real time too; 0 for none")
    parser.add_argument("--json", type=Path, help="write every call's tokens there")
    given = parser.parse_args()
    if importlib.util.find_spec("langchain") is None:
        parser.error("the agent needs langchain: pip install langchain")
    with tempfile.TemporaryDirectory() as home:
        for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
            os.environ[name] = home  # nothing remembered, nothing booked
        pairs, real, unasked = asyncio.run(measure(given))
    named = "kubernetes-mcp-server over the recorded clusters" if found_binary(given.binary) else ""
    print(shown(pairs, named or "the embedded MCP server", real, unasked))
    if given.json:
        given.json.write_text(json.dumps(as_json(pairs)), encoding="utf-8")
    shares = [pair.shares(pair.drawn, Speeds(BIG)) for pair in pairs]
    return int(any(median(one[i] for one in shares) > aim for i, aim in enumerate((WALL, PROMPT))))


if __name__ == "__main__":
    raise SystemExit(main())
