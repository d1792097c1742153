"""domain.rules.metrics_volume: how full a claim's volume is, as its kubelet measures it."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain import measures
from kubetriage.domain.finding import Finding, Likelihood, Role
from kubetriage.domain.resource import resource
from kubetriage.domain.rules.metrics_volume import nearly_full
from kubetriage.domain.rules.storage_filling import filling_up
from kubetriage.domain.view import ClusterView

CLAIM = "PersistentVolumeClaim shop/data"
REF = resource("PersistentVolumeClaim", "shop", "data")
GI = 1024**3
EXPR = "kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes < 0.1"


@pytest.fixture
def full(k8s: Any, view_of: Any, measured: Any, row: Any) -> Any:
    """`full(used=…, size=…)`: a view of a bound claim and what was measured of its volume."""

    def make(
        used: Any = 9.6 * GI,
        size: str = "10Gi",
        capacity: Any = 10 * GI,
        inodes: tuple[Any, Any] = (10, 1000),
        objects: Any = (),
        primary: str = CLAIM,
        phase: str = "Bound",
        series: bool = True,
        **more: Any,
    ) -> ClusterView:
        claim = k8s.obj(
            CLAIM, spec={"volumeName": "pv"}, status={"phase": phase, "capacity": {"storage": size}}
        )
        view = view_of([claim, *objects], primary)
        values = {"used_bytes": used, "capacity_bytes": capacity, "inodes_used": inodes[0], "inodes": inodes[1],
                  "available_bytes": "NaN" if isinstance(used, str) else capacity - used}  # fmt: skip
        rows = [row(v, __name__=f"kubelet_volume_stats_{n}", namespace="shop") for n, v in values.items()]
        made: ClusterView = measured(view, {measures.volume(REF, view.now): rows if series else []}, **more)
        return made

    return make


def found(view: ClusterView) -> list[Finding]:
    return list(nearly_full(view))


def test_a_volume_that_is_nearly_full(full: Any) -> None:
    """Used and whole in the statement, the claim as culprit, certain where the alert is about volumes."""
    (one,) = found(full(expr=EXPR))
    assert (one.role, one.likelihood, one.category) == (Role.CAUSE, Likelihood.HIGH, "volume-filling-up")
    assert "9.6Gi of 10Gi are used, 4% is left" in one.statement.en
    assert "已用 9.6Gi / 10Gi，剩余 4%" in one.statement.zh
    assert one.quotes == ("9.6Gi", "10Gi") and str(one.culprit) == CLAIM
    assert "kubectl patch persistentvolumeclaim/data -n shop" in str(one.remedies)


def test_an_alert_that_says_so_in_words(full: Any) -> None:
    """The alert's text makes it about the volume too; what was measured goes before the words."""
    view = full(words="Volume data is 96% full")
    assert [f.likelihood for f in found(view)] == [Likelihood.HIGH]
    assert list(filling_up(view)) == []
    outdated = full(used=5 * GI, words="Volume data is 96% full")
    assert found(outdated) == [] and list(filling_up(outdated)) == []
    unmeasured = full(words="Volume data is 96% full", series=False)
    assert found(unmeasured) == [] and len(list(filling_up(unmeasured))) == 1


def test_inodes_run_out_first(full: Any) -> None:
    """The scarcer of both is told."""
    (one,) = found(full(used=GI, inodes=(990, 1000), expr=EXPR))
    assert "990 of 1000 inodes are used, 1% is left" in one.statement.en
    assert "990 / 1000 个 inode" in one.statement.zh


@pytest.mark.parametrize(
    "options",
    [{"used": 8 * GI}, {"phase": "Pending"}, {"series": False}, {"used": "NaN", "inodes": ("NaN", "NaN")},
     {"capacity": 0, "used": 0, "inodes": (0, 0)}],
)  # fmt: skip
def test_what_is_not_full(full: Any, options: dict[str, Any]) -> None:
    """Room enough, a claim that is not bound, nothing measured, and numbers that are none."""
    assert found(full(expr=EXPR, **options)) == []


def test_a_state_that_contradicts(full: Any) -> None:
    """The claim was grown and its file system was not, or another one was measured: less than certain."""
    (one,) = found(full(size="100Gi", expr=EXPR))
    assert (one.role, one.likelihood) == (Role.CAUSE, Likelihood.MEDIUM)


@pytest.mark.parametrize("options", [{"words": "pending"}, {"expr": EXPR, "resolved": True}])
def test_an_alert_about_something_else(full: Any, options: dict[str, Any]) -> None:
    """Then it is what will fail next."""
    assert [f.role for f in found(full(**options))] == [Role.RISK]


@pytest.mark.parametrize(
    ("ready", "used", "role"), [(False, 9.9, Role.CAUSE), (False, 9.6, Role.RISK), (True, 9.9, Role.RISK)]
)
def test_a_pod_in_trouble_on_a_full_volume(k8s: Any, full: Any, ready: bool, used: float, role: Role) -> None:
    """Hardly any room beside a pod that fails may be why, never surely."""
    volumes = [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]
    state = k8s.running() if ready else k8s.waiting("CrashLoopBackOff")
    pod = k8s.pod("Pod shop/db-0", k8s.container(state=state, ready=ready), volumes=volumes)
    (one,) = found(full(used=used * GI, objects=[pod], primary="Pod shop/db-0"))
    assert (one.role, one.likelihood, one.category) == (role, Likelihood.MEDIUM, "disk-full")
    assert "used by Pod db-0" in one.statement.en and "由 Pod db-0 使用" in one.statement.zh
