"""The command line, in this process and in one of its own, with nothing of the machine's settings."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from kubetriage.cli.app import run as run_command


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def settings_of_nobody(home: Path, tmp_path: Path) -> Iterator[None]:
    """A home of its own, an empty working folder, English, and no variable of kubetriage's."""
    with pytest.MonkeyPatch.context() as patched:
        for name in [n for n in os.environ if n.startswith("KUBETRIAGE_")]:
            patched.delenv(name)
        for name, value in environment(home).items():
            patched.setenv(name, value)
        patched.delenv("KUBECONFIG", raising=False)
        patched.chdir(tmp_path)
        yield


def environment(home: Path) -> dict[str, str]:
    """Without kubernetes-mcp-server on PATH: no cluster of this machine is ever read."""
    folders = {"HOME": home, "XDG_CACHE_HOME": home / "cache", "XDG_CONFIG_HOME": home / "config"}
    here = str(Path(sys.executable).parent)
    return {k: str(v) for k, v in folders.items()} | {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PATH": here}


@pytest.fixture
def kubetriage(
    settings_of_nobody: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ended]:
    """`kubetriage("triage", …, stdin=b"…")` runs a command in this process."""

    def run(*arguments: str | Path, stdin: bytes | None = None) -> Ended:
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = run_command([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Ended(status, out, err)

    return run


@pytest.fixture
def process(home: Path, tmp_path: Path) -> Callable[..., Ended]:
    """`process("demo", …, stdin=b"…", env={…})` runs a command as a process of its own."""

    def run(*arguments: str | Path, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Ended:
        ended = subprocess.run(
            [sys.executable, "-m", "kubetriage.cli", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            env=environment(home) | dict(env or {}),
            timeout=300,
        )
        return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    return run
