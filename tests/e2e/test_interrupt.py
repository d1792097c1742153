"""Interrupting a run: exit status 130, nothing on standard output, no process left behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytestmark = [pytest.mark.binary, pytest.mark.slow]

STORAGE = "claim-below-storage-class-minimum"
LONG = 90.0
"""Seconds after which a busy machine is no excuse any more."""

Run = Callable[..., Any]


def with_on_its_command_line(marker: str) -> list[int]:
    """The processes that were started with these words in an argument."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if marker.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


class Terminal:
    """A terminal that the command's standard error goes to."""

    def __init__(self) -> None:
        self._ours, self.theirs = os.openpty()
        self.shown = ""

    def read(self, seconds: float) -> str:
        """What was shown so far, after waiting for more at most that long."""
        ready, _, _ = select.select([self._ours], [], [], seconds)
        if ready:
            try:
                self.shown += os.read(self._ours, 65536).decode("utf-8", "replace")
            except OSError:  # the other end is closed
                time.sleep(seconds)
        return self.shown

    def close(self) -> None:
        os.close(self._ours)


class Reading(NamedTuple):
    """A triage that waits for an answer which never comes."""

    process: subprocess.Popen[bytes]
    terminal: Terminal
    marker: str
    out: Path

    def wait_for(self, seen: Callable[[], bool]) -> None:
        until = time.monotonic() + LONG
        while not seen():
            assert time.monotonic() < until, self.terminal.shown
            assert self.process.poll() is None, self.terminal.shown
            self.terminal.read(0.02)

    def end(self, number: int, *, group: bool = False) -> float:
        """Send the signal, to the whole process group as a terminal does or not; how long it then took."""
        began = time.monotonic()
        (os.killpg if group else os.kill)(self.process.pid, number)
        while self.process.poll() is None and time.monotonic() < began + LONG:
            self.terminal.read(0.02)
        took = time.monotonic() - began
        self.terminal.read(0.1)
        return took


@pytest.fixture
def reading(
    command: str,
    environment: dict[str, str],
    configured: Callable[..., Path],
    serve_api: Run,
    scenario_folder: Callable[[str], Path],
    tmp_path: Path,
) -> Iterator[Reading]:
    """A triage whose first read hangs, on a terminal, its server known by a path on its command line."""
    folder = scenario_folder(STORAGE)
    settings = configured(serve_api(folder / "snapshot", hang=["Pod"]), timeout=300)
    terminal, out = Terminal(), tmp_path / "out"
    with out.open("wb") as to_out:
        process = subprocess.Popen(
            [command, "--config", str(settings), "triage", str(folder / "alert.json")],
            stdin=subprocess.DEVNULL,
            stdout=to_out,
            stderr=terminal.theirs,
            env=environment | {"TERM": "xterm", "COLUMNS": "100"},
            start_new_session=True,
        )
    os.close(terminal.theirs)
    made = Reading(process, terminal, str(tmp_path / "server.kubeconfig"), out)
    yield made
    if process.poll() is None:
        process.kill()
    process.wait()
    terminal.close()
    for left in with_on_its_command_line(made.marker):
        os.kill(left, signal.SIGKILL)


def expect_interrupted(reading: Reading, took: float) -> None:
    """Status 130 soon, one word on stderr, an empty standard output, and no server left."""
    assert reading.process.returncode == 130, reading.terminal.shown
    assert took < 60
    assert reading.terminal.shown.splitlines()[-1].endswith("kubetriage: interrupted")
    assert "Traceback" not in reading.terminal.shown
    assert reading.out.read_bytes() == b""
    until = time.monotonic() + LONG
    while with_on_its_command_line(reading.marker) and time.monotonic() < until:
        time.sleep(0.02)
    assert with_on_its_command_line(reading.marker) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_in_the_middle_of_a_read(reading: Reading, number: int) -> None:
    """While a read is under way, the signal ends the run and the server with it."""
    reading.wait_for(lambda: "locate_primary" in reading.terminal.shown)
    reading.wait_for(lambda: bool(with_on_its_command_line(reading.marker)))
    time.sleep(0.7)  # until the server was greeted and asked
    expect_interrupted(reading, reading.end(number))


def test_ctrl_c_on_a_terminal(reading: Reading) -> None:
    """Ctrl-C reaches every process of the terminal's group; the run still ends in order."""
    reading.wait_for(lambda: bool(with_on_its_command_line(reading.marker)))
    time.sleep(0.7)
    expect_interrupted(reading, reading.end(signal.SIGINT, group=True))


def test_while_the_server_is_started(reading: Reading) -> None:
    """A signal that comes as the server starts leaves no server behind either."""
    reading.wait_for(lambda: bool(with_on_its_command_line(reading.marker)))
    expect_interrupted(reading, reading.end(signal.SIGTERM))


def test_progress_is_shown_meanwhile(reading: Reading) -> None:
    """Who waits at a terminal sees which node is at work; the line is wiped before the last word."""
    reading.wait_for(lambda: "[2/8] locate_primary" in reading.terminal.shown)
    reading.end(signal.SIGINT)
    assert "\x1b[2K" in reading.terminal.shown.rpartition("locate_primary")[2]


def test_killed_outright(reading: Reading) -> None:
    """Even when the run is killed with SIGKILL, its server ends soon, as its input is closed."""
    reading.wait_for(lambda: bool(with_on_its_command_line(reading.marker)))
    time.sleep(0.3)
    reading.end(signal.SIGKILL)
    until = time.monotonic() + LONG
    while with_on_its_command_line(reading.marker) and time.monotonic() < until:
        time.sleep(0.05)
    assert with_on_its_command_line(reading.marker) == []
