"""What a triage on demand is about: an alert in any form, or a resource by name → incidents to triage."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from kubetriage.adapters.alerts.decode import bounded, decode
from kubetriage.domain.alert import Alert
from kubetriage.domain.alert_formats import alerts_from
from kubetriage.domain.errors import BadAlert
from kubetriage.domain.incidents import group_incidents
from kubetriage.domain.language import Language
from kubetriage.domain.naming import asked_for
from kubetriage.server.asking import Line
from kubetriage.server.examples import BARE
from kubetriage.server.problems import Refused

MOST_INCIDENTS = 10
"""Incidents of one request."""
_NAME = r"^[a-z0-9]([-a-z0-9.:]*[a-z0-9])?$"


class ResourceNamed(BaseModel):
    """An object of the cluster."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{1,63}$")] = Field(examples=["Pod"])
    name: Annotated[str, StringConstraints(pattern=_NAME, max_length=253)] = Field(
        examples=["checkout-5d9c7b6f4-x2x7k"]
    )
    namespace: Annotated[str, StringConstraints(pattern=_NAME, max_length=63)] | None = Field(
        None, description="`default` if left out", examples=["shop"]
    )


class TriageRequest(BaseModel):
    """What to triage: an alert, or a resource."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"alert": BARE, "wait_seconds": 60},
                {"resource": {"kind": "Pod", "namespace": "shop", "name": "checkout-5d9c7b6f4-x2x7k"}},
            ]
        },
    )

    alert: Any = Field(None, description="One alert or several, in any accepted format; or text")
    resource: ResourceNamed | None = None
    cluster: Line = Field("", description="The connection to read; else the alert's cluster label says it")
    language: Language | None = Field(None, description="Of the report; as configured if left out")
    model: Line | None = Field(
        None, description="The profile that writes, or `none`; as configured if left out"
    )
    timeout_seconds: float | None = Field(
        None, gt=0, le=3600, description="After this the report so far is given"
    )
    wait_seconds: float = Field(0, ge=0, le=3600, description="How long to wait for the end before answering")

    @model_validator(mode="after")
    def _one(self) -> TriageRequest:
        if (self.alert is None) == (self.resource is None):
            raise ValueError("needs either alert or resource")
        return self


def incidents_of(asked: TriageRequest, received_at: datetime) -> Sequence[Sequence[Alert]]:
    """Incidents, each with its leading alert first. Raises `BadAlert`, and `Refused` (422)."""
    if asked.resource is not None:
        return [[about(asked.resource)]]
    given = asked.alert if isinstance(asked.alert, str) else json.dumps(bounded(asked.alert))
    parsed = alerts_from(decode(given.encode("utf-8", "backslashreplace")), received_at=received_at)
    groups = group_incidents(parsed.alerts)
    if len(groups) > MOST_INCIDENTS:
        raise Refused(
            422, f"These are {len(groups)} incidents; at most {MOST_INCIDENTS} can be asked for at once."
        )
    return groups


def about(resource: ResourceNamed) -> Alert:
    """A request to triage one resource, in an alert's form. Raises `Refused` (422) for an unknown kind."""
    try:
        return asked_for(resource.kind, resource.name, resource.namespace)
    except BadAlert as error:
        raise Refused(422, f"{error}.") from error
