"""Running the triage graph over a set of incidents with one set of services."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from kubetriage.adapters.model.loading import load_ahead
from kubetriage.bootstrap.tracing import traced
from kubetriage.domain.alert import Alert
from kubetriage.domain.ports import Services
from kubetriage.domain.report import Report
from kubetriage.domain.subject import subject_of
from kubetriage.state.triage_alert import TriageContext

Incident = Sequence[Alert]
"""Alerts of one incident, the leading one first."""


async def triage_incidents(
    services: Services, incidents: Sequence[Incident], context: TriageContext
) -> AsyncIterator[Report]:
    """One report an incident, in their order. Raises as `triage_in_languages` does."""
    async for report, *_ in triage_in_languages(services, incidents, context):
        yield report


async def triage_in_languages(
    services: Services, incidents: Sequence[Incident], context: TriageContext
) -> AsyncIterator[Sequence[Report]]:
    """The reports of each incident, in their order: its own, then those in `context.other_languages`.

    Raises `UnknownCluster` before anything is read, and whatever a bug in a node raises.
    """
    from kubetriage.graphs.triage_alert import RECURSION_LIMIT, build_triage_alert

    for alert, *_ in incidents:
        services.clusters.choose(context.cluster or subject_of(alert).cluster)
    compiled = build_triage_alert(services).compile()
    if context.model:
        load_ahead()
    for alert, *companions in incidents:
        async with traced():
            ended = await compiled.ainvoke(
                {"alert": alert, "companions": companions},
                {"recursion_limit": RECURSION_LIMIT},
                context=context,
            )
        yield [ended["report"], *ended["other_reports"]]


def unreachable(report: Report) -> bool:
    """Whether not one read of a run that needed reads came back."""
    return bool(report.gaps) and not report.evidence
