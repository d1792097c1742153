"""Files of a snapshot, which may come from anybody: read only where they are files."""

from __future__ import annotations

import stat
from pathlib import Path

from kubetriage.domain.errors import BadSnapshot


def read_bytes(path: Path, inside: Path | None = None) -> bytes:
    """The content of a file. Raises `BadSnapshot` for one that cannot be read.

    That is also a pipe or a device, which would never end, and a link that leads out of `inside`: a snapshot
    must not bring a file of its reader's into a report.
    """
    try:
        real = path.resolve(strict=True)
        if inside is not None and not real.is_relative_to(inside.resolve()):
            raise BadSnapshot(f"{path} is not read: it lies outside of {inside}.")
        if not stat.S_ISREG(real.stat().st_mode):
            raise BadSnapshot(f"{path} cannot be read: it is not a regular file.")
        return real.read_bytes()
    except OSError as error:
        raise BadSnapshot(f"{path} cannot be read: {error.strerror}.") from error
    except RuntimeError as error:  # Python before 3.13, for a link that leads to itself
        raise BadSnapshot(f"{path} cannot be read: it is a link that leads to itself.") from error
