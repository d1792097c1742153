"""`eval check` passes what is fit to measure with, and finds each flaw that is planted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from kubetriage.adapters.cluster.snapshot.check import Problem
from kubetriage.cli.app import run
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.domain.errors import BadInput
from kubetriage.evals.checking import check_scenarios
from kubetriage.evals.giveaways import TELLING
from kubetriage.evals.key_checking import TO_FILL_IN

NAME = "configmap-key-missing"
OTHER = "image-tag-absent"


def folder_with(tmp_path: Path, *names: str) -> Path:
    folder = tmp_path / "suite"
    for name in names:
        shutil.copytree(bundled_scenarios() / name, folder / name)
    return folder


def with_key(folder: Path, **changes: Any) -> None:
    path = folder / NAME / "expected.yaml"
    key = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump(key | changes, allow_unicode=True), encoding="utf-8")


def key_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((folder / NAME / "expected.yaml").read_text(encoding="utf-8"))
    return found


def with_alert(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / NAME / "alert.json"
    body = json.loads(path.read_text(encoding="utf-8"))
    change(body)
    path.write_text(json.dumps(body), encoding="utf-8")


def with_object(folder: Path, **changes: Any) -> None:
    obj = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "extra", "namespace": "default", **changes},
        "spec": {},
    }
    (folder / NAME / "snapshot" / "extra.json").write_text(json.dumps(obj), encoding="utf-8")


def text(folder: Path, file: str, content: str) -> None:
    (folder / NAME / file).write_text(content, encoding="utf-8")


ABSENT = {"kind": "Deployment", "namespace": "nowhere", "name": "nothing"}


def all_in_the_alert(folder: Path) -> None:
    with_key(folder, culprit=key_of(folder)["primary"], also=[], must_not_claim=[])
    said = key_of(folder)["root_cause"]
    with_alert(folder, lambda body: body["alerts"][0]["annotations"].update(summary=said))


class Flaw(NamedTuple):
    name: str
    plant: Callable[[Path], object]
    file: str
    reason: str


FLAWS = [
    Flaw("no alert", lambda f: (f / NAME / "alert.json").unlink(), "", "has no alert.json"),
    Flaw("no key", lambda f: (f / NAME / "expected.yaml").unlink(), "expected.yaml", "cannot be read"),
    Flaw("no snapshot", lambda f: shutil.rmtree(f / NAME / "snapshot"), "", "has no folder snapshot"),
    Flaw("a pattern that is none", lambda f: with_key(f, must_mention=["(a"]), "expected.yaml",
         "must_mention.0: Value error, '(a' is not a regular expression"),
    Flaw("an unknown field", lambda f: with_key(f, culprits=[]), "expected.yaml", "culprits: Extra inputs"),
    Flaw("an unknown category", lambda f: with_key(f, category="gremlins"), "expected.yaml",
         "the category gremlins is none of the known ones"),
    Flaw("something to fill in", lambda f: with_key(f, category=TO_FILL_IN), "expected.yaml",
         "category still has to be filled in"),
    Flaw("a culprit that is not there", lambda f: with_key(f, culprit=ABSENT), "expected.yaml",
         "culprit is Deployment nowhere/nothing, which is neither in the snapshot nor among absent_objects"),
    Flaw("another culprit that is not there", lambda f: with_key(f, also=[ABSENT]), "expected.yaml",
         "also is Deployment nowhere/nothing"),
    Flaw("a subject that is not there", lambda f: with_key(f, primary=ABSENT), "expected.yaml",
         "primary is Deployment nowhere/nothing"),
    Flaw("an absent object that is there", lambda f: with_key(f, absent_objects=[key_of(f)["primary"]]),
         "expected.yaml", "which the snapshot holds"),
    Flaw("one culprit twice", lambda f: with_key(f, also=[key_of(f)["culprit"]]), "expected.yaml",
         "also names an object that is named already"),
    Flaw("a diagnosis of nothing", lambda f: with_key(f, culprit=None, also=[]), "expected.yaml",
         "outcome is diagnosed, and no culprit is named"),
    Flaw("a sentence that its own patterns refuse", lambda f: with_key(f, root_cause="It is broken."),
         "expected.yaml", "its own root_cause, given as the answer, fails must_mention"),
    Flaw("a sentence that claims what it must not", lambda f: with_key(f, must_not_claim=["ConfigMap"]),
         "expected.yaml", "fails must_not_claim"),
    Flaw("a pattern that fits anything", lambda f: with_key(f, must_not_claim=["x*"]), "expected.yaml",
         "the pattern x* fits a text of no words"),
    Flaw("a name that stands nowhere", lambda f: with_key(
        f, must_mention=["zebra-finch"], root_cause="The zebra-finch of the ConfigMap is gone."),
        "expected.yaml", "must_mention wants zebra-finch, which stands nowhere"),
    Flaw("an alert that is none", lambda f: text(f, "alert.json", "{}"), "alert.json", "is no alert"),
    Flaw("an alert from the future", lambda f: with_alert(
        f, lambda body: body["alerts"][0].update(startsAt="2100-01-01T00:00:00Z")),
        "alert.json", "starts after the snapshot's time"),
    Flaw("an answer in the alert", lambda f: with_alert(
        f, lambda body: body["alerts"][0]["labels"].update(root_cause="a key")),
        "alert.json", "has root_cause, which tells the answer"),
    Flaw("an alert that says it all", all_in_the_alert, "alert.json",
         "repeating the alert would be taken for the answer"),
    Flaw("a snapshot that is none", lambda f: text(f, "snapshot/snapshot.yaml", "a: 1"), "snapshot",
         "doesn't say when the snapshot was taken"),
    Flaw("a snapshot of no cluster", lambda f: with_object(f, creationTimestamp="2100-01-01T00:00:00Z"),
         "snapshot/extra.json", "after the snapshot's time"),
    Flaw("a name that tells", lambda f: with_object(f, name="broken-web"), "snapshot",
         "Service default/broken-web says of itself that it is broken"),
    Flaw("a label that tells", lambda f: with_object(f, labels={"app": "crashloop-demo"}), "snapshot",
         "Service default/extra says of itself that it is crashloop"),
    Flaw("an annotation that tells", lambda f: with_object(f, annotations={"x/culprit": "yes"}), "snapshot",
         "Service default/extra has x/culprit, which tells the answer"),
    Flaw("the sentence in the cluster", lambda f: with_object(
        f, annotations={"note": key_of(f)["root_cause"]}), "snapshot", "holds the key's root_cause"),
]  # fmt: skip


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.name)
def test_a_planted_flaw_is_found(flaw: Flaw, tmp_path: Path) -> None:
    """Each check can fail, and names the file; without the flaw there is nothing to say."""
    folder = folder_with(tmp_path, NAME)
    assert check_scenarios(folder).problems == []
    flaw.plant(folder)
    found = check_scenarios(folder)
    file = f"{NAME}/{flaw.file}".rstrip("/")
    assert found.scenarios == 1
    assert [p for p in found.problems if p.file == file and flaw.reason in p.reason], found.problems


def test_a_copy_is_found(tmp_path: Path) -> None:
    """The same alert over the same cluster twice would count double."""
    folder = folder_with(tmp_path, NAME, OTHER)
    shutil.copytree(folder / NAME, folder / "zz-again")
    with_key(folder, tags=["changed"])
    reason = f"is {NAME} once more: the same alert over the same cluster"
    assert check_scenarios(folder).problems == [Problem("zz-again/expected.yaml", reason)]


@pytest.mark.parametrize(("namespace", "place"), [("aa", "first"), ("zz", "last")])
def test_places_that_give_culprits_away_are_found(tmp_path: Path, namespace: str, place: str) -> None:
    """Culprits that are always the first or the last by name could be found without looking."""
    for number in range(14):
        folder = tmp_path / "suite" / f"case-{number}"
        shutil.copytree(bundled_scenarios() / NAME, folder)
        config = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"n": str(number)}}
        metadata = {"name": "settings", "namespace": namespace}
        (folder / "snapshot" / "more.json").write_text(json.dumps({**config, "metadata": metadata}), "utf-8")
        key = yaml.safe_load((folder / "expected.yaml").read_text(encoding="utf-8"))
        key |= {"culprit": {"kind": "ConfigMap", **metadata}, "also": []}
        (folder / "expected.yaml").write_text(yaml.safe_dump(key), encoding="utf-8")
    said = " ".join(p.reason for p in check_scenarios(tmp_path / "suite").problems if p.file == "suite")
    assert f"14 of 14 culprits are the {place} of their kind by name" in said


def test_half_a_scenario_is_not_passed_over(tmp_path: Path) -> None:
    """A folder with an alert and no key was meant to be one."""
    folder = folder_with(tmp_path, NAME, OTHER)
    (folder / OTHER / "expected.yaml").unlink()
    assert [p.file for p in check_scenarios(folder).problems] == [f"{OTHER}/expected.yaml"]


def test_one_scenario_can_be_checked_alone(tmp_path: Path) -> None:
    """DIR may be a scenario itself; its files are then named without a folder."""
    folder = folder_with(tmp_path, NAME)
    with_key(folder, category="gremlins")
    found = check_scenarios(folder / NAME)
    assert [p.file for p in found.problems] == ["expected.yaml"]


def test_nothing_to_check_is_said(tmp_path: Path) -> None:
    """A folder without scenarios is not one without problems."""
    with pytest.raises(BadInput, match="holds no scenario"):
        check_scenarios(tmp_path)


def test_the_command_says_a_line_a_problem_and_its_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 and no lines for what is fit, 1 and a line with the file for each problem, 2 for what is no folder."""
    folder = folder_with(tmp_path, NAME)
    assert run(["eval", "check", "--scenarios", str(folder)]) == 0
    assert capsys.readouterr().out == ""
    with_key(folder, category="gremlins")
    assert run(["eval", "check", "--scenarios", str(folder)]) == 1
    seen = capsys.readouterr()
    assert seen.out.startswith(f"{NAME}/expected.yaml: the category gremlins") and seen.out.count("\n") == 1
    assert seen.err.endswith("1 scenario, 1 problem.\n")
    assert run(["eval", "check", "--scenarios", str(tmp_path / "no")]) == 2


def test_words_that_tell_are_words() -> None:
    """Names are looked at word by word: a term of several would never be found."""
    assert all(word.isalpha() and word.islower() for word in TELLING)


@pytest.mark.slow
def test_bundled_scenarios_are_fit() -> None:
    """What ships with the package passes all checks."""
    found = check_scenarios(bundled_scenarios())
    assert found.scenarios > 200
    assert [str(problem) for problem in found.problems] == []
