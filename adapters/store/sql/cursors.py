"""How several rows are sent to PostgreSQL.

psycopg sends what it executes for many rows as one pipeline, whose end it sends last. A process that is
stopped before that keeps its locks for as long as it sleeps: the server waits for the end, and does not count
the session as idle in its transaction. Few rows are therefore executed one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg

FEW = 50
"""Rows of what workers decide about. The many that a storm brings are worth a pipeline."""


class OneByOne(psycopg.Cursor[Any]):
    """A cursor that makes no pipeline of a few rows."""

    def executemany(self, query: Any, params_seq: Iterable[Any], *, returning: bool = False) -> None:
        rows = list(params_seq)
        if returning or len(rows) > FEW:
            super().executemany(query, rows, returning=returning)
            return
        for row in rows:
            self.execute(query, row)
