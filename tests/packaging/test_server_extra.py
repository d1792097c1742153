"""What an extra promises holds with that extra alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from kubetriage.bootstrap.serving import PACKAGES
from kubetriage.cli.demo import bundled_scenarios

SCENARIO = "claim-below-storage-class-minimum"
SPLIT = {"langgraph-checkpoint-postgres": "langgraph.checkpoint.postgres"}
"""Distributions that put something into a package that others own."""
BLOCK = """
import sys

BLOCKED = {blocked!r}

class Absent:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in BLOCKED or name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent)
"""
SETTINGS = """
database = "sqlite:///{folder}/kubetriage.db"
[server]
port = 0
sweep_seconds = 0.2
[intake]
wait_seconds = 0
"""


def brought_by(extra: str) -> set[str]:
    """Distributions that kubetriage needs with an extra, with all that they need in turn."""
    found: set[tuple[str, str]] = set()
    waiting = [("kubetriage", ""), ("kubetriage", extra)]
    while waiting:
        name, of = waiting.pop()
        if (name, of) in found:
            continue
        found.add((name, of))
        for each in map(Requirement, requires(name) or ()):
            if not each.marker or each.marker.evaluate({"extra": of}):
                waiting += [(canonicalize_name(each.name), e) for e in ("", *each.extras)]
    return {name for name, _ in found}


def test_what_the_server_asks_for_comes_with_its_extra() -> None:
    """Who installs `kubetriage[server]` and nothing else can serve: nothing it needs is another extra's."""
    brought, owners = brought_by("server"), packages_distributions()
    for name in PACKAGES:
        assert {canonicalize_name(each) for each in owners[name]} & brought, name


def absent(brought: set[str]) -> list[str]:
    """Modules of everything else that is installed here."""
    ours = brought | {"kubetriage"}
    found = [
        module
        for module, owners in packages_distributions().items()
        if not {canonicalize_name(each) for each in owners} & ours
    ]
    return sorted([*found, *(module for name, module in SPLIT.items() if name not in brought)])


@pytest.mark.slow
def test_the_server_works_with_its_extra_alone(tmp_path: Path) -> None:
    """From a post to its report on SQLite, in processes that find no package which the extra does not bring."""
    blocked = absent(brought_by("server"))
    assert {"psycopg_pool", "langchain", "pytest", "langgraph.checkpoint.postgres"} <= set(blocked)
    (tmp_path / "sitecustomize.py").write_text(BLOCK.format(blocked=blocked), encoding="utf-8")
    (tmp_path / "kubetriage.toml").write_text(SETTINGS.format(folder=tmp_path), encoding="utf-8")
    scenario = bundled_scenarios() / SCENARIO
    line = [sys.executable, "-m", "kubetriage.cli", "--config", "kubetriage.toml", "serve",
            "--snapshot", str(scenario / "snapshot")]  # fmt: skip
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(tmp_path)}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            line, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert server.stdout
    try:
        said = server.stdout.readline()
        assert "listening on " in said, (tmp_path / "log").read_text()
        url = said.split("listening on ")[1].strip()
        assert ask(f"{url}/api/v1/alerts", (scenario / "alert.json").read_bytes())["post"] == 1
        until = time.monotonic() + 60
        while (
            not (found := ask(f"{url}/api/v1/incidents?state=reported")["items"]) and time.monotonic() < until
        ):
            time.sleep(0.2)
        assert found, (tmp_path / "log").read_text()[-3000:]
    finally:
        server.terminate()
        server.wait(30)
        server.stdout.close()


def ask(url: str, body: bytes | None = None) -> Any:
    for _ in range(50):
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body), timeout=30) as answer:
                return json.load(answer)
        except urllib.error.URLError:  # it listens, and does not answer yet
            time.sleep(0.2)
    raise TimeoutError(url)
