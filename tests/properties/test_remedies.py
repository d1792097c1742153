"""What to do holds for every scenario: somebody acts, the release that writes the culprit is named, and nodes
are looked at where they are."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.evidence import Observation
from kubetriage.domain.resource import resource
from kubetriage.domain.view import ClusterView
from kubetriage.evals.replaying import replaying
from kubetriage.evals.scenario import Scenario

RELEASE = {"meta.helm.sh/release-name": "zeppelin", "meta.helm.sh/release-namespace": "airships"}
NOBODYS = ("Namespace", "Node")
"""Kinds that no release writes."""
BESIDE_THE_HOST = ("node-cordoned", "node-pod-capacity")
"""Categories of a node's that its machine has no part in: how many pods it may run and does run stands in the
API, and kubelet, which only keeps to it, has nothing to log."""

Place = tuple[str, str, str]


def place(found: dict[str, Any]) -> Place:
    return found["kind"], found["namespace"] or "", found["name"]


def written_by_helm(culprits: set[Place], seen: Observation) -> Observation:
    """The answer with the annotations of a release on the culprits."""
    objects = []
    for raw in seen.objects:
        meta = raw.get("metadata", {})
        key = (raw.get("kind") or seen.read.kind, meta.get("namespace") or "", meta.get("name"))
        owned: dict[str, Any] = copy.deepcopy(raw)
        if key in culprits:
            owned["metadata"]["annotations"] = (meta.get("annotations") or {}) | RELEASE
        objects.append(owned)
    return seen.model_copy(update={"objects": tuple(objects)})


def problems(report: dict[str, Any], view: ClusterView) -> list[str]:
    """What is missing of what to do about each root cause."""
    found = []
    for cause in report["root_causes"]:
        told = [r for r in report["recommendations"] if r["addresses"] == cause["rank"]]
        kinds, words = {r["kind"] for r in told}, " ".join(r["detail"] for r in told)
        if not kinds & {"change", "escalate"}:
            found.append(f"nobody acts on: {cause['statement']}")
        kind, namespace, name = place(cause["culprit"]) if cause["culprit"] else ("", "", "")
        there = bool(name) and view.find(resource(kind, namespace, name)) is not None
        if there and kind not in NOBODYS and "zeppelin" not in words:
            found.append(f"the release that writes {kind} {name} is not named")
        on_host = kind == "Node" and cause["category"] not in BESIDE_THE_HOST
        if on_host and "journalctl -u kubelet" not in words:
            found.append(f"kubelet's log on {name} is not looked at: {cause['category']}")
    return found


async def missing(scenario: Scenario) -> list[str]:
    async with replaying(scenario, Settings()) as replayer:
        whole = (await replayer.triage()).report
        culprits = {place(c["culprit"]) for c in whole["root_causes"] if c["culprit"]}
        owned = await replayer.triage(lambda seen: written_by_helm(culprits, seen))
    return problems(owned.report, owned.view)


async def test_remedies(scenario: Scenario) -> None:
    """Each root cause has a change or is handed to somebody; a culprit that a Helm release writes is changed
    there; a node at fault is looked at on its host, kubelet's log included."""
    assert await missing(scenario) == []


@pytest.mark.slow
async def test_remedies_of_all(scenario: Scenario) -> None:
    """The same for every scenario."""
    assert await missing(scenario) == []
