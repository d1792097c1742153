"""The committed baselines: what they hold is of today's scenarios, and the rules reach it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubetriage.cli.app import run as kubetriage
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.evals.gating import Baseline, baseline_text, read_baseline
from kubetriage.evals.runs.planning import digest_of

FOLDER = Path(__file__).resolve().parents[2] / "evals" / "baselines"
WRITE_ANEW = (
    "kubetriage eval run --out DIR && kubetriage eval gate DIR --write-baseline evals/baselines/rules.json"
)


def baselines() -> dict[str, Baseline]:
    return {path.name: read_baseline(path) for path in sorted(FOLDER.glob("*.json"))}


def test_baselines_are_as_the_command_writes_them() -> None:
    """Each file is word for word what `--write-baseline` writes, so that its changes are its content's."""
    assert {"rules.json", "scripted.json"} <= baselines().keys()
    for name, baseline in baselines().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == baseline_text(baseline), name


def test_the_rules_baseline_is_of_every_scenario_as_it_is() -> None:
    """No bundled scenario is missing from the rules' baseline or has changed since: such a one is not gated."""
    folders = [path.parent for path in Path(bundled_scenarios()).glob("*/expected.yaml")]
    now = {folder.name: digest_of(folder) for folder in folders}
    was = read_baseline(FOLDER / "rules.json")
    assert {
        name for name in now.keys() | was.digests.keys() if now.get(name) != was.digests.get(name)
    } == set(), WRITE_ANEW
    assert was.arms["rules"].scenarios.keys() == now.keys()


def test_the_scripted_baseline_is_of_every_arm() -> None:
    """Rules, graph and agent, two models each, five repeats of sixty scenarios of which none could not be run."""
    arms = read_baseline(FOLDER / "scripted.json").arms
    models = ("scripted:qwen3-235b-a22b", "scripted:qwen3-30b-a3b")
    assert set(arms) == {
        "rules",
        *(f"{strategy} {model}" for strategy in ("graph", "react") for model in models),
    }
    for arm in arms.values():
        assert len(arm.scenarios) == 60 and {ran for _, ran in arm.scenarios.values()} == {5}


@pytest.mark.slow
def test_the_rules_reach_their_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sample of the scenarios is run as CI runs all of them, and the gate is open."""
    assert kubetriage(["--quiet", "eval", "run", "--sample", "6", "--out", str(tmp_path / "run")]) == 0
    gate = [
        "eval",
        "gate",
        str(tmp_path / "run"),
        "--min-pass",
        "0.9",
        "--baseline",
        str(FOLDER / "rules.json"),
        "--partial",
    ]
    assert kubetriage(gate) == 0
    assert "The gate is open." in capsys.readouterr().out
