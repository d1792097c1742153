"""What was spent, budgets that stop a call before it is made, and answers that need not be paid for again."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.model.cache import AnswerCache
from kubetriage.adapters.model.ledger import Ledger, Reserve, Used
from kubetriage.adapters.model.policies import Budget, CachePolicy
from kubetriage.domain.errors import BudgetExceeded, ModelMisconfigured

RIGHT = {"cause": "the ConfigMap web is missing", "rank": 1}
PRICE = {"prompt": 10.0, "cached": 1.0, "completion": 20.0, "currency": "CNY"}
Make = Callable[..., Any]


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2025, 3, 4, 23, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Callable[..., Ledger]:
    """`ledger(run_tokens=…)` on one file."""
    return lambda **budget: Ledger(tmp_path / "state" / "spent.sqlite", Budget(**budget), clock)


def of(run: str = "r", prompt: int = 100, completion: int = 50, cost: float | None = None) -> Reserve:
    return Reserve(run, "p", prompt, completion, cost, "CNY" if cost is not None else "")


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


# --- the ledger -------------------------------------------------------------------------------------------


def test_a_runs_tokens_end_at_its_budget(ledger: Callable[..., Ledger]) -> None:
    """The call that could go over is refused with what it wants and what is left; other runs go on."""
    book = ledger(run_tokens=300)
    book.settle(book.reserve(of()), Used(120, 0, 40), None)
    with pytest.raises(BudgetExceeded, match=r"cost 150 tokens.*run_tokens = 300 only 140 is left"):
        book.reserve(of())
    assert book.reserve(of("other"))


def test_a_reserve_counts_until_it_is_settled(ledger: Callable[..., Ledger]) -> None:
    """Calls under way at once cannot go over a budget together; one that came to nothing frees its part."""
    book = ledger(run_tokens=300)
    first, second = book.reserve(of()), book.reserve(of())
    with pytest.raises(BudgetExceeded):
        book.reserve(of())
    book.release(first)
    third = book.reserve(of())
    for entry in (second, third):
        book.settle(entry, Used(10, 0, 10), None)
    assert book.spent()[0][2:6] == (2, 20, 0, 20)


def test_a_reserve_of_a_killed_process_ends(ledger: Callable[..., Ledger], clock: Clock) -> None:
    """After an hour it no longer counts."""
    book = ledger(run_tokens=200)
    book.reserve(of())
    clock.now += timedelta(hours=2)
    assert book.reserve(of())


def test_what_was_spent_counts_for_the_rest_of_the_day(ledger: Callable[..., Ledger], clock: Clock) -> None:
    """A call that was settled is not forgotten with the reserves of killed processes."""
    clock.now = datetime(2025, 3, 4, 1, tzinfo=UTC)
    book = ledger(day_tokens=200)
    book.settle(book.reserve(Reserve("r", "p", 150, 0, None, "")), Used(140, 0, 10), None)
    clock.now += timedelta(hours=3)
    with pytest.raises(BudgetExceeded, match="only 50 is left"):
        book.reserve(Reserve("r", "p", 51, 0, None, ""))


def test_a_days_money_holds_over_processes_and_ends_with_the_day(
    ledger: Callable[..., Ledger], clock: Clock
) -> None:
    """Another process on the same file finds the budget used; after midnight UTC it begins anew."""
    book = ledger(day_cost=1.0, currency="CNY")
    book.settle(book.reserve(of(cost=0.9)), Used(1, 0, 1), 0.8)
    code = (
        "import sys; from datetime import datetime, UTC; from pathlib import Path\n"
        "from kubetriage.adapters.model.ledger import Ledger, Reserve\nfrom kubetriage.adapters.model.policies import Budget\n"
        "now = lambda: datetime(2025, 3, 4, 23, 40, tzinfo=UTC)\n"
        "book = Ledger(Path(sys.argv[1]), Budget(day_cost=1.0, currency='CNY'), now)\n"
        "book.reserve(Reserve('r2', 'p', 1, 1, 0.1, 'CNY'))\n"
        "book.reserve(Reserve('r2', 'p', 1, 1, 0.2, 'CNY'))\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(book.path)], capture_output=True, text=True)
    assert "BudgetExceeded" in ended.stderr and "only 0.1 is left" in ended.stderr
    clock.now += timedelta(hours=1)
    assert book.reserve(of(cost=0.9))


def test_money_of_another_currency_is_another_budget(ledger: Callable[..., Ledger]) -> None:
    """Dollars spent don't use up a budget in yuan."""
    book = ledger(day_cost=1.0, currency="CNY")
    book.settle(book.reserve(of(cost=0.1)), Used(1, 0, 1), 0.1)
    other = Ledger(book.path, Budget(), lambda: datetime(2025, 3, 4, 23, 31, tzinfo=UTC))
    other.settle(other.reserve(Reserve("r", "p", 1, 1, 5.0, "USD")), Used(1, 0, 1), 5.0)
    assert book.reserve(of(cost=0.9))


def test_the_file_is_its_owners(ledger: Callable[..., Ledger]) -> None:
    """Nobody else on the machine reads it; what is older than 90 days goes."""
    book = ledger()
    book.reserve(of())
    assert stat.S_IMODE(book.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(book.path.parent.stat().st_mode) == 0o700


def test_old_entries_go(ledger: Callable[..., Ledger], clock: Clock) -> None:
    """The file does not grow for ever."""
    book = ledger()
    book.settle(book.reserve(of()), Used(1, 0, 1), None)
    clock.now += timedelta(days=100)
    book.reserve(of())
    with sqlite3.connect(book.path) as db:
        assert db.execute("SELECT COUNT(*) FROM spent").fetchone() == (1,)


# --- booked calls -------------------------------------------------------------------------------------------


async def test_calls_are_booked_with_their_cost(
    wire: Any, models: Make, profile: Make, question: Make, ledger: Callable[..., Ledger]
) -> None:
    """Cached prompt tokens at their price; a refused request costs nothing."""
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 800}}
    wire.answers(wire.refusal(400, "json_schema is not supported"), wire.said(RIGHT, usage=usage))
    book = ledger()
    got = await models(profile(price=PRICE), ledger=book).ask(question())
    assert got.cost == pytest.approx(0.2 * 0.01 + 0.8 * 0.001 + 0.1 * 0.02)
    (spent,) = book.spent()
    assert spent[:6] == ("2025-03-04", "small", 1, 1000, 800, 100)
    assert spent.cost == pytest.approx(got.cost) and spent.currency == "CNY"


async def test_nothing_is_asked_above_a_budget(
    wire: Any, models: Make, profile: Make, question: Make, ledger: Callable[..., Ledger]
) -> None:
    """Before the request; the next profile, if it is cheaper, may be asked."""
    asked = models(profile(price=PRICE), ledger=ledger(run_cost=0.01, currency="CNY"))
    with pytest.raises(BudgetExceeded, match=r"budget\.run_cost"):
        await asked.ask(question())
    assert wire.requests == []
    wire.answers(wire.said(RIGHT))
    free = profile(name="own", model="n", price={"prompt": 0, "completion": 0, "currency": "USD"})
    asked = models(
        profile(price=PRICE, fallbacks=["own"]), free, ledger=ledger(run_cost=0.01, currency="CNY")
    )
    got = await asked.ask(question())
    assert got.profile == "own" and "budget" in got.notes[0].en


@pytest.mark.parametrize("price", [None, PRICE])
async def test_without_a_price_a_budget_in_money_cannot_be_kept(
    price: Any, wire: Any, models: Make, profile: Make, question: Make, ledger: Callable[..., Ledger]
) -> None:
    """So nothing is asked, and the sentence says what to set."""
    asked = models(profile(price=price), ledger=ledger(day_cost=5.0, currency="USD"))
    with pytest.raises(BudgetExceeded, match=r"set models\.small\.price"):
        await asked.ask(question())
    assert wire.requests == []


async def test_a_hung_call_has_cost_its_prompt(
    wire: Any, models: Make, profile: Make, question: Make, ledger: Callable[..., Ledger]
) -> None:
    """Cancelled or timed out, the server has read it."""
    wire.answers(wire.reply(wire.said(RIGHT), delay=90.0))
    book = ledger()
    task = asyncio.create_task(models(profile(price=PRICE), ledger=book).ask(question()))
    async with asyncio.timeout(60):
        while not wire.requests:  # noqa: ASYNC110 - the server is another thread
            await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (spent,) = book.spent()
    assert spent.prompt > 5 and spent.completion == 0


@pytest.mark.parametrize("budget", [{}, {"day_tokens": 10**9}])
async def test_a_ledger_that_cannot_be_written(
    budget: dict[str, Any], wire: Any, models: Make, question: Make, tmp_path: Path, clock: Clock
) -> None:
    """Without a budget it is noted; with one nothing is asked, because it could not be kept."""
    (tmp_path / "file").write_text("no folder")
    wire.answers(wire.said(RIGHT))
    asked = models(ledger=Ledger(tmp_path / "file" / "spent.sqlite", Budget(**budget), clock))
    if budget:
        with pytest.raises(ModelMisconfigured, match="cannot be written"):
            await asked.ask(question())
    else:
        got = await asked.ask(question())
        assert got.answer == RIGHT and "could not be written down" in got.notes[0].en


async def test_a_ledger_that_is_none(
    wire: Any, models: Make, question: Make, tmp_path: Path, clock: Clock
) -> None:
    """A file that is no database stops no triage."""
    (tmp_path / "spent.sqlite").write_bytes(b"x" * 5000)
    wire.answers(wire.said(RIGHT))
    got = await models(ledger=Ledger(tmp_path / "spent.sqlite", Budget(), clock)).ask(question())
    assert got.answer == RIGHT


# --- the cache ------------------------------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> Callable[..., AnswerCache]:
    """`cache(seconds=…)` on one file."""
    return lambda **policy: AnswerCache(tmp_path / "answers.sqlite", CachePolicy(**policy), clock)


async def test_the_same_question_is_answered_from_the_cache(
    wire: Any, models: Make, profile: Make, question: Make, cache: Make, clock: Clock
) -> None:
    """For nothing, over instances, until it is too old; the reasoning is not kept."""
    wire.answers(wire.said(RIGHT, reasoning_content="hm"))
    asked = models(profile(price=PRICE), cache=cache(seconds=60))
    first = await asked.ask(question())
    again = await models(profile(price=PRICE), cache=cache(seconds=60)).ask(question(run="run-2"))
    assert len(wire.requests) == 1
    assert (first.cached, first.completions, first.reasoning) == (False, 1, "hm")
    assert (again.cached, again.completions, again.reasoning, again.cost) == (True, 0, "", 0.0)
    assert again.answer == RIGHT and "a short time ago" in again.notes[0].en
    clock.now += timedelta(seconds=61)
    assert (await asked.ask(question())).cached is False


@pytest.mark.parametrize(
    "changes",
    [
        {"user": ("Pod web-1 does not start.",)},
        {"system": "Other."},
        {"prompt_version": "2"},
        {"reads": True},
        {"answer_schema": {"type": "object", "properties": {"cause": {}}}},
    ],
)
async def test_another_question_is_asked(
    changes: dict[str, Any], wire: Any, models: Make, question: Make, cache: Make
) -> None:
    """Whatever a word of it, the prompt's version, the schema or the tools."""
    wire.answers(wire.said(RIGHT))
    asked = models(cache=cache())
    await asked.ask(question())
    assert (await asked.ask(question(**changes))).cached is False


async def test_the_same_evidence_at_another_time_is_the_same_question(
    wire: Any, models: Make, question: Make, cache: Make
) -> None:
    """A live cluster is read at other seconds each time; what is asked again on top is another question."""
    wire.answers(wire.said(RIGHT))
    asked = models(cache=cache())
    await asked.ask(question(user=("read at 12:00",), same_as="evidence"))
    assert (await asked.ask(question(user=("read at 12:05",), same_as="evidence"))).cached is True
    assert (await asked.ask(question(user=("read at 12:05",), same_as="other"))).cached is False
    assert (await asked.ask(question(user=("read at 12:05", "mend it"), same_as="evidence"))).cached is False


async def test_another_model_is_asked(
    wire: Any, models: Make, profile: Make, question: Make, cache: Make
) -> None:
    """An answer is its model's."""
    wire.answers(wire.said(RIGHT))
    await models(cache=cache()).ask(question())
    assert (await models(profile(model="other"), cache=cache()).ask(question())).cached is False


@pytest.mark.parametrize("bad", ["no json", "cut", "a fallback's", "off"])
async def test_what_is_no_whole_answer_is_not_kept(
    bad: str, wire: Any, models: Make, profile: Make, question: Make, cache: Make
) -> None:
    """Nor a fallback's: the profile may be back next time."""
    wire.answers(
        wire.said(
            {"no json": "hm", "cut": '{"cause": "x'}.get(bad, RIGHT), "length" if bad == "cut" else "stop"
        )
    )
    if bad == "a fallback's":
        wire.rule = lambda request: wire.refusal(401, "no") if request["model"] == "m" else None
    profiles = (profile(fallbacks=["spare"]), profile(name="spare", model="n"))
    asked = models(*profiles, cache=cache(seconds=0 if bad == "off" else 60))
    assert [(await asked.ask(question())).cached for _ in range(2)] == [False, False]


async def test_the_cache_is_bounded(
    models: Make, wire: Any, question: Make, cache: Make, clock: Clock
) -> None:
    """The oldest answers go; the file is its owner's."""
    wire.answers(wire.said(RIGHT))
    kept = cache(entries=2)
    asked = models(cache=kept)
    for number in range(4):
        clock.now += timedelta(seconds=1)
        await asked.ask(question(user=(f"case {number}",)))
    with sqlite3.connect(kept.path) as db:
        assert db.execute("SELECT COUNT(*) FROM answers").fetchone() == (2,)
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert (await asked.ask(question(user=("case 3",)))).cached is True


async def test_a_broken_cache_is_as_none(
    wire: Any, models: Make, question: Make, tmp_path: Path, clock: Clock
) -> None:
    """The question is asked."""
    (tmp_path / "answers.sqlite").write_bytes(b"x" * 5000)
    wire.answers(wire.said(RIGHT))
    asked = models(cache=AnswerCache(tmp_path / "answers.sqlite", CachePolicy(), clock))
    assert (await asked.ask(question())).answer == RIGHT


async def test_the_key_is_in_no_file(
    wire: Any, models: Make, profile: Make, question: Make, cache: Make, ledger: Make, tmp_path: Path
) -> None:
    """Neither ledger, cache nor memory holds it."""
    from kubetriage.adapters.model.memory import EndpointMemory

    wire.rule = lambda r: (
        wire.refusal(400, f"json_schema Bearer {wire.key}") if "json_schema" in str(r) else None
    )
    wire.answers(wire.said(RIGHT))
    memory = EndpointMemory(tmp_path / "endpoints", lambda: datetime.now(UTC))
    await models(profile(price=PRICE), cache=cache(), ledger=ledger(), memory=memory).ask(question())
    written = contents(tmp_path)
    assert len(written) == 3
    assert all(wire.key.encode() not in each for each in written)
