"""From the bytes of an alert body to incidents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from kubetriage.domain.alert import Alert, SubjectScope
from kubetriage.domain.errors import BadAlert


class Incidents(NamedTuple):
    """The incidents of one body, each with its leading alert first."""

    groups: tuple[Sequence[Alert], ...]
    several: bool
    """Whether the body held more than one alert."""
    truncated: int = 0
    """Alerts of the group that its sender left out."""


def incidents_in(body: bytes, snapshot: Path | None = None) -> Incidents:
    """Decode, parse and group; with a snapshot, what is in the future is so as of the snapshot's time.

    Raises `BadAlert` for what a person must mend, plain text that names no resource included.
    """
    from kubetriage.adapters.alerts.decode import decode
    from kubetriage.domain.alert_formats import alerts_from
    from kubetriage.domain.incidents import group_incidents
    from kubetriage.domain.subject import subject_of

    received_at = datetime.now(UTC) if snapshot is None else recorded_at(snapshot)
    parsed = alerts_from(decode(body, strict=True), received_at=received_at)
    if parsed.source == "text" and all(subject_of(a).scope is SubjectScope.LOST for a in parsed.alerts):
        raise BadAlert("this is neither JSON nor YAML, and no Kubernetes resource is named in the text")
    return Incidents(tuple(group_incidents(parsed.alerts)), len(parsed.alerts) > 1, parsed.truncated)


def read_body(stream: BinaryIO) -> bytes:
    """The bytes of a body, at most one more than may be used: an endless stream is refused, not read."""
    from kubetriage.adapters.alerts.decode import MAX_BYTES

    return stream.read(MAX_BYTES + 1)


def recorded_at(snapshot: Path) -> datetime:
    """When a snapshot was taken; raises `BadSnapshot`."""
    from kubetriage.adapters.cluster.snapshot.scope import MANIFEST, read_manifest, snapshot_time
    from kubetriage.adapters.cluster.snapshot.store import object_files

    object_files(snapshot)  # says what a snapshot is where this is none
    return snapshot_time(snapshot / MANIFEST, read_manifest(snapshot))
