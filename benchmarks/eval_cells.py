"""How many cells of an evaluation a second, and how much memory: 200 cells beside 1,000.

    python benchmarks/eval_cells.py [--cells 200 1000] [--concurrency 2] [--json FILE]

Each run is `kubetriage eval run` by rules over bundled scenarios, as a process of its own with its workers,
everything kept. Peaks are those that the kernel counts for the run's process and for its largest worker.
Processor seconds are of all of them: on a machine that does other things too they say more than the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

SCENARIOS = 200
LONGEST = 120.0
"""Seconds for 1,000 cells on two cores."""
FLAT = 1.25
"""How much higher the peak of the largest run may be than that of the smallest."""


class Measured(NamedTuple):
    cells: int
    seconds: float
    cpu_seconds: float
    run_mib: float
    """Peak of the run's own process."""
    worker_mib: float
    """Peak of its largest worker."""

    @property
    def rate(self) -> float:
        return self.cells / self.seconds


def peak(pid: int) -> float:
    """MiB at most so far; 0 for a process that is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    lines = [line.split() for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0][1]) / 1024 if lines else 0.0


def children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def measure(cells: int, concurrency: int, home: Path) -> Measured:
    """One run, all of whose cells have a verdict."""
    scenarios = min(SCENARIOS, cells)
    out = home / f"run-{cells}"
    command = [sys.executable, "-m", "kubetriage.cli", "--quiet", "eval", "run", "--out", str(out)]
    command += ["--sample", str(scenarios), "--repeat", str(-(-cells // scenarios))]
    command += ["--concurrency", str(concurrency)]
    env = {**os.environ, "XDG_CACHE_HOME": str(home / "cache"), "XDG_CONFIG_HOME": str(home / "config")}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=env)
    own = largest = 0.0
    while process.poll() is None:
        own = max(own, peak(process.pid))
        largest = max([largest, *map(peak, children(process.pid))])
        time.sleep(0.2)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    there = len(list((out / "cells").glob("[!.]*.json")))
    assert process.returncode == 0, process.returncode
    return Measured(there, seconds, cpu, own, largest)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--concurrency", type=int, default=2, help="cells at a time")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as home:
        for cells in given.cells:
            found.append(measure(cells, given.concurrency, Path(home)))
            one = found[-1]
            print(
                f"{one.cells:>6} cells: {one.seconds:6.1f} s, {one.rate:5.1f} cells/s,"
                f" {one.cpu_seconds:.1f} s of processor,"
                f" peak {one.run_mib:.0f} MiB in the run, {one.worker_mib:.0f} MiB in a worker",
                flush=True,
            )
    if given.json:
        given.json.write_text(json.dumps([one._asdict() for one in found]), encoding="utf-8")
    first, last = found[0], found[-1]
    flat = last.run_mib <= FLAT * first.run_mib and last.worker_mib <= FLAT * first.worker_mib
    quick = last.seconds * 1000 / last.cells <= LONGEST
    print(f"memory flat: {'yes' if flat else 'NO'}; 1,000 cells in two minutes: {'yes' if quick else 'NO'}")
    return 0 if flat and quick else 1


if __name__ == "__main__":
    sys.exit(main())
