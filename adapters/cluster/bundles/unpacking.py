"""Archives, unpacked into numbered files of a scratch folder: no name in an archive becomes a path.

A dump that was printed and then compressed is no archive, and is unpacked as the one file that it is.

What is unpacked is counted before it is written: by bytes, by files, and by what the archive's size can
honestly hold. An archive that ends early gives what came before its end.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, cast

from kubetriage.adapters.cluster.bundles import files
from kubetriage.adapters.cluster.bundles.cluster_info import is_printed
from kubetriage.adapters.cluster.bundles.files import BundleFile, Opened, is_wanted, too_large, too_many
from kubetriage.domain.errors import BadInput

MOST_PER_BYTE = 300
"""Bytes unpacked for one of the archive. Objects and logs come to some tens."""
_FREE = 64 * 1024**2
"""Bytes that any archive may unpack to."""
_HEADERS = 4 * 1024**2
"""Bytes that may stand between two members: names that are too long for a header stand there."""
_PIECE = 1024 * 1024
_HEAD = 4096
_BROKEN = (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile, tarfile.TarError, zipfile.BadZipFile)


class _Counted:
    """A stream that gives no more than it is allowed to, so that no header can ask for the whole memory."""

    def __init__(self, stream: IO[bytes], path: Path, most: int) -> None:
        self._stream = stream
        self._path = path
        self._most = most
        self._given = 0
        self._allowed = _HEADERS

    def allow(self, count: int) -> None:
        """The next so many bytes are a member's."""
        self._allowed = self._given + count + _HEADERS

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(min(size, _PIECE) if size >= 0 else _PIECE)
        self._given += len(piece)
        if self._given > self._most:
            raise _bomb(self._path)
        if self._given > self._allowed:
            raise tarfile.ReadError("a header that is too long")
        return piece


def is_archive(path: Path) -> bool:
    """By its first bytes: a zip, or a tar file, compressed or not."""
    with path.open("rb") as file:
        begin = file.read(512)
    return _kind(begin) != ""


def _kind(begin: bytes) -> str:
    for magic, kind in (
        (b"\x1f\x8b", "gz"),
        (b"BZh", "bz2"),
        (b"\xfd7zXZ\x00", "xz"),
        (b"PK\x03\x04", "zip"),
    ):
        if begin.startswith(magic):
            return kind
    return "tar" if begin[257:262] == b"ustar" else ""


def open_archive(path: Path, scratch: Path) -> Opened:
    """Unpack what may hold objects or logs. Raises `BadInput` for what is no archive, too much, or a bomb."""
    with path.open("rb") as file:
        kind = _kind(file.read(512))
    opened = Opened(_stem(path.name), [])
    unpacked = _Unpacked(path, scratch, opened)
    try:
        if kind == "zip":
            _zip(path, unpacked)
        elif kind != "tar" and _is_one_text(path, kind):
            _one_text(path, kind, unpacked)
        else:
            _tar(path, kind, unpacked)
    except _BROKEN as error:
        opened.cut = " ".join(str(error).split()) or type(error).__name__
    except OSError as error:
        raise BadInput(f"{path} cannot be unpacked: {error.strerror or error}.") from error
    if not unpacked.entries:
        why = f": {opened.cut}" if opened.cut else ""
        raise BadInput(f"{path} is not an archive that can be read{why}.")
    opened.files = sorted(unpacked.found, key=lambda one: one.name)
    return opened


def _stem(name: str) -> str:
    for suffix in (".gz", ".tgz", ".bz2", ".xz", ".zip", ".tar"):
        name = name.removesuffix(suffix)
    return name or "bundle"


class _Unpacked:
    """The files that came out so far."""

    def __init__(self, path: Path, scratch: Path, opened: Opened) -> None:
        self.path = path
        self.opened = opened
        self.most = min(files.MOST_BYTES, path.stat().st_size * MOST_PER_BYTE + _FREE)
        self.found: list[BundleFile] = []
        self.entries = 0
        self._scratch = scratch
        self._claimed = 0

    def wants(self, name: str, size: int, *, regular: bool) -> PurePosixPath | None:
        """The place of an entry in the bundle, if it is to be unpacked. Raises `BadInput` for too much."""
        self.entries += 1
        if self.entries > files.MOST_FILES:
            raise too_many(self.path)
        self._claimed += max(size, 0)
        if self._claimed > self.most:
            raise too_large(self.path) if self._claimed > files.MOST_BYTES else _bomb(self.path)
        place = PurePosixPath(name.replace("\\", "/"))
        if not regular:
            self.opened.skipped.add("a link or a device, which is not followed", place)
        elif place.is_absolute() or ".." in place.parts or "\x00" in name:
            self.opened.skipped.add("a name that leads out of the bundle", place)
        elif is_wanted(place):
            return place
        else:
            self.opened.leave(place)
        return None

    def take(self, place: PurePosixPath, stream: IO[bytes], at: float | None) -> None:
        """Write one file. What breaks off is kept as far as it goes, and the error goes on."""
        target = self._scratch / f"{len(self.found):06d}{place.suffix.lower()}"
        size = 0
        try:
            with target.open("wb") as out:
                while piece := stream.read(_PIECE):
                    size += out.write(piece)
                    if size > self.most:
                        raise _bomb(self.path)
        finally:
            time = files._time(at) if at is not None else None
            self.found.append(BundleFile(place, target, size, time))


def _tar(path: Path, kind: str, unpacked: _Unpacked) -> None:
    with path.open("rb") as raw:
        counted = _Counted(_decompressed(raw, kind), path, unpacked.most + _FREE)
        with tarfile.open(fileobj=cast("IO[bytes]", counted), mode="r|") as archive:
            while (member := archive.next()) is not None:
                counted.allow(member.size)
                if member.isdir():
                    continue
                place = unpacked.wants(member.name, member.size, regular=member.isreg())
                content = archive.extractfile(member) if place is not None else None
                if place is not None and content is not None:
                    unpacked.take(place, content, member.mtime)


def _is_one_text(path: Path, kind: str) -> bool:
    """Whether no archive was compressed but a dump as it is printed."""
    with path.open("rb") as raw:
        return is_printed(_decompressed(raw, kind).read(_HEAD))


class _AsItComes:
    """A stream that gives what it has: asked for more than there is, a broken one would give nothing."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = cast("gzip.GzipFile", stream)

    def read(self, size: int = -1) -> bytes:
        return self._stream.read1(size)


def _one_text(path: Path, kind: str, unpacked: _Unpacked) -> None:
    unpacked.entries = 1
    with path.open("rb") as raw:
        stream = cast("IO[bytes]", _AsItComes(_decompressed(raw, kind)))
        unpacked.take(PurePosixPath(path.name).with_suffix(""), stream, None)


def _decompressed(raw: IO[bytes], kind: str) -> IO[bytes]:
    if kind == "gz":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
    if kind == "bz2":
        return cast("IO[bytes]", bz2.BZ2File(raw))
    if kind == "xz":
        return cast("IO[bytes]", lzma.LZMAFile(raw))
    return raw


def _zip(path: Path, unpacked: _Unpacked) -> None:
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            mode = entry.external_attr >> 16
            regular = not mode or stat.S_IFMT(mode) in (0, stat.S_IFREG)
            place = unpacked.wants(entry.filename, entry.file_size, regular=regular)
            if place is None:
                continue
            try:
                with archive.open(entry) as content:
                    # A zip's times are in nobody knows which zone.
                    unpacked.take(place, content, None)
            except (RuntimeError, NotImplementedError) as error:  # encrypted, or packed in a way not known
                unpacked.opened.skipped.add(f"not readable in the archive ({error})"[:120], place)
            except _BROKEN:
                unpacked.opened.skipped.add("broken in the archive", place)


def _bomb(path: Path) -> BadInput:
    return BadInput(
        f"{path} unpacks to more than {MOST_PER_BYTE} times its size, which no dump of a cluster does."
    )
