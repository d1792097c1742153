"""Volumes that run full, by what the alert says."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.alert import Alert, AlertStatus
from kubetriage.domain.view import ClusterView

CLAIM = "PersistentVolumeClaim shop/data-db-0"


@pytest.fixture
def filling(view_of: Any, claim: Any, k8s: Any) -> Any:
    """A view of a bound claim whose alert has this text."""

    def make(text: str, status: AlertStatus = AlertStatus.FIRING) -> ClusterView:
        owner = k8s.obj(
            "StatefulSet shop/db", spec={"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}
        )
        view: ClusterView = view_of([claim("40Gi", CLAIM, "Bound"), owner], CLAIM)
        view.alert = Alert(name="Any", status=status, annotations={"description": text}, fingerprint="0" * 16)
        return view

    return make


@pytest.mark.parametrize(
    "text",
    ["The volume of data-db-0 is only 2.11% free.",
        "data-db-0 will fill up within four days. Currently 2.11% is available.",
     "Claim data-db-0 is 97.89% full", "data-db-0: 97.89% used"],
)  # fmt: skip
def test_nearly_full(filling: Any, found: Any, text: str) -> None:
    """The share that is free or used, the size and whose volume it is."""
    (one,) = found(filling(text))
    assert (one.category, str(one.culprit)) == ("volume-filling-up", CLAIM)
    for said in (one.statement.en, one.statement.zh):
        assert "40Gi" in said
        assert "StatefulSet db" in said
        assert "%" in said


@pytest.mark.parametrize(
    "text",
    [
        "data-db-0 is 60% free",
        "another-claim is only 2% free",
        "something about data-db-0",
        "data-db-0: 50% used",
    ],
)
def test_not_full(filling: Any, found: Any, text: str) -> None:
    """Room enough, another claim's room, or no number at all: nothing is said."""
    assert found(filling(text)) == []


def test_resolved(filling: Any, found: Any) -> None:
    """A resolved alert's number is of the past."""
    assert found(filling("data-db-0 is only 2% free", AlertStatus.RESOLVED)) == []
