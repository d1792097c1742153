"""A server with the schemas of 0.0.30, over SSE: the same answers, whatever it lacks."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from kubetriage.adapters.cluster.clusters import open_cluster
from kubetriage.adapters.cluster.connection import ClusterConnection
from kubetriage.adapters.cluster.limits import LimitSettings
from kubetriage.adapters.cluster.reads import McpCluster
from kubetriage.domain.evidence import FailureKind, Observation, get, list_of, log_of, top_of
from kubetriage.domain.resource import resource

pytestmark = pytest.mark.slow

RUNNING = resource("Pod", "shop", "web-5d-aaaaa")


@pytest_asyncio.fixture
async def oldest(oldest_url: str) -> AsyncIterator[McpCluster]:
    connection = ClusterConnection(name="old", transport="sse", url=oldest_url)
    cluster = open_cluster(connection, LimitSettings())
    yield cluster
    await cluster.close()


def names(observation: Observation) -> list[str]:
    assert observation.failure is None, observation.failure
    return sorted(obj["metadata"]["name"] for obj in observation.objects)


async def test_an_object_is_read_from_yaml_text(oldest: McpCluster) -> None:
    """Without structured content the YAML text is read; times stay text."""
    answer = await oldest.read(get(resource("Deployment", "shop", "web")))
    (deployment,) = answer.objects
    assert deployment["metadata"]["creationTimestamp"] == "2025-03-01T10:00:00Z"
    assert deployment["spec"]["replicas"] == 4


async def test_an_absent_object_is_absent(oldest: McpCluster) -> None:
    """Asked and not there is told apart from not asked."""
    assert (await oldest.read(get(resource("Pod", "shop", "gone")))).absent


async def test_selectors_that_it_lacks_are_applied_on_our_side(oldest: McpCluster) -> None:
    """Label and field selectors choose the same objects as a newer server would."""
    labelled = await oldest.read(list_of("Pod", "shop", labels="app=web,pod!=web-5d-aaaaa"))
    assert names(labelled) == ["web-5d-crash", "web-5d-image", "web-5d-queue"]
    assert "labelSelector" not in labelled.arguments
    by_field = await oldest.read(list_of("Pod", "shop", fields="spec.nodeName=worker-2"))
    assert names(by_field) == ["web-5d-crash"]
    events = await oldest.read(list_of("Event", "shop", fields="involvedObject.name=web-5d-crash"))
    assert names(events) == ["crash.1"]


async def test_events_keep_count_and_source(oldest: McpCluster) -> None:
    """Events are read as objects, not as the rows of events_list, which lack both."""
    event = next(e for e in (await oldest.read(list_of("Event", "shop"))).objects if e.get("count"))
    assert (event["count"], event["source"]) == (7, {"component": "kubelet"})


async def test_a_log_is_cut_to_the_lines_asked_for(oldest: McpCluster) -> None:
    """A server that always sends 256 lines is not sent `tail`; the rest is cut here, and said."""
    answer = await oldest.read(log_of(RUNNING, "web", tail=3))
    assert answer.text == "".join(f"2025-03-04T09:{m}:00Z line {m}\n" for m in (57, 58, 59))
    assert "tail" not in answer.arguments
    assert answer.cut == "177 lines before its last 3 were left out"


async def test_a_previous_log_is_not_mistaken_for_the_current_one(oldest: McpCluster) -> None:
    """A server that cannot read the previous run's log is not asked for a log at all: a gap."""
    answer = await oldest.read(log_of(resource("Pod", "shop", "web-5d-crash"), "web", previous=True))
    assert answer.failure is not None
    assert answer.failure.kind is FailureKind.UNSUPPORTED
    assert answer.tool == ""


async def test_a_missing_tool_is_a_gap_or_read_another_way(oldest: McpCluster) -> None:
    """Usage without a tool for it is read from the metrics objects."""
    answer = await oldest.read(top_of("Pod", "shop"))
    assert answer.tool == "resources_list"
    assert {
        "namespace": "shop",
        "name": "web-5d-aaaaa",
        "container": "proxy",
        "cpu": "3m",
        "memory": "5Mi",
    } in (answer.objects)


async def test_missing_hints_are_warned_of_once(oldest: McpCluster, caplog: pytest.LogCaptureFixture) -> None:
    """A server that doesn't say which tools write is used by the allow-list alone, with one warning."""
    await oldest.read(get(RUNNING))
    await oldest.read(list_of("Node"))
    warnings = [record for record in caplog.records if "which tools write" in record.message]
    assert len(warnings) == 1


async def test_libraries_log_no_raw_answers(oldest: McpCluster, caplog: pytest.LogCaptureFixture) -> None:
    """Even with every log turned on, the libraries on the way write down nothing of an answer."""
    caplog.set_level(logging.DEBUG)
    assert (await oldest.read(get(resource("Deployment", "shop", "web")))).found
    assert "registry.test/web:1" not in caplog.text


async def test_a_forbidden_kind_is_a_gap(oldest: McpCluster) -> None:
    """What the rights forbid is forbidden, not absent."""
    answer = await oldest.read(list_of("PersistentVolume"))
    assert answer.failure is not None
    assert answer.failure.kind is FailureKind.FORBIDDEN
