"""Observations by run, in memory or in a folder: `ports.Observations`."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kubetriage.domain.errors import BadInput
from kubetriage.domain.evidence import Observation, Read
from kubetriage.domain.ports import Fetch


class Asking:
    """Questions on their way: each is asked once, however many wait, and goes on if one of them leaves."""

    def __init__(self) -> None:
        self._tasks: dict[tuple[str, str], asyncio.Task[Observation]] = {}
        self._waiting: dict[tuple[str, str], int] = {}

    async def once(self, run: str, read: Read, fetch: Fetch) -> Observation:
        """`fetch`'s answer. The question itself is given up when nobody waits for it any more."""
        key = (run, read.key)
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.ensure_future(fetch(read))
            task.add_done_callback(lambda _: self._tasks.pop(key, None))
        self._waiting[key] = self._waiting.get(key, 0) + 1
        try:
            return await asyncio.shield(task)
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key]
                task.cancel()

    def give_up(self, run: str) -> None:
        for key, task in tuple(self._tasks.items()):
            if key[0] == run:
                task.cancel()


class MemoryObservations:
    """For one process, such as the command line."""

    def __init__(self) -> None:
        self._runs: dict[str, dict[str, Observation]] = {}
        self._asking = Asking()

    async def observe(self, run: str, read: Read, fetch: Fetch) -> Observation:
        """See `ports.Observations`."""
        known = self._runs.get(run, {}).get(read.key)
        if known is not None:
            return known

        async def asked(read: Read) -> Observation:
            observation = await fetch(read)
            if observation.failure is None:
                self._runs.setdefault(run, {})[read.key] = observation
            return observation

        return await self._asking.once(run, read, asked)

    async def recorded(self, run: str) -> Sequence[Observation]:
        """See `ports.Observations`."""
        answers = self._runs.get(run, {})
        return [answers[key] for key in sorted(answers)]

    async def forget(self, run: str) -> None:
        """See `ports.Observations`."""
        self._asking.give_up(run)
        self._runs.pop(run, None)


class FolderObservations:
    """In a folder, a JSON file for each answer: evals look at them, and a later process goes on."""

    def __init__(self, path: Path) -> None:
        """`path` is created with the first answer."""
        self._path = path
        self._asking = Asking()

    async def observe(self, run: str, read: Read, fetch: Fetch) -> Observation:
        """See `ports.Observations`. The answer is on disk before it is returned."""
        file = self._folder(run) / f"{_safe(read.key)}.json"

        async def asked(read: Read) -> Observation:
            known = await asyncio.to_thread(_load, file)
            if known is not None:
                return known
            observation = await fetch(read)
            if observation.failure is None:
                await asyncio.to_thread(_write, file, observation.model_dump(mode="json"))
            return observation

        return await self._asking.once(run, read, asked)

    async def recorded(self, run: str) -> Sequence[Observation]:
        """See `ports.Observations`. Raises `BadInput` for a file that holds no observation."""
        answers = await asyncio.to_thread(_load_all, self._folder(run))
        return sorted(answers, key=lambda answer: answer.read.key)

    async def forget(self, run: str) -> None:
        """See `ports.Observations`."""
        self._asking.give_up(run)
        await asyncio.to_thread(shutil.rmtree, self._folder(run), ignore_errors=True)

    def _folder(self, run: str) -> Path:
        return self._path / _safe(run)


def _safe(name: str) -> str:
    """A file name that can be read by people and is different for different names."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '_', name)[:100].strip('._')}-{digest}"


def _write(file: Path, document: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(f".{os.getpid()}.tmp")
    unfinished.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    unfinished.replace(file)


def _load(file: Path) -> Observation | None:
    try:
        return Observation.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise BadInput(f"{file} holds no observation that can be read.") from error


def _load_all(folder: Path) -> list[Observation]:
    return [found for file in sorted(folder.glob("*.json")) if (found := _load(file)) is not None]
