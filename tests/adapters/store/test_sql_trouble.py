"""The database is away, full or busy: nothing is half done, and callers are told in one sentence."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import StatementError

from kubetriage.adapters.store.sql.connecting import Connector
from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.alert import Alert
from kubetriage.domain.intake.errors import StoreUnavailable
from kubetriage.domain.intake.reading import Accepted, IncidentFilter, Page

MakeAlert = Callable[..., Alert]


async def accept(database: Database, at: datetime, *alerts: Alert) -> Accepted:
    return await database.incidents.accept(alerts, source="test", body_digest="d", received_at=at)


async def test_no_error_tells_what_was_written(database: Database) -> None:
    """Errors of the database are logged; bodies and labels, which may hold secrets, are not part of them."""
    asked = text("SELECT :given FROM nowhere")
    with pytest.raises((StoreUnavailable, StatementError)) as told:
        database._connector.transact(lambda c: c.execute(asked, {"given": "what-is-secret"}))
    error = told.value if isinstance(told.value, StatementError) else told.value.__cause__
    assert "nowhere" in str(error)
    assert "what-is-secret" not in str(error)


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
    begun = time.monotonic()
    threading.Timer(0.5, other.execute, ["COMMIT"]).start()
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
    found = await asyncio.wait_for(database.incidents.incidents(IncidentFilter(), Page()), 10)
    assert found.items == ()
    other.execute("COMMIT")
    other.close()
    await database.close()


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


async def test_a_server_that_is_away_is_unavailable_and_comes_back(
    postgres: Any, make_alert: MakeAlert, now: datetime
) -> None:
    """Connections that were cut are made anew: the first answer afterwards is right."""
    url = postgres.database()
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
    await database.inbox.keep(b"{}", source="", received_at=now)
    names = {f"{file}{end}" for file in ("own.db", "own-inbox.db") for end in ("", "-wal", "-shm")}
    assert open_to_others(tmp_path) == dict.fromkeys(names, 0)
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


async def test_a_user_without_rights_is_said(postgres: Any) -> None:
    """PostgreSQL's user may log in and may not make tables: one sentence says what is denied."""
    address = make_url(postgres.database())
    owner = create_engine(address.set(drivername="postgresql+psycopg"))
    with owner.begin() as connection:
        connection.exec_driver_sql("DROP ROLE IF EXISTS guest")
        connection.exec_driver_sql("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    owner.dispose()
    url = address.set(username="guest", password="guest").render_as_string(hide_password=False)
    with pytest.raises(
        StoreUnavailable, match=r"^The database cannot be used: permission denied for schema"
    ) as told:
        await Database.open(url)
    assert str(told.value).endswith("until that is mended.")


@pytest.mark.parametrize("change", [{"database": "nothere"}, {"username": "nobody_of_that_name"}])
async def test_nobody_is_told_to_try_again_what_stays_wrong(postgres: Any, change: dict[str, Any]) -> None:
    """No such database, no such user: the sentence says that it has to be mended."""
    url = make_url(postgres.database()).set(**change).render_as_string(hide_password=False)
    with pytest.raises(StoreUnavailable, match=r"FATAL: .* does not exist") as told:
        await Database.open(url)
    assert str(told.value).endswith("Nothing was stored, and nothing will be until that is mended.")
    assert "try again" not in str(told.value)


async def test_a_file_that_cannot_be_opened_stays_so(tmp_path: Path) -> None:
    """A folder at the file's place, and a file of another kind, are not told as something that passes."""
    (tmp_path / "folder.db").mkdir()
    (tmp_path / "notes.db").write_text("Not a database, though long enough to be one.\n" * 100)
    for name in ("folder.db", "notes.db"):
        with pytest.raises(StoreUnavailable, match=r"until that is mended\.$"):
            await Database.open(f"sqlite:///{tmp_path}/{name}")


async def test_a_connection_lets_go_of_what_nobody_goes_on_with(postgres: Any) -> None:
    """A process that was stopped in a transaction keeps its locks for ten seconds; the address' options stay."""
    url = f"{postgres.database()}?options=-c%20work_mem%3D5MB"
    connector = Connector(url)
    try:
        shown = [
            await connector.read(lambda c, name=name: c.exec_driver_sql(f"SHOW {name}").scalar_one())  # type: ignore[misc]
            for name in ("idle_in_transaction_session_timeout", "work_mem", "lock_timeout")
        ]
    finally:
        await connector.close()
    assert shown == ["10s", "5MB", "20s"]
