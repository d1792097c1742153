"""The outbox: what was sent is known, or known to be unknown."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.alert import Alert
from kubetriage.domain.intake.errors import NotYet
from kubetriage.domain.intake.messages import Message, MessageState, NewMessage, Outcome
from kubetriage.domain.intake.reading import Page
from kubetriage.domain.messages.sending import Pace


def new(key: str, at: datetime, channel: str = "ops") -> NewMessage:
    return NewMessage(
        key=key, channel=channel, event="reported", body={"text": key, "emoji": "😀"}, due_at=at
    )


async def sent(database: Database, at: datetime, key: str = "k") -> tuple[Message, int]:
    """A message whose first attempt has begun."""
    await database.messages.enqueue([new(key, at)], at)
    [message] = await database.messages.claim_due("w1", at, {"ops": 1})
    number = await database.messages.attempt_started(message.id, "w1", at)
    assert number
    return message, number


async def test_a_key_is_stored_once(database: Database, now: datetime) -> None:
    """Enqueued again, a message is found, in whatever state it is."""
    first = await database.messages.enqueue([new("a", now), new("b", now)], now)
    again = await database.messages.enqueue([new("b", now), new("a", now), new("c", now)], now)
    assert [message.key for message in again] == ["b", "a", "c"]
    assert {message.id for message in first} == {again[0].id, again[1].id}
    assert len(first[0].body_digest) == 64


async def test_a_message_is_claimed_by_one_worker(url: str, now: datetime) -> None:
    """Workers that ask at the same time get different messages, each channel within its budget."""
    replicas = [await Database.open(url) for _ in range(2)]
    keys = [new(f"{channel}{n}", now, channel) for channel in ("ops", "dev") for n in range(10)]
    await replicas[0].messages.enqueue(keys, now)
    budgets = {"ops": 3, "dev": 1, "none": 5}
    both = await asyncio.gather(
        *(r.messages.claim_due(f"w{n}", now, budgets) for n, r in enumerate(replicas))
    )
    claimed = [message for some in both for message in some]
    assert len({message.id for message in claimed}) == len(claimed) == 8
    assert sorted(message.channel for message in claimed) == ["dev"] * 2 + ["ops"] * 6
    for replica in replicas:
        await replica.close()


async def test_not_due_and_not_held_messages_are_not_sent(database: Database, now: datetime) -> None:
    """Before its time nobody gets it; who does not hold it gets no attempt."""
    await database.messages.enqueue([new("k", now + timedelta(seconds=10))], now)
    assert list(await database.messages.claim_due("w1", now, {"ops": 1})) == []
    [message] = await database.messages.claim_due("w1", now + timedelta(seconds=10), {"ops": 1})
    assert await database.messages.attempt_started(message.id, "w2", now) is None
    assert await database.messages.attempt_started(message.id + 1, "w1", now) is None
    assert await database.messages.put_back(message.id, "w1", now + timedelta(minutes=1))
    assert await database.messages.attempt_started(message.id, "w1", now) is None


@pytest.mark.parametrize("pace", [Pace(per_minute=1), Pace(per_second=0.1)])
async def test_a_clock_that_is_ahead_holds_a_channel_up_no_longer_than_its_pace(
    database: Database, now: datetime, pace: Pace
) -> None:
    """Another worker's attempt of an hour to come counts as one of this moment."""
    await sent(database, now + timedelta(hours=1))
    await database.messages.enqueue([new("next", now)], now)
    [message] = await database.messages.claim_due("w2", now, {"ops": 1})
    with pytest.raises(NotYet) as later:
        await database.messages.attempt_started(message.id, "w2", now, pace)
    assert later.value.until == now + timedelta(seconds=60 if pace.per_minute else 10)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.DELIVERED, MessageState.DELIVERED),
        (Outcome.DEAD, MessageState.DEAD),
        (Outcome.UNKNOWN, MessageState.UNKNOWN),
        (Outcome.RETRY, MessageState.PENDING),
    ],
)
async def test_the_answer_is_kept(
    database: Database, now: datetime, outcome: Outcome, state: MessageState
) -> None:
    """Each outcome has its state; the attempt keeps status, error and the other side's id."""
    message, number = await sent(database, now)
    retry_at = now + timedelta(minutes=1) if outcome is Outcome.RETRY else None
    ended = await database.messages.attempt_ended(
        message.id, number, outcome, now, retry_at=retry_at, status=200, error="e", provider_id="p"
    )
    assert ended and (ended.state, ended.attempts, ended.provider_id) == (state, 1, "p")
    [attempt] = await database.messages.attempts(message.id)
    assert (attempt.outcome, attempt.status, attempt.error) == (outcome, 200, "e")
    later = await database.messages.claim_due("w2", now + timedelta(minutes=1), {"ops": 1})
    assert [m.id for m in later] == ([message.id] if outcome is Outcome.RETRY else [])


async def test_a_dead_workers_claims_are_released(database: Database, now: datetime) -> None:
    """An attempt without an answer is unknown and not sent again by itself; what was only claimed is."""
    message, _ = await sent(database, now, "begun")
    await database.messages.enqueue([new("claimed", now)], now)
    [claimed] = await database.messages.claim_due("w1", now, {"ops": 5})
    assert await database.messages.release(now, worker="other") == 0
    assert await database.messages.release(now, claimed_before=now) == 0
    assert await database.messages.release(now, worker="w1") == 2
    begun = await database.messages.message(message.id)
    assert begun and begun.state is MessageState.UNKNOWN
    assert [m.id for m in await database.messages.claim_due("w2", now, {"ops": 5})] == [claimed.id]
    assert await database.messages.retry(message.id, now)
    assert [m.id for m in await database.messages.claim_due("w2", now, {"ops": 5})] == [message.id]


async def test_what_a_living_worker_holds_is_never_too_old(database: Database, now: datetime) -> None:
    """Where the clock was set forward all claims look old: only those of who does not beat are let go."""
    for worker in ("alive", "dead"):
        await database.messages.enqueue([new(worker, now)], now)
        assert len(await database.messages.claim_due(worker, now, {"ops": 1})) == 1
    await database.runs.beat("alive", now)
    later = now + timedelta(hours=1)
    assert await database.messages.release(later, claimed_before=later - timedelta(minutes=30)) == 1
    assert [m.key for m in await database.messages.claim_due("other", later, {"ops": 5})] == ["dead"]


async def test_a_delivered_message_stays_delivered(database: Database, now: datetime) -> None:
    """An answer that comes after its worker was given up still counts, and nothing takes it back."""
    message, number = await sent(database, now)
    await database.messages.release(now, worker="w1")
    late = await database.messages.attempt_ended(message.id, number, Outcome.DELIVERED, now)
    assert late and late.state is MessageState.DELIVERED
    again = await database.messages.attempt_ended(message.id, number, Outcome.DEAD, now)
    assert again and again.state is MessageState.DELIVERED
    assert not await database.messages.retry(message.id, now)


async def test_a_digest_tells_for_others(database: Database, now: datetime) -> None:
    """Messages told in a digest are not sent, and say which message told them."""
    stored = await database.messages.enqueue([new(key, now) for key in ("a", "b")], now)
    into = await database.messages.digest([each.id for each in stored], new("digest", now), now)
    assert into is not None
    told = await database.messages.message(stored[0].id)
    assert told and (told.state, told.digest) == (MessageState.DIGESTED, into.id)
    assert [m.id for m in await database.messages.claim_due("w", now, {"ops": 9})] == [into.id]


async def test_no_digest_tells_what_another_tells(database: Database, now: datetime) -> None:
    """If one of the messages was claimed or told in another digest meanwhile, there is no such digest."""
    stored = await database.messages.enqueue([new(key, now) for key in ("a", "b", "c")], now)
    a, b, c = (each.id for each in stored)
    assert await database.messages.digest([a, b], new("first", now), now)
    assert await database.messages.digest([a, b, c], new("second", now), now) is None
    left = await database.messages.claim_due("w", now, {"ops": 9})
    assert [message.key for message in left] == ["c", "first"]
    assert await database.messages.digest([c], new("third", now), now) is None


async def test_a_notice_is_ticked_off_with_its_messages(database: Database, now: datetime) -> None:
    """Dispatching stores the messages and the tick together. What was ticked off is told no second time.

    A worker that slept may have other words for it by then, and so another key.
    """
    watchdog = Alert(name="Watchdog", labels={"alertname": "Watchdog"}, starts_at=now, fingerprint="0" * 16)
    await database.incidents.accept([watchdog], source="t", body_digest="", received_at=now)
    await database.incidents.sweep(now + timedelta(minutes=11))
    [notice] = await database.incidents.notices()
    for words in ("one", "other"):
        await database.messages.dispatch(notice.seq, [new(f"{notice.seq}:{words}", now)], now)
    assert list(await database.incidents.notices()) == []
    assert len((await database.messages.messages(Page())).items) == 1


async def test_rates_and_pages(database: Database, now: datetime) -> None:
    """Attempts are counted over all workers since a time; messages are listed newest first."""
    for number in range(3):
        await sent(database, now + timedelta(seconds=number), f"k{number}")
    assert await database.messages.attempts_since("ops", now + timedelta(seconds=1)) == 2
    assert await database.messages.attempts_since("dev", now) == 0
    first = await database.messages.messages(Page(limit=2), channel="ops")
    rest = await database.messages.messages(Page(limit=2, after=first.next), channel="ops")
    assert [message.key for message in (*first.items, *rest.items)] == ["k2", "k1", "k0"]
    assert rest.next == ""
    pending = await database.messages.messages(Page(), states=[MessageState.PENDING])
    assert list(pending.items) == []
