"""graphs.triage_alert: a run that is stopped anywhere goes on to the same report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from kubetriage.domain.alert import Alert
from kubetriage.domain.ports import Services
from kubetriage.domain.report import Report
from kubetriage.domain.resource import resource
from kubetriage.graphs.triage_alert import build_triage_alert
from kubetriage.state.checkpoint_types import checkpoint_types
from kubetriage.state.triage_alert import TriageContext

NODES = ("parse_alert", "locate_primary", "check_related", "apply_rules", "recall_knowledge", "synthesize",
         "verify_claims", "notify")  # fmt: skip


def saver() -> InMemorySaver:
    """As the server has it: a serializer that brings back nothing but the classes it was told."""
    return InMemorySaver(serde=JsonPlusSerializer(allowed_msgpack_modules=checkpoint_types()))


async def report_of(services: Services, alert: Alert, stop_before: list[str]) -> Report:
    """Run to the end with a new process, as it were, after each stop: the graph is built anew."""
    kept = saver()
    config: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": 60}
    given: Any = {"alert": alert}
    for _ in range(30):
        graph = build_triage_alert(services).compile(checkpointer=kept, interrupt_before=stop_before)
        ended = await graph.ainvoke(given, config, context=TriageContext(run="r"), durability="sync")
        if "report" in ended:
            found: Report = ended["report"]
            return found
        given = None
    raise AssertionError("the run never ends")


@pytest.mark.parametrize("node", NODES)
async def test_a_run_stopped_before_a_node_ends_with_the_same_report(
    node: str,
    shop: Any,
    recorded: Any,
    services_of: Callable[..., Services],
    alert_of: Callable[..., Alert],
) -> None:
    """Whatever node comes next when a run stops, its state comes back whole from the checkpoint."""
    straight = await report_of(services_of(recorded(shop)), alert_of(), [])
    stopped = await report_of(services_of(recorded(shop)), alert_of(), [node])
    assert stopped == straight
    assert stopped.root_causes


async def test_a_resumed_run_reads_nothing_twice(
    shop: Any, recorded: Any, services_of: Callable[..., Services], alert_of: Callable[..., Alert]
) -> None:
    """What was read before a stop is not asked of the cluster again after it."""
    cluster = recorded(shop)
    await report_of(services_of(cluster), alert_of(), list(NODES))
    assert len(cluster.asked) == len(set(cluster.asked)) > 3


async def test_every_value_of_the_state_comes_back_equal(
    shop: Any, recorded: Any, services_of: Callable[..., Services], alert_of: Callable[..., Alert]
) -> None:
    """The state is made of values that a checkpoint gives back with their own classes."""
    serde = JsonPlusSerializer(allowed_msgpack_modules=checkpoint_types())
    graph = build_triage_alert(services_of(recorded(shop))).compile()
    state = await graph.ainvoke({"alert": alert_of()}, context=TriageContext(run="r"))
    for key, value in state.items():
        back = serde.loads_typed(serde.dumps_typed(value))
        assert back == value, key
        assert type(back) is type(value), key
        if isinstance(value, list):
            assert [type(v) for v in back] == [type(v) for v in value], key


def test_a_class_that_the_serializer_was_not_told_does_not_come_back() -> None:
    """The list of classes is what makes the difference: without it, values come back as plain data."""
    value = resource("Pod", "shop", "web-1")
    kept = JsonPlusSerializer(allowed_msgpack_modules=checkpoint_types()).dumps_typed(value)
    assert isinstance(JsonPlusSerializer(allowed_msgpack_modules=[]).loads_typed(kept), dict)
    assert JsonPlusSerializer(allowed_msgpack_modules=checkpoint_types()).loads_typed(kept) == value
