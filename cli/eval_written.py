"""Writing files of a run: a place that cannot be written to is said in a sentence, not as a bug."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NOT_WRITTEN = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}


@contextmanager
def written(target: Path, then: str = "") -> Iterator[None]:
    """Raises `KubetriageError` where the disk is full or `target`, a file or a folder, cannot be written.

    `then` is a sentence on what to do about it. Any other `OSError` goes on: it is a bug.
    """
    from kubetriage.domain.errors import KubetriageError

    try:
        yield
    except OSError as error:
        if error.errno not in _NOT_WRITTEN and error.filename != str(target):
            raise
        raise KubetriageError(f"{target} cannot be written: {error.strerror}. {then}".rstrip()) from error
