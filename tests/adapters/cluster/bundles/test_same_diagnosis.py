"""A recorded cluster, dumped as other tools dump it and imported again, is diagnosed as the original."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.bundles.importing import import_bundle
from kubetriage.adapters.cluster.snapshot.check import check
from kubetriage.adapters.cluster.snapshot.scope import MANIFEST, read_manifest, snapshot_time
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.evals.cells import Cell
from kubetriage.evals.scenario import Scenario, find, load

EVERYWHERE = (
    "annotation-gives-orders", "bare-pod-preempted", "connection-pool-exhausted", "crash-command-not-in-path",
    "crash-oom-killed", "crash-reason-not-visible", "controller-manager-down", "daemonset-selects-no-node",
    "database-password-refused", "deployment-scaled-to-zero", "disk-reads-fail", "evicted-for-its-own-volume",
    "go-panics", "gpu-nowhere", "healthy-after-roll-back", "host-port-taken", "image-registry-unreachable",
    "image-tag-absent", "init-container-crash", "java-throws",
)  # fmt: skip
"""Pods, their owners, nodes, events and logs show what is wrong: every format holds these."""
IN_FULLER_ONES = (
    "caller-does-not-complain", "claim-of-absent-storage-class", "claim-provisioner-down",
    "cronjob-suspended", "headless-service-absent", "ingress-backend-service-absent", "job-backoff-limit",
)  # fmt: skip
"""Volumes, jobs, routes and addresses do: of those, `kubectl cluster-info dump` writes nothing."""
FULLER = ("must-gather", "support-bundle")

Exporters = dict[str, Callable[..., Path]]
ClusterFrom = Callable[[Path], Any]
Diagnosed = Callable[..., Awaitable[Cell]]


@pytest.fixture
def dumped(tmp_path: Path, exporters: Exporters, cluster_from: ClusterFrom) -> Callable[..., Scenario]:
    """The scenario with its snapshot dumped in a format and imported from there."""

    def dump(scenario: Scenario, format_: str, *suffix: str) -> Scenario:
        folder = tmp_path / f"{scenario.name}-{format_}{''.join(suffix)}"
        bundle = exporters[format_](cluster_from(scenario.snapshot), folder / "bundle", *suffix)
        at = snapshot_time(scenario.snapshot / MANIFEST, read_manifest(scenario.snapshot))
        done = import_bundle(bundle, folder / "snapshot", at=at)
        assert done.format == format_
        shutil.rmtree(bundle)
        for name in ("alert.json", "expected.yaml"):
            shutil.copy(scenario.folder / name, folder)
        return load(folder)

    return dump


def gist(result: Cell) -> tuple[Any, ...]:
    causes = [(c["category"], c["culprit"], c["statement"]) for c in result.report["root_causes"]]
    return result.report["outcome"], result.report["summary"], causes


@pytest.mark.slow
@pytest.mark.parametrize("name", [*EVERYWHERE, *IN_FULLER_ONES])
async def test_a_dump_is_diagnosed_as_its_cluster(
    name: str, dumped: Callable[..., Scenario], diagnosed: Diagnosed
) -> None:
    """The same outcome, sentence, culprits and categories, from each format that holds what shows them."""
    original = load(bundled_scenarios() / name)
    wanted = gist(await diagnosed(original))
    formats = ("cluster-info-dump", *FULLER) if name in EVERYWHERE else FULLER
    for format_ in formats:
        again = dumped(original, format_)
        assert gist(await diagnosed(again)) == wanted, format_
        assert check(again.snapshot) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERYWHERE[:3])
async def test_a_dump_in_yaml_is_diagnosed_as_its_cluster(
    name: str, dumped: Callable[..., Scenario], diagnosed: Diagnosed
) -> None:
    """`kubectl cluster-info dump -o yaml` holds the same."""
    original = load(bundled_scenarios() / name)
    again = dumped(original, "cluster-info-dump", ".yaml")
    assert gist(await diagnosed(again)) == gist(await diagnosed(original))


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".json", ".yaml"])
@pytest.mark.parametrize("name", EVERYWHERE[-3:])
async def test_a_printed_dump_is_diagnosed_as_its_cluster(
    name: str,
    suffix: str,
    tmp_path: Path,
    printed: Callable[..., Path],
    cluster_from: ClusterFrom,
    diagnosed: Diagnosed,
) -> None:
    """What `kubectl cluster-info dump` prints without a folder can be imported from one file."""
    original = load(bundled_scenarios() / name)
    at = snapshot_time(original.snapshot / MANIFEST, read_manifest(original.snapshot))
    cluster = cluster_from(original.snapshot)
    file = printed(cluster, tmp_path / "dump.txt", cluster.namespaces, suffix)
    import_bundle(file, tmp_path / "again" / "snapshot", at=at)
    for part in ("alert.json", "expected.yaml"):
        shutil.copy(original.folder / part, tmp_path / "again")
    assert gist(await diagnosed(load(tmp_path / "again"))) == gist(await diagnosed(original))


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["cluster-info-dump", *FULLER])
async def test_what_a_dump_lacks_is_never_taken_for_an_absence(
    format_: str, dumped: Callable[..., Scenario], diagnosed: Diagnosed
) -> None:
    """A dump without the object that is at fault makes a report that knows less, never one that is sure of

    something wrong. Every sixth scenario is looked at.
    """
    sure_and_wrong = []
    for original in find(bundled_scenarios())[::6]:
        if (original.snapshot / "metrics").exists() or "scope" in read_manifest(original.snapshot):
            continue  # samples are in no dump, and of what could not be read there is nothing to dump
        if (await diagnosed(dumped(original, format_))).wrong_with_confidence:
            sure_and_wrong.append(original.name)
    assert sure_and_wrong == []
