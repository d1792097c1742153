"""What a triage costs, against the floor: the same reads in the same rounds over a bare MCP session.

    python benchmarks/triage.py --binary kubernetes-mcp-server [--runs 50] [--scenario NAME] [--install]

The real kubernetes-mcp-server reads a bundled scenario that is served as a Kubernetes API. Triage and floor
alternate in one run. The seconds are the machine's; the ratios are what counts.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from kubetriage.bootstrap.incidents import Incidents, incidents_in
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


@dataclass
class Samples:
    """Seconds and CPU seconds of one side of the comparison."""

    name: str
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    async def take(self, work: Callable[[], Awaitable[None]]) -> None:
        began, used = time.perf_counter(), cpu_seconds()
        await work()
        self.seconds.append(time.perf_counter() - began)
        self.cpu.append(cpu_seconds() - used)

    @property
    def p50(self) -> float:
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        ordered = sorted(self.seconds)
        p95 = ordered[round(0.95 * (len(ordered) - 1))]
        cpu = statistics.median(self.cpu)
        return (
            f"{self.name:<10} p50 {self.p50 * 1e3:7.1f} ms  p95 {p95 * 1e3:7.1f} ms  CPU {cpu * 1e3:6.1f} ms"
        )


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def aim(what: str, value: float, limit: float, unit: str) -> None:
    word = "met" if value <= limit else f"missed by {value - limit:.2f} {unit}"
    print(f"{what}: {value:.2f} {unit}, aim {limit:.2f} {unit}: {word}")


@contextmanager
def served(scenario: Scenario) -> Iterator[Path]:
    """The scenario's snapshot as a Kubernetes API; the kubeconfig that leads there."""
    with tempfile.TemporaryDirectory() as folder:
        kubeconfig = Path(folder) / "config"
        command = [sys.executable, "-m", "kubetriage.cli", "snapshot", "serve", str(scenario.snapshot)]
        api = subprocess.Popen([*command, "--kubeconfig", str(kubeconfig)], stdout=subprocess.PIPE)
        try:
            assert api.stdout is not None
            api.stdout.readline()
            yield kubeconfig
        finally:
            api.terminate()
            api.wait()


async def compare(scenario: Scenario, server: dict[str, Any], runs: int) -> None:
    incidents = incidents_in(scenario.alert_path.read_bytes(), scenario.snapshot)
    settings = Settings.model_validate(
        {"clusters": {"bench": server}, "limits": {"cache_seconds": 0, "reads_per_second": 100_000}}
    )
    ours, floor = Samples("triage"), Samples("the floor")
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(build_services(settings, progress=NoProgress()))
        streams = await stack.enter_async_context(stdio_client(StdioServerParameters(**server)))
        session = await stack.enter_async_context(ClientSession(*streams))
        await session.initialize()
        recorder = Recorder(services.clusters.choose(""))
        await triage(services, incidents, recorder)  # the first one opens the session
        for _ in range(runs):
            recorder.rounds.clear()
            await ours.take(lambda: triage(services, incidents, recorder))
            rounds = [list(each) for each in recorder.rounds if each]
            await floor.take(lambda rounds=rounds: bare(session, rounds))  # type: ignore[misc]
    reads = sum(map(len, rounds))
    print(f"{scenario.name}: {reads} reads in {len(rounds)} rounds over stdio, {runs} runs")
    print(ours)
    print(floor)
    print(f"p50 is {ours.p50 / floor.p50:.2f} times the floor")
    aim("p50 of a triage", ours.p50 * 1e3, (1.5 * floor.p50 + 0.04) * 1e3, "ms")
    aim("CPU of a triage", statistics.median(ours.cpu) * 1e3, statistics.median(floor.cpu) * 1e3 + 50, "ms")


async def triage(services: Services, incidents: Incidents, recorder: Recorder) -> None:
    bound = replace(services, clusters=recorder)
    async for report in triage_incidents(bound, incidents.groups[:1], TriageContext()):
        await services.observations.forget(report.id)


async def bare(session: ClientSession, rounds: Sequence[Sequence[Call]]) -> None:
    for calls in rounds:
        await asyncio.gather(*(session.call_tool(tool, arguments) for tool, arguments in calls))


def fastest(command: Sequence[str | Path], times: int = 7) -> float:
    """The best wall time of a fresh process, in seconds."""
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - began)
    return best


def start_up() -> None:
    def importing(code: str) -> float:
        return fastest([sys.executable, "-c", code])

    aim("kubetriage --help", fastest([Path(sys.executable).with_name("kubetriage"), "--help"]), 0.3, "s")
    empty = importing("pass")
    graph = importing("import kubetriage.graphs.triage_alert") - empty
    base = importing("import langgraph.graph") - empty
    print(f"import kubetriage.graphs.triage_alert {graph:.2f} s, import langgraph.graph {base:.2f} s")
    aim("the ratio", graph / base, 1.3, "times")


def peak_memory(scenario: Scenario, server: dict[str, Any]) -> None:
    """Of `kubetriage triage` as a process of its own, its MCP server not counted."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "kubetriage.toml"
        arguments = ", ".join(f'"{each}"' for each in server["args"])
        config.write_text(f'[clusters.bench]\ncommand = "{server["command"]}"\nargs = [{arguments}]\n')
        code = (
            "import resource, sys; from kubetriage.cli.app import run; "
            f"status = run(['--config', '{config}', 'triage', '{scenario.alert_path}', '-o', '{folder}/r']); "
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(status)"
        )
        done = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True)
    aim("peak memory of a triage", int(done.stdout) / 1024, 150, "MB")


def install_size() -> None:
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        before = size(Path(folder))
        command = [f"{folder}/bin/pip", "install", "-q", "--no-compile", str(ROOT)]
        subprocess.run(command, check=True)
        print(
            f"a fresh install adds {(size(Path(folder)) - before) / 1e6:.0f} MB, compiled caches not counted"
        )


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
    scenario = load(ROOT / "evals" / "scenarios" / given.scenario)
    start_up()
    with served(scenario) as kubeconfig:
        arguments = ["--read-only", "--list-output", "yaml", "--kubeconfig", str(kubeconfig)]
        environment = {"KUBE_CLIENT_QPS": "1000", "KUBE_CLIENT_BURST": "2000"}
        server = {"command": given.binary, "args": arguments, "env": environment}
        asyncio.run(compare(scenario, server, given.runs))
        peak_memory(scenario, server)
    if given.install:
        install_size()


if __name__ == "__main__":
    main()
