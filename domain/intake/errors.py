"""What goes wrong with the database of incidents."""

from __future__ import annotations

from datetime import datetime

from kubetriage.domain.errors import BadSettings, KubetriageError


class StoreUnavailable(KubetriageError):
    """Nothing can be stored or read now: the database is away, locked for too long, or its disk is full.

    Nothing of the request was kept; the same request may be sent again (HTTP: 503).
    """


class NotOurs(Exception):
    """Another worker has this run now, or may have: nothing was written."""


class NotYet(Exception):
    """The channel's pace, or a rest that it asked for, lets no attempt begin before `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"not before {until.isoformat()}")
        self.until = until


class SchemaTooNew(BadSettings):
    """The database was made by a newer version, which this one must not write to."""
