"""document → alert, companions, subject: what fired and which object it means, from its words alone."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from langgraph.runtime import Runtime

from kubetriage.domain.alert import Alert, Subject, SubjectScope
from kubetriage.domain.alert_formats import alerts_from
from kubetriage.domain.diagnosing import Case, diagnose
from kubetriage.domain.incidents import group_incidents
from kubetriage.domain.model_use import ModelUse
from kubetriage.domain.ports import Services
from kubetriage.domain.resource import resource
from kubetriage.domain.subject import BY_NAME, subject_of
from kubetriage.domain.view import ClusterView
from kubetriage.state.triage_alert import TriageContext, TriageState, TriageUpdate


async def parse_alert(
    state: TriageState, runtime: Runtime[TriageContext], *, services: Services
) -> TriageUpdate:
    """document → alert, companions, subject.

    Takes an `alert` that is already parsed as it is. Raises `BadAlert` for a document in no known format.
    """
    context = runtime.context or TriageContext()
    alert, companions = _alerts(state, services.clock())
    subject = _named(alert) or subject_of(alert)
    cluster = context.cluster or subject.cluster
    chosen = services.clusters.choose(cluster)
    now = chosen.now()
    update = TriageUpdate(
        run=context.run or uuid.uuid4().hex,
        cluster=cluster,
        language=context.language,
        deadline_at=services.clock() + timedelta(seconds=context.deadline),
        now=now,
        measured=services.metrics.of(chosen.name) is not None,
        alert=alert,
        companions=companions,
        subject=subject,
        primary=None,
        looked=[],
        wanted=[],
        failures=[],
        visits=0,
        bounds_hit=[],
        model=context.model,
        verdict=None,
        model_use=ModelUse(),
        model_calls=0,
        refused=[],
        repairs=0,
        unconfirmed=[],
    )
    if subject.scope is SubjectScope.SKIP:
        view = ClusterView(alert, subject, None, now, ())
        update["diagnosis"] = diagnose(Case(view, (), (), (), context.language))
    return update


def _alerts(state: TriageState, now: datetime) -> tuple[Alert, list[Alert]]:
    if "alert" in state:
        return state["alert"], list(state.get("companions", []))
    parsed = alerts_from(state["document"], received_at=now)
    first, *rest = group_incidents(parsed.alerts)[0]
    return first, rest


def _named(alert: Alert) -> Subject | None:
    """The subject of a request that names its resource instead of an alert's labels."""
    if not alert.asked_for:
        return None
    ref = resource(alert.labels["kind"], alert.labels.get("namespace", ""), alert.labels["name"])
    return Subject(scope=SubjectScope.RESOURCE, resource=ref, namespace=ref.namespace, why=BY_NAME)
