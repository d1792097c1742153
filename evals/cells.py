"""Cells: one scenario triaged once by one strategy with one model, and what is kept of a run of many.

A run's folder: `run.json`, `cells/<id>.json` (one file a cell), `kept/<id>.jsonl.gz` (prompts, answers and
reads of a cell), and what is made of them. A cell's file appears whole or not at all, so a killed run goes on
where it was; nothing here holds more than one cell at a time.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kubetriage.domain.errors import BadInput
from kubetriage.domain.redaction import redact_object
from kubetriage.domain.report import Outcome
from kubetriage.evals.concluded import Concluded

SCHEMA: Final = "kubetriage.eval/1"
RUN, CELLS, KEPT = "run.json", "cells", "kept"
NO_MODEL = "none"
"""The model of cells that ask none."""

_Model = TypeVar("_Model", bound=BaseModel)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST_ID = 200  # bytes; file systems take 255 with the ending and the temporary name's


class Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Strategy(StrEnum):
    """How a report is made."""

    RULES = "rules"
    GRAPH = "graph"
    REACT = "react"


class CellOutcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    COULD_NOT_RUN = "could_not_run"
    """No verdict on the diagnosis: a rate limit, a timeout, a server's error. Never counted as wrong."""


class CellKey(Part):
    """Which cell; equal keys are the same work."""

    scenario: str
    strategy: Strategy
    model: str = NO_MODEL
    """The model profile's name."""
    repeat: int = Field(default=1, ge=1)
    """1 for the first."""

    @property
    def arm(self) -> tuple[str, str]:
        """(strategy, model): what is compared."""
        return (self.strategy.value, self.model)

    @property
    def id(self) -> str:
        """A file's name, different for different keys; in sorted order repeats of one arm are neighbours."""
        parts = (_safe(self.scenario), self.strategy.value, _safe(self.model), f"{self.repeat:03d}")
        whole = "@".join(parts)
        if len(whole) <= _LONGEST_ID:
            return whole
        digest = hashlib.blake2b("@".join(parts[:3]).encode(), digest_size=8).hexdigest()
        return f"{whole[:120]}@{digest}@{parts[3]}"


def _safe(name: str) -> str:
    """Reversible: what is not plain is its UTF-8 bytes in hexadecimal."""
    return _UNSAFE.sub(lambda found: "".join(f"%{byte:02x}" for byte in found[0].encode()), name)


class Score(Part):
    """What one scorer says of one report."""

    name: str
    value: float | None = None
    """A share from 0 to 1, or an amount in the scorer's own unit; None where there is nothing to measure."""
    passed: bool | None = None
    """None where there is nothing to pass."""
    reason: str = ""
    """A sentence: what was expected and what was there."""


class Cell(Part):
    """What one cell came to."""

    key: CellKey
    outcome: CellOutcome
    why: str = ""
    """Why it failed or could not be run, a sentence; empty for a pass."""
    scores: dict[str, Score] = Field(default_factory=dict)
    """By the scorer's name; empty where it could not be run."""
    wrong_with_confidence: bool = False
    seconds: float = Field(default=0.0, ge=0)
    """Measured, from the alert to the report."""
    modelled_seconds: float | None = None
    """The same with a scripted model's time reckoned from its tokens; None where nothing is modelled."""
    model_calls: int = 0
    prompt_tokens: int = 0
    """Those out of a provider's cache too."""
    completion_tokens: int = 0
    cached_tokens: int = 0
    """Among `prompt_tokens`."""
    cost: float | None = None
    """Money, in `currency`; None without a model or a price."""
    currency: str = ""
    started: datetime
    report: dict[str, Any] = Field(default_factory=dict)
    """`kubetriage.report/1`, or as much of it as the strategy gives."""
    concluded: Concluded | None = None  # what the graph's model said; None where none said what could be used
    calls_file: str = ""
    """What is kept beside it, relative to the run's folder; empty if nothing is."""

    @property
    def diagnosis_seconds(self) -> float:
        """Modelled where there is a modelled time, else measured."""
        return self.seconds if self.modelled_seconds is None else self.modelled_seconds


class ScenarioUsed(Part):
    """A scenario as a run used it; its digest tells whether another run used the same."""

    name: str
    digest: str
    shown: str = ""  # the digest of its alert and snapshot alone: what a report of it was made of
    category: str = ""
    tags: tuple[str, ...] = ()
    outcome: tuple[Outcome, ...] = ()
    root_cause: str = ""
    """The key's sentence, for people."""


class ModelUsed(Part):
    """A model as a run used it."""

    name: str
    """The profile's name, as cells have it."""
    id: str = ""
    """What the endpoint calls it."""
    profile: dict[str, Any] = Field(default_factory=dict)
    """The profile without keys, headers and addresses that hold credentials."""


class Run(Part):
    """`run.json`: everything that a cell depends on, besides its key."""

    schema_: Literal["kubetriage.eval/1"] = Field(default=SCHEMA, alias="schema")
    versions: dict[str, str] = Field(default_factory=dict)
    """kubetriage, prompts, rules, the ReAct agent's prompt, …"""
    strategies: tuple[Strategy, ...]
    models: tuple[ModelUsed, ...] = ()
    scenarios: tuple[ScenarioUsed, ...]
    repeats: int = Field(default=1, ge=1)
    seed: int = 0
    simulated: bool = False
    """Whether a script stood in for the models."""
    simulation: str = ""
    """What was simulated, in a sentence; a report on such a run begins with it."""
    language: str = "en"
    started: datetime
    ended: datetime | None = None
    """None while it goes on, and after a kill."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    def to_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)


class Kept(Part):
    """One thing that happened in a cell, as it was kept."""

    what: Literal["prompt", "answer", "read", "note"]
    text: str = ""
    """What was sent, or what came back."""
    detail: dict[str, Any] = Field(default_factory=dict)
    """Tokens and finish reason of an answer, tool and arguments of a read."""


# ---- files


def cell_path(folder: Path, key: CellKey) -> Path:
    return folder / CELLS / f"{key.id}.json"


def write_cell(folder: Path, cell: Cell) -> Path:
    """Write a cell's file, whole or not at all. Raises `OSError`."""
    return _write(cell_path(folder, cell.key), cell.model_dump_json(by_alias=True).encode())


def read_cell(path: Path) -> Cell:
    """Raises `BadInput` naming the file, what is wrong with it and what to do."""
    try:
        return read_model(path, Cell)
    except BadInput as error:
        raise BadInput(f"{error} Delete it, and the run's command does that cell again.") from error


def cells_in(folder: Path) -> Iterator[Cell]:
    """The cells of a run, one at a time, by id: the repeats of an arm of a scenario follow each other."""
    for name in sorted(_names(folder / CELLS)):
        yield read_cell(folder / CELLS / name)


def _names(folder: Path) -> list[str]:
    try:
        return [each for each in os.listdir(folder) if each.endswith(".json") and not each.startswith(".")]
    except OSError as error:
        if (folder.parent / RUN).is_file() and not folder.exists():
            return []  # no cell has come to anything yet
        raise BadInput(f"{folder} holds no cells: {error.strerror}.") from error


def write_run(folder: Path, run: Run) -> Path:
    """Write `run.json`, whole or not at all. Raises `OSError`."""
    return _write(folder / RUN, f"{json.dumps(run.to_json(), ensure_ascii=False, indent=1)}\n".encode())


def read_run(folder: Path) -> Run:
    """Raises `BadInput` for a folder that holds no run."""
    if not (folder / RUN).exists():
        raise BadInput(f"{folder} holds no run: it has no {RUN}.")
    return read_model(folder / RUN, Run)


def read_model(path: Path, model: type[_Model]) -> _Model:
    """A JSON file in the form of a model. Raises `BadInput` naming the file and what is wrong with it."""
    try:
        return model.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BadInput(f"{path}: {where}: {first['msg']}.") from error


def _write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name that no reader takes for a cell; processes of one run never write the same cell.
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def kept_name(key: CellKey) -> str:
    """The `calls_file` of a cell, relative to the run's folder."""
    return f"{KEPT}/{key.id}.jsonl.gz"


def write_kept(folder: Path, key: CellKey, entries: Iterable[Kept]) -> str:
    """Keep what happened in a cell, redacted once more; the `calls_file`. Raises `OSError`."""
    name = kept_name(key)
    lines = (json.dumps(redact_object(one.model_dump(mode="json")), ensure_ascii=False) for one in entries)
    _write(folder / name, gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0))
    return name


def read_kept(folder: Path, cell: Cell) -> list[Kept]:
    """What is kept of a cell; nothing if nothing is. Raises `BadInput` for a file that cannot be used."""
    path = folder / cell.calls_file  # of nothing: the folder
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        return []
    try:
        lines = gzip.decompress(path.read_bytes()).decode().splitlines()
        return [Kept.model_validate_json(line) for line in lines]
    except OSError as error:  # what is no gzip is one too, without an error of the system's
        raise _damaged(path, error.strerror or "it is not compressed as it was") from error
    except EOFError as error:
        raise _damaged(path, "its end is missing") from error
    except (zlib.error, UnicodeDecodeError, ValidationError) as error:
        raise _damaged(path, "it is not what was written") from error


def _damaged(path: Path, why: str) -> BadInput:
    return BadInput(f"{path} cannot be used: {why}. Delete it, and reports show that cell without it.")
