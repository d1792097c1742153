"""How nodes are bound to services: told to the progress listener and timed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Any

from langgraph.runtime import Runtime

from kubetriage.domain.ports import Services
from kubetriage.state.triage_alert import TriageContext, TriageState, TriageUpdate

Node = Callable[..., Awaitable[TriageUpdate]]


def bound(node: Node, services: Services) -> Any:
    """The node with its services, as langgraph calls it: `(state, runtime) -> update` with its seconds."""

    @wraps(node)
    async def timed(
        state: TriageState, runtime: Runtime[TriageContext], *, services: Services
    ) -> TriageUpdate:
        services.progress.node(node.__name__)
        began = services.stopwatch()
        update = await node(state, runtime, services=services)
        return {**update, "seconds": {node.__name__: services.stopwatch() - began}}

    return partial(timed, services=services)
