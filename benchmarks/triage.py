"""How much a triage costs, against the floor: the same reads in the same rounds over a bare MCP session.

    python benchmarks/triage.py --binary kubernetes-mcp-server [--runs 50] [--scenario NAME] [--install]

Prints seconds (p50, p95), cluster reads and CPU of a triage and of the floor in one run, alternating, then
import times, peak memory, and, with --install, the size of a fresh install. Ratios are what counts: the
seconds are this machine's.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from kubetriage.bootstrap.incidents import incidents_in
from kubetriage.bootstrap.services import build_services
from kubetriage.bootstrap.settings import Settings
from kubetriage.bootstrap.triaging import triage_incidents
from kubetriage.domain.evidence import Observation, Read
from kubetriage.domain.ports import Cluster, NoProgress, Services
from kubetriage.evals.scenario import Scenario, load
from kubetriage.state.triage_alert import TriageContext

ROOT = Path(__file__).resolve().parents[1]
Call = tuple[str, dict[str, Any]]


class Recorder:
    """A cluster that notes which tool calls were made together: a round ends when none is under way."""

    def __init__(self, inner: Cluster) -> None:
        self._inner = inner
        self._under_way = 0
        self.rounds: list[list[Call]] = []

    @property
    def name(self) -> str:
        return self._inner.name

    def now(self) -> datetime:
        return self._inner.now()

    async def read(self, read: Read) -> Observation:
        if not self._under_way:
            self.rounds.append([])
        mine = self.rounds[-1]
        self._under_way += 1
        try:
            seen = await self._inner.read(read)
        finally:
            self._under_way -= 1
        if seen.tool:
            mine.append((seen.tool, seen.arguments))
        return seen

    def choose(self, name: str) -> Cluster:
        return self


def percentiles(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return f"p50 {statistics.median(ordered) * 1000:7.1f} ms   p95 {p95 * 1000:7.1f} ms"


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def floor(session: ClientSession, rounds: Sequence[Sequence[Call]]) -> None:
    for calls in rounds:
        await asyncio.gather(*(session.call_tool(tool, arguments) for tool, arguments in calls))


async def measure(scenario: Scenario, binary: str, runs: int) -> None:
    api = subprocess.Popen(
        [sys.executable, "-m", "kubetriage.cli", "snapshot", "serve", str(scenario.snapshot),
         "--kubeconfig", str(kubeconfig := Path(tempfile.mkdtemp()) / "config")],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert api.stdout is not None
        print(api.stdout.readline().strip())
        arguments = ["--read-only", "--list-output", "yaml", "--kubeconfig", str(kubeconfig)]
        environment = {"KUBE_CLIENT_QPS": "200", "KUBE_CLIENT_BURST": "400", "HOME": tempfile.mkdtemp()}
        server = {"command": binary, "args": arguments, "env": environment}
        settings = Settings.model_validate(
            {"clusters": {"bench": server}, "default_cluster": "bench", "limits": {"cache_seconds": 0}}
        )
        await compare(scenario, settings, server, runs)
    finally:
        api.terminate()
        api.wait()


async def compare(scenario: Scenario, settings: Settings, server: dict[str, Any], runs: int) -> None:
    incidents = incidents_in(scenario.alert_path.read_bytes()).groups[:1]
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(build_services(settings, progress=NoProgress()))
        streams = await stack.enter_async_context(stdio_client(StdioServerParameters(**server)))
        session = await stack.enter_async_context(ClientSession(*streams))
        await session.initialize()
        recorder = Recorder(services.clusters.choose(""))
        await triage(services, incidents, recorder)  # the first run opens the session
        triages, floors, cpu_triages, cpu_floors = [], [], [], []
        for _ in range(runs):
            recorder.rounds.clear()
            began, used = time.perf_counter(), cpu()
            await triage(services, incidents, recorder)
            triages.append(time.perf_counter() - began)
            cpu_triages.append(cpu() - used)
            rounds = [list(r) for r in recorder.rounds if r]
            began, used = time.perf_counter(), cpu()
            await floor(session, rounds)
            floors.append(time.perf_counter() - began)
            cpu_floors.append(cpu() - used)
    reads = sum(len(r) for r in rounds)
    print(f"scenario {scenario.name}: {reads} reads in {len(rounds)} rounds, {runs} runs, stdio")
    print(f"triage     {percentiles(triages)}   CPU p50 {statistics.median(cpu_triages) * 1000:6.1f} ms")
    print(f"the floor  {percentiles(floors)}   CPU p50 {statistics.median(cpu_floors) * 1000:6.1f} ms")
    ours, bare = statistics.median(triages), statistics.median(floors)
    print(f"p50 is {ours / bare:.2f} times the floor; the aim, 1.5 times + 40 ms, is {(1.5 * bare + 0.04) * 1000:.1f} ms: "
          f"{'met' if ours <= 1.5 * bare + 0.04 else 'missed'}")  # fmt: skip
    more = statistics.median(cpu_triages) - statistics.median(cpu_floors)
    print(
        f"CPU is {more * 1000:.1f} ms above the bare reads'; the aim is 50 ms: {'met' if more <= 0.05 else 'missed'}"
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB; the aim is 150 MB: {'met' if peak <= 150 else 'missed'}")


async def triage(services: Services, incidents: Any, recorder: Recorder) -> None:
    from dataclasses import replace

    bound = replace(services, clusters=recorder)
    async for report in triage_incidents(bound, incidents, TriageContext()):
        await services.observations.forget(report.id)


def timed(code: str, times: int = 5) -> float:
    """The best wall time of a fresh interpreter running this, in seconds."""
    best = 1e9
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - began)
    return best


def imports() -> None:
    started = time.perf_counter()
    command = Path(sys.executable).with_name("kubetriage")
    best = 1e9
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run([command, "--help"], check=True, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - started)
    print(f"kubetriage --help {best:.2f} s; the aim is 0.30 s: {'met' if best <= 0.3 else 'missed'}")
    empty = timed("pass")
    graphs = timed("import kubetriage.graphs.triage_alert") - empty
    package = timed("import kubetriage.graphs") - empty
    langgraph = timed("import langgraph.graph") - empty
    print(f"import kubetriage.graphs {package:.2f} s, with the triage graph {graphs:.2f} s; langgraph.graph {langgraph:.2f} s: "
          f"{graphs / langgraph:.2f} times; the aim is 1.3: {'met' if graphs <= 1.3 * langgraph else 'missed'}")  # fmt: skip


def install_size() -> None:
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        base = size(Path(folder))
        pip = [str(Path(folder) / "bin" / "pip"), "install", "-q", "--no-compile", str(ROOT)]
        subprocess.run(pip, check=True)
        print(f"a fresh install adds {(size(Path(folder)) - base) / 1e6:.0f} MB (without compiled caches)")


def size(folder: Path) -> int:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file() and not f.is_symlink())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--binary", required=True, help="the kubernetes-mcp-server binary")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--scenario", default="claim-below-storage-class-minimum")
    parser.add_argument("--install", action="store_true", help="measure a fresh install too")
    given = parser.parse_args()
    os.environ.pop("KUBETRIAGE_CONFIG", None)
    imports()
    asyncio.run(measure(load(ROOT / "evals" / "scenarios" / given.scenario), given.binary, given.runs))
    if given.install:
        install_size()


if __name__ == "__main__":
    main()
