"""Connections and transactions: one way for both databases, with what differs between them.

Transactions run in threads of their own. Deciding about 10,000 alerts and binding their rows takes a second
of CPU time, which an asynchronous driver would take from the event loop.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from kubetriage.domain.errors import BadSettings
from kubetriage.domain.intake.errors import StoreUnavailable

Result = TypeVar("Result")
Work = Callable[[Connection], Result]

DECISIONS = 7_205_905_101
"""Number of PostgreSQL's advisory lock that transactions which decide hold until they are committed."""

LET_GO = "-c idle_in_transaction_session_timeout=10s"
"""Of connections to PostgreSQL: a process that was stopped or cut off in the middle of a transaction must not
keep its locks."""
_BUSY_SECONDS = 20
_LARGEST_LOG = 64 * 1024 * 1024
"""Bytes that SQLite's log keeps after a storm for the next one."""
_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
"""A server that vanished without a word is noticed within half a minute (milliseconds for the last)."""

_SPOILT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_REFUSED = ("25006", "42501")
"""PostgreSQL after a switch-over to a standby (the next connection finds the primary), and without rights."""

_READERS = 4
_PASSES = "Nothing was stored; try again."
_STAYS = "Nothing was stored, and nothing will be until that is mended."
_LASTING = ("28000", "28P01", "3D000", "42501")
"""PostgreSQL: no way in, a wrong password, no such database, no rights."""
_LASTING_FILES = (*_SPOILT, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
_NO_WAY_IN = re.compile(
    r"FATAL:\s+(?:password authentication failed|no pg_hba\.conf entry|pg_hba\.conf rejects"
    r"|role .* (?:does not exist|is not permitted)|database .* does not exist|permission denied)"
)
"""What a connection that was refused says; the driver gives no code for it."""


class Connector:
    """Runs work in transactions; whatever it does is committed when the call returns, or not done at all."""

    def __init__(self, url: str, *, shrinks: bool = False) -> None:
        """`url` is `sqlite:///PATH` or `postgresql://…`; raises `BadSettings` for anything else.

        `shrinks`: of a SQLite file that is made now, `shrink` gives back what was deleted.
        """
        self.url = _read(url)
        self._shrinks = shrinks
        self.sqlite = self.url.get_backend_name() == "sqlite"
        if self.sqlite:
            path = Path(str(self.url.database))
            path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(OSError):  # what is wrong with it is said by the first connection
                path.touch(mode=0o600)  # its companions are made like it
        self._durable = self._engine("FULL", 1)
        self._lasting = self._engine("NORMAL", 1) if self.sqlite else self._durable
        self._reading = self._engine("NORMAL", _READERS, read_only=True) if self.sqlite else self._durable
        self._writer = ThreadPoolExecutor(1, "store-writer")
        self._others = self._writer if self.sqlite else ThreadPoolExecutor(_READERS, "store-others")
        self._readers = ThreadPoolExecutor(_READERS, "store-reader")

    async def decide(self, work: Work[Result]) -> Result:
        """A durable transaction that no other deciding transaction of any process runs beside."""
        return await self._in(self._writer, lambda: self.transact(work, deciding=True))

    async def write(self, work: Work[Result], *, durable: bool = True) -> Result:
        """Not `durable`: a kill of this process loses nothing, a power cut perhaps the last moments."""
        return await self._in(self._others, lambda: self.transact(work, durable=durable))

    async def read(self, work: Work[Result]) -> Result:
        def run() -> Result:
            with _mapped(), self._reading.connect() as connection, connection.begin():
                return work(connection)

        return await self._in(self._readers, run)

    async def apart(self, run: Callable[[], Result]) -> Result:
        """Something that takes CPU time and no connection, in a thread."""
        return await self._in(self._readers, run)

    def transact(self, work: Work[Result], *, deciding: bool = False, durable: bool = True) -> Result:
        """In the calling thread."""
        engine = self._durable if durable else self._lasting
        with _mapped(), engine.connect() as connection, connection.begin():
            if not self.sqlite:
                if deciding:
                    connection.execute(_LOCK, {"number": DECISIONS})
                if not durable:
                    connection.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")
            return work(connection)

    async def shrink(self, pages: int) -> None:
        """Give so many free pages of the file back to the disk; nothing where it was not made for that."""

        def run() -> None:
            with closing(self._lasting.raw_connection()) as connection:
                driven = connection.driver_connection
                assert isinstance(driven, sqlite3.Connection)
                try:  # as a script: else Python goes no further than the first page
                    driven.executescript(f"PRAGMA incremental_vacuum({pages})")
                except sqlite3.OperationalError as error:
                    raise StoreUnavailable(_sentence(error)) from error

        if self._shrinks and self.sqlite:
            await self._in(self._writer, run)

    async def close(self) -> None:
        """Waits for what runs."""

        def end() -> None:
            for pool in (self._writer, self._others, self._readers):
                pool.shutdown(wait=True)
            for engine in (self._durable, self._lasting, self._reading):
                engine.dispose()

        await asyncio.to_thread(end)

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """One transaction that no other process migrates beside."""
        with _mapped(), self._durable.connect() as connection, connection.begin():
            if not self.sqlite:
                connection.execute(_LOCK, {"number": DECISIONS + 1})
            yield connection

    async def _in(self, pool: ThreadPoolExecutor, run: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(pool, run)

    def _engine(self, synchronous: str, size: int, *, read_only: bool = False) -> Engine:
        if not self.sqlite:
            size = 2 * _READERS + 1
            given = self.url.query.get("options", "")
            words = [given] if isinstance(given, str) else list(given)
            options = " ".join([*words, "-c lock_timeout=20s -c timezone=UTC", LET_GO]).strip()
            from kubetriage.adapters.store.sql.cursors import OneByOne  # psycopg is of another extra

            arguments = {"connect_timeout": 5, "options": options, "cursor_factory": OneByOne, **_ALIVE}
            return create_engine(
                self.url,
                pool_size=size,
                max_overflow=0,
                pool_timeout=20,
                pool_pre_ping=True,
                connect_args=arguments,
                hide_parameters=True,
            )
        engine = create_engine(
            self.url,
            pool_size=size,
            max_overflow=0,
            pool_timeout=60,
            connect_args={"timeout": _BUSY_SECONDS},
            hide_parameters=True,  # they are told with errors otherwise, and bodies are not redacted
        )

        @event.listens_for(engine, "connect")
        def connected(connection: sqlite3.Connection, _: object) -> None:
            connection.isolation_level = None  # transactions are begun below, not by the driver's guess
            # What is deleted may be secret, and some builds of SQLite leave it in the file.
            pragmas = (
                *(["auto_vacuum=INCREMENTAL"] if self._shrinks else []),  # counts before anything is written
                "journal_mode=WAL",
                f"journal_size_limit={_LARGEST_LOG}",
                f"synchronous={synchronous}",
                "foreign_keys=ON",
                "secure_delete=ON",
            )
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}")
            if read_only:
                connection.execute("PRAGMA query_only=ON")

        @event.listens_for(engine, "begin")
        def began(connection: Connection) -> None:
            # A transaction that reads first and writes later would fail where another has written meanwhile.
            connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

        return engine


_LOCK = text("SELECT pg_advisory_xact_lock(:number)")


def _read(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BadSettings("The database is given as sqlite:///PATH or postgresql://USER@HOST/NAME.") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed.set(drivername="sqlite")
    if backend in ("postgresql", "postgres"):
        if find_spec("psycopg") is None or find_spec("psycopg_pool") is None:
            raise BadSettings("PostgreSQL needs more packages: pip install 'kubetriage[postgres]'.")
        return parsed.set(drivername="postgresql+psycopg")
    raise BadSettings(
        "The database is a SQLite file, sqlite:///PATH, or PostgreSQL, postgresql://USER@HOST/NAME."
    )


@contextmanager
def _mapped() -> Iterator[None]:
    """What the database cannot do now, as `StoreUnavailable`; what we did wrong goes through as it is."""
    try:
        yield
    except IntegrityError:
        raise
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise StoreUnavailable(_sentence(error)) from error
    except DBAPIError as error:
        if error.connection_invalidated or _is_refused(error):
            raise StoreUnavailable(_sentence(error)) from error
        raise


def _is_refused(error: DBAPIError) -> bool:
    """A fault of the database's state or of its user's rights, and not of what was asked."""
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _SPOILT
    return getattr(error.orig, "sqlstate", None) in _REFUSED


def _sentence(error: Exception) -> str:
    said = str(getattr(error, "orig", None) or error).strip().splitlines()
    first = said[0].rstrip(".") if said else type(error).__name__
    return f"The database cannot be used: {first}. {_STAYS if _lasts(error) else _PASSES}"


def _lasts(error: Exception) -> bool:
    """Whether the fault stays until somebody mends it; a full disk may have room again by itself."""
    fault = getattr(error, "orig", None)
    if isinstance(fault, sqlite3.Error):
        return getattr(fault, "sqlite_errorcode", 0) & 0xFF in _LASTING_FILES
    return getattr(fault, "sqlstate", None) in _LASTING or bool(_NO_WAY_IN.search(str(fault)))
