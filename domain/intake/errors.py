"""What goes wrong with the database of incidents."""

from __future__ import annotations

from kubetriage.domain.errors import BadSettings, KubetriageError


class StoreUnavailable(KubetriageError):
    """Nothing can be stored or read now: the database is away, locked for too long, or its disk is full.

    Nothing of the request was kept; the same request may be sent again (HTTP: 503).
    """


class SchemaTooNew(BadSettings):
    """The database was made by a newer version, which this one must not write to."""
