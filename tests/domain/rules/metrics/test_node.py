"""domain.rules.metrics_node: what is left of a node's disk and memory."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain import measures
from kubetriage.domain.finding import Likelihood, Role
from kubetriage.domain.rules.metrics_node import disk_nearly_full, memory_nearly_used_up
from kubetriage.domain.view import ClusterView

NODE = "Node n1"
GI = 1024**3


@pytest.fixture
def node(k8s: Any, view_of: Any, measured: Any, row: Any) -> Any:
    """`node(avail=…, memory=…)`: a Node with so much left of 100Gi of disk and 10Gi of memory."""

    def make(avail: Any = 50 * GI, memory: Any = 5 * GI, pressure: str = "", **more: Any) -> ClusterView:
        conditions = [{"type": "Ready", "status": "True"}]
        conditions += [{"type": pressure, "status": "True", "message": "kubelet has it"}] if pressure else []
        view = view_of([k8s.obj(NODE, status={"conditions": conditions})], NODE)
        assert view.primary is not None
        disk = measures.of_node("node-filesystem", view.primary, [], view.now)
        ram = measures.of_node("node-memory", view.primary, [], view.now)
        mount = {"device": "/dev/sda1", "mountpoint": "/"}
        answers = {
            disk: [row(avail, __name__="node_filesystem_avail_bytes", **mount),
                   row(100 * GI, __name__="node_filesystem_size_bytes", **mount)],
            ram: [row(memory, __name__="node_memory_MemAvailable_bytes"),
                  row(10 * GI, __name__="node_memory_MemTotal_bytes")],
        }  # fmt: skip
        made: ClusterView = measured(view, answers, **more)
        return made

    return make


DISK = "node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.1"


@pytest.mark.parametrize(
    ("options", "role", "likelihood"),
    [
        ({"expr": DISK}, Role.CAUSE, Likelihood.HIGH),
        ({"expr": DISK, "labels": {"mountpoint": "/"}}, Role.CAUSE, Likelihood.HIGH),
        ({"expr": DISK, "labels": {"mountpoint": "/var"}}, Role.RISK, Likelihood.MEDIUM),
        ({"expr": "up == 0"}, Role.RISK, Likelihood.MEDIUM),
        ({"expr": DISK, "pressure": "DiskPressure"}, Role.HINT, Likelihood.HIGH),
    ],
)
def test_a_disk_that_is_nearly_full(
    node: Any, options: dict[str, Any], role: Role, likelihood: Likelihood
) -> None:
    """The cause of an alert about that file system, else a risk; where kubelet reports it, that is told."""
    (one,) = disk_nearly_full(node(avail=4 * GI, **options))
    assert (one.role, one.likelihood, str(one.culprit)) == (role, likelihood, NODE)
    assert one.statement.en == "Node n1: 4Gi (4%) of 100Gi is left of its file system /."
    assert "仅剩 4Gi（4%），总量 100Gi" in one.statement.zh and one.quotes == ("4Gi", "100Gi")


def test_memory_that_is_nearly_used_up(node: Any) -> None:
    """As what is available, which the kernel could give."""
    (one,) = memory_nearly_used_up(node(memory=0.5 * GI, expr="node_memory_MemAvailable_bytes < 1e9"))
    assert one.role is Role.CAUSE and "512Mi (5%) of 10Gi is left of its memory" in one.statement.en
    assert [f.role for f in memory_nearly_used_up(node(memory=0.5 * GI))] == [Role.RISK]


@pytest.mark.parametrize("value", ["NaN", "+Inf", 50 * GI])
def test_enough_or_not_known(node: Any, value: Any) -> None:
    """Plenty, and numbers that are none, say nothing."""
    assert list(disk_nearly_full(node(avail=value, expr=DISK))) == []
    assert list(memory_nearly_used_up(node(memory=value))) == []
