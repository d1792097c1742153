"""A PostgreSQL of one's own, for as long as it is needed, on loopback and in a temporary folder.

    with own_postgres() as postgres:
        url = postgres.database("one")

PostgreSQL refuses to run as root: then the user `postgres` of the Debian package runs it.
"""

from __future__ import annotations

import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_USER = "kubetriage"


class NoPostgres(Exception):
    """PostgreSQL's programs are not installed, or nobody may run them."""


@dataclass(frozen=True)
class OwnPostgres:
    """A server that was started by us."""

    folder: Path
    port: int
    programs: Path
    runner: Sequence[str]

    def database(self, name: str = "") -> str:
        """A new, empty database, of a name of its own unless one is given; its address."""
        name = name or f"db{uuid.uuid4().hex[:12]}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", _USER, name)
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{name}"

    def start(self, *, durable: bool = False) -> None:
        """Start it, and wait until it answers. Unless `durable`, a power cut would lose what it commits."""
        sync = "on" if durable else "off"
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync={sync}"
        self._ctl("-o", options, "-l", str(self.folder / "log"), "-w", "-t", "60", "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; `immediate` is as if it had died."""
        self._ctl("-m", mode, "-w", "stop")

    def _ctl(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self.runner, str(self.programs / program), *arguments]
        ended = subprocess.run(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, check=False, env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        )  # fmt: skip
        if ended.returncode:
            raise RuntimeError(f"{program}: {ended.stderr.strip()}")

    def initialise(self) -> None:
        """Make its empty data folder."""
        self._run(
            "initdb", "-D", str(self.folder / "data"), "-A", "trust", "-U", _USER, "-E", "UTF8", "--no-sync"
        )


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """A started server; stopped and deleted at the end. Raises `NoPostgres`."""
    found = programs()
    runner: Sequence[str] = ()
    folder = Path(tempfile.mkdtemp(prefix="kubetriage-postgres-"))
    try:
        if os.geteuid() == 0:
            runner = ("runuser", "-u", "postgres", "--")
            try:
                os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
            except KeyError as error:
                raise NoPostgres("there is no user postgres to run PostgreSQL") from error
        server = OwnPostgres(folder, free_port(), found, runner)
        server.initialise()
        server.start()
        try:
            yield server
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def programs() -> Path:
    """Where `initdb` and `pg_ctl` are: on PATH, else where Debian has them. Raises `NoPostgres`."""
    on_path = [Path(found).parent for name in ("initdb",) if (found := shutil.which(name))]
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: p.parent.name, reverse=True)
    for folder in (*on_path, *debian):
        if (folder / "pg_ctl").exists() and (folder / "createdb").exists():
            return folder
    raise NoPostgres("PostgreSQL's initdb and pg_ctl are not installed")


def free_port() -> int:
    """A free port of the loopback interface that nobody is given by chance before it is listened on.

    It lies below the ports that the system gives to connections and to whoever asks for any.
    """
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port
