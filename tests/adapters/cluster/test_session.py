"""The session with a server that is started by us: it dies, hangs, chatters, and must be gone afterwards."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kubetriage.adapters.cluster.reads import McpCluster
from kubetriage.domain.errors import ClusterUnreachable
from kubetriage.domain.evidence import FailureKind, Read, get
from kubetriage.domain.resource import resource

OpenRough = Callable[..., McpCluster]


def pod(name: str) -> Read:
    return get(resource("Pod", "shop", name))


def is_running(process: int) -> bool:
    """Whether a process runs; one that ended and was not waited for doesn't."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def gone(process: int) -> None:
    """A killed process needs a moment to end."""
    until = time.monotonic() + 60
    while is_running(process):
        assert time.monotonic() < until, f"{process} still runs"
        await asyncio.sleep(0.02)


async def server_of(cluster: McpCluster) -> int:
    return int((await cluster.read(pod("process"))).objects[0]["metadata"]["name"])


async def test_one_process_answers_all_reads(rough: OpenRough) -> None:
    """A server is started once, and its process answers every read."""
    cluster = rough()
    assert len({await server_of(cluster) for _ in range(3)}) == 1


async def test_reads_run_at_once_over_one_session(rough: OpenRough) -> None:
    """Reads that are asked together come back together, each with its own answer."""
    cluster = rough()
    names = [f"web-{number}" for number in range(40)]
    answers = await asyncio.gather(*(cluster.read(pod(name)) for name in names))
    assert [answer.objects[0]["metadata"]["name"] for answer in answers] == names


async def test_a_server_that_dies_during_a_read_fails_that_read_alone(rough: OpenRough) -> None:
    """A dying server cancels no caller: the read fails as unavailable, and the next one is answered."""
    cluster = rough()
    first = await server_of(cluster)
    lost = await cluster.read(pod("die"))
    assert lost.failure is not None
    assert lost.failure.kind is FailureKind.UNAVAILABLE
    assert await server_of(cluster) != first


async def test_a_read_is_tried_again_on_a_new_server(rough: OpenRough, tmp_path: Path) -> None:
    """A server that goes away once, as in a restart, costs no answer."""
    cluster = rough(once=str(tmp_path / "died"))
    answers = await asyncio.gather(*(cluster.read(pod(f"web-{n}")) for n in range(6)))
    assert all(answer.found for answer in answers)
    assert (tmp_path / "died").exists()


async def test_a_server_killed_between_reads_is_replaced(rough: OpenRough) -> None:
    """The loss of an idle server is noticed by the next read, which still gets its answer."""
    cluster = rough()
    first = await server_of(cluster)
    os.kill(first, 9)
    second = await server_of(cluster)
    assert second != first
    await gone(first)


@pytest.mark.slow
async def test_a_hanging_call_ends_at_its_deadline(rough: OpenRough) -> None:
    """A read without an answer fails as timed out at its deadline, and disturbs no other."""
    cluster = rough(timeout=4.0)
    await cluster.read(pod("web"))
    began = time.monotonic()
    hung, quick = await asyncio.gather(cluster.read(pod("hang")), cluster.read(pod("web")))
    assert hung.failure is not None
    assert hung.failure.kind is FailureKind.TIMEOUT
    assert quick.found
    assert 3.9 < time.monotonic() - began < 30


async def test_closing_does_not_wait_for_hanging_calls(rough: OpenRough) -> None:
    """Closing while a call hangs takes no longer than the server needs to end, and leaves no process."""
    cluster = rough(timeout=120)
    process = await server_of(cluster)
    waiting = asyncio.create_task(cluster.read(pod("hang")))
    await asyncio.sleep(0.1)
    began = time.monotonic()
    await cluster.close()
    assert time.monotonic() - began < 60
    await gone(process)
    assert (await waiting).failure is not None


async def test_a_cancelled_read_leaves_the_session_alone(rough: OpenRough) -> None:
    """Who stops waiting is let go at once; the same process answers the others."""
    cluster = rough(timeout=120)
    process = await server_of(cluster)
    waiting = asyncio.create_task(cluster.read(pod("hang")))
    await asyncio.sleep(0.1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await server_of(cluster) == process


@pytest.mark.slow
async def test_a_deaf_server_and_its_children_are_killed(rough: OpenRough, tmp_path: Path) -> None:
    """A server that ignores the end of its input and SIGTERM is killed, with the processes it started."""
    cluster = rough(deaf=True, child=str(tmp_path / "child"))
    process = await server_of(cluster)
    child = int((tmp_path / "child").read_text(encoding="utf-8"))
    await cluster.close()
    assert not is_running(process)
    await gone(child)


async def test_a_missing_program_is_said(rough: OpenRough) -> None:
    """A command that doesn't exist makes the cluster unreachable, with a sentence that names it."""
    from kubetriage.adapters.cluster.clusters import open_cluster
    from kubetriage.adapters.cluster.connection import ClusterConnection
    from kubetriage.adapters.cluster.limits import LimitSettings

    cluster = open_cluster(ClusterConnection(name="c", command="no-such-program"), LimitSettings())
    with pytest.raises(ClusterUnreachable, match=r"cluster c .*there is no program no-such-program"):
        await cluster.read(pod("web"))
    await cluster.close()


async def test_the_last_words_of_a_server_are_told(rough: OpenRough) -> None:
    """A server that ends at once says why on its standard error: the sentence repeats it, redacted."""
    cluster = rough(last_words="invalid kubeconfig: password=hunter2")
    with pytest.raises(ClusterUnreachable, match=r"invalid kubeconfig: password=\[redacted\]"):
        await cluster.read(pod("web"))


async def test_a_server_that_never_greets_is_given_up(rough: OpenRough) -> None:
    """A process that doesn't answer the protocol's first message is unreachable after the time for that."""
    cluster = rough(mute=True, connect_timeout=0.5)
    began = time.monotonic()
    with pytest.raises(ClusterUnreachable, match="did not answer in time"):
        await cluster.read(pod("web"))
    assert time.monotonic() - began < 30


async def test_chatter_before_the_protocol_is_skipped(rough: OpenRough) -> None:
    """A line that a library prints to the standard output is not the end of the session."""
    assert (await rough(greeting="Starting up...").read(pod("web"))).found


async def test_attempts_to_connect_are_not_repeated_at_once(rough: OpenRough, tmp_path: Path) -> None:
    """After a failed attempt the same refusal is given for a while, without starting a process each time."""
    starts = tmp_path / "starts"
    cluster = rough(last_words="no", starts=str(starts))
    with pytest.raises(ClusterUnreachable):
        await cluster.read(pod("web"))
    first = len(starts.read_text(encoding="utf-8"))
    for _ in range(20):
        with pytest.raises(ClusterUnreachable):
            await cluster.read(pod("web"))
    assert len(starts.read_text(encoding="utf-8")) <= 3 * first  # a machine that pauses sees it tried again


async def test_a_malformed_answer_is_a_failed_read(rough: OpenRough) -> None:
    """An answer that breaks the protocol's own form is a bad answer, not an error of the run."""
    answer = await rough().read(pod("malformed"))
    assert answer.failure is not None
    assert answer.failure.kind is FailureKind.BAD_ANSWER


async def test_a_throttled_read_is_tried_three_times(rough: OpenRough) -> None:
    """What may pass is tried again twice, with pauses, and then said to be throttled."""
    cluster = rough()
    began = time.monotonic()
    answer = await cluster.read(pod("throttled"))
    assert answer.failure is not None
    assert answer.failure.kind is FailureKind.THROTTLED
    assert 1.0 < time.monotonic() - began < 30
