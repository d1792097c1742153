"""The bundled scenarios: what is committed, and what every one of them must keep to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.snapshot.check import check
from kubetriage.evals.builders.__main__ import FOLDER, main
from kubetriage.evals.builders.clock import Clock
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.scenario import Built, Place, place_of
from kubetriage.evals.builders.scenarios import SCENARIOS
from kubetriage.evals.scenario import CATEGORIES, Expected, Scenario, find, load

EVENTS_KEPT = timedelta(hours=1)
"""The API server's default for --event-ttl."""

every = pytest.mark.parametrize("build", SCENARIOS, ids=lambda build: build.__name__)
Build = Callable[[], Built]


def expected(build: Build) -> Expected:
    return load(FOLDER / build().name).expected


def objects(built: Built) -> dict[Place, Json]:
    return {place_of(obj): obj for obj in built.world.complete()}


def alerts(built: Built) -> list[dict[str, Any]]:
    """The alerts in any of the forms that are used here."""
    if isinstance(built.alert, list):
        return built.alert
    return list(built.alert.get("alerts", [built.alert]))


def names(value: Any) -> Iterator[tuple[str, str]]:
    """Every (key, value) of strings in a nested value."""
    if isinstance(value, dict):
        for key, one in value.items():
            if isinstance(one, str):
                yield key, one
            else:
                yield from names(one)
    elif isinstance(value, list):
        for one in value:
            yield from names(one)


@every
def test_the_committed_files_are_what_the_builders_give(build: Build) -> None:
    """No more, no fewer and no other files than `python -m kubetriage.evals.builders` writes."""
    built = build()
    folder = FOLDER / built.name
    here = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    files = built.files()
    assert here == set(files)
    for name, text in files.items():
        assert (folder / name).read_text(encoding="utf-8") == text, name


@every
def test_a_scenario_is_named_after_its_function(build: Build) -> None:
    """The folder is found from the code and the code from the folder."""
    assert build().name == build.__name__.replace("_", "-")


def test_there_are_no_other_scenarios() -> None:
    """Each folder has its builder, and the first scenario is the first."""
    assert {one.name for one in find(FOLDER)} == {build().name for build in SCENARIOS}
    assert SCENARIOS[0]().name == "claim-below-storage-class-minimum"
    assert len(SCENARIOS) >= 24


@every
def test_the_snapshot_is_one_that_a_cluster_could_have_been_in(build: Build) -> None:
    """`kubetriage snapshot check` finds nothing."""
    assert check(FOLDER / build().name / "snapshot") == []


@every
def test_owners_nodes_and_events_refer_to_what_is_there(build: Build) -> None:
    """Owner references, node names and involved objects resolve by name and uid, or are absent on purpose."""
    built = build()
    there, kinds = objects(built), built.world.scope.get("kinds")
    uids = {obj["metadata"]["uid"]: place for place, obj in there.items()}
    for (_, namespace, _), obj in there.items():
        for owner in obj["metadata"].get("ownerReferences", []):
            if kinds and owner["kind"] not in kinds:
                continue
            place = uids[owner["uid"]]
            assert (place[0], place[2]) == (owner["kind"], owner["name"])
            assert place[1] in ("", namespace)
        taken = "startTime" in obj.get("status", {})  # until then nodeName may be a mere wish
        if obj["kind"] == "Pod" and "nodeName" in obj["spec"] and taken and (not kinds or "Node" in kinds):
            assert ("Node", "", obj["spec"]["nodeName"]) in there
        if obj["kind"] == "Event":
            about = obj["involvedObject"]
            place = (about["kind"], about.get("namespace", ""), about["name"])
            if place in built.answer.absent or (kinds and place[0] not in kinds):
                continue
            target = there[place]
            assert about["uid"] in (target["metadata"]["uid"], target["metadata"]["name"])
            assert about["resourceVersion"] == target["metadata"]["resourceVersion"]


@every
def test_every_uid_and_resource_version_is_given_once(build: Build) -> None:
    """As in a cluster."""
    there = build().world.complete()
    for key in ("uid", "resourceVersion"):
        given = [obj["metadata"][key] for obj in there]
        assert len(given) == len(set(given))


@every
def test_events_are_not_older_than_the_api_server_keeps_them(build: Build) -> None:
    """An event's last occurrence lies within the hour before the snapshot, and not after it."""
    world = build().world
    for event in world.events:
        last = event["lastTimestamp"] or event.get("series", {}).get("lastObservedTime") or event["eventTime"]
        first = event["firstTimestamp"] or event["eventTime"]
        age = world.clock.now - Clock(last).now
        assert timedelta() <= age <= EVENTS_KEPT, event["message"]
        assert Clock(first).now <= Clock(last).now


@every
def test_no_time_lies_after_the_snapshot(build: Build) -> None:
    """Times of objects and of the alert's beginning are not later than the snapshot's."""
    built = build()
    now = built.world.clock.now
    times = [
        value
        for key, value in names(built.world.complete())
        if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", value) and key != "endsAt"
    ]
    assert times
    assert [one for one in times if Clock(one).now > now] == []
    assert all(Clock(one["startsAt"]).now < now for one in alerts(built))


@every
def test_logs_belong_to_containers_that_ran(build: Build) -> None:
    """A recorded log names a pod and a container of the snapshot; a previous one, a container with a past."""
    built = build()
    there = objects(built)
    for path in built.world.logs:
        _, namespace, pod, file = path.split("/")
        name, _, end = file.partition(".")
        status = there[("Pod", namespace, pod)]["status"]
        every = [*status.get("initContainerStatuses", []), *status["containerStatuses"]]
        container = next(one for one in every if one["name"] == name)
        assert end in ("log", "previous.log")
        assert container["containerID"]
        assert end == "log" or container["restartCount"] > 0


@every
def test_the_answer_is_about_objects_that_are_there_or_absent_on_purpose(build: Build) -> None:
    """Primary and culprit exist or are in `absent_objects`, and what is absent really is."""
    built = build()
    there, answer = objects(built), built.answer
    for place in (answer.primary, answer.culprit):
        assert place is None or place in there or place in answer.absent
    assert [one for one in answer.absent if one in there] == []
    assert all(one in there or one in answer.absent for one in answer.also)


@every
def test_the_answer_itself_would_be_right(build: Build) -> None:
    """The root cause in words holds all `must_mention`, no `must_not_claim`, and at most 300 characters."""
    key = expected(build)
    assert [one for one in key.must_mention if not re.search(one, key.root_cause, re.IGNORECASE)] == []
    assert [one for one in key.must_not_claim if re.search(one, key.root_cause, re.IGNORECASE)] == []
    assert len(key.root_cause) <= 300
    assert key.category in CATEGORIES


@every
def test_an_echo_of_the_alert_is_not_an_answer(build: Build) -> None:
    """The alert alone doesn't hold all that must be mentioned, unless nothing is wrong."""
    built = build()
    key = expected(build)
    text = json.dumps(built.alert, ensure_ascii=False)
    missing = [one for one in key.must_mention if not re.search(one, text, re.IGNORECASE)]
    assert missing or key.outcome == ("healthy",) or key.category == "insufficient-data"


@every
def test_the_alert_does_not_name_the_culprit_unless_it_is_about_it(build: Build) -> None:
    """A culprit other than the alert's object or its owner is for the tool to find."""
    built = build()
    answer = built.answer
    if answer.culprit is None or answer.primary is None:
        return
    kind, _, name = answer.culprit
    related = answer.primary[2].startswith(name) or kind in ("Deployment", "Job")
    assert related or name not in json.dumps(built.alert, ensure_ascii=False)


@every
def test_an_alert_fires_after_its_rule_has_waited(build: Build) -> None:
    """The alert began after its object was created."""
    built = build()
    primary = objects(built).get(built.answer.primary or ("", "", ""))
    for one in alerts(built):
        assert (
            primary is None
            or Clock(one["startsAt"]).now >= Clock(primary["metadata"]["creationTimestamp"]).now
        )


def test_snapshots_stay_small() -> None:
    """Short enough to be read by people: at most 100 KB each."""
    sizes = {one.name: (one.snapshot / "cluster.yaml").stat().st_size for one in find(FOLDER)}
    assert {name: size for name, size in sizes.items() if size > 100_000} == {}


def test_alert_forms_vary() -> None:
    """Webhook bodies, single alerts and lists are all among them."""
    forms = {
        "list" if isinstance(one.alert, list) else "webhook" if "alerts" in one.alert else "single"
        for one in (build() for build in SCENARIOS)
    }
    assert forms == {"list", "webhook", "single"}


def test_the_first_scenario_is_the_one_that_was_asked_for() -> None:
    """Alert, claim, class, image and event are right; its twin lacks only the provisioner's events."""
    told, silent = (
        load(FOLDER / name)
        for name in ("claim-below-storage-class-minimum", "claim-pending-reason-not-visible")
    )
    labels = told.alert["alerts"][0]["labels"]
    assert labels == {
        "alertname": "Pod状态异常",
        "namespace": "aiops",
        "pod": "test-deployment-6db6fb878d-mgzzn",
        "severity": "warning",
    }
    text = _cluster(told)
    assert "disk size is invalid. Must in [10, 32000]" in text
    assert "pod has unbound immediate PersistentVolumeClaims" in text
    assert "image: noimage" in text
    assert "ProvisioningFailed" not in _cluster(silent)
    assert "ExternalProvisioning" in _cluster(silent)


def _cluster(scenario: Scenario) -> str:
    return (scenario.snapshot / "cluster.yaml").read_text(encoding="utf-8")


def test_the_command_writes_named_scenarios_and_removes_what_is_stale(tmp_path: Path) -> None:
    """`python -m kubetriage.evals.builders NAME --output DIR` leaves exactly the scenario's files."""
    stale = tmp_path / "target-gone" / "snapshot" / "old.yaml"
    stale.parent.mkdir(parents=True)
    stale.write_text("kind: Pod\n", encoding="utf-8")
    assert main(["target-gone", "--output", str(tmp_path)]) == 0
    assert not stale.exists()
    assert load(tmp_path / "target-gone").expected.outcome == ("inconclusive",)


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2 and a sentence that lists what there is."""
    assert main(["no-such-thing"]) == 2
    assert "There is no scenario no-such-thing" in capsys.readouterr().err
