"""Loading scenarios."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubetriage.domain.errors import BadInput
from kubetriage.evals.scenario import find, load

ANSWER = """
outcome: diagnosed
root_cause: The claim is too small.
primary: {kind: Pod, namespace: shop, name: web-1}
culprit: {kind: PersistentVolumeClaim, namespace: shop, name: data}
category: pvc-unbound
must_mention: [data]
must_not_claim: []
"""


def write(folder: Path, answer: str = ANSWER, alert: str = "{}") -> Path:
    (folder / "snapshot").mkdir(parents=True)
    (folder / "alert.json").write_text(alert, encoding="utf-8")
    (folder / "expected.yaml").write_text(answer, encoding="utf-8")
    return folder


def test_a_scenario_is_loaded_with_its_parts(tmp_path: Path) -> None:
    """Name, answer, alert and the snapshot's folder; a single outcome is one of several."""
    scenario = load(write(tmp_path / "claim-too-small", alert='{"labels": {"alertname": "A"}}'))
    assert scenario.name == "claim-too-small"
    assert scenario.expected.outcome == ("diagnosed",)
    assert scenario.alert == {"labels": {"alertname": "A"}}
    assert scenario.snapshot == tmp_path / "claim-too-small" / "snapshot"


def test_several_outcomes_may_be_right(tmp_path: Path) -> None:
    """`outcome` takes a list of which any is right, and `also` further culprits."""
    answer = ANSWER.replace("outcome: diagnosed", "outcome: [inconclusive, diagnosed]")
    expected = load(write(tmp_path / "s", answer + "also: [{kind: Pod, name: web-1}]\n")).expected
    assert expected.outcome == ("inconclusive", "diagnosed")
    assert [str(one) for one in expected.culprits] == ["PersistentVolumeClaim shop/data", "Pod web-1"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("outcome: diagnosed", "outcome: solved"), "outcome"),
        (("category: pvc-unbound", "categories: pvc-unbound"), "categor"),
        (("must_mention: [data]", "must_mention: ['(']"), "is not a regular expression"),
        (("must_mention: [data]", "must_mention: []"), "must_mention"),
        (("name: data}", "nam: data}"), "culprit"),
        (("outcome: diagnosed", "- outcome"), "is not YAML"),
        ((ANSWER, "just words"), "a mapping is expected"),
    ],
)
def test_a_wrong_answer_key_is_refused_with_the_place(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    """Unknown keys, unknown outcomes and patterns that don't compile are errors that name file and field."""
    folder = write(tmp_path / "s", ANSWER.replace(*change))
    with pytest.raises(BadInput, match=message) as error:
        load(folder)
    assert "expected.yaml" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("missing", "message"), [("alert.json", "has no alert.json"), ("snapshot", "has no folder snapshot")]
)
def test_a_missing_part_is_named(tmp_path: Path, missing: str, message: str) -> None:
    """A folder without one of its parts is refused by name."""
    folder = write(tmp_path / "s")
    path = folder / missing
    path.rmdir() if path.is_dir() else path.unlink()
    with pytest.raises(BadInput, match=message):
        load(folder)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The sentence names the path."""
    with pytest.raises(BadInput, match="nowhere is not a folder"):
        load(tmp_path / "nowhere")


def test_an_alert_that_is_not_json_is_refused(tmp_path: Path) -> None:
    """When it is read, in a sentence with the place."""
    scenario = load(write(tmp_path / "s", alert="{"))
    with pytest.raises(BadInput, match=r"alert\.json is not JSON"):
        _ = scenario.alert


def test_scenarios_are_found_by_name(tmp_path: Path) -> None:
    """All folders with an answer, in order; a scenario's own folder is found too; none is an error."""
    for name in ("b", "a"):
        write(tmp_path / name)
    (tmp_path / "notes").mkdir()
    assert [one.name for one in find(tmp_path)] == ["a", "b"]
    assert [one.name for one in find(tmp_path / "a")] == ["a"]
    with pytest.raises(BadInput, match="holds no scenario"):
        find(tmp_path / "notes")
    with pytest.raises(BadInput, match="is not a folder"):
        find(tmp_path / "nowhere")
