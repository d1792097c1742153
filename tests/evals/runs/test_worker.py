"""A worker process before its first cell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kubetriage.evals.runs.messages import Setting

SAYING = """
import asyncio, sys
from kubetriage.evals.runs.worker import work

asyncio.run(work(sys.stdin, lambda line: print("openai.resources.chat.completions" in sys.modules, flush=True)))
"""


@pytest.mark.parametrize("asks", [True, False])
def test_what_asking_takes_is_loaded_before_time_is_taken(asks: bool, tmp_path: Path) -> None:
    """Seconds of a first diagnosis are those of every other; a run by rules alone does not load it."""
    setting = Setting(
        folder=str(tmp_path), asks=asks, slots=1, processes=1, language="en", timeout=60, grace=1
    )
    with subprocess.Popen(
        [sys.executable, "-c", SAYING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(setting.model_dump_json() + "\n")
        process.stdin.flush()
        assert process.stdout.readline().strip() == str(asks)
        process.stdin.close()
        assert process.wait(60) == 0
