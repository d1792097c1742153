"""Answers as they look, for the API's description: one incident, from its alert to its message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel

from kubetriage.domain.alert import AlertStatus, Severity
from kubetriage.domain.intake.messages import Attempt, MessageState, Outcome
from kubetriage.domain.intake.posts import Post, PostState
from kubetriage.domain.intake.reading import EventKind, Feedback, IncidentEvent, Verdict
from kubetriage.domain.intake.runs import Run, RunStatus
from kubetriage.domain.intake.values import AlertRow, Counts, Diagnosed, Incident, IncidentState
from kubetriage.server.examples import BARE
from kubetriage.server.parts import ClusterHealth
from kubetriage.server.routes.alerts import Receipt
from kubetriage.server.routes.clusters import Clusters
from kubetriage.server.routes.feedback import Judgements
from kubetriage.server.routes.health import Readiness
from kubetriage.server.routes.incidents import Alerts, IncidentDetail, IncidentsPage, Timeline
from kubetriage.server.routes.messages import MessageDetail, MessagesPage, MessageView
from kubetriage.server.routes.runs import RunsPage, view_of
from kubetriage.server.routes.triage import Triage, TriagedRun

_AT: Final = datetime(2025, 3, 4, 10, 0, tzinfo=UTC)
_ID: Final = "INC-01J9ZQ4T8W3K5N"
_RUN: Final = f"{_ID}-1"
_NAME: Final = "KubePodCrashLooping"


def _after(seconds: float) -> datetime:
    return _AT + timedelta(seconds=seconds)


INCIDENT: Final = Incident(
    id=_ID, key="workload|prod|shop|checkout", cluster="prod", title=f"{_NAME}: shop/checkout",
    severity=Severity.WARNING, state=IncidentState.REPORTED, opened_at=_AT, updated_at=_after(61),
    claimed_at=_after(26), last_diagnosed_at=_after(61), diagnosis_attempts=1,
    diagnosed=Diagnosed(severity=Severity.WARNING, alerts=1, names=(_NAME,)),
    last_seen_at=_AT, last_episode_at=_AT, noticed_at=_after(61), run=_RUN, report_run=_RUN,
    counts=Counts(alerts=1, firing=1, episodes=1), names=(_NAME,),
)  # fmt: skip
ALERT: Final = AlertRow(
    fingerprint="5f9d0c7c2a1b3e4d", starts_at=_after(-900), cluster="prod", name=_NAME,
    severity=Severity.WARNING, status=AlertStatus.FIRING, labels={**BARE["labels"], "cluster": "prod"},
    annotations=BARE["annotations"], source="alertmanager", first_seen=_AT, last_seen=_AT, incident=_ID,
)  # fmt: skip
EVENTS: Final = (
    IncidentEvent(
        seq=41, incident=_ID, cluster="prod", at=_AT, kind=EventKind.OPENED,
        data={"names": [_NAME], "alerts": 1},
    ),
    IncidentEvent(
        seq=44, incident=_ID, cluster="prod", at=_after(61), kind=EventKind.REPORTED, notice=True,
        data={"run": _RUN, "attempt": 1, "outcome": "diagnosed"},
    ),
)  # fmt: skip
FEEDBACK: Final = Feedback(verdict=Verdict.RIGHT, who="Li Wei", at=_after(600))
_OF_INCIDENT: Final = Run(
    id=_RUN, thread=_RUN, graph="triage_alert", incident=_ID, status=RunStatus.SUCCESS,
    executor="triage-0-3f2a", created_at=_after(26), updated_at=_after(61), started_at=_after(26),
    ended_at=_after(61),
)  # fmt: skip
_ASKED: Final = "7f1c2f0e-5a43-4b7e-9d7e-0c9f2f6f3a11"
_ON_DEMAND: Final = Run(id=_ASKED, thread=_ASKED, graph="triage_alert", created_at=_AT, updated_at=_AT)
_FAILED: Final = _ON_DEMAND.model_copy(
    update={"status": RunStatus.ERROR, "ended_at": _after(5), "error": "The cluster cannot be reached."}
)


def _triage(run: Run) -> Triage:
    return Triage(runs=[TriagedRun(**view_of(run).model_dump(), outcome=None)])


MESSAGE: Final = MessageView(
    id=7, channel="oncall", event="reported", state=MessageState.DELIVERED, incident=_ID, run=_RUN,
    attempts=1, error="", digest=None, due_at=_after(61), created_at=_after(61), updated_at=_after(62),
)  # fmt: skip
_ATTEMPT: Final = Attempt(
    message=7, number=1, worker="triage-0-3f2a", started_at=_after(61), ended_at=_after(62),
    outcome=Outcome.DELIVERED, status=200,
)  # fmt: skip
HEALTH: Final = (
    ClusterHealth(
        name="prod", default=True, reachable=True, transport="stdio", where="kubernetes-mcp-server",
        server="kubernetes-mcp-server v0.0.67", tools=9, checked_at=_AT,
    ),
    ClusterHealth(
        name="edge", reachable=False, detail="It does not answer.", transport="streamable-http",
        where="https://mcp.edge.example/mcp", checked_at=_AT,
    ),
)  # fmt: skip
_KEPT: Final = Post(id=17, state=PostState.WAITING, received_at=_AT)
_SORTED: Final = Post(
    id=17, state=PostState.SORTED, received_at=_AT, alerts=1, new=1, incidents=(_ID,), source="alertmanager"
)
_POSTING: Final = ("postAlerts", "putAlerts", "postAlertsOf", "putAlertsOf")

ANSWERS: Final[Mapping[tuple[str, str], BaseModel]] = {
    **{(posting, "202"): Receipt.of(_KEPT) for posting in _POSTING},
    ("getPost", "200"): Receipt.of(_SORTED),
    ("listIncidents", "200"): IncidentsPage(items=(INCIDENT,), next=_ID),
    ("getIncident", "200"): IncidentDetail(
        incident=INCIDENT, alerts=[ALERT], timeline=EVENTS, absorbed=[], reports=[_RUN]
    ),
    ("getTimeline", "200"): Timeline(items=EVENTS),
    ("getAlertsOfIncident", "200"): Alerts(items=[ALERT]),
    ("acknowledge", "200"): INCIDENT.model_copy(update={"acked_by": "Li Wei", "acked_at": _after(300)}),
    ("unacknowledge", "200"): INCIDENT,
    ("giveFeedback", "201"): FEEDBACK,
    ("getFeedback", "200"): Judgements(items=[FEEDBACK]),
    ("listRuns", "200"): RunsPage(items=[view_of(_OF_INCIDENT)], next=f"1741082426000000_{_RUN}"),
    ("getRun", "200"): view_of(_OF_INCIDENT),
    ("triage", "200"): _triage(_FAILED),
    ("triage", "202"): _triage(_ON_DEMAND),
    ("listClusters", "200"): Clusters(items=HEALTH),
    ("listMessages", "200"): MessagesPage(items=[MESSAGE], next="7"),
    ("getMessage", "200"): MessageDetail(
        message=MESSAGE, body={"incident": _ID, "run": _RUN}, attempts=[_ATTEMPT]
    ),
    ("retryMessage", "200"): MESSAGE.model_copy(update={"state": MessageState.PENDING}),
    ("readyz", "200"): Readiness(worker="ok"),
}
"""By operation and status."""


def add_examples(schema: dict[str, Any]) -> None:
    """Put an example beside each answer that has a body of our own."""
    for methods in schema["paths"].values():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                example = ANSWERS.get((operation["operationId"], status))
                if example is not None:
                    answer["content"]["application/json"]["example"] = example.model_dump(mode="json")
