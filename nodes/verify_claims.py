"""diagnosis, evidence → diagnosis, verification: code checks what each claim says against what it cites."""

from __future__ import annotations

from langgraph.runtime import Runtime

from kubetriage.domain.ports import Services
from kubetriage.domain.verification import verify
from kubetriage.state.triage_alert import TriageContext, TriageState, TriageUpdate


async def verify_claims(
    state: TriageState, runtime: Runtime[TriageContext], *, services: Services
) -> TriageUpdate:
    """diagnosis, evidence → diagnosis, verification, unconfirmed."""
    checked = verify(state["diagnosis"], state["evidence"], state["findings"], state["language"])
    return TriageUpdate(
        diagnosis=checked.diagnosis,
        verification=checked.verification,
        # Only what a model wrote can be mended by asking again: rules say the same each time.
        unconfirmed=list(checked.unconfirmed) if state["model_calls"] else [],
    )
