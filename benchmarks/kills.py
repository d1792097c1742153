"""`kill -9` of the alert server, again and again, and what came of every alert.

    python benchmarks/kills.py [--database sqlite|postgresql] [--kills 50] [--seed 1] [--json]

Most kills are aimed: at one node of the graph after the other, at a random moment around its beginning, its
work and its checkpoint; every fifth comes at any moment, the server's start included. Alerts are posted
meanwhile as Alertmanager does it: again and again until they are accepted. Then the server is left alone, and
the database is asked: is every accepted alert there, has every incident one report by one run, and did any
node run again that was on record as finished? Exit status 1 if not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kubetriage.cli.demo import bundled_scenarios

if TYPE_CHECKING:
    from benchmarks import own_postgres
else:  # a neighbour of this script, which is in no package
    import own_postgres

SCENARIO = "claim-below-storage-class-minimum"
NODES = ("parse_alert", "locate_primary", "check_related", "apply_rules", "recall_knowledge", "synthesize",
         "verify_claims", "notify")  # fmt: skip
LONGEST_DELAY = 0.08
"""Seconds from a node's beginning to the kill: about as long as the node and its checkpoint take together."""
SETTINGS = """
database = "{url}"
language = "en"
[server]
sweep_seconds = 0.2
heartbeat_seconds = 0.5
takeover_seconds = 3.0
[intake]
wait_seconds = 0
max_running = 3
storm_incidents = 1000000
"""


class Verdict(NamedTuple):
    """What the database says in the end."""

    alerts: int
    lost: Sequence[str]
    """Accepted alerts that are not there, or whose incident has no report."""
    twice: Sequence[str]
    """Incidents with more than one report or finished run."""
    again: Sequence[str]
    """Runs in which a finished node ran again, and what ran."""
    resumed: int
    """Runs that more than one process worked on."""


# ---- the server, with a kill aimed at one node


def serve_and_die(config: str, node: str, delay: float) -> None:
    """`kubetriage serve`, killed `delay` seconds after the node begins; just before it where negative."""
    from kubetriage.cli.app import run
    from kubetriage.server.recording import Recorder

    recorded = Recorder.task

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    async def task(self: Recorder, part: Mapping[str, Any]) -> None:
        aimed_at = "input" in part and part["name"] == node
        if aimed_at and delay < 0:
            die()
        await recorded(self, part)
        if aimed_at:
            threading.Timer(delay, die).start()

    Recorder.task = task  # type: ignore[method-assign]
    snapshot = bundled_scenarios() / SCENARIO / "snapshot"
    sys.exit(run(["--config", config, "serve", "--port", "0", "--snapshot", str(snapshot)]))


class Server:
    """One process of the alert server."""

    def __init__(self, config: Path, node: str = "", delay: float = 0.0) -> None:
        self._log = (config.parent / "server.log").open("ab")
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "TMPDIR") if name in os.environ}
        home = kept | {"HOME": str(config.parent), "LC_ALL": "C.UTF-8"}
        line = [sys.executable, __file__, "--serve", str(config), "--node", node, f"--delay={delay}"]
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=self._log, text=True, env=home)
        self.url = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            if "listening on " in line:
                self.url = line.split("listening on ")[1].strip()

    def listening(self, seconds: float = 30.0) -> bool:
        """Whether it listens, within that time; False if it dies before."""
        until = time.monotonic() + seconds
        while not self.url and self.process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        return bool(self.url)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self._log.close()


# ---- alerts


def body_of(number: int) -> bytes:
    """The scenario's alert as another cluster's, which makes it another incident."""
    text = (bundled_scenarios() / SCENARIO / "alert.json").read_text(encoding="utf-8")
    document = json.loads(text)
    for alert in document["alerts"]:
        alert["labels"]["cluster"] = f"c{number}"
        alert["fingerprint"] = f"{number:016x}"
    return json.dumps(document).encode()


def post(url: str, number: int) -> bool:
    """Whether it was accepted."""
    request = urllib.request.Request(
        f"{url}/api/v1/alerts", data=body_of(number), headers={"Content-Type": "application/json"}
    )
    with suppress(OSError), urllib.request.urlopen(request, timeout=10) as answer:
        return bool(answer.status == 202)
    return False


class Sender:
    """Posts alerts until they are accepted, to whichever server is there."""

    def __init__(self) -> None:
        self.accepted: list[int] = []
        self._next = 0
        self._refused: list[int] = []

    def send(self, url: str, count: int) -> None:
        """What was refused before, and `count` new ones."""
        numbers = [*self._refused, *range(self._next, self._next + count)]
        self._next += count
        self._refused = []
        for number in numbers:
            (self.accepted if post(url, number) else self._refused).append(number)


# ---- the trial


def trial(config: Path, kills: int, chance: random.Random) -> tuple[Sender, Counter[str]]:
    """Kill that often; then let the server finish everything."""
    sender, killed = Sender(), Counter[str]()
    for number in range(kills):
        node = NODES[number % len(NODES)] if number % 5 else ""
        delay = -1.0 if chance.random() < 0.1 else chance.uniform(0, LONGEST_DELAY)
        server = Server(config, node, delay)
        if not node and chance.random() < 0.3:
            time.sleep(chance.uniform(0, 4))  # at its start
        elif server.listening():
            sender.send(server.url, 2)
            until = time.monotonic() + (20.0 if node else chance.uniform(0, 2.5))
            while server.process.poll() is None and time.monotonic() < until:
                time.sleep(0.01)
        hit = server.process.poll() == -signal.SIGKILL
        killed[node if hit else "any moment"] += 1
        server.kill()
    server = Server(config)
    assert server.listening(), "the last server did not start"
    until = time.monotonic() + 120.0
    while time.monotonic() < until:
        sender.send(server.url, 0)
        if time.monotonic() < until and not _busy(server.url):
            break
        time.sleep(0.3)
    server.process.terminate()
    server.process.wait(30)
    return sender, killed


def _busy(url: str) -> bool:
    """Whether there are incidents without a report."""
    states = "&".join(f"state={each}" for each in ("waiting", "queued", "diagnosing"))
    with urllib.request.urlopen(f"{url}/api/v1/incidents?{states}&limit=1", timeout=10) as answer:
        return bool(json.load(answer)["items"])


async def judged(url: str, accepted: Sequence[int]) -> Verdict:
    """Asks the database."""
    from kubetriage.adapters.store.sql.database import Database
    from kubetriage.domain.intake.reading import IncidentFilter, Page
    from kubetriage.domain.intake.values import Incident, IntakeSettings

    database = await Database.open(url, settings=IntakeSettings.model_validate({}))
    try:
        found: list[Incident] = []
        after = ""
        while True:
            page = await database.incidents.incidents(IncidentFilter(), Page(limit=500, after=after))
            found += page.items
            if not (after := page.next):
                break
        there, twice, again, resumed = set(), [], [], 0
        visits: list[Sequence[str]] = []
        for incident in found:
            reports = await database.incidents.reports_of(incident.id)
            if len(reports) > 1 or incident.diagnosis_attempts > 1:
                twice.append(f"{incident.id}: {len(reports)} reports, {incident.diagnosis_attempts} attempts")
            if reports:
                there |= {row.fingerprint for row in await database.incidents.alerts_of(incident.id)}
            for run in reports:
                events = await database.runs.run_events(run, limit=1000)
                nodes = [(e.data["node"], e.data["state"]) for e in events if e.kind == "node"]
                done, repeats = visits_of(nodes)
                resumed += bool(repeats)
                visits.append(done)
                ends = sum(e.kind == "end" for e in events)
                if ends > 1:
                    twice.append(f"{run}: {ends} ends")
        usual = Counter(map(tuple, visits)).most_common(1)[0][0] if visits else ()
        again = [f"{' '.join(done)}" for done in visits if tuple(done) != usual]
        lost = [f"{n:016x}" for n in accepted if f"{n:016x}" not in there]
        return Verdict(len(accepted), lost, twice, again, resumed)
    finally:
        await database.close()


def visits_of(nodes: Sequence[tuple[str, str]]) -> tuple[Sequence[str], int]:
    """The nodes that were gone through, and how often one began anew that had not finished.

    A node that begins where another had begun shows that the other's checkpoint was there.
    """
    done: list[str] = []
    open_node, repeats = "", 0
    for name, state in nodes:
        if state == "finished":
            done.append(name)
            open_node = ""
            continue
        if open_node and open_node != name:
            done.append(open_node)
        repeats += open_node == name
        open_node = name
    return [*done, open_node] if open_node else done, repeats


@contextmanager
def address_of(kind: str, folder: Path, given: str) -> Iterator[str]:
    if given:
        yield given
        return
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'kubetriage.db'}"
        return
    with own_postgres.own_postgres() as server:
        yield server.database("kills")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--url", default="", help="An empty database to use; it is kept.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", action="store_true", help="Keep the folder, and say where it is.")
    for hidden in ("--serve", "--node", "--delay"):
        parser.add_argument(hidden, default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve_and_die(given.serve, given.node, float(given.delay))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    folder = Path(tempfile.mkdtemp(prefix="kubetriage-kills-"))
    began = time.monotonic()
    with address_of(given.database, folder, given.url) as url:
        config = folder / "kubetriage.toml"
        config.write_text(SETTINGS.format(url=url), encoding="utf-8")
        sender, killed = trial(config, given.kills, random.Random(given.seed))
        verdict = asyncio.run(judged(url, sender.accepted))
    seconds = time.monotonic() - began
    said = {"database": given.database, "kills": dict(killed), **verdict._asdict(), "seconds": round(seconds)}
    if given.keep:
        said["folder"] = str(folder)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(said) if given.json else "\n".join(f"{key}: {value}" for key, value in said.items()))
    return 1 if verdict.lost or verdict.twice or verdict.again or not verdict.alerts else 0


if __name__ == "__main__":
    sys.exit(main())
