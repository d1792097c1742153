"""A disk that is full ends a run with a sentence: nothing waits for what will never be written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DYING = """
import asyncio
from kubetriage.evals.runs.worker import _must_not_fail

async def fail():
    raise OSError(28, "No space left on device")

async def main():
    asyncio.create_task(fail()).add_done_callback(_must_not_fail)
    await asyncio.sleep(240)

asyncio.run(main())
"""


def test_a_worker_ends_though_it_cannot_say_why() -> None:
    """Its log is on the disk that is full: it ends all the same, at once, and its cells are not waited for."""
    with open("/dev/full", "w") as full:
        ended = subprocess.run([sys.executable, "-c", DYING], stderr=full, timeout=120, check=False)
    assert ended.returncode == 1


@pytest.mark.slow
def test_a_run_says_that_its_folder_is_full(tmp_path: Path) -> None:
    """One sentence that names the folder, no talk of a bug, and status 1. Files may have 4 KiB here."""
    command = (
        f"ulimit -f 4; exec {sys.executable} -m kubetriage.cli eval run --only crash-oom-killed --out run"
    )
    # The limit would cut the interpreter's own cache of modules short as well.
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    ended = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 1
    assert "run cannot be written: File too large." in ended.stderr and "bug" not in ended.stderr
