"""A snapshot folder being written: it is there whole at the end, or not at all."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from kubetriage.domain.errors import BadInput

_FILE_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?")
_LONGEST = 240
"""Characters of a name that becomes a file's: with `.previous.log` it stays below every file system's 255."""


def is_file_name(*names: str) -> bool:
    """Whether all may become parts of a path: what is no name of Kubernetes' stays out of the folder."""
    return all(len(name) <= _LONGEST and _FILE_NAME.fullmatch(name) for name in names)


def require_new_or_empty(folder: Path) -> None:
    """Raises `BadInput` for a folder that holds something, or that cannot be written."""
    try:
        taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
        if not taken:
            folder.parent.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder.parent).close()  # said now, not after minutes of reading
    except OSError as error:
        raise BadInput(f"{folder}: cannot be written ({error.strerror})") from error
    if taken:
        raise BadInput(f"{folder} exists already; a snapshot is written into a new or an empty folder.")


class SnapshotDraft:
    """A folder beside the one that is wanted, which takes its name when everything is written.

    As a context manager it leaves nothing behind that was not finished. Raises `BadInput` where nothing can
    be written.
    """

    def __init__(self, folder: Path) -> None:
        require_new_or_empty(folder)
        self.folder = folder
        self.logs = 0
        """How many were written."""
        self._draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))

    def log(self, namespace: str, pod: str, container: str, text: str, *, previous: bool = False) -> None:
        """Write one log; its text is already redacted, and its names are file names (`is_file_name`)."""
        suffix = ".previous.log" if previous else ".log"
        path = self._draft / "logs" / namespace / pod / f"{container}{suffix}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.logs += not path.exists()
            path.write_text(text, encoding="utf-8", errors="replace", newline="")
        except OSError as error:
            raise BadInput(f"{self.folder}: cannot be written ({error.strerror})") from error

    def file(self, name: str, content: str) -> None:
        """Write another file of the snapshot."""
        path = self._draft / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        except OSError as error:
            raise BadInput(f"{self.folder}: cannot be written ({error.strerror})") from error

    def finish(self, at: datetime, scope: Mapping[str, Any], objects: Iterable[Mapping[str, Any]]) -> None:
        """Write the objects, a file a kind, and give the folder its name."""
        try:
            self._objects(at, scope, objects)
            self._draft.chmod(0o755)
            if self.folder.exists():
                self.folder.rmdir()
            os.replace(self._draft, self.folder)
        except OSError as error:
            raise BadInput(f"{self.folder}: cannot be written ({error.strerror})") from error

    def _objects(self, at: datetime, scope: Mapping[str, Any], objects: Iterable[Mapping[str, Any]]) -> None:
        stamp = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        manifest = {"time": stamp, "scope": scope} if scope else {"time": stamp}
        (self._draft / "snapshot.yaml").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        by_file: dict[str, list[Mapping[str, Any]]] = {}
        for raw in objects:
            name = str(raw["kind"]).lower()
            by_file.setdefault(name if is_file_name(name) else "other", []).append(raw)
        for name, items in by_file.items():
            whole = {"apiVersion": "v1", "kind": "List", "items": items}
            path = self._draft / f"{name}.json"
            path.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    def __enter__(self) -> SnapshotDraft:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._draft, ignore_errors=True)
