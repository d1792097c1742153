"""Every reading command that a report recommends works, with real kubectl against the recorded cluster."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kubetriage.adapters.cluster.snapshot.scope import read_manifest
from kubetriage.cli.app import run as kubetriage
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.evals.cells import cells_in
from kubetriage.evals.scenario import find

pytestmark = [pytest.mark.kubectl, pytest.mark.slow]

AT_ONCE = 8
PLACEHOLDERS = ("<", ">")
"""What a person has to fill in first stands in angle brackets."""


class Recommended(NamedTuple):
    """A reading command and the scenario whose report recommends it."""

    scenario: str
    command: str


@pytest.fixture(scope="module")
def recommended(own_home: None, tmp_path_factory: pytest.TempPathFactory) -> list[Recommended]:
    """The reading commands of all bundled scenarios' reports, each once a scenario."""
    folder = tmp_path_factory.mktemp("run")
    assert kubetriage(["eval", "run", "--out", str(folder)]) == 0
    found = {
        Recommended(cell.key.scenario, command["command"]): None
        for cell in cells_in(folder)
        for advice in cell.report["recommendations"]
        for command in advice["commands"]
        if command["effect"] == "read"
    }
    return list(found)


@pytest.fixture(scope="module")
def run(
    kubectl: Path,
    serve_snapshots: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Recommended], str]:
    """`run(recommended)` runs it as it is written, with its scenario's cluster as the current context."""
    folders = {scenario.name: scenario.snapshot for scenario in find(bundled_scenarios())}
    limited = {name for name, path in folders.items() if "unreadable" in read_manifest(path).get("scope", {})}
    api = serve_snapshots(**folders)
    home = tmp_path_factory.mktemp("kubectl")
    served = api.kubeconfig.read_text(encoding="utf-8")
    for name in folders:
        chosen = served.replace(f"current-context: {min(folders)}", f"current-context: {name}")
        assert chosen != served or name == min(folders)
        (home / name).write_text(chosen, encoding="utf-8")
    environment = {"PATH": f"{kubectl.parent}:{os.environ['PATH']}", "HOME": str(home), "PAGER": "cat"}

    def call(one: Recommended) -> str:
        done = subprocess.run(
            one.command,
            shell=True,
            env=environment | {"KUBECONFIG": str(home / one.scenario)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        # What the snapshot's reader may not read, the person who gets the advice may well.
        if "(Forbidden)" in done.stderr and one.scenario in limited:
            return ""
        # kubectl exits with 0 also where it found nothing to show.
        if done.returncode == 0 and "No resources found" not in done.stderr:
            return ""
        return f"{one.scenario}: {one.command}: exit status {done.returncode}: {done.stderr.strip()[:300]}"

    return call


def of_kubectl(commands: Sequence[Recommended]) -> list[Recommended]:
    return [one for one in commands if shlex.split(one.command)[0] == "kubectl"]


def test_every_reading_command_exits_with_0(
    recommended: list[Recommended], run: Callable[[Recommended], str]
) -> None:
    """kubectl runs each of them as it is written: it exits with 0 and has something to show."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        failed = [line for line in pool.map(run, of_kubectl(recommended)) if line]
    assert failed == []
    assert len(of_kubectl(recommended)) > len(list(bundled_scenarios().iterdir())) // 2


def test_reading_commands_have_nothing_to_fill_in(recommended: list[Recommended]) -> None:
    """A reading command can be pasted as it is: names are those of the cluster, none is a placeholder."""
    open_ones = [one for one in recommended if any(mark in one.command for mark in PLACEHOLDERS)]
    assert open_ones == []


def test_what_is_not_kubectl_is_for_a_node(recommended: list[Recommended]) -> None:
    """Other programs than kubectl are named only for what has to be looked at on a node itself."""
    others = sorted({one.command for one in recommended} - {one.command for one in of_kubectl(recommended)})
    programs = {shlex.split(command.removeprefix("sudo "))[0] for command in others}
    assert programs <= {"systemctl", "journalctl", "crictl", "df", "free", "ip"}
