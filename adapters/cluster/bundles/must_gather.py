"""What `oc adm inspect` writes, and `oc adm must-gather`, which runs it many times over.

    timestamp                                          when it began and when it ended
    version                                            of the image that gathered; only of must-gather
    cluster-scoped-resources/GROUP/PLURAL.yaml         a list; GROUP is `core` for v1
    cluster-scoped-resources/GROUP/PLURAL/NAME.yaml    one object
    namespaces/NS/NS.yaml                              the Namespace
    namespaces/NS/GROUP/PLURAL.yaml                    a list, empty ones too
    namespaces/NS/GROUP/PLURAL/NAME.yaml               one object
    namespaces/NS/pods/POD/POD.yaml
    namespaces/NS/pods/POD/CONTAINER/CONTAINER/logs/current.log, previous.log (or ….insecure.log)

must-gather puts all this below folders named after the images that gathered it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from kubetriage.adapters.cluster.bundles.places import Known, Log, Objects, Place, Stamp
from kubetriage.domain.resource import KINDS

NAME = "must-gather"
_CLUSTER, _NAMESPACES = "cluster-scoped-resources", "namespaces"
_LOGS = {
    "current.log": False, "previous.log": True,
    "current.insecure.log": False, "previous.insecure.log": True,
}  # fmt: skip
_INSECURE = ".insecure"
GATHERED = frozenset(
    {
        "APIService", "CertificateSigningRequest", "Node", "StorageClass", "PersistentVolume",
        "VolumeAttachment", "CSIDriver", "CSINode", "ClusterOperator", "ClusterVersion",
    }
)  # fmt: skip
"""Cluster-scoped kinds that must-gather inspects as a whole; each object comes in a file of its own."""
_BY_PLURAL = {
    (info.api_version.rpartition("/")[0] or "core", info.plural): (info.api_version, kind)
    for kind, info in KINDS.items()
    if not kind.endswith("Metrics")
}


def place(name: PurePosixPath) -> Place | None:
    """What a file is, from the first folder on that belongs to the layout."""
    if name.name == "timestamp":
        return Stamp()
    if name.name == "version" or name.stem in ("event-filter", "gather", "must-gather"):
        return Known()
    for at, part in enumerate(name.parts[:-1]):
        rest = name.parts[at + 1 :]
        if part == _CLUSTER:
            return _objects("", rest)
        if part == _NAMESPACES:
            return _namespaced(rest[0], rest[1:]) if len(rest) > 1 else None
    return None


def _namespaced(namespace: str, rest: tuple[str, ...]) -> Place | None:
    if rest[0] == "pods" and len(rest) > 2:
        if len(rest) == 6 and rest[4] == "logs" and rest[5] in _LOGS:
            return Log(rest[1], rest[2], namespace, _LOGS[rest[5]], stamped=True)
        return Objects("v1", "Pod", namespace) if len(rest) == 3 else None
    if len(rest) == 1:
        return Objects("v1", "Namespace")
    return _objects(namespace, rest)


def _objects(namespace: str, rest: tuple[str, ...]) -> Objects | None:
    """GROUP/PLURAL.yaml or GROUP/PLURAL/NAME.yaml."""
    if len(rest) not in (2, 3) or not rest[-1].endswith(".yaml"):
        return None
    plural = rest[1].removesuffix(".yaml") if len(rest) == 2 else rest[1]
    api_version, kind = _BY_PLURAL.get((rest[0], plural), ("", ""))
    return Objects(api_version, kind, namespace, whole=len(rest) == 2)


def logs_not_given(sizes: Mapping[PurePosixPath, int]) -> frozenset[PurePosixPath]:
    """Which files of logs hold none, of files by name and with their bytes.

    A log's file is there before it is asked for, and stays empty where that is refused; it is then asked for
    again, without looking at the kubelet's certificate, into a file of its own, which may stay empty too.
    """
    none: set[PurePosixPath] = set()
    for name, size in sizes.items():
        if name.name in _LOGS and name.stem.endswith(_INSECURE):
            first = name.with_name(name.name.replace(_INSECURE, ""))
            if size or not sizes.get(first):
                none.add(first)
            if not size:
                none.add(name)
    return frozenset(none)


def is_whole(names: Iterable[PurePosixPath]) -> bool:
    """Whether must-gather itself ran, which inspects whole kinds, not `oc adm inspect` of chosen objects."""
    return any(name.name == "version" or name.stem == "gather" for name in names)
