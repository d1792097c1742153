"""Runs of `kubetriage eval run` as processes of their own, with nothing of the machine's settings."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Evaluating = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def evaluating(tmp_path: Path) -> Iterator[Evaluating]:
    """`evaluating(*arguments)` starts `kubetriage eval run --out RUN` in a session of its own."""
    started: list[subprocess.Popen[str]] = []
    folders = {
        "HOME": "home",
        "XDG_CACHE_HOME": "cache",
        "XDG_CONFIG_HOME": "config",
        "XDG_STATE_HOME": "state",
    }
    env = {key: str(tmp_path / value) for key, value in folders.items()}
    env |= {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def start(*arguments: str | Path, out: str = "run", config: str = "") -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "kubetriage.cli"]
        if config:
            (tmp_path / "kubetriage.toml").write_text(config, encoding="utf-8")
            command += ["--config", str(tmp_path / "kubetriage.toml")]
        command += ["eval", "run", "--out", str(tmp_path / out), *map(str, arguments)]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=env,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def evaluated(evaluating: Evaluating, tmp_path: Path) -> Callable[..., Any]:
    """`evaluated(*arguments)` does a whole run and gives its summary; with its status and words."""

    def run(*arguments: str | Path, out: str = "run", config: str = "", status: int = 0) -> dict[str, Any]:
        said, errors = (process := evaluating(*arguments, out=out, config=config)).communicate(timeout=500)
        assert process.returncode == status, (said, errors)
        path = tmp_path / out / "summary.json"
        made: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return made | {"said": said, "errors": errors}

    return run
