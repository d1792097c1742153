"""One try at one cell: a report is made and judged, or there is a reason why it could not be."""

from __future__ import annotations

import asyncio
import traceback
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from kubetriage.adapters.model.traffic.naming import NOT_RECORDED
from kubetriage.domain.errors import (
    BudgetExceeded,
    KubetriageError,
    ModelMisconfigured,
    ModelUnavailable,
)
from kubetriage.evals.cells import NO_MODEL, Cell, CellOutcome, Kept, Strategy
from kubetriage.evals.endpoints import Endpoint, Endpoints, Taken
from kubetriage.evals.modelled_time import Speeds, timeline_of
from kubetriage.evals.scorers.every import judge
from kubetriage.evals.scorers.material import Spent
from kubetriage.evals.simulated import PREFIX
from kubetriage.evals.strategies.made import Made, Task


class Trouble(StrEnum):
    """Why a cell could not be run, as far as it decides what to do next."""

    NONE = ""
    PASSING = "passing"
    """A rate limit, a timeout, a server's error: it may work later."""
    LASTING = "lasting"
    """This cell will not run as it is."""
    OF_MODEL = "of the model"
    """No cell of this model will run: its key, its name, its address."""
    OF_BUDGET = "of the budget"
    """A configured budget is spent."""


class Tried(NamedTuple):
    """What a try came to."""

    cell: Cell
    kept: list[Kept]
    trouble: Trouble = Trouble.NONE


async def attempt(task: Task, endpoints: Endpoints, *, waited: bool) -> Tried:
    """Try a cell once. `waited`: scripted models' times really pass, so none is reckoned.

    Never raises but when it is cancelled: whatever happens in a cell is that cell's.
    """
    key, started = task.key, datetime.now(UTC)
    endpoint: Endpoint | None = None
    try:
        if key.model != NO_MODEL:
            endpoint = await endpoints.open(key, task.scenario.expected)
        # The strategies keep to the time themselves; this is for one that does not.
        async with asyncio.timeout(task.timeout * 1.1 + 5):
            made = await _made(task, endpoint)
        taken = endpoint.booked.take(key.id) if endpoint else Taken()
        return Tried(_judged(task, endpoint, made, taken, started, waited=waited), made.kept)
    except TimeoutError:
        why, trouble = f"It took longer than {task.timeout:g} seconds.", Trouble.PASSING
    except KubetriageError as error:
        why, trouble = str(error), trouble_of(error)
    except Exception as error:  # noqa: BLE001 - one cell's bug must not take the others; it is told as one
        why = f"This is a bug in kubetriage ({type(error).__name__}: {str(error)[:200]})."
        trouble = Trouble.LASTING
        task.said.append(Kept(what="note", text=traceback.format_exc()))
    finally:
        await endpoints.close(key)
    return Tried(_not_run(task, endpoint, why, started), [*task.said, Kept(what="note", text=why)], trouble)


async def _made(task: Task, endpoint: Endpoint | None) -> Made:
    if endpoint is None:
        from kubetriage.evals.strategies.rules import by_rules

        return await by_rules(task)
    if task.key.strategy is Strategy.GRAPH:
        from kubetriage.evals.strategies.graph import by_graph

        return await by_graph(task, endpoint)
    from kubetriage.evals.strategies.react import by_react

    return await by_react(task, endpoint)


def trouble_of(error: KubetriageError) -> Trouble:
    """What an error means for the cells to come."""
    if isinstance(error, ModelUnavailable):
        return Trouble.PASSING
    if isinstance(error, ModelMisconfigured):
        return Trouble.LASTING if NOT_RECORDED in str(error) else Trouble.OF_MODEL
    return Trouble.OF_BUDGET if isinstance(error, BudgetExceeded) else Trouble.LASTING


def _judged(
    task: Task, endpoint: Endpoint | None, made: Made, taken: Taken, started: datetime, *, waited: bool
) -> Cell:
    key, currency = task.key, _currency(endpoint)
    modelled = None
    if endpoint is not None and endpoint.server is not None and not waited:
        lines = endpoint.server.journal(key.id)
        speeds = Speeds(key.model.removeprefix(PREFIX))
        modelled = timeline_of(lines, made.seconds).wall(speeds)
        taken = taken._replace(cached=sum(line["cached_tokens"] for line in lines))
    seconds = made.seconds if modelled is None else modelled
    spent = Spent(
        seconds=seconds,
        model_calls=made.model_calls,
        prompt_tokens=taken.prompt,
        completion_tokens=taken.completion,
        cost=taken.cost,
        currency=currency if taken.cost is not None else "",
        leaked_calls=made.leaked_calls,
        concluded=made.concluded,
    )
    judged = judge(made.report, task.scenario, spent)
    return Cell(
        key=key,
        seconds=made.seconds,
        modelled_seconds=modelled,
        model_calls=made.model_calls,
        prompt_tokens=taken.prompt,
        completion_tokens=taken.completion,
        cached_tokens=taken.cached,
        cost=taken.cost,
        currency=spent.currency,
        started=started,
        report=made.report,
        concluded=made.concluded,
        **judged._asdict(),
    )


def _not_run(task: Task, endpoint: Endpoint | None, why: str, started: datetime) -> Cell:
    taken = endpoint.booked.take(task.key.id) if endpoint else Taken()
    return Cell(
        key=task.key,
        outcome=CellOutcome.COULD_NOT_RUN,
        why=why,
        seconds=(datetime.now(UTC) - started).total_seconds(),
        prompt_tokens=taken.prompt,
        completion_tokens=taken.completion,
        cached_tokens=taken.cached,
        cost=taken.cost,
        currency=_currency(endpoint),  # of what earlier tries have cost, if not of this one
        started=started,
    )


def _currency(endpoint: Endpoint | None) -> str:
    price = endpoint.profile.price if endpoint is not None else None
    return price.currency if price is not None else ""
