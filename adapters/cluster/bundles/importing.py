"""A bundle of another tool made into a snapshot folder."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import chain, islice
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from kubetriage.adapters.cluster.bundles import cluster_info, must_gather, support_bundle
from kubetriage.adapters.cluster.bundles.collecting import Collected
from kubetriage.adapters.cluster.bundles.files import BundleFile, Opened, open_folder
from kubetriage.adapters.cluster.bundles.places import Known, Place
from kubetriage.adapters.cluster.bundles.times import taken
from kubetriage.adapters.cluster.bundles.unpacking import is_archive, open_archive
from kubetriage.adapters.cluster.snapshot.coverage import kinds_of
from kubetriage.adapters.cluster.snapshot.served_kinds import join_version
from kubetriage.adapters.cluster.snapshot.writing import SnapshotDraft, require_new_or_empty
from kubetriage.domain.errors import BadInput
from kubetriage.domain.kube import Obj

LAYOUTS: dict[str, Callable[[PurePosixPath], Place | None]] = {
    must_gather.NAME: must_gather.place,
    support_bundle.NAME: support_bundle.place,
    cluster_info.NAME: cluster_info.place,
}
"""Where two fit a bundle equally well, the first."""
Told = Callable[[int, int], None]
_TOLD_EVERY = 50
_HEAD = 4096
_GLANCE = 2000
"""Names in a folder and the folders in it that a look tells it from others by."""
_FOLDERS = frozenset({"cluster-resources", "cluster-scoped-resources", "namespaces"})


def _nobody(done: int, total: int) -> None: ...


class Imported(NamedTuple):
    """What became of a bundle."""

    format: str
    at: datetime
    at_from: str
    """Where the snapshot's time comes from."""
    kinds: Mapping[str, int]
    """How many objects of each."""
    logs: int
    namespaces: tuple[str, ...] | None
    """None for all of them."""
    partial: tuple[str, ...]
    """Kinds of which objects may be missing."""
    refused: tuple[str, ...]
    """What the cluster forbade to whoever made the bundle."""
    skipped: tuple[str, ...]
    """What was left out, a line a reason."""
    others: int
    """Files that hold neither objects nor logs."""


def import_bundle(
    path: Path,
    folder: Path,
    layout: str = "",
    *,
    tail: int = 0,
    at: datetime | None = None,
    told: Told = _nobody,
) -> Imported:
    """Write the snapshot; `layout` is one of `LAYOUTS`, or found out if empty.

    `tail` lines of each log are kept (0: all), `at` overrides the bundle's own time, `told` hears how many
    files of how many are done. Raises `BadInput` for a
    bundle that cannot be used at all and for a folder that cannot be written.
    """
    require_new_or_empty(folder)
    with tempfile.TemporaryDirectory(prefix="kubetriage-bundle-") as scratch:
        opened = open_bundle(path, Path(scratch))
        with SnapshotDraft(folder) as draft:
            found = Collected(draft, opened.skipped, tail)
            chosen = layout or layout_of(path, opened)
            _collect(chosen, opened, found, told)
            if not found.objects:
                raise _nothing(path, chosen, opened)
            time = taken(found.stamps, found.newest, found.dumped_at)
            if at is None and time is None:
                raise BadInput(f"{path} doesn't tell when it was made: say so with --time.")
            when = at or time.at  # type: ignore[union-attr]
            scope = found.coverage.scope(everywhere=found.coverage.everywhere)
            draft.finish(when, scope, [obj for _, obj in sorted(found.objects.items())])
            return Imported(
                format=chosen,
                at=when,
                at_from="as given" if at is not None or time is None else time.why,
                kinds=kinds_of(found.objects.values()),
                logs=draft.logs,
                namespaces=tuple(scope["namespaces"]) if "namespaces" in scope else None,
                partial=tuple(scope.get("partial", ())),
                refused=tuple(scope.get("unreadable", ())),
                skipped=tuple(opened.skipped.lines())
                + ((f"the archive ends early: {opened.cut}",) if opened.cut else ()),
                others=opened.others,
            )


def open_bundle(path: Path, scratch: Path) -> Opened:
    """Its files, from a folder, an archive, or a single file that was printed. Raises `BadInput`."""
    if path.is_dir():
        return open_folder(path)
    try:
        if is_archive(path):
            return open_archive(path, scratch)
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise BadInput(f"{path} does not exist.") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    return Opened(path.stem, [BundleFile(PurePosixPath(path.name), path.resolve(), size)])


def layout_of(path: Path, opened: Opened) -> str:
    """The layout that knows most of the files. Raises `BadInput` if none knows any objects."""
    known = {
        name: sum(
            place(file.name) is not None and not isinstance(place(file.name), Known) for file in opened.files
        )
        for name, place in LAYOUTS.items()
    }
    best = max(known, key=lambda name: known[name])
    if known[best]:
        return best
    if len(opened.files) == 1 and _is_printed(opened.files[0]):
        return cluster_info.NAME
    raise _nothing(path, "", opened)


def looks_like_bundle(folder: Path) -> bool:
    """Whether a folder may be one, at a glance: it may be any folder, the root of the disk too."""
    for path in islice(chain(*(folder.glob(pattern) for pattern in ("*", "*/*"))), _GLANCE):
        name = PurePosixPath(path.relative_to(folder).as_posix())
        if path.name in _FOLDERS or cluster_info.place(name) is not None:
            return True
    return False


def _is_printed(file: BundleFile) -> bool:
    with file.path.open("rb") as stream:
        return cluster_info.is_printed(stream.read(_HEAD))


def _collect(layout: str, opened: Opened, found: Collected, told: Told) -> None:
    place_of = LAYOUTS[layout]
    if layout == cluster_info.NAME and len(opened.files) == 1 and _is_printed(opened.files[0]):
        found.printed(opened.files[0])
        return
    refused = _refused_logs(layout, opened)
    for number, file in enumerate(opened.files):
        if number % _TOLD_EVERY == 0:
            told(number, len(opened.files))
        place = place_of(file.name)
        if place is None or file.name in refused:
            opened.others += 1
        else:
            found.take(file, place)
    found.place_logs()
    if layout == must_gather.NAME:
        _gathered(opened, found)
    elif layout == support_bundle.NAME:
        _defined(opened, found)


def _refused_logs(layout: str, opened: Opened) -> frozenset[PurePosixPath]:
    """Files in a must-gather that hold no log; of runs before the last most do not, as there was none."""
    if layout != must_gather.NAME:
        return frozenset()
    refused = must_gather.logs_not_given({file.name: file.size for file in opened.files})
    given = {file.name.parent for file in opened.files if file.name.stem.startswith("current")
             and file.name not in refused}  # fmt: skip
    for folder in sorted({name.parent for name in refused if name.stem.startswith("current")} - given):
        opened.skipped.add("a log that the cluster did not give", folder.parent)
    return refused


def _gathered(opened: Opened, found: Collected) -> None:
    """Kinds of which must-gather writes every object into a file of its own."""
    if not must_gather.is_whole(file.name for file in opened.files):
        return
    for group, kind, namespace, _ in list(found.objects):
        if kind in must_gather.GATHERED and not namespace:
            found.coverage.listed(join_version(group, "v1"), kind)


def _defined(opened: Opened, found: Collected) -> None:
    """A bundle says nothing of a custom kind that has no objects: it is covered where it did not fail."""
    if not any("custom-resources" in file.name.parts for file in opened.files):
        return
    spaces = found.coverage.listed_in("Pod")
    for key, raw in found.objects.items():
        if key[1] != "CustomResourceDefinition":
            continue
        defined = Obj(raw)
        group, kind = defined.text("spec", "group"), defined.text("spec", "names", "kind")
        versions = [str(one.get("name")) for one in defined.items("spec", "versions")]
        failed = f"{support_bundle.CUSTOM} {key[3]}"
        if not group or not kind or not versions or failed in found.failed:
            continue
        for space in spaces if defined.text("spec", "scope") == "Namespaced" else ("",):
            if f"{failed}/{space}" not in found.failed:
                found.coverage.listed(join_version(group, versions[0]), kind, space)


def _nothing(path: Path, layout: str, opened: Opened) -> BadInput:
    what = (
        f"no objects in the layout of a {layout}"
        if layout
        else "neither a cluster-info dump, a must-gather nor a support bundle"
    )
    why = "; ".join(opened.skipped.lines()[:2])
    cut = f"; it ends early ({opened.cut})" if opened.cut else ""
    return BadInput(f"{path} holds {what}{f' ({why})' if why else ''}{cut}.")
