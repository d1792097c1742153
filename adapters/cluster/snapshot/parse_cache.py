"""Parsed objects of large YAML files, kept as JSON so that a large snapshot is parsed once.

An entry belongs to one file by its path, size and modification time. It is plain JSON with a checksum:
a torn, foreign or outdated entry is ignored and written anew, and nothing in it is ever executed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path

from kubetriage.adapters.cluster.snapshot.manifests import Placed, cleaned, objects
from kubetriage.domain.errors import BadSnapshot
from kubetriage.domain.redaction import redact_object

SMALLEST = 256 * 1024
"""Bytes below which parsing is faster than keeping an entry."""

_FORMAT = 1


def cached_objects(path: Path, cache_dir: Path | None) -> list[Placed]:
    """The file's objects, cleaned, from the cache where it holds them.

    A cache that cannot be written is done without. Raises `BadSnapshot` as `manifests.objects` does.
    """
    if cache_dir is None or path.suffix == ".json":
        return _parsed(path)
    try:
        stat = path.stat()
    except OSError as error:
        raise BadSnapshot(f"{path} cannot be read: {error.strerror}.") from error
    if stat.st_size < SMALLEST:
        return _parsed(path)
    identity = json.dumps([_FORMAT, str(path.resolve()), stat.st_size, stat.st_mtime_ns])
    entry = cache_dir / f"{hashlib.sha256(str(path.resolve()).encode()).hexdigest()}.json"
    known = _read(entry, identity)
    if known is None:
        known = _parsed(path)
        _write(entry, identity, known)
    return known


def _parsed(path: Path) -> list[Placed]:
    return [(cleaned(obj), place) for obj, place in objects(path)]


def _read(entry: Path, identity: str) -> list[Placed] | None:
    try:
        with entry.open("rb") as file:
            head, digest, body = file.readline(), file.readline(), file.read()
    except OSError:
        return None
    if head != identity.encode() + b"\n" or digest != hashlib.sha256(body).hexdigest().encode() + b"\n":
        return None
    return [(obj, place) for obj, place in json.loads(body)]


def _write(entry: Path, identity: str, placed: list[Placed]) -> None:
    """No copy is made of a file in which there is something to mask: it is parsed each time."""
    objs = [obj for obj, _ in placed]
    if redact_object(objs) != objs:
        return
    try:
        body = json.dumps(placed, separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # an alias that contains itself has no JSON
        return
    digest = hashlib.sha256(body).hexdigest().encode()
    with contextlib.suppress(OSError):
        entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=entry.parent, prefix=entry.stem)
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines((identity.encode(), b"\n", digest, b"\n", body))
            os.replace(name, entry)
        except OSError:
            os.unlink(name)
            raise
