"""What of a cluster is known: which kinds, where all of them, and what was refused.

From this comes the scope of a snapshot that is made of parts, so that what they lack is a gap and never an
absence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kubetriage.adapters.cluster.snapshot.served_kinds import split_version
from kubetriage.domain.resource import KINDS

EVERY_CLUSTER_HAS = "kube-node-lease"
"""A namespace that nobody asks for by name: a bundle that lists its pods lists those of all namespaces."""


class Coverage:
    """Collected list by list."""

    def __init__(self) -> None:
        self._whole: dict[tuple[str, str], set[str]] = {}
        self._versions: dict[tuple[str, str], str] = {}
        self._clustered: set[tuple[str, str]] = set()
        self._namespaces: set[str] = set()
        self._unreadable: set[str] = set()

    def saw(self, api_version: str, kind: str, namespace: str, name: str) -> None:
        """An object of this kind is there."""
        key = self._key(api_version, kind)
        self._whole.setdefault(key, set())
        if kind == "Namespace":
            self._namespaces.add(name)
        elif namespace:
            self._namespaces.add(namespace)
        else:
            self._clustered.add(key)

    def touched(self, api_version: str, kind: str) -> None:
        """Some objects of this kind were asked for; there may be none."""
        self._whole.setdefault(self._key(api_version, kind), set())

    def listed(self, api_version: str, kind: str, namespace: str = "") -> None:
        """All objects of this kind in this namespace, or (empty) in the whole cluster, are there."""
        key = self._key(api_version, kind)
        self._whole.setdefault(key, set()).add(namespace)
        if namespace:
            self._namespaces.add(namespace)

    def refused(self, kind: str, namespace: str = "") -> None:
        """The API server forbade to list it."""
        self._unreadable.add(f"{kind}/{namespace}" if namespace else kind)
        if kind in KINDS:
            self._whole.setdefault(self._key(KINDS[kind].api_version, kind), set())

    def listed_in(self, kind: str) -> set[str]:
        """The namespaces in which all objects of a built-in kind are there."""
        return set(self._whole.get(self._key(KINDS[kind].api_version, kind), ()))

    @property
    def everywhere(self) -> bool:
        """Whether the bundle is of all namespaces."""
        return EVERY_CLUSTER_HAS in self.listed_in("Pod")

    def scope(self, *, everywhere: bool = False) -> dict[str, Any]:
        """`scope` of the snapshot's manifest; `everywhere`: the namespaces known are all there are."""
        scope: dict[str, Any] = {"kinds": sorted(self._name(key) for key in self._whole)}
        if not everywhere:
            scope["namespaces"] = sorted(self._namespaces)
            wide = {key[1] for key in self._whole if self._is_wide(key)}
            if wide:
                scope["all_namespaces"] = sorted(wide)
        partial = self._partial()
        if partial:
            scope["partial"] = partial
        if self._unreadable:
            scope["unreadable"] = sorted(self._unreadable)
        return scope

    def _partial(self) -> dict[str, list[str]]:
        """Kinds of one name in several API groups count as one: whole is only what all of them are."""
        found: dict[str, set[str]] = {}
        for key, namespaces in self._whole.items():
            everything = bool(namespaces) and self._namespaces <= namespaces
            whole = self._namespaces | {""} if everything or "" in namespaces else namespaces
            found[key[1]] = found.get(key[1], whole) & whole
        return {kind: sorted(whole - {""}) for kind, whole in sorted(found.items()) if "" not in whole}

    def _is_wide(self, key: tuple[str, str]) -> bool:
        """Whether it is namespaced and listed in all namespaces at once."""
        return "" in self._whole[key] and not self._is_clustered(key)

    def _is_clustered(self, key: tuple[str, str]) -> bool:
        known = KINDS.get(key[1])
        if known is not None and split_version(known.api_version)[0] == key[0]:
            return not known.namespaced
        return key in self._clustered

    def _key(self, api_version: str, kind: str) -> tuple[str, str]:
        group, _ = split_version(api_version)
        key = ("", "Event") if kind == "Event" and group == "events.k8s.io" else (group, kind)
        self._versions.setdefault(key, api_version)
        return key

    def _name(self, key: tuple[str, str]) -> str:
        known = KINDS.get(key[1])
        if known is not None and split_version(known.api_version)[0] == key[0]:
            return key[1]
        return f"{self._versions[key]}/{key[1]}" if key in self._versions else key[1]


def kinds_of(objects: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many of each kind, the most frequent first."""
    count: dict[str, int] = {}
    for obj in objects:
        count[str(obj["kind"])] = count.get(str(obj["kind"]), 0) + 1
    return dict(sorted(count.items(), key=lambda item: (-item[1], item[0])))
