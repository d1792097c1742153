"""Two workers against one: diagnoses a second, with a model that takes its time.

    python benchmarks/workers.py [--database sqlite|postgresql] [--diagnoses 40] [--profile qwen3-30b-a3b]
                                 [--workers 1 --workers 2] [--rounds 1] [--json]
    python benchmarks/workers.py --profile qwen3-235b-a22b --diagnoses 32     # 3 minutes a database

`kubetriage serve --workers N` over a recorded cluster; the model is the scripted server, which answers
after the time that the profile says, in real time, however many ask at once: as an endpoint does that has
room. `--beta 0.05` is one graphics card that all share: of eight at once each takes 17 % longer than of four,
and no number of workers doubles what it does. As many incidents as are wanted are there at once. Counted is
from the first post to the last report. What one worker does is bound by `max_running` diagnoses at the same
time, so that another one should double it until the processors are full: the load is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubetriage.adapters.model.fake import ChatRequest, Reply, scripted_server_in_thread
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.evals.scenario import load
from kubetriage.evals.scripted_answers import right

if TYPE_CHECKING:
    from benchmarks import kills, own_postgres, own_server
else:  # neighbours of this script, which is in no package
    import kills
    import own_postgres
    import own_server

AIM = 1.8
RUNNING = 4
"""Diagnoses at the same time in one worker: the default of `kubetriage serve`."""
LONGEST_SECONDS = 600.0
ASK_SECONDS = 0.25
SETTINGS = """
database = "{url}"
language = "en"
model = "scripted"
[models.scripted]
extends = "vllm-qwen3-30b"
base_url = "{model}"
[model_cache]
seconds = 0
[server]
port = 0
sweep_seconds = 0.5
[intake]
wait_seconds = 0
max_running = {running}
storm_incidents = 1000000
"""


async def workers_of(url: str) -> int:
    """Workers that are alive."""
    from kubetriage.adapters.store.sql.database import Database
    from kubetriage.domain.intake.values import IntakeSettings

    database = await Database.open(url, settings=IntakeSettings())
    try:
        return len(await database.runs.executors())
    finally:
        await database.close()


def per_second(url: str, model: str, workers: int, diagnoses: int) -> float:
    """Diagnoses a second of that many workers on an empty database."""
    snapshot = bundled_scenarios() / kills.SCENARIO / "snapshot"
    with tempfile.TemporaryDirectory(prefix="kubetriage-workers-") as folder:
        config = Path(folder, "kubetriage.toml")
        config.write_text(SETTINGS.format(url=url, model=model, running=RUNNING), encoding="utf-8")
        with own_server.own_server(config, "--workers", str(workers), "--snapshot", str(snapshot)) as server:
            server.wait_until(lambda: asyncio.run(workers_of(url)) == workers, 60)
            began = time.monotonic()
            for number in range(diagnoses):
                server.post(kills.body_of(number))
            while len(server.incidents("reported")) < diagnoses:  # not often: it is asked of the same machine
                if server.process.poll() is not None or time.monotonic() - began > LONGEST_SECONDS:
                    raise TimeoutError(server.log.read_text(encoding="utf-8")[-3000:])
                time.sleep(ASK_SECONDS)
            seconds = time.monotonic() - began
            report = server.request(f"/api/v1/incidents/{server.incidents()[0]['id']}/report?format=json")
            if report["usage"]["model_calls"] != 1:
                raise RuntimeError(f"The model was not asked: {report['usage']}")
            return diagnoses / seconds


@contextmanager
def databases(kind: str) -> Iterator[Callable[[str], str]]:
    """What makes an empty database of a name, and gives its address."""
    if kind == "postgresql":
        with own_postgres.own_postgres() as server:
            yield server.database
        return
    with tempfile.TemporaryDirectory(prefix="kubetriage-workers-") as folder:
        yield lambda name: f"sqlite:///{folder}/{name}.db"


def measured(kind: str, given: argparse.Namespace) -> dict[str, Any]:
    scenario = load(bundled_scenarios() / kills.SCENARIO)

    def answered(request: ChatRequest) -> Reply:
        return Reply(answer=right(request.text, scenario.expected))

    counts = given.workers or [1, 2]
    found: dict[int, list[float]] = {workers: [] for workers in counts}
    loads = [os.getloadavg()[0]]
    with (
        databases(kind) as url,
        scripted_server_in_thread(
            [], oracle=answered, profile=given.profile, mode="real", beta=given.beta
        ) as model,
    ):
        for turn in range(given.rounds):
            for workers in counts:
                address = url(f"w{workers}r{turn}")
                found[workers].append(per_second(address, model.base_url, workers, given.diagnoses))
                loads.append(os.getloadavg()[0])
    return {
        "database": kind, "profile": given.profile, "beta": given.beta, "diagnoses": given.diagnoses,
        "per_second": {workers: round(statistics.median(rates), 2) for workers, rates in found.items()},
        "load": [round(each, 1) for each in loads],
    }  # fmt: skip


def told(found: dict[str, Any]) -> str:
    rates = found["per_second"]
    fewest = min(rates)
    lines = [
        f"### {found['database']}, {found['profile']}, {found['diagnoses']} diagnoses",
        "",
        f"Load of the machine meanwhile: {', '.join(map(str, found['load']))}.",
        "",
        "| workers | diagnoses a second | times as many |",
        "|---|---|---|",
    ]
    for workers, rate in rates.items():
        times = rate / rates[fewest]
        missed = f" (aim {AIM}, missed)" if (fewest, workers) == (1, 2) and times < AIM else ""
        lines.append(f"| {workers} | {rate} | {times:.2f}{missed} |")
    return "\n".join([*lines, ""])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--diagnoses", type=int, default=40)
    parser.add_argument("--profile", default="qwen3-30b-a3b")
    parser.add_argument("--workers", type=int, action="append")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--beta", type=float, default=0.0, help="What each other request adds to one.")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    for kind in given.database or ("sqlite", "postgresql"):
        found = measured(kind, given)
        print(json.dumps(found) if given.json else told(found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
