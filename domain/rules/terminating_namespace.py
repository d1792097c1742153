"""What keeps a namespace from being deleted, by the conditions that the namespace controller sets."""

from __future__ import annotations

import re
from typing import NamedTuple

from kubetriage.domain.kube import Obj
from kubetriage.domain.resource import KINDS, Resource, resource
from kubetriage.domain.view import ClusterView

_REMAINING = re.compile(
    r"(?P<plural>[a-z0-9]+)\.(?P<group>[a-z0-9.-]*) has (?P<count>\d+) resource instances"
)
_FINALIZERS = re.compile(r"(?P<name>[a-zA-Z0-9./_-]+) in \d+ resource instances")
_GROUP = re.compile(r"(?P<group>[a-z0-9-]+(?:\.[a-z0-9-]+)+)/(?P<version>v\d+\w*)")


class Remaining(NamedTuple):
    """A kind of which objects are left."""

    plural: str
    group: str
    number: int

    @property
    def definition(self) -> Resource | None:
        """The CustomResourceDefinition that says what kind it is; None for built-in kinds."""
        if self.builtin:
            return None
        return resource("CustomResourceDefinition", "", f"{self.plural}.{self.group}")

    @property
    def builtin(self) -> str:
        for kind, info in KINDS.items():
            group = info.api_version.partition("/")[0] if "/" in info.api_version else ""
            if info.plural == self.plural and group == self.group:
                return kind
        return ""


def remaining(namespace: Obj) -> list[Remaining]:
    """The kinds of objects that are still in the namespace."""
    state = namespace.conditions().get("NamespaceContentRemaining")
    if state is None or state.status != "True":
        return []
    return [Remaining(m["plural"], m["group"], int(m["count"])) for m in _REMAINING.finditer(state.message)]


def finalizers(namespace: Obj) -> list[str]:
    """The finalizers that remain on its objects."""
    state = namespace.conditions().get("NamespaceFinalizersRemaining")
    if state is None or state.status != "True":
        return []
    return [m["name"] for m in _FINALIZERS.finditer(state.message.partition(": ")[2])]


def unreachable_api(namespace: Obj) -> Resource | None:
    """The aggregated API whose silence keeps the controller from knowing what is left."""
    state = namespace.conditions().get("NamespaceDeletionDiscoveryFailure")
    if state is None or state.status != "True":
        return None
    found = _GROUP.search(state.message)
    return resource("APIService", "", f"{found['version']}.{found['group']}") if found else None


def kind_of(view: ClusterView, left: Remaining) -> tuple[str, str] | None:
    """(kind, apiVersion) of a remaining kind; None as long as its definition was not read."""
    if left.builtin:
        return left.builtin, KINDS[left.builtin].api_version
    definition = view.find(left.definition)
    if definition is None:
        return None
    stored = [v for v in definition.items("spec", "versions") if v.get("storage")]
    version = str((stored or [{}])[0].get("name") or "v1")
    return definition.text("spec", "names", "kind"), f"{left.group}/{version}"


def holders(view: ClusterView, namespace: Obj) -> list[Obj]:
    """The objects in the namespace that wait for their finalizers, as far as they were read."""
    found = []
    for left in remaining(namespace):
        known = kind_of(view, left)
        if known is not None:
            objects = view.objects(known[0], namespace.name)
            found += [o for o in objects if o.at("metadata", "finalizers")]
    return found
