"""Bundles come from anybody: nothing in one may write, read or use up what is not the import's."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.bundles import files, unpacking
from kubetriage.adapters.cluster.bundles.importing import Imported, import_bundle
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.domain.errors import BadInput

POD = {
    "metadata": {"name": "web-0", "namespace": "shop", "creationTimestamp": "2026-01-02T03:04:05Z"},
    "spec": {"nodeName": "n1", "containers": [{"name": "web", "image": "web:1"}]},
    "status": {"phase": "Running"},
}
PODS = json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [POD]}).encode()
GOOD = {"shop/pods.json": PODS, "nodes.json": b'{"kind": "NodeList", "apiVersion": "v1", "items": []}'}


def tar_of(path: Path, members: dict[str, bytes], *, mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def zip_of(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def folder_of(path: Path, members: dict[str, bytes]) -> Path:
    for name, content in members.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def imported(path: Path, tmp_path: Path) -> Imported:
    return import_bundle(path, tmp_path / "out")


def everything_below(path: Path) -> list[str]:
    return sorted(str(p.relative_to(path)) for p in path.rglob("*"))


@pytest.mark.parametrize("name", ["../../evil/pods.json", "/abs/evil/pods.json", "a/../../evil/pods.json"])
@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_a_name_that_leads_out_of_the_archive_is_skipped(tmp_path: Path, name: str, pack: Any) -> None:
    """Nothing is written outside of the snapshot's folder, and the rest is imported."""
    (tmp_path / "in").mkdir()
    bundle = pack(tmp_path / "in" / "b.bundle", {**GOOD, name: PODS.replace(b"web-0", b"evil-0")})
    done = imported(bundle, tmp_path)
    assert any("leads out" in line for line in done.skipped)
    assert "evil" not in " ".join(everything_below(tmp_path))
    assert done.kinds == {"Pod": 1}


def test_links_and_devices_of_an_archive_are_skipped(tmp_path: Path) -> None:
    """A link may lead to a file of the reader's."""
    path = tmp_path / "b.tar"
    with tarfile.open(path, "w") as archive:
        for name, content in GOOD.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo(f"shop/x{kind.decode()}/logs.txt")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    done = imported(path, tmp_path)
    assert any(line.startswith("4 × a link or a device") for line in done.skipped)
    assert done.logs == 0


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    """Neither a link to a file nor one to a folder brings in what lies outside."""
    outside = folder_of(tmp_path / "outside", {"pods.json": PODS.replace(b"web-0", b"private-0")})
    bundle = folder_of(tmp_path / "b", GOOD)
    (bundle / "shop" / "services.json").symlink_to(outside / "pods.json")
    (bundle / "other").symlink_to(outside)
    done = imported(bundle, tmp_path)
    assert any("2 × a link" in line for line in done.skipped)
    assert done.kinds == {"Pod": 1}


def test_a_pipe_in_a_folder_is_not_read(tmp_path: Path) -> None:
    """Reading one would never end."""
    bundle = folder_of(tmp_path / "b", GOOD)
    os.mkfifo(bundle / "shop" / "events.json")
    assert any("not a regular file" in line for line in imported(bundle, tmp_path).skipped)


@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_a_bomb_is_refused(tmp_path: Path, pack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What unpacks to hundreds of times its size is no dump; nothing of it stays."""
    monkeypatch.setattr(unpacking, "_FREE", 1024**2)
    bundle = pack(tmp_path / "b.tar.gz", {**GOOD, "shop/x/logs.txt": b"\0" * 40 * 1024**2})
    with pytest.raises(BadInput, match="unpacks to more than 300 times"):
        imported(bundle, tmp_path)
    assert everything_below(tmp_path) == ["b.tar.gz"]


def test_a_bomb_in_what_is_not_unpacked_is_refused_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Skipping a member of a compressed tar file means to unpack it."""
    monkeypatch.setattr(unpacking, "_FREE", 1024**2)
    bundle = tar_of(tmp_path / "b.tar.gz", {"x.bin": b"\0" * 40 * 1024**2, **GOOD})
    with pytest.raises(BadInput, match="unpacks to more than"):
        imported(bundle, tmp_path)


def test_a_size_that_lies_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A header may claim any size; what comes out is counted."""
    monkeypatch.setattr(unpacking, "_FREE", 1024**2)
    header = tarfile.TarInfo("shop/pods.json")
    header.size = 10 * 1024**4
    (tmp_path / "b.tar.gz").write_bytes(gzip.compress(header.tobuf() + b"\0" * 100_000))
    with pytest.raises(BadInput):
        imported(tmp_path / "b.tar.gz", tmp_path)


def test_a_name_as_long_as_the_memory_is_not_read(tmp_path: Path) -> None:
    """GNU's long names stand in a block of any size before their member."""
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 60 * 1024**2
    (tmp_path / "b.tar.gz").write_bytes(gzip.compress(header.tobuf() + b"a" * header.size))
    with pytest.raises(BadInput, match="a header that is too long"):
        imported(tmp_path / "b.tar.gz", tmp_path)


@pytest.mark.parametrize("pack", [tar_of, zip_of, folder_of])
def test_too_many_files_are_refused(tmp_path: Path, pack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No dump has hundreds of thousands of files."""
    monkeypatch.setattr(files, "MOST_FILES", 50)
    bundle = pack(tmp_path / "b", {**GOOD, **{f"x/{n}.txt": b"" for n in range(60)}})
    with pytest.raises(BadInput, match="more than 50 files"):
        imported(bundle, tmp_path)


def test_an_archive_that_ends_early_gives_what_it_has(tmp_path: Path) -> None:
    """A download that broke off is imported as far as it goes, and that is said."""
    noise = os.urandom(300_000)
    whole = tar_of(tmp_path / "whole.tgz", {**GOOD, "shop/web-0/logs.txt": noise, "web/pods.json": PODS})
    cut = tmp_path / "cut.tgz"
    cut.write_bytes(whole.read_bytes()[:200_000])
    done = imported(cut, tmp_path)
    assert done.kinds == {"Pod": 1}
    assert any("the archive ends early" in line for line in done.skipped)


def test_broken_files_are_skipped_and_named(tmp_path: Path) -> None:
    """One broken file does not cost the others; what it would have held is not taken to be absent."""
    bundle = folder_of(
        tmp_path / "b",
        {
            **GOOD,
            "shop/services.json": PODS[:40],
            "shop/events.json": b"\xff\xfe\x00",
            "shop/deployments.json": b"[" * 100_000,
            "shop/replicasets.json": b'{"kind": "ReplicaSetList", "apiVersion": "apps/v1", "items": [1, {}]}',
        },
    )
    done = imported(bundle, tmp_path)
    said = " ".join(done.skipped)
    assert "3 × a file that cannot be read" in said
    assert "shop/services.json (line 1 is not valid JSON" in said
    assert "2 × an object that is none" in said
    store = SnapshotStore.load(tmp_path / "out")
    for version, kind in (("v1", "Service"), ("apps/v1", "ReplicaSet")):
        with pytest.raises(Exception, match="not recorded"):
            store.list(version, kind, "shop")


def test_names_that_would_be_paths_write_no_logs(tmp_path: Path) -> None:
    """Names of pods and containers become a log's path."""
    logs = "".join(
        f"==== START logs for container {c} of pod {p} ====\nx\n==== END logs for container {c} of pod {p} ====\n"
        for c, p in (("../../../up", "shop/web-0"), ("web", "../web-0"), ("web", "shop/web-0"))
    )
    bundle = folder_of(tmp_path / "b", {**GOOD, "shop/web-0/logs.txt": logs.encode()})
    done = imported(bundle, tmp_path)
    assert done.logs == 1
    assert [p.name for p in tmp_path.rglob("*.log")] == ["web.log"]


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8b", b"PK\x03\x04", os.urandom(2000)])
def test_what_is_no_bundle_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    """Any file may be given; the answer is a sentence, and no folder is left."""
    (tmp_path / "b.tar.gz").write_bytes(content)
    with pytest.raises(BadInput) as refused:
        imported(tmp_path / "b.tar.gz", tmp_path)
    assert str(refused.value).endswith(".")
    assert everything_below(tmp_path) == ["b.tar.gz"]


def test_a_file_that_may_not_be_read_is_skipped(tmp_path: Path) -> None:
    """Files of a must-gather often belong to somebody else."""
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    bundle = folder_of(tmp_path / "b", {**GOOD, "shop/events.json": PODS})
    (bundle / "shop" / "events.json").chmod(0)
    assert any("cannot be read" in line for line in imported(bundle, tmp_path).skipped)


PRINTED = (
    b'{\n    "kind": "NodeList", "apiVersion": "v1", "items": []\n}\n'
    + json.dumps({"kind": "EventList", "apiVersion": "v1", "items": []}).encode()
    + b"\n"
    + PODS
    + b"\n"
)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_printed_dump_may_be_compressed(tmp_path: Path, pack: Any) -> None:
    """`kubectl cluster-info dump | gzip` makes no archive."""
    (tmp_path / "dump.json.gz").write_bytes(pack(PRINTED))
    done = imported(tmp_path / "dump.json.gz", tmp_path)
    assert (done.format, done.kinds, done.skipped) == ("cluster-info-dump", {"Pod": 1}, ())


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8-sig", "utf-8"])
def test_a_printed_dump_may_come_from_powershell(tmp_path: Path, encoding: str) -> None:
    """Its `>` writes UTF-16 with a mark in front, or UTF-8 with or without one; lines end with two characters."""
    mark = "logs for container web of pod shop/web-0 ====\n"
    text = PRINTED.decode() + "==== START " + mark + "one\n二\n==== END " + mark
    begin = "\ufeff" if encoding.startswith("utf-16") else ""
    (tmp_path / "dump.txt").write_bytes((begin + text.replace("\n", "\r\n")).encode(encoding))
    done = imported(tmp_path / "dump.txt", tmp_path)
    assert (done.kinds, done.logs, done.skipped) == ({"Pod": 1}, 1, ())
    log = tmp_path / "out" / "logs" / "shop" / "web-0" / "web.log"
    assert log.read_text(encoding="utf-8") == "one\n二\n"


def test_a_compressed_text_that_breaks_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """As with an archive, what came before its end is kept, and that it ends early is said."""
    log = b"==== START logs for container web of pod shop/web-0 ====\n" + os.urandom(40_000).hex().encode()
    (tmp_path / "cut.gz").write_bytes(gzip.compress(PRINTED + log)[:-5_000])
    done = imported(tmp_path / "cut.gz", tmp_path)
    assert (done.kinds, done.logs) == ({"Pod": 1}, 1)
    assert any("ends early" in line for line in done.skipped)


def test_a_log_of_any_bytes_does_not_cost_a_printed_dump(tmp_path: Path) -> None:
    """Programs write what they like; kubectl prints it between its lists as it is."""
    mark = b"logs for container web of pod shop/web-0 ====\n"
    log = b"==== START " + mark + b"caf\xe9 \xff\xfe down\n==== END " + mark
    (tmp_path / "dump.txt").write_bytes(PRINTED + log)
    done = imported(tmp_path / "dump.txt", tmp_path)
    assert (done.kinds, done.logs, done.skipped) == ({"Pod": 1}, 1, ())
    assert "down" in (tmp_path / "out/logs/shop/web-0/web.log").read_text(encoding="utf-8")


def test_a_bomb_of_one_text_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A compressed dump that unpacks to hundreds of times its size is none either."""
    monkeypatch.setattr(unpacking, "_FREE", 1024)
    (tmp_path / "dump.gz").write_bytes(gzip.compress(PRINTED + b" " * 8_000_000))
    with pytest.raises(BadInput, match="times its size"):
        imported(tmp_path / "dump.gz", tmp_path)
    assert not (tmp_path / "out").exists()


def test_an_archive_within_is_named(tmp_path: Path) -> None:
    """A case often comes as a zip of a must-gather: it is said what to import."""
    inner = tar_of(tmp_path / "mg.tar.gz", GOOD)
    outer = zip_of(tmp_path / "case.zip", {"case/mg.tar.gz": inner.read_bytes()})
    with pytest.raises(BadInput, match=r"an archive within the bundle.*case/mg\.tar\.gz"):
        imported(outer, tmp_path)
