"""Observations in a folder outlive the process, and say so when a file is broken."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kubetriage.adapters.store.observations import FolderObservations
from kubetriage.domain.errors import BadInput
from kubetriage.domain.evidence import Observation, Read, get
from kubetriage.domain.resource import resource

READ = get(resource("Pod", "shop", "web/../../x"))


def files_in(folder: Path) -> list[Path]:
    return [path.resolve() for path in folder.rglob("*") if path.is_file()]


async def fetch(read: Read) -> Observation:
    objects = ({"metadata": {"name": "wéb"}, "n": 1.5},)
    return Observation(read=read, tool="t", at=datetime.now(UTC), objects=objects)


async def never(read: Read) -> Observation:
    raise AssertionError("asked again")


async def test_a_later_process_goes_on(tmp_path: Path) -> None:
    """Another store on the same folder has the same answers without asking."""
    first = await FolderObservations(tmp_path).observe("run/1", READ, fetch)
    second = await FolderObservations(tmp_path).observe("run/1", READ, never)
    assert second == first


async def test_names_stay_inside_the_folder(tmp_path: Path) -> None:
    """Whatever a run or an object is called, its file is inside the folder."""
    await FolderObservations(tmp_path / "answers").observe("../run", READ, fetch)
    (file,) = files_in(tmp_path)
    assert file.is_relative_to(tmp_path / "answers")


async def test_a_broken_file_is_named(tmp_path: Path) -> None:
    """A file that holds no observation is bad input, with its path in the sentence."""
    store = FolderObservations(tmp_path)
    await store.observe("r", READ, fetch)
    (file,) = files_in(tmp_path)
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(BadInput, match=r"\.json holds no observation"):
        await store.recorded("r")
