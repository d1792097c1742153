"""Bundles of other tools put to work: imported as snapshots, for good or for one triage."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kubetriage.bootstrap.snapshots import held

if TYPE_CHECKING:
    from kubetriage.adapters.cluster.bundles.importing import Imported

FORMATS = ("auto", "cluster-info-dump", "must-gather", "support-bundle")
SHOWN = 12
"""Names in a line of the summary."""


def import_into(
    path: Path,
    folder: Path,
    format_: str = "auto",
    *,
    tail: int = 0,
    at: datetime | None = None,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> list[str]:
    """Import a bundle and say, a line each, what came of it. Raises `BadInput`."""
    from kubetriage.adapters.cluster.bundles.importing import import_bundle

    layout = "" if format_ == "auto" else format_
    done = import_bundle(path, folder, layout, tail=tail, at=at, told=told)
    kinds = ", ".join(f"{count} {kind}" for kind, count in list(done.kinds.items())[:SHOWN])
    more = len(done.kinds) - SHOWN
    lines = [_head(done, folder), f"Kinds: {kinds}" + (f" and {more} more kinds." if more > 0 else ".")]
    if done.namespaces is None:
        lines.append("Namespaces: all of the cluster's.")
    else:
        lines.append(f"Namespaces: {_some(done.namespaces)}; what is elsewhere is taken as not looked at.")
    if done.partial:
        lines.append(f"Not all objects are in the bundle of: {_some(done.partial)}.")
    if done.refused:
        lines.append(f"The cluster forbade to list: {_some(done.refused)}.")
    lines += [f"Skipped: {line}." for line in done.skipped]
    if done.others:
        lines.append(f"Not looked at: {done.others} files that hold neither objects nor logs.")
    return lines


def _head(done: Imported, folder: Path) -> str:
    return (
        f"Imported {held(sum(done.kinds.values()), done.logs)} of a {done.format} into {folder}, "
        f"as of {done.at:%Y-%m-%dT%H:%M:%SZ} ({done.at_from})."
    )


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:SHOWN]) or "none"
    return shown + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def is_bundle(path: Path) -> bool:
    """Whether this is to be imported before it can be read: a file, or a folder laid out as a bundle."""
    if not path.is_dir():
        return path.is_file()
    from kubetriage.adapters.cluster.bundles.importing import looks_like_bundle
    from kubetriage.adapters.cluster.snapshot.scope import MANIFEST

    return not (path / MANIFEST).exists() and looks_like_bundle(path)


@contextmanager
def imported(path: Path, told: Callable[[int, int], None]) -> Iterator[tuple[Path, str]]:
    """The snapshot that a bundle makes, while it is needed, and a sentence on it. Raises `BadInput`."""
    with tempfile.TemporaryDirectory(prefix="kubetriage-snapshot-") as scratch:
        name = path.resolve().name.split(".")[0] or "bundle"
        folder = Path(scratch) / name
        lines = import_into(path, folder, told=told)
        yield folder, lines[0].replace(f" into {folder}", f" in {path}")
