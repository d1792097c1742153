"""Snapshot files are read as Kubernetes reads them, and a bad one is refused in one clear sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubetriage.adapters.cluster.snapshot.manifests import documents, plain_value
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.adapters.cluster.snapshot.yaml_text import yaml_text
from kubetriage.domain.errors import BadSnapshot

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\n"


def folder(path: Path, manifest: str = "time: 2025-03-04T10:00:00Z\n", **files: str) -> Path:
    """Files by name, `_` for the dot."""
    (path / "snapshot.yaml").write_text(manifest, encoding="utf-8")
    for name, text in files.items():
        (path / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return path


def refused(path: Path) -> str:
    with pytest.raises(BadSnapshot) as error:
        SnapshotStore.load(path)
    text = str(error.value)
    assert "\n" not in text and text.endswith(".")
    return text.replace(str(path), "DIR")


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2025-03-04T10:00:00Z", "2025-03-04T10:00:00Z"),
        ("2025-03-04", "2025-03-04"),
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("Off", "Off"), ("y", "y"),
        ("true", True), ("False", False),
        ("", None), ("~", None), ("null", None),
        ("0644", 420), ("0o17", 15), ("0x1F", 31), ("0b11", 3), ("-12", -12), ("+7", 7), ("1_000", 1000),
        ("0", 0),
        ("089", 89.0), ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5),
        ("1:30", "1:30"), ("1.2.3", "1.2.3"), ("1e999", "1e999"), ("9" * 5000, "9" * 5000),
        ("100m", "100m"), ("4Gi", "4Gi"), (".inf", ".inf"), ("-", "-"),
    ],
)  # fmt: skip
def test_unquoted_values(text: str, value: Any) -> None:
    """Times, yes, no, on and off stay strings; numbers and booleans are what Kubernetes makes of them."""
    assert plain_value(text) == value
    assert type(plain_value(text)) is type(value)


def test_quoted_values_stay_strings(tmp_path: Path) -> None:
    """A quoted or tagged string is one, whatever it looks like."""
    path = tmp_path / "a.yaml"
    path.write_text("a: '1'\nb: \"true\"\nc: !!str 2\nd: |\n  3\ne: !!int 4\n", encoding="utf-8")
    assert next(documents(path))[0] == {"a": "1", "b": "true", "c": "2", "d": "3\n", "e": 4}


def test_aliases_and_merges(tmp_path: Path) -> None:
    """Anchors are followed, and `<<` fills in what a mapping doesn't say itself."""
    path = tmp_path / "a.yaml"
    path.write_text("base: &b {x: 1, y: 2}\none: *b\ntwo:\n  <<: *b\n  y: 3\n", encoding="utf-8")
    assert next(documents(path))[0] == {
        "base": {"x": 1, "y": 2},
        "one": {"x": 1, "y": 2},
        "two": {"y": 3, "x": 1},
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_what_is_printed_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, value: dict[str, Any]
) -> None:
    """YAML text of any object means that object again."""
    path = tmp_path_factory.getbasetemp() / "round.yaml"
    path.write_text(yaml_text(value), encoding="utf-8", newline="")
    assert next(documents(path))[0] == value


def test_lists_are_opened(tmp_path: Path) -> None:
    """A List, a typed List and single documents, in YAML and JSON, all give their objects."""
    items = [{"metadata": {"name": "b", "namespace": "shop"}}]
    pods = {"apiVersion": "v1", "kind": "PodList", "items": items}
    mixed = "apiVersion: v1\nkind: List\nitems:\n- " + POD.replace("\n", "\n  ")
    path = folder(
        tmp_path,
        one_yaml=mixed + "\n---\n---\n" + POD.replace("name: a", "name: c"),
        two_json=json.dumps(pods),
    )
    (path / "more").mkdir()
    (path / "more" / "d.yml").write_text(POD.replace("name: a", "name: d"), encoding="utf-8")
    found = SnapshotStore.load(path).list("v1", "Pod", "shop")
    assert [pod["metadata"]["name"] for pod in found] == ["a", "b", "c", "d"]


def test_hidden_files_and_logs_are_no_objects(tmp_path: Path) -> None:
    """Hidden files and folders, other suffixes, and what is under logs/ are left alone."""
    path = folder(tmp_path, README_md="# no", cluster_yaml=POD)
    for place in (".hidden.yaml", ".git/a.yaml", "logs/shop/a/app.yaml"):
        (path / place).parent.mkdir(parents=True, exist_ok=True)
        (path / place).write_text("{", encoding="utf-8")
    assert len(SnapshotStore.load(path).list("v1", "Pod")) == 1


# --- refusals -----------------------------------------------------------------------------------------


def test_a_file_is_no_snapshot(tmp_path: Path) -> None:
    """A path that is missing, or isn't a folder, is refused as that."""
    file = tmp_path / "a.yaml"
    file.write_text(POD, encoding="utf-8")
    with pytest.raises(BadSnapshot, match=r"a\.yaml is not a folder"):
        SnapshotStore.load(file)
    with pytest.raises(BadSnapshot, match="does not exist"):
        SnapshotStore.load(tmp_path / "nowhere")


def test_any_other_folder_is_told_what_a_snapshot_is(tmp_path: Path) -> None:
    """A folder without snapshot.yaml and objects is told what one is, or that the file is missing."""
    assert "is not a snapshot: a snapshot is a folder with snapshot.yaml" in refused(tmp_path)
    (tmp_path / "a.yaml").write_text(POD, encoding="utf-8")
    assert refused(tmp_path).startswith("DIR has no snapshot.yaml: add one with `time:`")


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ("", "snapshot.yaml must hold one mapping"),
        ("scope: {}", "doesn't say when the snapshot was taken"),
        ("time: yesterday", "time is 'yesterday'"),
        ("time: 2025-03-04T10:00:00", "with an offset"),
        ("time: 2025", "time is 2025"),
        ("time: {", "snapshot.yaml, line 2 is not valid YAML"),
    ],
)
def test_a_wrong_manifest(tmp_path: Path, manifest: str, words: str) -> None:
    """A manifest without a usable time is refused with what is wrong."""
    assert words in refused(folder(tmp_path, manifest, cluster_yaml=POD))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (POD + "spec: [\n", "DIR/bad.yaml, line"),
        (POD + "kind: Pod\n", "line 4 is not valid YAML: the key kind is given twice"),
        (POD + "spec: !!python/object:os.system {}\n", "the tag"),
        ("a: " + "[" * 200_000 + "]" * 200_000, "is nested too deeply"),
        ("a\0b", "DIR/bad.yaml is not valid YAML"),
        ("- 1\n", "document 1 (line 1) is not a Kubernetes object"),
        ("just text\n", "is not a Kubernetes object"),
        (POD + "---\nkind: Pod\nmetadata: {name: b}\n", "document 2 (line 5) has no apiVersion"),
        ("apiVersion: v1\nmetadata: {name: b}\n", "has no kind"),
        ("apiVersion: v1\nkind: Pod\n", "this Pod has no metadata.name"),
        ("apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod}]\n", "item 1 of document 1"),
        ("apiVersion: v1\nkind: List\nitems: 3\n", "items that are not a list"),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {a: true}}\n",
            "labels that are not strings",
        ),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: x\n", "spec of Pod a is not a mapping"),
    ],
)
def test_a_wrong_file(tmp_path: Path, text: str, words: str) -> None:
    """A file that isn't objects is refused with its name, the place in it and the reason."""
    sentence = refused(folder(tmp_path, bad_yaml=text))
    assert "bad.yaml" in sentence and words in sentence


def test_broken_json(tmp_path: Path) -> None:
    """JSON that breaks off is refused with file and line."""
    assert "DIR/bad.json, line 2 is not valid JSON" in refused(folder(tmp_path, bad_json='{"a":\n'))
    assert "DIR/bad.json is nested too deeply" in refused(folder(tmp_path, bad_json="[" * 200_000))
    assert "DIR/bad.json is not valid JSON" in refused(folder(tmp_path, bad_json="9" * 5000))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A dangling link and bytes that aren't UTF-8 are refused as that."""
    path = folder(tmp_path)
    (path / "gone.yaml").symlink_to(path / "nowhere")
    assert "gone.yaml cannot be read: No such file" in refused(path)
    (path / "gone.yaml").unlink()
    (path / "latin.yaml").write_bytes(b"a: \xff\n")
    assert "latin.yaml is not UTF-8 text (byte 3)" in refused(path)


def test_an_object_twice(tmp_path: Path) -> None:
    """The same object in two places is refused with both, a missing namespace counted as default."""
    sentence = refused(folder(tmp_path, one_yaml=POD, two_yaml=POD))
    assert "two.yaml, document 1 (line 1): Pod shop/a is already in DIR/one.yaml, document 1" in sentence
    bare = "apiVersion: v1\nkind: Pod\nmetadata: {name: b}\n"
    explicit = bare.replace("name: b", "name: b, namespace: default")
    assert "Pod default/b is already" in refused(folder(tmp_path, one_yaml=bare, two_yaml=explicit))
