"""The database is away, full or busy: nothing is half done, and callers are told in one sentence."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from kubetriage.adapters.store.sql.connecting import Connector
from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.alert import Alert
from kubetriage.domain.intake.errors import StoreUnavailable
from kubetriage.domain.intake.reading import Accepted, IncidentFilter, Page

MakeAlert = Callable[..., Alert]


async def accept(database: Database, at: datetime, *alerts: Alert) -> Accepted:
    return await database.incidents.accept(alerts, source="test", body_digest="d", received_at=at)


async def test_a_full_disk_is_unavailable_and_mends(
    tmp_path: Path, make_alert: MakeAlert, now: datetime
) -> None:
    """With no room left a request is refused whole; with room again the same request is stored."""
    database = await Database.open(f"sqlite:///{tmp_path}/full.db")
    connector: Connector = database._connector
    limit = "PRAGMA max_page_count"
    pages = connector.transact(lambda c: c.execute(text("PRAGMA page_count")).scalar_one())
    connector.transact(lambda c: c.execute(text(f"{limit}={pages + 5}")))
    alerts = [make_alert(namespace="shop", pod=f"web-{n}", filler="x" * 500) for n in range(500)]
    with pytest.raises(StoreUnavailable, match=r"^The database cannot be used: .*full.*try again\.$"):
        await accept(database, now, *alerts)
    assert list((await database.incidents.incidents(IncidentFilter(), Page())).items) == []
    connector.transact(lambda c: c.execute(text(f"{limit}={pages + 5000}")))
    assert (await accept(database, now, *alerts)).new == 500
    await database.close()


async def test_intake_waits_for_another_writer(tmp_path: Path, make_alert: MakeAlert, now: datetime) -> None:
    """Another process that writes for a while delays the answer, and makes no 'database is locked'."""
    path = tmp_path / "busy.db"
    database = await Database.open(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.5, other.execute, ["COMMIT"]).start()
    begun = time.monotonic()
    accepted = await accept(database, now, make_alert(namespace="shop", pod="web-0"))
    assert accepted.new == 1
    assert time.monotonic() - begun > 0.4
    other.close()
    await database.close()


async def test_reading_does_not_wait_for_writing(tmp_path: Path, now: datetime) -> None:
    """A long write, here or elsewhere, does not hold up those who look."""
    path = tmp_path / "busy.db"
    database = await Database.open(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    found = await asyncio.wait_for(database.incidents.incidents(IncidentFilter(), Page()), 1)
    assert found.items == ()
    other.execute("COMMIT")
    other.close()
    await database.close()


async def test_one_bad_request_does_not_spoil_its_neighbours(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """Requests that share a transaction do not share the fault of one of them."""
    bad = make_alert(namespace="shop", pod="web-0").model_copy(update={"extra": {"x": {1, 2}}})
    answers = await asyncio.gather(
        accept(database, now, make_alert(namespace="shop", pod="web-1")),
        accept(database, now, bad),
        accept(database, now, make_alert(namespace="shop", pod="web-2")),
        return_exceptions=True,
    )
    assert [type(answer).__name__ for answer in answers] == ["Accepted", "StatementError", "Accepted"]


async def test_a_caller_that_leaves_takes_nothing_back(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """A request whose client hung up is stored or not, as a whole, and the next one is served."""
    leaving = asyncio.create_task(accept(database, now, make_alert(namespace="shop", pod="web-0")))
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    later = await accept(database, now + timedelta(seconds=1), make_alert(namespace="shop", pod="web-0"))
    assert later.alerts == 1


async def test_memory_is_bounded_while_the_database_is_slow(
    tmp_path: Path, make_alert: MakeAlert, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When too much waits already, more is refused with a sentence; what waits is stored in the end."""
    monkeypatch.setattr("kubetriage.adapters.store.sql.intake._MOST_WAITING", 20)
    path = tmp_path / "slow.db"
    database = await Database.open(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = [asyncio.create_task(accept(database, now, *[make_alert(n=str(n))] * 10)) for n in range(5)]
    await asyncio.sleep(0.1)
    with pytest.raises(StoreUnavailable, match="wait for the database"):
        await accept(database, now, make_alert())
    other.execute("COMMIT")
    other.close()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    stored = [answer for answer in answers if isinstance(answer, Accepted)]
    refused = [answer for answer in answers if isinstance(answer, StoreUnavailable)]
    assert (len(stored), len(refused)) == (2, 3)
    assert (await accept(database, now, make_alert())).new == 1
    await database.close()


async def test_a_server_that_is_away_is_unavailable_and_comes_back(
    postgres: Callable[[], str], make_alert: MakeAlert, now: datetime
) -> None:
    """Connections that were cut are made anew: the first answer afterwards is right."""
    url = postgres()
    database = await Database.open(url)
    await accept(database, now, make_alert(namespace="shop", pod="web-0"))
    killer = Connector(url)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    killer.transact(lambda c: c.execute(text(f"{cut} AND pid <> pg_backend_pid()")))
    assert (await accept(database, now, make_alert(namespace="shop", pod="web-0"))).repeats == 1
    await killer.close()
    await database.close()
    with pytest.raises(StoreUnavailable, match=r"^The database cannot be used: .*try again\.$"):
        await Database.open("postgresql://nobody@127.0.0.1:1/none")


async def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    """A file of another kind at the database's place is said in one sentence, and left as it is."""
    path = tmp_path / "notes.txt"
    path.write_text("Not a database, though long enough to be one.\n" * 100)
    with pytest.raises(StoreUnavailable, match=r"^The database cannot be used: file is not a database\."):
        await Database.open(f"sqlite:///{path}")
    assert path.read_text().startswith("Not a database")


def open_to_others(folder: Path) -> dict[str, int]:
    """What others than the owner may do with each file."""
    return {path.name: path.stat().st_mode & 0o077 for path in folder.iterdir()}


async def test_a_new_file_is_its_owners(tmp_path: Path, make_alert: MakeAlert, now: datetime) -> None:
    """Alerts and reports are nobody else's: not in a folder that others may enter either."""
    database = await Database.open(f"sqlite:///{tmp_path}/own.db")
    await accept(database, now, make_alert(namespace="shop", pod="web-0"))
    assert open_to_others(tmp_path) == {"own.db": 0, "own.db-wal": 0, "own.db-shm": 0}
    await database.close()


async def test_a_damaged_file_is_unavailable(tmp_path: Path, make_alert: MakeAlert, now: datetime) -> None:
    """A file that became unreadable while it is used is told like any other database that cannot store."""
    path = tmp_path / "damaged.db"
    database = await Database.open(f"sqlite:///{path}")
    with database._connector.alone() as connection:
        connection.exec_driver_sql("PRAGMA writable_schema=ON")
        connection.exec_driver_sql("UPDATE sqlite_master SET rootpage = 1000000 WHERE type = 'table'")
    await database.close()
    with pytest.raises(StoreUnavailable, match=r"^The database cannot be used: .*malformed"):
        await Database.open(f"sqlite:///{path}")


async def test_a_user_without_rights_is_said(postgres: Callable[[], str]) -> None:
    """PostgreSQL's user may log in and may not make tables: one sentence says what is denied."""
    address = make_url(postgres())
    owner = create_engine(address.set(drivername="postgresql+psycopg"))
    with owner.begin() as connection:
        connection.exec_driver_sql("DROP ROLE IF EXISTS guest")
        connection.exec_driver_sql("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    owner.dispose()
    url = address.set(username="guest", password="guest").render_as_string(hide_password=False)
    with pytest.raises(StoreUnavailable, match=r"^The database cannot be used: permission denied for schema"):
        await Database.open(url)
