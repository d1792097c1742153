"""server.running: attempts at diagnoses, and what becomes of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from kubetriage.domain.alert import AlertStatus
from kubetriage.domain.errors import UnknownCluster
from kubetriage.domain.intake.errors import StoreUnavailable
from kubetriage.domain.intake.runs import RunStatus
from kubetriage.domain.intake.values import IncidentState
from kubetriage.domain.language import Language
from kubetriage.server.engine import workflow_id
from kubetriage.server.sweeping import Cleaner

pytestmark = pytest.mark.slow


class Broken:
    """A graph with a bug in its first node."""

    def __init__(self) -> None:
        self.asked = 0

    def copy(self, update: Mapping[str, Any]) -> Broken:
        return self

    async def aget_state(self, config: Any) -> Any:
        return SimpleNamespace(values={}, next=(), tasks=(), created_at=None)

    async def astream(self, *given: Any, **options: Any) -> AsyncIterator[Any]:
        self.asked += 1
        raise KeyError("no such thing")
        yield


async def test_a_bug_fails_the_attempt_and_the_last_attempt_fails_the_incident(bench: Any) -> None:
    """Tried again after a pause, at most as often as the settings say, and then said with its reason."""
    incident = await bench.accepted()
    await bench.runner(graph=Broken()).diagnose(incident, 1)
    state, failure = await bench.state(incident)
    assert state is IncidentState.WAITING
    assert "KeyError" in failure
    assert not await bench.database.incidents.due(bench.clock(), 10)
    bench.clock.now += timedelta(seconds=10)
    [due] = await bench.database.incidents.due(bench.clock(), 10)
    assert due.attempt == 2
    assert await bench.database.incidents.claim(incident, 2, bench.clock())
    await bench.runner(graph=Broken()).diagnose(incident, 2)
    assert (await bench.state(incident))[0] is IncidentState.FAILED
    run = await bench.database.runs.run(workflow_id(incident, 2))
    assert run is not None
    assert run.status is RunStatus.ERROR
    last = (await bench.database.runs.run_events(run.id))[-1]
    assert last.kind == "error"
    assert "KeyError" in last.data["message"]


async def test_what_no_retry_mends_fails_at_once(bench: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A cluster that no setting names: the incident has failed with its sentence, and the log has no trace."""

    class Unnamed(Broken):
        async def astream(self, *given: Any, **options: Any) -> AsyncIterator[Any]:
            raise UnknownCluster("No cluster was chosen.")
            yield

    incident = await bench.accepted()
    await bench.runner(graph=Unnamed()).diagnose(incident, 1)
    assert await bench.state(incident) == (IncidentState.FAILED, "No cluster was chosen.")
    bench.clock.now += timedelta(days=1)
    assert not await bench.database.incidents.due(bench.clock(), 10)
    [line] = [each for each in caplog.records if "failed" in each.getMessage()]
    assert line.getMessage() == f"the diagnosis {workflow_id(incident, 1)} failed: No cluster was chosen."
    assert not line.exc_info


async def test_a_finished_diagnosis_is_never_repeated(bench: Any) -> None:
    """Called again after a kill that came between the report and the engine's own record, it does nothing."""
    incident = await bench.accepted()
    await bench.runner().diagnose(incident, 1)
    before = await bench.database.runs.run_events(workflow_id(incident, 1))
    again = Broken()
    await bench.runner("other", graph=again).diagnose(incident, 1)
    assert again.asked == 0
    assert await bench.database.runs.run_events(workflow_id(incident, 1)) == before


async def test_killed_between_report_and_end_the_run_is_ended(bench: Any) -> None:
    """A report that is stored is the end of its run, whenever the process died after it."""
    incident = await bench.accepted()
    runner = bench.runner()

    async def die(*_: Any) -> None:
        raise asyncio.CancelledError

    runner._reported = die
    with pytest.raises(asyncio.CancelledError):
        await runner.diagnose(incident, 1)
    again = Broken()
    await bench.runner("other", graph=again).diagnose(incident, 1)
    run = await bench.database.runs.run(workflow_id(incident, 1))
    assert run is not None
    assert (run.status, again.asked) == (RunStatus.SUCCESS, 0)
    assert (await bench.database.runs.run_events(run.id))[-1].kind == "end"


async def stopped_in(bench: Any, incident: str, node: str) -> None:
    """Run until that node begins, and leave it there."""
    begun = asyncio.Event()
    store = bench.parts.runs

    class Told:
        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        async def record_event(
            self, run: str, kind: str, data: Mapping[str, Any], at: datetime, **owner: Any
        ) -> int:
            seq: int = await store.record_event(run, kind, data, at, **owner)
            if data == {"node": node, "state": "began"}:
                begun.set()
                await asyncio.sleep(60)
            return seq

    running = asyncio.ensure_future(bench.runner(runs=Told()).diagnose(incident, 1))
    await asyncio.wait_for(begun.wait(), 60)
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()


async def test_a_run_that_lay_still_for_hours_has_its_time_again(bench: Any) -> None:
    """The clock steps on while nobody works on it: the deadline counts work, not the time in between."""
    straight = await bench.accepted()
    await bench.runner().diagnose(straight, 1)
    other = await bench.accepted(labels={**bench.alerts()[0].labels, "cluster": "other"}, fingerprint="f")
    await stopped_in(bench, other, "check_related")
    bench.clock.now += timedelta(hours=3)
    await bench.runner("next").diagnose(other, 1)
    one = await bench.database.incidents.report(workflow_id(straight, 1))
    two = await bench.database.incidents.report(workflow_id(other, 1))
    assert one is not None
    assert two is not None
    assert (two.summary, two.gaps) == (one.summary, one.gaps)
    names = [name for name, state in await bench.nodes(workflow_id(other, 1)) if state == "began"]
    assert names.count("check_related") == 2
    assert names.count("locate_primary") == names.count("apply_rules") == 1


async def test_a_clock_set_back_does_not_stop_a_run(bench: Any) -> None:
    """Time that goes backwards between two nodes leaves the report as it is."""
    incident = await bench.accepted()
    await stopped_in(bench, incident, "apply_rules")
    bench.clock.now -= timedelta(days=1)
    await bench.runner("next").diagnose(incident, 1)
    assert (await bench.state(incident))[0] is IncidentState.REPORTED


async def test_who_was_taken_over_stops_before_the_next_node(bench: Any) -> None:
    """A worker that was held for dead and lives does nothing more to a run that another has."""
    incident = await bench.accepted()
    run = workflow_id(incident, 1)
    store = bench.parts.runs

    class Stolen:
        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        async def record_event(
            self, run: str, kind: str, data: Mapping[str, Any], at: datetime, **owner: Any
        ) -> int:
            if data == {"node": "check_related", "state": "began"}:
                await store.take_run(run, "another", at)
            seq: int = await store.record_event(run, kind, data, at, **owner)
            return seq

    with pytest.raises(asyncio.CancelledError):
        await bench.runner(runs=Stolen()).diagnose(incident, 1)
    assert (await bench.nodes(run))[-1] == ("locate_primary", "finished")
    assert await bench.database.incidents.report(run) is None
    await bench.runner("another").diagnose(incident, 1)
    assert await bench.database.incidents.report(run) is not None


async def test_who_was_taken_over_says_nothing_of_how_it_ended(bench: Any) -> None:
    """A worker that slept finds that its time is over, or that its graph broke: it fails nothing of another's.

    Else the other's diagnosis would be made once more, and people told of a failure.
    """
    incident = await bench.accepted()
    run = workflow_id(incident, 1)

    class TakenOver(Broken):
        async def astream(self, *given: Any, **options: Any) -> AsyncIterator[Any]:
            assert await bench.database.runs.take_run(run, "another", bench.clock())
            raise TimeoutError
            yield

    with pytest.raises(asyncio.CancelledError):
        await bench.runner(graph=TakenOver()).diagnose(incident, 1)
    assert await bench.state(incident) == (IncidentState.DIAGNOSING, "")
    found = await bench.database.runs.run(run)
    assert found is not None
    assert (found.status, found.executor, found.error) == (RunStatus.RUNNING, "another", "")
    await bench.runner("another").diagnose(incident, 1)
    assert (await bench.state(incident))[0] is IncidentState.REPORTED


async def test_who_was_taken_over_reports_nothing(bench: Any) -> None:
    """It slept with a whole diagnosis in its hands: the report is the other's, whatever that one comes to."""
    incident = await bench.accepted()
    run = workflow_id(incident, 1)
    store = bench.parts.incidents

    class Slept:
        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        async def finished(self, *given: Any, **options: Any) -> Any:
            assert await bench.database.runs.take_run(run, "another", bench.clock())
            return await store.finished(*given, **options)

    with pytest.raises(asyncio.CancelledError):
        await bench.runner(incidents=Slept()).diagnose(incident, 1)
    assert await bench.database.incidents.report(run) is None
    assert (await bench.nodes(run))[-1] == ("notify", "finished")
    await bench.runner("another").diagnose(incident, 1)
    assert [each.kind for each in await bench.database.runs.run_events(run)].count("end") == 1
    assert list(await bench.database.incidents.reports_of(incident)) == [run]


async def test_who_is_held_for_dead_begins_nothing(bench: Any) -> None:
    """It slept between its claim and the beginning of the work: the run stays whose it is."""
    incident = await bench.accepted()
    await bench.database.runs.forget_executor("me")
    graph = Broken()
    with pytest.raises(asyncio.CancelledError):
        await bench.runner(graph=graph).diagnose(incident, 1)
    assert graph.asked == 0
    await bench.runner("another").diagnose(incident, 1)
    assert (await bench.state(incident))[0] is IncidentState.REPORTED


async def test_while_the_database_is_away_a_run_waits(bench: Any) -> None:
    """It goes on from its checkpoint when the database is back, in the same process and the same attempt."""
    incident = await bench.accepted()
    store = bench.parts.runs
    away = [True, True]

    class Away:
        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        async def record_event(
            self, run: str, kind: str, data: Mapping[str, Any], at: datetime, **owner: Any
        ) -> int:
            if data.get("node") == "apply_rules" and away:
                away.pop()
                raise StoreUnavailable("gone")
            seq: int = await store.record_event(run, kind, data, at, **owner)
            return seq

    await bench.runner(runs=Away()).diagnose(incident, 1)
    assert away == []
    assert (await bench.state(incident))[0] is IncidentState.REPORTED
    names = [name for name, state in await bench.nodes(workflow_id(incident, 1)) if state == "began"]
    assert names.count("check_related") == 1


async def test_recovered_before_it_began_it_is_not_diagnosed(bench: Any) -> None:
    """A warning that is over while its diagnosis waits in the queue costs nothing."""
    incident = await bench.accepted()
    await bench.post(status=AlertStatus.RESOLVED, ends_at=bench.clock())
    graph = Broken()
    await bench.runner(graph=graph).diagnose(incident, 1)
    assert graph.asked == 0
    assert await bench.database.runs.run(workflow_id(incident, 1)) is None


async def test_a_report_is_kept_in_both_languages(bench: Any) -> None:
    """One diagnosis, two reports of one id, whichever language channels and readers ask for."""
    incident = await bench.accepted()
    await bench.runner().diagnose(incident, 1)
    run, store = workflow_id(incident, 1), bench.database.incidents
    own, chinese = await store.report(run), await store.report(run, Language.ZH)
    assert await store.report(run, Language.EN) == own
    assert (own.language, chinese.language, chinese.original_language) == ("en", "zh", "en")
    assert chinese.id == own.id
    assert "申请 5Gi" in chinese.root_causes[0].statement
    assert "requests 5Gi" in own.root_causes[0].statement


async def test_only_the_last_checkpoint_stays_and_goes_with_its_run(bench: Any) -> None:
    """Checkpoints between are deleted when the run ends, the last one when the run is too old to be kept."""
    incident = await bench.accepted()
    await bench.runner().diagnose(incident, 1)
    run = workflow_id(incident, 1)
    config: Any = {"configurable": {"thread_id": run}}

    async def checkpoints() -> int:
        async with bench.parts.checkpoints.saver() as saver:
            return len([each async for each in saver.alist(config)])

    assert await checkpoints() == 1
    bench.clock.now += timedelta(days=bench.settings.retention.runs_days + 1)

    class NoEngine:
        async def forget(self, before: datetime) -> None: ...

    cleaner = Cleaner(bench.parts, NoEngine(), bench.settings)  # type: ignore[arg-type]
    await cleaner.once()
    assert await checkpoints() == 0
    assert await bench.database.runs.run(run) is None
    assert await bench.database.incidents.report(run) is not None
