"""The command line as the README shows it, over bundled scenarios."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kubetriage.bootstrap.settings import load_settings
from kubetriage.bootstrap.snapshots import by_name
from kubetriage.cli.app import COMMANDS, run
from kubetriage.cli.demo import FIRST, bundled_scenarios

README = Path(__file__).resolve().parents[2] / "README.md"
FENCE = "```"
CRASH = "crash-exit-1-last-words"

SECTIONS = ("Alert overview", "Diagnosis", "Recommendations", "Evidence", "Gaps")
SECTIONS_ZH = ("告警概览", "诊断", "建议操作", "证据", "信息缺口")

Invoke = Callable[..., "Said"]


class Said(NamedTuple):
    """What a command said in this process."""

    status: int
    out: str
    err: str


@pytest.fixture
def invoke(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """`invoke("triage", …)` runs the command line here: no process of its own, no second import."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("TZ", "UTC")

    def call(*arguments: str | Path) -> Said:
        status = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Said(status, captured.out, captured.err)

    return call


def alert_and_snapshot(name: str) -> tuple[Path, str, Path]:
    folder = bundled_scenarios() / name
    return folder / "alert.json", "--snapshot", folder / "snapshot"


# --- triage -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh", "both"])
@pytest.mark.parametrize("format_", ["text", "markdown", "json", "html"])
def test_every_format_in_every_language(invoke: Invoke, format_: str, language: str) -> None:
    """Each format in each language is printed on standard output, names the culprit, and nothing else is said."""
    said = invoke("triage", *alert_and_snapshot(FIRST), "--format", format_, "--language", language)
    assert (said.status, said.err) == (0, "")
    assert "test-data" in said.out
    if format_ == "json":
        report = json.loads(said.out)
        assert report["schema"] == "kubetriage.report/1"
        assert report["language"] == ("zh" if language == "zh" else "en")
        return
    shown = [*(SECTIONS if language != "zh" else ()), *(SECTIONS_ZH if language != "en" else ())]
    assert [heading for heading in shown if heading not in said.out] == []
    assert "\x1b" not in said.out


@pytest.mark.parametrize("format_", ["text", "markdown", "html"])
@pytest.mark.parametrize(("language", "headings"), [("en", SECTIONS), ("zh", SECTIONS_ZH)])
def test_sections_come_in_the_contracts_order(
    invoke: Invoke, format_: str, language: str, headings: tuple[str, ...]
) -> None:
    """Overview, diagnosis, recommendations, evidence, gaps: in every form in this order."""
    said = invoke("triage", *alert_and_snapshot(CRASH), "--format", format_, "--language", language)
    title = {"text": r"^{}$", "markdown": r"^## {}$", "html": r"<h2[^>]*>(?:<[^>]*>)*{}"}[format_]
    places = [re.search(title.format(heading), said.out, re.MULTILINE) for heading in headings]
    assert all(places), said.out
    starts = [place.start() for place in places if place]
    assert starts == sorted(starts)


def test_a_report_goes_to_a_file(invoke: Invoke, tmp_path: Path) -> None:
    """With --output the report is in the file and standard output stays empty."""
    path = tmp_path / "report.md"
    said = invoke("triage", *alert_and_snapshot(CRASH), "--format", "markdown", "--output", path)
    assert said == Said(0, "", "")
    assert path.read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("named", ["Deployment/worker", "deploy/worker", "deployments/worker"])
def test_a_resource_without_an_alert(invoke: Invoke, named: str) -> None:
    """KIND/NAME, as kubectl understands it, is triaged without an alert and ends at the same cause."""
    _, *snapshot = alert_and_snapshot(CRASH)
    said = invoke("triage", named, "-n", "orders", *snapshot, "--format", "json")
    report = json.loads(said.out)
    assert report["primary"] == {
        "kind": "Deployment", "namespace": "orders", "name": "worker", "api_version": "apps/v1",
        "cluster": None,
    }  # fmt: skip
    assert (report["outcome"], report["root_causes"][0]["culprit"]["name"]) == ("diagnosed", "worker")


# --- demo, eval, snapshot -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [(), (CRASH,)])
def test_an_example_is_a_triage(
    invoke: Invoke, name: tuple[str, ...], comparable: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """`demo [NAME]` gives the report of a triage of that scenario's alert over its snapshot."""
    shown = invoke("demo", *name, "--format", "json")
    same = invoke("triage", *alert_and_snapshot(*name or (FIRST,)), "--format", "json")
    assert (shown.status, shown.err) == (0, "")
    assert comparable(json.loads(shown.out)) == comparable(json.loads(same.out))


def test_an_evaluation_says_pass_or_fail(invoke: Invoke, tmp_path: Path) -> None:
    """`eval run` prints a line a scenario; a wrong diagnosis is marked, explained, and gives status 1."""
    good = invoke("eval", "run", "--only", CRASH)
    assert (good.status, good.err) == (0, "")
    assert re.match(rf"pass +\d+\.\d\d s +{CRASH}\n1 of 1 passed", good.out)
    shutil.copytree(bundled_scenarios() / CRASH, tmp_path / "wrong")
    answer = tmp_path / "wrong" / "expected.yaml"
    answer.write_text(answer.read_text(encoding="utf-8").replace("must_mention:", "must_mention:\n- moon"))
    bad = invoke("eval", "run", "--scenarios", tmp_path)
    assert bad.status == 1
    assert bad.out.startswith("FAIL ")
    assert "statement: Neither the summary nor a statement holds moon." in bad.out


def test_bundled_snapshots_are_good(invoke: Invoke) -> None:
    """`snapshot check` finds nothing wrong with a bundled snapshot, and a fault in a broken one."""
    said = invoke("snapshot", "check", bundled_scenarios() / FIRST / "snapshot")
    assert (said.status, said.out) == (0, "")
    assert "is a good snapshot" in said.err


def test_several_snapshots_are_served_under_their_scenarios_names(invoke: Invoke) -> None:
    """`snapshot serve` of two scenarios makes a context of each; two of one name are refused, not mixed up."""
    folders = [bundled_scenarios() / name / "snapshot" for name in (CRASH, FIRST)]
    assert list(by_name(folders)) == [CRASH, FIRST]
    said = invoke("snapshot", "serve", folders[0], folders[0])
    assert said.status == 2
    assert f"would both be served as {CRASH}" in said.err


# --- the README ---------------------------------------------------------------------------------------


def block(heading: str, language: str) -> str:
    """The first code block of a language under a heading of the README."""
    section = README.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.search(rf"^{FENCE}{language}\n(.*?)^{FENCE}$", section, re.MULTILINE | re.DOTALL)
    assert found, f"no {language} block under {heading}"
    return found[1]


USAGE = [line.partition("  #")[0].strip() for line in block("Usage", "sh").splitlines()]


def test_the_readmes_configuration_is_accepted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The `kubetriage.toml` of the README is one that kubetriage takes."""
    path = tmp_path / "kubetriage.toml"
    path.write_text(block("Configuration", "toml"), encoding="utf-8")
    for name in re.findall(r"\$\{(\w+)\}", path.read_text(encoding="utf-8")):
        monkeypatch.setenv(name, "t")
    settings = load_settings(str(path))
    assert settings.default_cluster in settings.connections


def test_the_readme_names_every_command() -> None:
    """The table of commands in the README is that of the program."""
    named = {words.split()[0] for words in re.findall(r"^\| `kubetriage (.*?)`", README.read_text(), re.M)}
    assert named == set(COMMANDS)


@pytest.fixture
def shell(environment: dict[str, str], command: str, tmp_path: Path) -> Callable[[str], Said]:
    """Run a line of the README with alert.json, DIR, amtool and a configured cluster at hand."""
    folder = bundled_scenarios() / CRASH
    shutil.copy(folder / "alert.json", tmp_path / "alert.json")
    (tmp_path / "DIR").symlink_to(folder / "snapshot")
    line = f'command = "{command}"\nargs = ["snapshot", "mcp", "{folder / "snapshot"}"]\n'
    settings = f'default_cluster = "production"\n[clusters.production]\n{line}'
    (tmp_path / "kubetriage.toml").write_text(settings, encoding="utf-8")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "kubetriage").symlink_to(command)
    alert = json.loads((folder / "alert.json").read_text(encoding="utf-8"))
    (tmp_path / "alerts.json").write_text(json.dumps([alert]), encoding="utf-8")
    (programs / "amtool").write_text(f"#!/bin/sh\ncat {tmp_path}/alerts.json\n", encoding="utf-8")
    (programs / "amtool").chmod(0o755)
    env = environment | {"PATH": f"{programs}:{os.environ['PATH']}"}

    def call(line: str) -> Said:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=tmp_path,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return call


@pytest.mark.slow
@pytest.mark.parametrize("line", USAGE)
def test_usage_lines_work_as_they_stand(shell: Callable[[str], Said], line: str, tmp_path: Path) -> None:
    """Every line under Usage, typed as it stands, makes a report."""
    said = shell(line)
    assert (said.status, said.err) == (0, ""), line
    written = tmp_path / "report.md"
    report = written.read_text(encoding="utf-8") if "--output" in line else said.out
    wanted = "告警概览" if "zh" in line else "Alert overview"
    assert wanted in report
