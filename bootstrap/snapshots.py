"""Snapshot folders put to work: recorded, checked, served."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.errors import BadInput
from kubetriage.domain.evidence import Observation, Read
from kubetriage.domain.ports import Progress

if TYPE_CHECKING:
    from kubetriage.bootstrap.settings import Settings

NAME = "snapshot"
"""The cluster's name in the kubeconfig of a served snapshot."""


def held(objects: int, logs: int) -> str:
    """What a snapshot holds, counted in words."""
    return f"{objects} object{'s' * (objects != 1)} and {logs} log{'s' * (logs != 1)}"


def serve_api(
    folders: Sequence[Path], port: int, kubeconfig: Path | None, *, rebase: bool, say: Callable[[str], None]
) -> None:
    """Serve snapshots as Kubernetes APIs until interrupted; several are served under their folders' names."""
    from kubetriage.adapters.cluster.snapshot.serving import serve
    from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
    from kubetriage.bootstrap.folders import cache_folder

    named = {NAME: folders[0]} if len(folders) == 1 else by_name(folders)
    cache = cache_folder() / "snapshots"
    stores = {name: SnapshotStore.load(folder, cache_dir=cache) for name, folder in named.items()}

    def ready(url: str) -> None:
        say(f"Serving {', '.join(str(f) for f in folders)} at {url}, read-only; Ctrl-C ends it.")
        if kubeconfig is not None:
            say(f"Try: kubectl --kubeconfig {kubeconfig} get pods -A")

    serve(stores, port=port, rebase=rebase, kubeconfig=kubeconfig, ready=ready)


def by_name(folders: Sequence[Path]) -> dict[str, Path]:
    """Each folder by its name, a scenario's `snapshot` folder by the scenario's.

    Raises `BadInput` for two of the same name.
    """
    named: dict[str, Path] = {}
    for folder in folders:
        place = folder.resolve()
        name = place.parent.name if place.name == NAME and place.parent.name else place.name
        if name in named:
            raise BadInput(f"{named[name]} and {folder} would both be served as {name}; rename one of them.")
        named[name] = folder
    return named


async def serve_mcp(folder: Path) -> None:
    """Serve a snapshot as an MCP server over standard input and output."""
    from kubetriage.adapters.cluster.snapshot.mcp_server import serve_stdio
    from kubetriage.adapters.cluster.snapshot.store import SnapshotStore

    await serve_stdio(SnapshotStore.load(folder))


class CheckedFolder(NamedTuple):
    """What is wrong with a snapshot."""

    lines: tuple[str, ...]
    """A line a problem: file, then reason."""
    conclusion: str


def check_folder(folder: Path) -> CheckedFolder:
    """All problems of a snapshot; raises `BadSnapshot` for a folder that is none."""
    from kubetriage.adapters.cluster.snapshot.check import check
    from kubetriage.adapters.cluster.snapshot.store import SnapshotStore

    found = tuple(f"{problem.file}: {problem.reason}" for problem in check(folder))
    if found:
        return CheckedFolder(found, f"{folder}: {len(found)} problems.")
    store = SnapshotStore.load(folder)
    return CheckedFolder((), f"{folder} is a good snapshot of {store.time:%Y-%m-%d %H:%M:%S} UTC.")


class Recording(NamedTuple):
    """What to record, from where."""

    folder: Path
    namespaces: tuple[str, ...]
    """Empty for all of them."""
    cluster: str
    snapshot: Path | None
    tail: int
    """Lines of each log; 0 for none."""


async def record_cluster(settings: Settings, wanted: Recording, progress: Progress) -> str:
    """Record, and say in a sentence or two what was written and what could not be read."""
    from kubetriage.adapters.cluster.snapshot.record import Plan, record
    from kubetriage.bootstrap.services import build_services

    async with build_services(settings, snapshot=wanted.snapshot, progress=progress) as services:
        cluster = services.clusters.choose(wanted.cluster)

        async def fetch(read: Read) -> Observation:
            return await cluster.read(read)

        plan = Plan(wanted.namespaces, wanted.tail)
        done = await record(fetch, wanted.folder, plan, cluster.now(), progress.reads)
    said = f"Recorded {held(done.objects, done.logs)} in {wanted.folder}."
    if done.absent:
        said += f" The cluster has no namespace named {' or '.join(done.absent)}."
    if done.unreadable:
        said += f" Forbidden, and recorded as such: {', '.join(done.unreadable)}."
    if done.missing:
        said += f" Not offered by the cluster or the server: {', '.join(done.missing)}."
    if done.partial:
        said += f" Too large to be had whole, objects may be missing: {', '.join(done.partial)}."
    return said
