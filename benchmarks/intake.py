"""How fast alerts are taken: the time to a 202, and posts a second against an endpoint that only commits.

    python benchmarks/intake.py [--database sqlite|postgresql] [--rounds 3] [--busy] [--json]

The bare endpoint is FastAPI on uvicorn too, and has nothing to do but to write the body into a table and to
commit; both write to the same kind of database, which waits for the disk (TMPDIR says which). Rounds of both
alternate in one run, and every alert is new. What was taken is sorted into incidents meanwhile, by a process
of its own; a round ends, and the next one begins, when nothing is left to be sorted ("sorted after").
Seconds are the machine's, whose load and whose disk's time for one fsync are printed; ratios and CPU time are
what counts. With `--busy`, what was accepted is diagnosed meanwhile, by a worker process over a recorded
cluster.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kubetriage.cli.demo import bundled_scenarios

if TYPE_CHECKING:
    from benchmarks import own_postgres, own_server
    from benchmarks.posting import Refused, Sender, new_post
else:  # neighbours of this script, which is in no package
    import own_postgres
    import own_server
    from posting import Refused, Sender, new_post

SCENARIO = "claim-below-storage-class-minimum"
SIZES = {1: 200, 10: 100, 100: 30}
"""Alerts a post → posts a round."""
SENDERS = 8
POSTS, PER_SECOND = 200, 8.0
"""Posts of up to a hundred alerts whose time is taken, at random moments, and how many of them a second."""
STORM, STORMS = 10_000, 5
OURS = "kubetriage"
AIM_POST, AIM_STORM, AIM_SHARE = 0.100, 3.0, 0.5
SETTINGS = """
database = "{url}"
language = "en"
[server]
port = 0
role = "{role}"
workers = {workers}
[intake]
wait_seconds = 0
"""


# ---- the two servers


class Side(NamedTuple):
    """A server of the comparison."""

    name: str
    url: str
    process: int

    @property
    def cpu(self) -> float:
        """CPU seconds that its process used so far."""
        fields = Path(f"/proc/{self.process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def bare_server(url: str) -> Iterator[Side]:
    line = [sys.executable, str(Path(__file__).with_name("bare_intake.py")), url]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield Side("bare", process.stdout.readline().split("listening on ")[1].strip(), process.pid)
        finally:
            process.kill()


@contextmanager
def kubetriage_server(url: str, folder: Path, *, busy: bool) -> Iterator[Side]:
    role, workers = ("all", 1) if busy else ("intake", 0)
    config = folder / "kubetriage.toml"
    config.write_text(SETTINGS.format(url=url, role=role, workers=workers), encoding="utf-8")
    snapshot = bundled_scenarios() / SCENARIO / "snapshot"
    with own_server.own_server(config, "--snapshot", str(snapshot)) as server:
        yield Side(OURS, server.url, server.process.pid)


# ---- posting


class Round(NamedTuple):
    per_second: float
    cpu: float
    """CPU seconds of the server a post."""
    behind: float
    """Seconds after the last answer until everything was sorted."""


async def throughput(side: Side, bodies: Sequence[bytes]) -> Round:
    """As fast as they are taken, from several senders."""
    waiting = list(bodies)

    async def send(sender: Sender) -> None:
        while waiting:
            await sender.post(waiting.pop())

    senders = [Sender(side.url) for _ in range(SENDERS)]
    used, began = side.cpu, time.perf_counter()
    await asyncio.gather(*(send(sender) for sender in senders))
    seconds, cpu = time.perf_counter() - began, side.cpu - used
    for sender in senders:
        await sender.close()
    return Round(len(bodies) / seconds, cpu / len(bodies), await all_sorted(side))


async def all_sorted(side: Side) -> float:
    """Seconds until nothing waits to be sorted; the bare endpoint sorts nothing."""
    if side.name != OURS:
        return 0.0

    def waiting() -> bool:
        with urllib.request.urlopen(f"{side.url}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith("kubetriage_inbox_posts"))) > 0

    began = time.perf_counter()
    while await asyncio.to_thread(waiting):  # noqa: ASYNC110 it is another process
        await asyncio.sleep(0.1)
    return time.perf_counter() - began


async def times_of_posts(side: Side, chance: random.Random) -> list[float]:
    """Seconds to the 202 of posts of up to a hundred alerts, each sent at its moment."""
    bodies = [new_post(chance.choice((1, 3, 10, 30, 100))) for _ in range(POSTS)]
    idle: list[Sender] = []
    taken: list[float] = []

    async def send(body: bytes, moment: float) -> None:
        await asyncio.sleep(moment)
        sender = idle.pop() if idle else Sender(side.url)
        taken.append(await sender.post(body))
        idle.append(sender)

    moments = [sum(gaps) for gaps in _growing(chance.expovariate(PER_SECOND) for _ in bodies)]
    await asyncio.gather(*(send(body, at) for body, at in zip(bodies, moments, strict=True)))
    for sender in idle:
        await sender.close()
    return taken


def _growing(gaps: Iterator[float]) -> Iterator[list[float]]:
    so_far: list[float] = []
    for gap in gaps:
        so_far.append(gap)
        yield so_far


async def times_of_storms(side: Side) -> dict[str, Any]:
    """What posts of 10,000 alerts take, and single alerts beside them."""
    large, small, size, refused = Sender(side.url), Sender(side.url), 0, 0
    used = side.cpu
    storms_taken: list[float] = []
    beside: list[float] = []
    sorted_after: list[float] = []
    for _ in range(STORMS):
        body = new_post(STORM)
        size = len(body)
        storm = asyncio.ensure_future(large.post(body))
        while not storm.done():
            try:
                beside.append(await small.post(new_post(1)))
            except Refused:
                refused += 1
            await asyncio.sleep(0.1)
        storms_taken.append(await storm)
        sorted_after.append(await all_sorted(side))
    await large.close()
    await small.close()
    return {
        "storm": max(storms_taken), "storm_p50": statistics.median(storms_taken), "storm_bytes": size,
        "beside_p99": p99(beside), "beside_refused": refused, "storm_cpu": (side.cpu - used) / STORMS,
        "storm_sorted": max(sorted_after),
    }  # fmt: skip


# ---- the run


def fsync_ms() -> float:
    """What the disk takes to keep a page."""
    taken = []
    with tempfile.TemporaryFile() as file:
        for _ in range(20):
            file.write(bytes(4096))
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - began)
    return round(1000 * statistics.median(taken), 1)


def p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[98]


async def measured(kind: str, url: Callable[[str], str], given: argparse.Namespace) -> dict[str, Any]:
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="kubetriage-intake-")))
        other = closing.enter_context(bare_server(url("bare")))
        ours = closing.enter_context(kubetriage_server(url("kubetriage"), folder, busy=given.busy))
        loads = [os.getloadavg()[0]]
        rows = []
        for size, posts in SIZES.items():
            rounds: dict[str, list[Round]] = {ours.name: [], other.name: []}
            for _ in range(given.rounds):
                for side in (other, ours):
                    bodies = [new_post(size) for _ in range(posts)]
                    rounds[side.name].append(await throughput(side, bodies))
            row: dict[str, Any] = {"alerts": size}
            for name, taken in rounds.items():
                row[name] = round(statistics.median(each.per_second for each in taken), 1)
                row[f"{name}_cpu_ms"] = round(1000 * statistics.median(each.cpu for each in taken), 2)
            pairs = zip(rounds[ours.name], rounds[other.name], strict=True)
            row["behind"] = round(statistics.median(each.behind for each in rounds[ours.name]), 1)
            row["share"] = round(statistics.median(a.per_second / b.per_second for a, b in pairs), 2)
            rows.append(row)
        loads.append(os.getloadavg()[0])
        posts_taken = await times_of_posts(ours, random.Random(given.seed))
        storm = await times_of_storms(ours)
        loads.append(os.getloadavg()[0])
    return {
        "database": kind, "throughput": rows, "fsync_ms": fsync_ms(),
        "load": [round(each, 1) for each in loads],
        "p50": statistics.median(posts_taken), "p99": p99(posts_taken), "worst": max(posts_taken),
        **storm,
    }  # fmt: skip


@contextmanager
def databases(kind: str) -> Iterator[Callable[[str], str]]:
    """What makes an empty database of a name, and gives its address."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="kubetriage-intake-") as folder:
            yield lambda name: f"sqlite:///{folder}/{name}.db"
        return
    with own_postgres.own_postgres() as server:
        server.stop("fast")
        server.start(durable=True)
        yield server.database


def told(found: dict[str, Any]) -> str:
    """The table of one database."""

    def against(value: float, aim: float) -> str:
        return f"aim {aim:g} s" + ("" if value < aim else " (missed)")

    lines = [
        f"### {found['database']}",
        "",
        f"Load of the machine before, between and after: {', '.join(map(str, found['load']))}; "
        f"one fsync takes {found['fsync_ms']} ms.",
        "",
        "| alerts a post | posts/s | bare endpoint | share of it | CPU a post | of the bare endpoint "
        "| sorted after |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in found["throughput"]:
        share = f"{row['share']}" + ("" if row["share"] >= AIM_SHARE else f" (below {AIM_SHARE})")
        lines.append(
            f"| {row['alerts']} | {row['kubetriage']} | {row['bare']} | {share} "
            f"| {row['kubetriage_cpu_ms']} ms | {row['bare_cpu_ms']} ms | {row['behind']} s |"
        )
    per_second = f"{POSTS} posts of 1 to 100 alerts, {PER_SECOND:g} a second at random"
    return "\n".join(
        [
            *lines,
            "",
            f"* {per_second}: p50 {found['p50']:.3f} s, p99 {found['p99']:.3f} s, "
            f"{against(found['p99'], AIM_POST)}; the slowest {found['worst']:.3f} s.",
            f"* One post of {STORM:,} alerts ({found['storm_bytes'] / 1e6:.1f} MB), {STORMS} times: median "
            f"{found['storm_p50']:.2f} s, the slowest {found['storm']:.2f} s, "
            f"{against(found['storm'], AIM_STORM)}, CPU {found['storm_cpu']:.2f} s; sorted at most "
            f"{found['storm_sorted']:.1f} s later; p99 of single alerts "
            f"beside it {found['beside_p99']:.2f} s, refused {found['beside_refused']}.",
            "",
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--busy", action="store_true", help="Diagnose what was accepted meanwhile.")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    for kind in given.database or ("sqlite", "postgresql"):
        with databases(kind) as url:
            found = asyncio.run(measured(kind, url, given))
        print(json.dumps(found) if given.json else told(found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
