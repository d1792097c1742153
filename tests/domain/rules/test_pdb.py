"""PodDisruptionBudgets."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Finding, Role
from kubetriage.domain.rules import pdb
from kubetriage.domain.view import ClusterView

PDB = "PodDisruptionBudget shop/app"


def found(view: ClusterView) -> list[Finding]:
    return [f for r in pdb.RULES for f in r(view) if isinstance(f, Finding)]


def budget(k8s: Any, healthy: int, wanted: int, expected: int) -> dict[str, Any]:
    status = {"currentHealthy": healthy, "desiredHealthy": wanted, "expectedPods": expected,
              "disruptionsAllowed": max(healthy - wanted, 0)}  # fmt: skip
    made: dict[str, Any] = k8s.obj(PDB, spec={"selector": {"matchLabels": {"app": "app"}}}, status=status)
    return made


def test_too_few_healthy(view_of: Any, k8s: Any) -> None:
    """Too few healthy pods are a symptom that waits on them."""
    pod = k8s.pod("Pod shop/app-1", k8s.container(state=k8s.waiting("CrashLoopBackOff")))
    (one,) = found(view_of([budget(k8s, 1, 2, 3), pod], PDB))
    assert one.role is Role.SYMPTOM
    assert "Pod shop/app-1" in [str(r) for r in one.waits_on]


def test_impossible(view_of: Any, k8s: Any) -> None:
    """A budget above the number of pods is itself the fault."""
    (one,) = found(view_of([budget(k8s, 2, 3, 2)], PDB))
    assert (one.role, str(one.culprit)) == (Role.CAUSE, PDB)


def test_blocks_draining(view_of: Any, k8s: Any) -> None:
    """A budget that allows nothing is a risk to others; one that allows something is not spoken of."""
    (one,) = found(view_of([budget(k8s, 3, 3, 3)], "Node n1", looked=[PDB]))
    assert one.role is Role.RISK
    assert found(view_of([budget(k8s, 3, 2, 3)], PDB)) == []


def test_alert_about_a_budget_that_allows_nothing(view_of: Any, k8s: Any) -> None:
    """The alert's own budget is the cause, with the number that makes it so."""
    full = budget(k8s, 3, 3, 3)
    full["spec"]["minAvailable"] = 3
    (one,) = found(view_of([full], PDB))
    assert (one.role, str(one.culprit)) == (Role.CAUSE, PDB)
    assert "minAvailable 3" in one.statement.en


def test_a_selector_that_fits_no_pod(view_of: Any, k8s: Any) -> None:
    """Where no workload has the labels, the selector is wrong; where one has, it only has no pods now."""
    template = {"template": {"metadata": {"labels": {"app": "app-web"}}}}
    other = k8s.deployment("Deployment shop/app-web", spec=template)
    (one,) = found(view_of([budget(k8s, 0, 2, 0), other], PDB))
    assert one.role is Role.CAUSE and "selects no pod: none has app=app" in one.statement.en
    assert "Deployment app-web have app=app-web" in one.statement.en and "app-web" in one.statement.zh
    own = k8s.deployment(spec={"template": {"metadata": {"labels": {"app": "app"}}}})
    (one,) = found(view_of([budget(k8s, 0, 2, 0), own], PDB))
    assert "selects no pod" not in one.statement.en
