"""The files of a bundle, from a folder or out of an archive."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from kubetriage.domain.errors import BadInput

MOST_FILES = 200_000
"""Entries of a bundle; a must-gather of a large cluster has some tens of thousands."""
MOST_BYTES = 4 * 1024**3
"""Bytes of all its files, unpacked."""
LARGEST_FILE = 256 * 1024**2
"""Bytes of one file of objects; of a longer log its end is read."""
WANTED = frozenset({".json", ".yaml", ".yml", ".txt", ".log"})
"""Suffixes of files that may hold objects or logs."""
NAMED = frozenset({"timestamp", "version"})
"""Files without one that tell something about the bundle."""

COMPRESSED_LOGS = frozenset({"current.log.gz", "previous.log.gz"})
"""What must-gather leaves of large logs where it is told to compress them."""
ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")


@dataclass(frozen=True)
class BundleFile:
    """One file of a bundle."""

    name: PurePosixPath
    """Its place in the bundle."""
    path: Path
    """Where its content can be read."""
    size: int
    at: datetime | None = None
    """When it was written, where the bundle tells that reliably; UTC."""

    def read(self) -> bytes:
        """The content; raises `OSError`."""
        return self.tail(self.size)

    def tail(self, limit: int) -> bytes:
        """The last bytes of it; raises `OSError`. A link is not followed."""
        handle = os.open(self.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(0, "it is not a regular file")
            file.seek(max(0, self.size - limit))
            return file.read(limit)


class Skipped:
    """What was left out and why: reasons with how often, and the first names."""

    SHOWN = 3

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()
        self._first: dict[str, list[str]] = {}

    def add(self, reason: str, name: object, count: int = 1) -> None:
        self._count[reason] += count
        shown = self._first.setdefault(reason, [])
        if len(shown) < self.SHOWN:
            shown.append(str(name))

    def lines(self) -> list[str]:
        """`3 × not valid JSON: a.json, b.json, c.json`, the most frequent first."""
        return [
            f"{count} × {reason}: {', '.join(self._first[reason])}"
            + (", …" if count > len(self._first[reason]) else "")
            for reason, count in sorted(self._count.items(), key=lambda item: (-item[1], item[0]))
        ]


@dataclass
class Opened:
    """A bundle whose files can be read."""

    name: str
    """Of the folder or the archive."""
    files: Sequence[BundleFile]
    """By name."""
    skipped: Skipped = field(default_factory=Skipped)
    others: int = 0
    """Files that are neither objects nor logs."""
    cut: str = ""
    """Why not all of it could be read, where an archive ends early."""

    def leave(self, name: PurePosixPath) -> None:
        """Count a file that is not wanted, and say it where somebody may miss it."""
        if why := why_unread(name):
            # A rotated log's place is long, and tells no more than whose it is: NAMESPACE/pods/POD/CONTAINER.
            rotated = name.parent.name == "rotated" and len(name.parts) >= 8
            self.skipped.add(why, PurePosixPath(*name.parts[-8:-4]) if rotated else name)
        else:
            self.others += 1


def is_wanted(name: PurePosixPath) -> bool:
    return name.suffix.lower() in WANTED or name.name in NAMED


def why_unread(name: PurePosixPath) -> str:
    """Why a file that is not wanted may be missed by somebody; empty for one that is nobody's concern."""
    if name.parent.name == "rotated":
        return "a rotated log, which the API server does not give either"
    if name.name in COMPRESSED_LOGS:
        return "a log that was compressed afterwards; decompress it first"
    if name.name.lower().endswith(ARCHIVES):
        return "an archive within the bundle, which is not opened; import it by itself"
    return ""


def open_folder(path: Path) -> Opened:
    """The regular files of a folder. Raises `BadInput` where there are too many or too much of it.

    Links are not followed: they may lead anywhere, and what they stand for in a bundle is in the bundle.
    """
    opened = Opened(path.resolve().name, [])
    found, total = [], 0
    for seen, entry in enumerate(_walk(path, opened.skipped)):
        if seen >= MOST_FILES:
            raise too_many(path)
        name = PurePosixPath(Path(entry.path).relative_to(path).as_posix())
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            opened.skipped.add("a link, which is not followed", name)
        elif not stat.S_ISREG(status.st_mode):
            opened.skipped.add("not a regular file", name)
        elif not is_wanted(name):
            opened.leave(name)
        else:
            total += status.st_size
            found.append(BundleFile(name, Path(entry.path), status.st_size, _time(status.st_mtime)))
    if total > MOST_BYTES:
        raise too_large(path)
    opened.files = sorted(found, key=lambda file: file.name)
    return opened


def _walk(path: Path, skipped: Skipped) -> Iterator[os.DirEntry[str]]:
    """Entries that are no folders, of all folders below; one that may not be read is skipped and said."""
    waiting = [str(path)]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        yield entry
        except OSError as error:
            if folder == str(path):
                raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
            skipped.add("a folder that cannot be read", Path(folder).relative_to(path))


def _time(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def too_many(path: Path) -> BadInput:
    return BadInput(f"{path} holds more than {MOST_FILES:,} files, which no dump of a cluster does.")


def too_large(path: Path) -> BadInput:
    return BadInput(f"{path} holds more than {MOST_BYTES // 1024**3} GiB; import a part of it.")
