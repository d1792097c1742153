"""The HTTP application: gate, routes, errors, and its OpenAPI description."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI

from kubetriage.server.access import AccessLog
from kubetriage.server.auth import INTAKE_PATHS, GateKeeper
from kubetriage.server.bodies import Room
from kubetriage.server.bounding import BoundBodies
from kubetriage.server.metrics import product_version
from kubetriage.server.parts import ServerParts
from kubetriage.server.problems import Problem, handle_problems
from kubetriage.server.response_examples import add_examples
from kubetriage.server.routes import (
    alertmanager,
    alerts,
    clusters,
    events,
    feedback,
    health,
    incidents,
    messages,
    posts,
    reports,
    runs,
    triage,
)

READERS = 2
"""Large bodies that are read at the same time: each may hold a hundred megabytes while it is."""
ROUTERS = (
    alerts.router,
    alertmanager.router,
    posts.router,
    incidents.router,
    events.router,
    reports.router,
    feedback.router,
    runs.router,
    triage.router,
    clusters.router,
    messages.router,
    health.router,
)
HEALTH = (health.router,)
"""Of a process that only diagnoses."""
DESCRIPTION = """
Alerts come in, incidents are diagnosed, reports come out. Every request but those for health needs a token:
as bearer, or as the password of basic authentication. Senders of alerts that cannot set headers may put it
into the address: `/api/v1/alerts/{source}/t/{token}`, or `?token=`. Errors are `application/problem+json`.
"""


def create_app(parts: ServerParts, routers: Sequence[APIRouter] = ROUTERS) -> FastAPI:
    """The application over these parts, with these routes.

    Run it without the server's own access log: this writes one.
    """
    # FastAPI's own telemetry would begin before the gate has taken the token out of the address.
    app = FastAPI(
        title="kubetriage",
        version=product_version(),
        description=DESCRIPTION.strip(),
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.state.parts = parts
    app.state.room = Room(parts.settings.bodies_bytes)
    app.state.pinged = health.Pinged()
    app.state.events = health.EventsCounted()
    app.state.readers = asyncio.Semaphore(READERS)
    app.state.waiting = asyncio.Semaphore(alerts.MOST_WAITING)
    app.state.takes_alerts = routers is ROUTERS
    for router in routers:
        app.include_router(router)
    handle_problems(app)
    app.add_middleware(BoundBodies, seconds=parts.settings.body_seconds)
    app.add_middleware(GateKeeper, gate=parts.gate)
    app.add_middleware(AccessLog, metrics=parts.metrics)
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(described(FastAPI.openapi(app)))
        return made

    app.openapi = openapi  # type: ignore[method-assign]
    return app


def described(schema: dict[str, Any]) -> dict[str, Any]:
    """The description with what holds for every route: errors, and how a token is shown."""
    components = schema.setdefault("components", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    inner = problem.pop("$defs", {})
    components.setdefault("schemas", {}).update({"Problem": problem, **inner})
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "basic": {"type": "http", "scheme": "basic", "description": "The password is the token."},
        "query": {"type": "apiKey", "in": "query", "name": "token", "description": "For alerts only."},
    }
    schema["security"] = [{"bearer": []}, {"basic": []}]
    add_examples(schema)
    for path, methods in schema["paths"].items():
        if path.startswith(INTAKE_PATHS):
            for operation in methods.values():
                operation["security"] = [{"bearer": []}, {"basic": []}, {"query": []}]
    return schema
