"""What the database says after a server was killed again and again: see `kills.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from kubetriage.adapters.store.sql.database import Database
    from kubetriage.domain.intake.messages import Attempt, Message
    from kubetriage.domain.intake.values import Incident


class Verdict(NamedTuple):
    """What the database says in the end, and whoever was told."""

    alerts: int
    lost: Sequence[str]
    """Accepted alerts that are not there, or whose incident has no report."""
    twice: Sequence[str]
    """Incidents with more than one report or finished run."""
    again: Sequence[str]
    """Runs in which a finished node ran again, and what ran."""
    resumed: int
    """Runs that more than one process worked on."""
    messages: int = 0
    """Messages that were delivered."""
    untold: Sequence[str] = ()
    """Incidents with a report of which no message was delivered."""
    resent: Sequence[str] = ()
    """Messages that were sent once more although their delivery was known."""
    unknown: int = 0
    """Messages of which a kill hid the answer, and which were sent again under the same id."""


async def judged(url: str, accepted: Sequence[int], calls: Mapping[str, int] | None = None) -> Verdict:
    """Asks the database; `calls` is how often the receiver was called for each id, if there is one."""
    from kubetriage.adapters.store.sql.database import Database
    from kubetriage.domain.intake.values import IntakeSettings

    database = await Database.open(url, settings=IntakeSettings.model_validate({}))
    try:
        found = await _incidents(database)
        there, twice, again, resumed = set(), [], [], 0
        visits: list[Sequence[str]] = []
        for incident in found:
            reports = await database.incidents.reports_of(incident.id)
            if len(reports) > 1 or incident.diagnosis_attempts > 1:
                twice.append(f"{incident.id}: {len(reports)} reports, {incident.diagnosis_attempts} attempts")
            if reports:
                there |= {row.fingerprint for row in await database.incidents.alerts_of(incident.id)}
            for run in reports:
                events = await database.runs.run_events(run, limit=1000)
                nodes = [(e.data["node"], e.data["state"]) for e in events if e.kind == "node"]
                done, repeats = visits_of(nodes)
                resumed += bool(repeats)
                visits.append(done)
                ends = sum(e.kind == "end" for e in events)
                if ends > 1:
                    twice.append(f"{run}: {ends} ends")
        usual = Counter(map(tuple, visits)).most_common(1)[0][0] if visits else ()
        again = [f"{' '.join(done)}" for done in visits if tuple(done) != usual]
        lost = [f"{n:016x}" for n in accepted if f"{n:016x}" not in there]
        verdict = Verdict(len(accepted), lost, twice, again, resumed)
        return verdict if calls is None else await _told(database, verdict, found, calls)
    finally:
        await database.close()


async def _incidents(database: Database) -> list[Incident]:
    from kubetriage.domain.intake.reading import IncidentFilter, Page

    found: list[Incident] = []
    after = ""
    while True:
        page = await database.incidents.incidents(IncidentFilter(), Page(limit=500, after=after))
        found += page.items
        if not (after := page.next):
            return found


async def _told(
    database: Database, verdict: Verdict, found: Sequence[Incident], calls: Mapping[str, int]
) -> Verdict:
    from kubetriage.domain.intake.messages import MessageState, Outcome
    from kubetriage.domain.intake.reading import Page

    messages: list[Message] = []
    after = ""
    while True:
        page = await database.messages.messages(Page(limit=500, after=after))
        messages += page.items
        if not (after := page.next):
            break
    delivered = [each for each in messages if each.state is MessageState.DELIVERED]
    told = {each.incident for each in delivered}
    resent, hidden = [], 0
    for message in messages:
        tried = await database.messages.attempts(message.id)
        hidden += len(tried) > 1 or any(each.outcome is not Outcome.DELIVERED for each in tried)
        if known_before_another(tried) or calls.get(message.key, 0) > len(tried):
            told_of = ", ".join(str(each.outcome) for each in tried)
            resent.append(f"{message.key}: {calls.get(message.key, 0)} requests, attempts {told_of}")
    return verdict._replace(
        messages=len(delivered),
        untold=[each.id for each in found if each.report_run and each.id not in told],
        resent=resent,
        unknown=hidden,
    )


def known_before_another(tried: Sequence[Attempt]) -> bool:
    """Whether an attempt began when an earlier one was known to have been delivered.

    One that was delivered may say so late: its worker slept, and another had tried again meanwhile.
    """
    known = [each.ended_at for each in tried if each.outcome == "delivered" and each.ended_at]
    return any(each.started_at > ended for ended in known for each in tried)


def visits_of(nodes: Sequence[tuple[str, str]]) -> tuple[Sequence[str], int]:
    """The nodes that were gone through, and how often one began anew that had not finished.

    A node that begins where another had begun shows that the other's checkpoint was there.
    """
    done: list[str] = []
    open_node, repeats = "", 0
    for name, state in nodes:
        if state == "finished":
            done.append(name)
            open_node = ""
            continue
        if open_node and open_node != name:
            done.append(open_node)
        repeats += open_node == name
        open_node = name
    return [*done, open_node] if open_node else done, repeats
