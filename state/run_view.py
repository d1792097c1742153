"""The view of a run: its state joined with the answers that were stored for it."""

from __future__ import annotations

from kubetriage.domain.computing import aside
from kubetriage.domain.ports import Services
from kubetriage.domain.view import ClusterView
from kubetriage.state.triage_alert import TriageState


async def run_view(state: TriageState, services: Services) -> ClusterView:
    """Everything read so far, failed reads included; after a kill the same as before it."""
    recorded = await services.observations.recorded(state["run"])
    return await aside(
        ClusterView,
        alert=state["alert"],
        subject=state["subject"],
        primary=state.get("primary"),
        now=state["now"],
        observations=[*recorded, *state.get("failures", [])],
        looked=state.get("looked", []),
        has_metrics=state.get("measured", False),
    )
