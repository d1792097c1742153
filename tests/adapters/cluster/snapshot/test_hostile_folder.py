"""Snapshot folders come from others: what lies in them is refused in a sentence, or does no harm."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.snapshot.scope import parse_time
from kubetriage.adapters.cluster.snapshot.status import ApiStatus
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.domain.errors import BadSnapshot

CANARY = "what only the reader of the snapshot may see"


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """`written(text, suffix=…, container=…)` writes a snapshot with Pod shop/web-0 and one file more."""

    def write(text: str = "", suffix: str = "yaml", container: str = "app") -> Path:
        folder = tmp_path / "snapshot"
        folder.mkdir()
        (folder / "snapshot.yaml").write_text("time: 2026-03-01T12:00:00Z\n", encoding="utf-8")
        pod: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "web-0", "namespace": "shop"},
        }
        pod["spec"] = {"nodeName": "n1", "containers": [{"name": container}]}
        (folder / "pod.json").write_text(json.dumps(pod), encoding="utf-8")
        if text:
            (folder / f"more.{suffix}").write_text(text, encoding="utf-8")
        return folder

    return write


def refusal(folder: Path) -> str:
    with pytest.raises(BadSnapshot) as caught:
        SnapshotStore.load(folder)
    return str(caught.value)


def config_map(data: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: shop}}\n{data}\n"


@pytest.mark.parametrize("name", ["../../../../outside", "/outside", "..", "a\0b", "x" * 5000])
def test_names_are_no_paths(written: Callable[..., Path], name: str, tmp_path: Path) -> None:
    """A container's name that leads out of the folder, or is none of Kubernetes', has no recorded log."""
    (tmp_path / "outside.log").write_text(CANARY, encoding="utf-8")
    folder = written(container=name)
    (folder / "logs" / "shop" / "web-0").mkdir(parents=True)
    with pytest.raises(ApiStatus, match="no file of it"):
        SnapshotStore.load(folder).log("shop", "web-0", name)


def test_links_out_of_the_folder(written: Callable[..., Path], tmp_path: Path) -> None:
    """A log that is a link to a file of the reader's own is not read; one inside of the snapshot is."""
    (tmp_path / "outside.log").write_text(CANARY, encoding="utf-8")
    folder = written()
    logs = folder / "logs" / "shop" / "web-0"
    logs.mkdir(parents=True)
    (logs / "app.log").symlink_to(tmp_path / "outside.log")
    with pytest.raises(BadSnapshot, match="it lies outside"):
        SnapshotStore.load(folder).log("shop", "web-0", "app")
    (logs / "app.log").unlink()
    (logs / "kept.txt").write_text("well", encoding="utf-8")
    (logs / "app.log").symlink_to("kept.txt")
    assert SnapshotStore.load(folder).log("shop", "web-0", "app") == "well"


@pytest.mark.parametrize("where", ["more.yaml", "snapshot.yaml", "logs/shop/web-0/app.log"])
def test_pipes_are_not_waited_for(written: Callable[..., Path], where: str) -> None:
    """A pipe, which nobody writes into, is refused instead of read for ever, and so is a device."""
    folder = written()
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero")):
        path = folder / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        make(path)
        with pytest.raises(BadSnapshot, match=r"not a regular file|lies outside"):
            SnapshotStore.load(folder).log("shop", "web-0", "app")


def test_aliases_that_multiply(written: Callable[..., Path]) -> None:
    """YAML whose aliases stand for a thousand million values is refused before anything walks them."""
    levels = "\n".join(f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 10)}]" for i in range(1, 10))
    assert "aliases repeat more than 1,000,000 values" in refusal(
        written(config_map(f"x0: &x0 [{'a, ' * 10}]\n{levels}"))
    )


def test_an_alias_of_itself(written: Callable[..., Path]) -> None:
    """YAML that holds itself has no end, and is refused."""
    assert "an alias of itself" in refusal(written(config_map("data: &a {b: *a}")))


def test_few_aliases_are_fine(written: Callable[..., Path]) -> None:
    """An alias is the value it stands for."""
    folder = written(config_map("data: {a: &a x}\nbinaryData: &b {b: c}\nother: *b"))
    assert SnapshotStore.load(folder).get("v1", "ConfigMap", "shop", "a")["other"] == {"b": "c"}


def test_json_nested_too_deeply(written: Callable[..., Path]) -> None:
    """JSON is as deep as YAML may be, so that what walks it later does not run out of stack."""
    deep = f'{{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {{"name": "a"}}, "x": {"[" * 900}1{"]" * 900}}}'
    assert "more.json is nested too deeply" in refusal(written(deep, suffix="json"))


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_times_over_the_edge(time: str) -> None:
    """A time that leaves the calendar in UTC is none."""
    assert parse_time(time) is None
