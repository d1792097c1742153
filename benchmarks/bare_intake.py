"""What `intake.py` compares with: an endpoint that writes a body into a table, commits, and answers 202.

python benchmarks/bare_intake.py sqlite:///PATH|postgresql://…
"""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Request


@asynccontextmanager
async def committing(url: str) -> AsyncIterator[Callable[[bytes], Any]]:
    """What writes a body, durable when it returns."""
    if url.startswith("postgresql"):
        from psycopg_pool import AsyncConnectionPool

        async with AsyncConnectionPool(url, min_size=8, max_size=8) as pool:
            async with pool.connection() as connection:
                await connection.execute("CREATE TABLE bodies (id bigserial PRIMARY KEY, body bytea)")

            async def insert(body: bytes) -> None:
                async with pool.connection() as connection:
                    await connection.execute("INSERT INTO bodies (body) VALUES (%s)", [body])

            yield insert
        return
    file = sqlite3.connect(url.removeprefix("sqlite:///"), check_same_thread=False, isolation_level=None)
    for line in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
                 "CREATE TABLE bodies (id INTEGER PRIMARY KEY, body BLOB)"):  # fmt: skip
        file.execute(line)
    with ThreadPoolExecutor(1) as writer:
        loop = asyncio.get_running_loop()

        async def insert_into_file(body: bytes) -> None:
            line = "INSERT INTO bodies (body) VALUES (?)"
            await loop.run_in_executor(writer, file.execute, line, (body,))

        yield insert_into_file


async def bare(url: str) -> None:
    """Serve the bare endpoint until killed."""
    app = FastAPI()
    async with committing(url) as commit:

        @app.post("/api/v1/alerts", status_code=202)
        async def post(request: Request) -> dict[str, int]:
            body = await request.body()
            await commit(body)
            return {"bytes": len(body)}

        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
            config = uvicorn.Config(app, access_log=False, log_config=None)
            await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(bare(sys.argv[1]))
