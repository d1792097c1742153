"""Files of a snapshot, which may come from anybody: read only where they are files, and inside its folder."""

from __future__ import annotations

import stat
from pathlib import Path

from kubetriage.domain.errors import BadSnapshot


def read_bytes(path: Path, folder: Path) -> bytes:
    """The content of a file. Raises `FileNotFoundError` where there is none.

    Raises `BadSnapshot` for one that cannot be read, for a pipe or a device, which would never end, and for
    one that lies outside `folder`: a link in a snapshot must not bring a file of its reader into a report.
    """
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(folder.resolve()):
            raise BadSnapshot(f"{path} is a link that leads out of the snapshot.")
        if not stat.S_ISREG(real.stat().st_mode):
            raise BadSnapshot(f"{path} is not a regular file.")
        return real.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise BadSnapshot(f"{path} cannot be read: {error.strerror}.") from error
    except RuntimeError as error:  # what Python 3.11 and 3.12 raise for a link that leads to itself
        raise BadSnapshot(f"{path} cannot be read: it is a link that leads to itself.") from error
