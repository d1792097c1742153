"""subject → primary: the object that the alert means, read from the cluster."""

from __future__ import annotations

from collections.abc import Sequence

from langgraph.runtime import Runtime

from kubetriage.domain.computing import aside
from kubetriage.domain.evidence import Observation
from kubetriage.domain.finding import Want
from kubetriage.domain.locating import first_reads, located, second_reads
from kubetriage.domain.ports import Services
from kubetriage.domain.reading import ask
from kubetriage.domain.resource import Resource
from kubetriage.domain.view import ClusterView
from kubetriage.state.run_view import run_view
from kubetriage.state.triage_alert import TriageContext, TriageState, TriageUpdate


async def locate_primary(
    state: TriageState, runtime: Runtime[TriageContext], *, services: Services
) -> TriageUpdate:
    """subject → primary, looked, failures.

    An object that is not there stays the primary one: that it is gone is what the report has to say.
    """
    looked: list[Want] = []
    failures = list(state["failures"])
    view = await _asked(state, services, first_reads(state["subject"]), looked, failures)
    view = await _asked(state, services, await aside(second_reads, view), looked, failures)
    primary, shown = await aside(_found, view, looked)
    return TriageUpdate(primary=primary, looked=shown, failures=failures)


def _found(view: ClusterView, looked: Sequence[Want]) -> tuple[Resource | None, list[Want]]:
    """The object, and what was asked for that led to something."""
    primary = located(view)
    return primary, [want for want in looked if want.about == primary or view.find(want.about) is not None]


async def _asked(
    state: TriageState,
    services: Services,
    wants: list[Want],
    looked: list[Want],
    failures: list[Observation],
) -> ClusterView:
    if wants:
        cluster = services.clusters.choose(state["cluster"])
        seen = await ask(services, cluster, state["run"], wants, state["deadline_at"])
        looked += wants
        failures += [o for o in seen if o.failure is not None]
    return await run_view({**state, "looked": looked, "failures": failures}, services)
