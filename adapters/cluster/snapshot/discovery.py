"""Discovery documents of the snapshot API: aggregated (v2 and v2beta1) and legacy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from kubetriage.adapters.cluster.snapshot.served_kinds import IN_ALL, ServedKind, join_version
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore

Document = dict[str, Any]

READ_VERBS = ["get", "list", "watch"]


class _Resource(NamedTuple):
    """One resource of a group and version, as both forms of discovery describe it."""

    plural: str
    kind: str
    namespaced: bool
    verbs: list[str]
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[tuple[str, str], ...] = ()
    """(name, kind) of what is under one object."""


_REVIEWS = {
    "authorization.k8s.io": ("SelfSubjectAccessReview", "SelfSubjectRulesReview"),
    "authentication.k8s.io": ("SelfSubjectReview",),
}
"""Kinds that can only be posted: questions about the asker."""


def _resource(kind: ServedKind) -> _Resource:
    under = {"Pod": (("log", "Pod"),), "Node": (("proxy", "NodeProxyOptions"),)} if not kind.group else {}
    return _Resource(
        kind.plural,
        kind.kind,
        kind.namespaced,
        READ_VERBS,
        kind.short_names,
        ("all",) if kind.built_in and kind.kind in IN_ALL else (),
        under.get(kind.kind, ()),
    )


def groups(store: SnapshotStore) -> dict[str, dict[str, list[_Resource]]]:
    """group → version → resources, the core group first; of each group the preferred version first."""
    found: dict[str, dict[str, list[_Resource]]] = {"": {}}
    for kind in store.kinds.values():
        for version in kind.versions:
            found.setdefault(kind.group, {}).setdefault(version, []).append(_resource(kind))
    for group, kinds in _REVIEWS.items():
        found[group] = {"v1": [_Resource(kind.lower() + "s", kind, False, ["create"]) for kind in kinds]}
    return {group: dict(sorted(versions.items(), key=_stable_first)) for group, versions in found.items()}


def _stable_first(item: tuple[str, Any]) -> tuple[int, str]:
    version = item[0]
    return (2 if "alpha" in version else 1 if "beta" in version else 0, version)


# --- aggregated ---------------------------------------------------------------------------------


def aggregated_version(accept: str) -> str:
    """`v2`, `v2beta1`, or empty where the client takes only the legacy form."""
    for media in accept.split(","):
        parameters = {part.strip() for part in media.split(";")[1:]}
        if "as=APIGroupDiscoveryList" in parameters:
            for version in ("v2", "v2beta1"):
                if f"v={version}" in parameters:
                    return version
    return ""


def aggregated(store: SnapshotStore, version: str, *, core: bool) -> Document:
    """What `/api` (core) and `/apis` (the others) answer to a client that takes the aggregated form."""
    items = [
        {
            "metadata": {"name": group, "creationTimestamp": None} if group else {"creationTimestamp": None},
            "versions": [
                {
                    "version": name,
                    "resources": [_aggregated_resource(group, name, resource) for resource in resources],
                    "freshness": "Current",
                }
                for name, resources in versions.items()
            ],
        }
        for group, versions in groups(store).items()
        if core is (group == "")
    ]
    kind, api_version = "APIGroupDiscoveryList", f"apidiscovery.k8s.io/{version}"
    return {"kind": kind, "apiVersion": api_version, "metadata": {}, "items": items}


def _aggregated_resource(group: str, version: str, resource: _Resource) -> Document:
    document: Document = {
        "resource": resource.plural,
        "responseKind": {"group": group, "version": version, "kind": resource.kind},
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.kind.lower(),
        "verbs": resource.verbs,
    }
    if resource.short_names:
        document["shortNames"] = list(resource.short_names)
    if resource.categories:
        document["categories"] = list(resource.categories)
    if resource.subresources:
        document["subresources"] = [
            {
                "subresource": name,
                "responseKind": {"group": group, "version": version, "kind": kind},
                "verbs": ["get"],
            }
            for name, kind in resource.subresources
        ]
    return document


# --- legacy ---------------------------------------------------------------------------------------


def api_versions() -> Document:
    """`/api`."""
    addresses: list[Document] = []
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}


def api_group_list(store: SnapshotStore) -> Document:
    """`/apis`."""
    found = [_group(group, versions) for group, versions in groups(store).items() if group]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": found}


def api_group(store: SnapshotStore, group: str) -> Document | None:
    """`/apis/GROUP`; None where there is no such group."""
    versions = groups(store).get(group) if group else None
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(group, versions)} if versions else None


def _group(group: str, versions: Iterable[str]) -> Document:
    listed = [{"groupVersion": join_version(group, version), "version": version} for version in versions]
    return {"name": group, "versions": listed, "preferredVersion": listed[0]}


def api_resource_list(store: SnapshotStore, group: str, version: str) -> Document | None:
    """`/api/v1` and `/apis/GROUP/VERSION`; None where there is no such version."""
    resources = groups(store).get(group, {}).get(version)
    if resources is None:
        return None
    listed: list[Document] = []
    for resource in resources:
        entry: Document = {
            "name": resource.plural,
            "singularName": resource.kind.lower(),
            "namespaced": resource.namespaced,
            "kind": resource.kind,
            "verbs": resource.verbs,
        }
        if resource.short_names:
            entry["shortNames"] = list(resource.short_names)
        if resource.categories:
            entry["categories"] = list(resource.categories)
        listed.append(entry)
        for name, kind in resource.subresources:
            scope = {"namespaced": resource.namespaced, "kind": kind, "verbs": ["get"]}
            listed.append({"name": f"{resource.plural}/{name}", "singularName": "", **scope})
    kind, group_version = "APIResourceList", join_version(group, version)
    return {"kind": kind, "apiVersion": "v1", "groupVersion": group_version, "resources": listed}
