"""A large file is parsed once, and a bad cache entry never changes what is read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.snapshot import parse_cache
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore


@pytest.fixture
def large(tmp_path: Path, write_snapshot: Any) -> Path:
    """A snapshot with one file just over the size that is kept, a Secret in it."""
    text = "x" * (parse_cache.SMALLEST // 4)
    meta = {"namespace": "shop"}
    maps = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta | {"name": str(n)}, "data": {"text": text}}
        for n in range(4)
    ]
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": meta | {"name": "s"},
        "data": {"a": "aHVudGVyMg=="},
    }
    written: Path = write_snapshot(tmp_path / "snapshot", [*maps, secret])
    return written


def loaded(folder: Path, cache: Path) -> list[str]:
    store = SnapshotStore.load(folder, cache_dir=cache)
    return [obj["metadata"]["name"] for obj in store.list("v1", "ConfigMap")]


def entry(cache: Path) -> Path:
    (found,) = cache.iterdir()
    return found


def test_the_second_load_reads_the_entry(large: Path, tmp_path: Path) -> None:
    """What the entry holds is what a second load gives: the file itself is not parsed again."""
    cache = tmp_path / "cache"
    assert loaded(large, cache) == ["0", "1", "2", "3"]
    text = entry(cache).read_bytes()
    before = os.stat(large / "cluster.yaml")
    same_size = (large / "cluster.yaml").read_text().replace('"name": "3"', '"name": "9"')
    (large / "cluster.yaml").write_text(same_size)
    os.utime(large / "cluster.yaml", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert loaded(large, cache) == ["0", "1", "2", "3"]
    assert entry(cache).read_bytes() == text


def test_a_changed_file_is_parsed_again(large: Path, tmp_path: Path) -> None:
    """Another modification time or size makes the entry worthless, and it is replaced."""
    cache = tmp_path / "cache"
    loaded(large, cache)
    (large / "cluster.yaml").write_text(
        (large / "cluster.yaml").read_text().replace('"name": "3"', '"name": "33"')
    )
    assert loaded(large, cache) == ["0", "1", "2", "33"]
    assert loaded(large, cache) == ["0", "1", "2", "33"]


@pytest.mark.parametrize("damage", [b"", b"no lines", b"a\nb\nc", None])
def test_a_damaged_entry_is_ignored(large: Path, tmp_path: Path, damage: bytes | None) -> None:
    """An entry that is empty, foreign, or changed in its body is parsed anew and written again."""
    cache = tmp_path / "cache"
    loaded(large, cache)
    whole = entry(cache).read_bytes()
    entry(cache).write_bytes(whole.replace(b'"1"', b'"7"') if damage is None else damage)
    assert loaded(large, cache) == ["0", "1", "2", "3"]
    assert entry(cache).read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_done_without(large: Path, tmp_path: Path) -> None:
    """Where the cache folder cannot be made the snapshot loads all the same."""
    (tmp_path / "file").write_text("")
    assert loaded(large, tmp_path / "file" / "cache") == ["0", "1", "2", "3"]


def test_secrets_are_not_kept(large: Path, tmp_path: Path) -> None:
    """Secret data doesn't get into the cache, and only its owner can read an entry."""
    loaded(large, tmp_path / "cache")
    assert b"aHVudGVyMg" not in entry(tmp_path / "cache").read_bytes()
    assert entry(tmp_path / "cache").stat().st_mode & 0o077 == 0


def test_no_copy_is_made_of_a_file_with_secrets_in_it(tmp_path: Path, write_snapshot: Any) -> None:
    """A snapshot written by hand may hold passwords in ConfigMaps; it is parsed anew each time."""
    data = {"text": "x" * parse_cache.SMALLEST, "app.properties": "db.password=hunter2canary"}
    obj = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"namespace": "shop", "name": "0"},
        "data": data,
    }
    folder = write_snapshot(tmp_path / "snapshot", [obj])
    for _ in range(2):
        assert loaded(folder, tmp_path / "cache") == ["0"]
    assert not (tmp_path / "cache").exists()


def test_small_files_are_not_kept(shop: Path, tmp_path: Path) -> None:
    """Nothing is written for files that parse faster than they are looked up."""
    SnapshotStore.load(shop, cache_dir=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
