"""Schemas are upgraded at start, once, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    insert,
    inspect,
    select,
    text,
)

from kubetriage.adapters.store.sql.connecting import Connector
from kubetriage.adapters.store.sql.database import Database
from kubetriage.adapters.store.sql.inbox_table import inbox_metadata
from kubetriage.adapters.store.sql.migrating import VERSIONS, migrate, newest_revision, present_revision
from kubetriage.adapters.store.sql.tables import alerts, metadata, posts
from kubetriage.domain.errors import BadSettings
from kubetriage.domain.intake.errors import SchemaTooNew
from kubetriage.domain.intake.messages import NewMessage


@pytest.fixture
def connector(url: str) -> Iterator[Connector]:
    made = Connector(url)
    yield made
    asyncio.run(made.close())


def alert_row(now: datetime, **fields: Any) -> dict[str, Any]:
    texts = {"fingerprint": "f" * 16, "name": "A", "severity": "warning", "labels": {"a": "换"}}
    return (
        texts
        | {"starts_at": now, "annotations": {}, "extra": {}, "first_seen": now, "last_seen": now}
        | fields
    )


def test_migrations_make_the_tables_that_the_code_uses(connector: Connector) -> None:
    """An empty database that went through all revisions is what `tables` says, indexes included."""
    migrate(connector)

    def work(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSIONS, "compare_server_default": False}
        )
        found = {
            index["name"] for table in metadata.tables for index in inspect(connection).get_indexes(table)
        }
        wanted = {index.name for table in metadata.tables.values() for index in table.indexes}
        assert wanted <= found
        whole: Any = [metadata] if connector.sqlite else [metadata, inbox_metadata]
        return list(compare_metadata(context, whole))

    assert connector.transact(work) == []


async def test_an_older_database_is_upgraded_with_its_rows(url: str, now: datetime) -> None:
    """A database of the first schema keeps every row, and has what came later."""
    connector = Connector(url)
    await asyncio.to_thread(migrate, connector, "0001")

    def fill(connection: Connection) -> None:
        assert present_revision(connection) == "0001"
        assert "messages" not in inspect(connection).get_table_names()
        connection.execute(insert(alerts), [alert_row(now, fingerprint=f"{n:016x}") for n in range(100)])
        connection.execute(
            insert(posts), {"source": "s", "body_digest": "d", "received_at": now, "alerts": 100}
        )

    await connector.write(fill)
    await connector.close()
    database = await Database.open(url)
    new = NewMessage(key="k", channel="ops", event="reported", due_at=now)
    assert len(await database.messages.enqueue([new], now)) == 1
    await database.close()
    connector = Connector(url)
    rows = await connector.read(lambda c: c.execute(select(alerts.c.fingerprint, alerts.c.labels)).all())
    assert sorted(row.fingerprint for row in rows) == [f"{n:016x}" for n in range(100)]
    assert all(row.labels == {"a": "换"} for row in rows)
    await connector.close()


OLDER = [f"{number:04d}" for number in range(1, int(newest_revision() or 0))]
"""Every schema that a database may have been left at."""


def any_value(column: Column[Any], number: int) -> Any:
    """A value that the column takes, another one in each row."""
    if isinstance(column.type, Boolean):
        return number % 2 == 1
    if isinstance(column.type, LargeBinary):
        return bytes([number])
    return number if isinstance(column.type, Integer | Float) else f'["换{number}"]'


def tables_of(connection: Connection) -> dict[str, Table]:
    """As they are in the database now."""
    found = MetaData()
    found.reflect(connection)
    return {name: table for name, table in found.tables.items() if name != VERSIONS}


def held(connection: Connection, columns: dict[str, list[str]]) -> dict[str, list[str]]:
    """What the tables hold in these columns."""
    tables = tables_of(connection)
    wanted = {table: select(*(tables[table].c[each] for each in names)) for table, names in columns.items()}
    return {table: sorted(map(repr, connection.execute(query))) for table, query in wanted.items()}


@pytest.mark.parametrize("revision", OLDER)
async def test_every_older_schema_keeps_the_rows_of_all_its_tables(url: str, revision: str) -> None:
    """Whatever a table held, in whichever of its columns, is there after the upgrade."""
    connector = Connector(url)
    await asyncio.to_thread(migrate, connector, revision)

    def fill(connection: Connection) -> dict[str, list[str]]:
        tables = tables_of(connection)
        for table in tables.values():
            rows = [{each.name: any_value(each, number) for each in table.c} for number in (1, 2, 3)]
            connection.execute(insert(table), rows)
        return {name: list(table.c.keys()) for name, table in tables.items()}

    columns = await connector.write(fill)
    before = await connector.read(lambda c: held(c, columns))
    assert len(before) > 5 and all(len(rows) == 3 for rows in before.values())
    await asyncio.to_thread(migrate, connector)
    assert await connector.read(present_revision) == newest_revision()
    assert await connector.read(lambda c: held(c, columns)) == before
    await connector.close()


async def test_a_newer_database_is_refused(url: str) -> None:
    """One clear sentence, and the database stays as it is."""
    await (await Database.open(url)).close()
    connector = Connector(url)
    await connector.write(lambda c: c.execute(text(f"UPDATE {VERSIONS} SET version_num = '9999'")))
    with pytest.raises(SchemaTooNew, match=r"schema 9999, which is newer than this version.*\.$"):
        await Database.open(url)
    assert await connector.read(present_revision) == "9999"
    await connector.close()


async def test_many_may_start_at_the_same_time(url: str) -> None:
    """Replicas that start together on an empty database all come up, on one schema."""
    databases = await asyncio.gather(*(Database.open(url) for _ in range(4)))
    connector = Connector(url)
    assert await connector.read(present_revision) == newest_revision()
    await connector.close()
    for database in databases:
        await database.incidents.ping()
        await database.close()


async def test_a_failed_upgrade_leaves_the_database_as_it_was(
    url: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A revision that breaks in the middle takes back what it did, and the next start does it all."""
    connector = Connector(url)
    await asyncio.to_thread(migrate, connector, "0001")
    await connector.write(lambda c: c.execute(text("CREATE TABLE attempts (in_the_way INTEGER)")))
    with pytest.raises(Exception, match="attempts"):
        await Database.open(url)

    def look(connection: Connection) -> tuple[str | None, list[str]]:
        return present_revision(connection), inspect(connection).get_table_names()

    revision, names = await connector.read(look)
    assert revision == "0001" and "messages" not in names
    await connector.write(lambda c: c.execute(text("DROP TABLE attempts")))
    await (await Database.open(url)).close()
    await connector.close()


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "not a url", "/a/path"])
async def test_other_databases_are_refused(url: str) -> None:
    """What is neither a SQLite file nor PostgreSQL is a wrong setting, said in one sentence."""
    with pytest.raises(BadSettings, match=r"sqlite:///PATH.*postgresql://"):
        await Database.open(url)
