"""What a run and its worker processes say to each other: a JSON object a line, over pipes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kubetriage.evals.cells import CellKey, CellOutcome
from kubetriage.evals.runs.attempt import Trouble


class Said(BaseModel):
    model_config = ConfigDict(frozen=True)


class Setting(Said):
    """The first line to a worker: what holds for all of its cells."""

    folder: str
    """The run's."""
    config: str = ""
    """The settings file; empty takes the usual one."""
    models: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Fields of model profiles over those of the settings, by the profile's name."""
    language: str = "en"
    timeout: float
    grace: float = 30.0
    """Seconds that a worker may take longer than the time that it gives a cell, before it is ended."""
    time: str = "zero"
    seed: int = 0
    processes: int = 1
    asks: bool = False
    """Whether models are asked."""
    slots: int = 1
    """Cells at a time."""


class Order(Said):
    """A cell to be tried."""

    key: CellKey
    scenario: str
    """The scenario's folder."""
    last: bool = False
    """Whether it is the last try: what it comes to is then written, whatever it is."""
    carried: float = 0.0
    """Money that earlier tries have cost."""
    tries: int = 1


class Ready(Said):
    """A worker has loaded what it needs."""

    what: Literal["ready"] = "ready"


class Done(Said):
    """What a try came to; the cell itself is in its file."""

    what: Literal["done"] = "done"
    key: CellKey
    outcome: CellOutcome
    why: str = ""
    trouble: Trouble = Trouble.NONE
    written: bool
    """Whether there is a file of it now: it has come to something, or has cost something by now."""
    again: bool = False
    """Whether it may be tried again."""
    wrong_with_confidence: bool = False
    problems: tuple[str, ...] = ()
    """What failed, a line each."""
    seconds: float = 0.0
    """Of the diagnosis."""
    cost: float = 0.0
    """Of this try."""
    currency: str = ""
