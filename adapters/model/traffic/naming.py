"""Which cell asks a question: told to the servers of traffic in a header, and to no other server."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

HEADER: Final = "x-kubetriage-cell"
NOT_RECORDED: Final = "The recording has no answer to this question"
"""How the error begins that answers a question without a recorded answer."""

asking_cell: ContextVar[str] = ContextVar("asking_cell", default="")
"""The id of the cell whose questions are asked here, where traffic is recorded or replayed; else empty."""
