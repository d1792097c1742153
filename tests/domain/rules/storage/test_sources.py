"""Volumes made from a snapshot, and drivers that are not on the chosen node."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Likelihood

CLAIM = "PersistentVolumeClaim shop/data"
SOURCE = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "nightly"}
WHOLE = [("StorageClass", ""), ("PersistentVolume", ""), ("CSIDriver", "")]


def _failed(k8s: Any, words: str) -> Any:
    message = f'failed to provision volume with StorageClass "fast": {words}'
    return k8s.event(
        CLAIM, "ProvisioningFailed", message, times=9, component="disk.csi.example.com_ctl-0_0a1b"
    )


@pytest.mark.parametrize(
    ("words", "en", "zh"),
    [
        ('error getting handle for DataSource Type VolumeSnapshot by Name nightly: error getting snapshot nightly from '
         'api server: volumesnapshots.snapshot.storage.k8s.io "nightly" not found', "does not exist", "不存在"),
        ("error getting handle for DataSource Type VolumeSnapshot by Name nightly: snapshot nightly is not Ready",
         "is not ready", "未就绪"),
    ],
)  # fmt: skip
def test_a_snapshot_that_is_not_there(
    view_of: Any, k8s: Any, claim: Any, fast: Any, found: Any, words: str, en: str, zh: str
) -> None:
    """The snapshot that the claim names is told with what is wrong with it; the claim is to be made anew."""
    view = view_of(
        [claim(dataSource=SOURCE, dataSourceRef=SOURCE), fast, _failed(k8s, words)], CLAIM, lists=WHOLE
    )
    (one,) = found(view)
    assert (one.rule, str(one.culprit), one.likelihood) == ("storage.refused-source", CLAIM, Likelihood.HIGH)
    assert f"VolumeSnapshot nightly, which it is to be made from, {en}" in one.statement.en
    assert "VolumeSnapshot nightly" in one.statement.zh and zh in one.statement.zh


def test_a_driver_that_the_chosen_node_lacks(
    view_of: Any, k8s: Any, claim: Any, fast: Any, found: Any
) -> None:
    """No topology on a CSINode means that the driver's plugin does not run there: the class is not to blame."""
    words = "error generating accessibility requirements: no topology key found on CSINode n2"
    (one,) = found(view_of([claim(), fast, _failed(k8s, words)], CLAIM, lists=WHOLE))
    assert (one.rule, str(one.culprit)) == ("storage.refused-no-driver", "Node n2")
    assert "not registered on the node" in one.statement.en and "没有注册" in one.statement.zh


def test_a_class_that_allows_no_zone(view_of: Any, k8s: Any, claim: Any, fast: Any, found: Any) -> None:
    """Where the class' own topologies fit nowhere, it is the class."""
    words = "error generating accessibility requirements: selected node topology is not in allowed topologies"
    (one,) = found(view_of([claim(), fast, _failed(k8s, words)], CLAIM, lists=WHOLE))
    assert (one.rule, str(one.culprit)) == ("storage.refused-topology", "StorageClass fast")
