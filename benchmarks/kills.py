"""`kill -9` of the alert server, again and again, and what came of every alert.

    python benchmarks/kills.py [--database sqlite|postgresql] [--kills 50] [--seed 1] [--json]

Most kills are aimed: at one node of the graph after the other, at a random moment around its beginning, its
work and its checkpoint; every fifth comes at any moment, the server's start included. Alerts are posted
meanwhile as Alertmanager does it: again and again until they are accepted. A receiver of webhooks is told of
every report; some kills come between a message and its answer. Then the server is left alone, and what there
is is asked: is every accepted alert there, has every incident one report by one run and a message of it, did
any node run again that was on record as finished, and was any message sent again whose delivery was on
record? Exit status 1 if not so.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubetriage.cli.demo import bundled_scenarios

if TYPE_CHECKING:
    from benchmarks import own_postgres, own_receiver
    from benchmarks.kill_verdict import judged
    from benchmarks.own_receiver import OwnReceiver
else:  # neighbours of this script, which is in no package
    import own_postgres
    import own_receiver
    from kill_verdict import judged
    from own_receiver import OwnReceiver

SCENARIO = "claim-below-storage-class-minimum"
NODES = ("parse_alert", "locate_primary", "check_related", "apply_rules", "recall_knowledge", "synthesize",
         "verify_claims", "notify")  # fmt: skip
MESSAGE, ANY = "a message", "any moment"
TARGETS = (NODES[0], MESSAGE, *NODES[1:])
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

    def listening(self, seconds: float = 120.0) -> bool:
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
        self.refused: list[int] = []

    def send(self, url: str, count: int) -> None:
        """What was refused before, and `count` new ones."""
        numbers = [*self.refused, *range(self._next, self._next + count)]
        self._next += count
        self.refused = []
        for number in numbers:
            (self.accepted if post(url, number) else self.refused).append(number)


# ---- the trial


def trial(
    config: Path, kills: int, chance: random.Random, receiver: OwnReceiver
) -> tuple[Sender, Counter[str]]:
    """Kill that often; then let the server finish everything."""
    sender, killed = Sender(), Counter[str]()
    targets = itertools.cycle(TARGETS)
    for number in range(kills):
        target = next(targets) if number % 5 else ANY
        killed[_killed(config, target, chance, sender, receiver)] += 1
    server = Server(config)
    assert server.listening(), "the last server did not start"
    until = time.monotonic() + 600.0
    while time.monotonic() < until:
        sender.send(server.url, 0)
        if not sender.refused and not _busy(server.url, len(sender.accepted)):
            break
        time.sleep(0.3)
    server.process.terminate()
    server.process.wait(60)
    return sender, killed


def _killed(config: Path, target: str, chance: random.Random, sender: Sender, receiver: OwnReceiver) -> str:
    """One server's life: where it was killed, which is at any moment if it never came to its target."""
    node = target if target in NODES else ""
    delay = -1.0 if chance.random() < 0.1 else chance.uniform(0, LONGEST_DELAY)
    server, told = Server(config, node, delay), receiver.requests()
    if target == ANY and chance.random() < 0.3:
        time.sleep(chance.uniform(0, 4))  # at its start
    elif server.listening():
        sender.send(server.url, 2)
        until = time.monotonic() + (chance.uniform(0, 2.5) if target == ANY else 20.0)
        while server.process.poll() is None and time.monotonic() < until:
            if target == MESSAGE and receiver.requests() > told:
                time.sleep(max(0.0, delay) / 4)  # before or after the answer is on record
                server.kill()
                return MESSAGE
            time.sleep(0.002 if target == MESSAGE else 0.01)
    hit = server.process.poll() == -signal.SIGKILL
    server.kill()
    return target if hit else ANY


def _busy(url: str, accepted: int) -> bool:
    """Whether there are fewer reports or delivered messages than accepted alerts, or any are on their way."""
    reported = len(_items(f"{url}/api/v1/incidents?state=reported&limit=500"))
    told = len(_items(f"{url}/api/v1/messages?state=delivered&limit=500"))
    states = "&".join(f"state={each}" for each in ("pending", "sending", "unknown"))
    return min(reported, told) < accepted or bool(_items(f"{url}/api/v1/messages?{states}&limit=1"))


def _items(url: str) -> list[Any]:
    with urllib.request.urlopen(url, timeout=60) as answer:
        items: list[Any] = json.load(answer)["items"]
        return items


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
    with address_of(given.database, folder, given.url) as url, own_receiver.own_receiver() as receiver:
        config = folder / "kubetriage.toml"
        config.write_text(SETTINGS.format(url=url) + receiver.settings(), encoding="utf-8")
        sender, killed = trial(config, given.kills, random.Random(given.seed), receiver)
        verdict = asyncio.run(judged(url, sender.accepted, receiver.calls()))
    seconds = time.monotonic() - began
    said = {"database": given.database, "kills": dict(killed), **verdict._asdict(), "seconds": round(seconds)}
    if given.keep:
        said["folder"] = str(folder)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(said) if given.json else "\n".join(f"{key}: {value}" for key, value in said.items()))
    wrong = (verdict.lost, verdict.twice, verdict.again, verdict.untold, verdict.resent)
    return 1 if any(wrong) or not verdict.alerts or not verdict.messages else 0


if __name__ == "__main__":
    sys.exit(main())
