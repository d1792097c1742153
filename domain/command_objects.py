"""Whether what a command names is there: namespaces, objects, containers, images, hosts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from kubetriage.domain.claim_leaves import leaves
from kubetriage.domain.claim_names import KnownNames
from kubetriage.domain.command_words import HOLE
from kubetriage.domain.custom_kinds import TABLE
from kubetriage.domain.kind_names import kind_named
from kubetriage.domain.kube import Obj
from kubetriage.domain.resource import WORKLOADS, Resource, kind_info, resource
from kubetriage.domain.view import Absent, ClusterView, Present

MAX_OBJECTS = 3_000
"""Objects that are searched for a name that only they tell."""
_KNOWN_IMAGES = frozenset(
    {
        "busybox",
        "alpine",
        "nicolaka/netshoot",
        "curlimages/curl",
        "ubuntu",
        "debian",
        "registry.k8s.io/e2e-test-images/agnhost",
    }
)
"""Images that people debug with."""


class Inventory:
    """What a run knows of the cluster, asked by the names that commands use."""

    def __init__(self, view: ClusterView) -> None:
        self.view = view

    @cached_property
    def names(self) -> KnownNames:
        return KnownNames(self.view)

    # ---- kinds

    @cached_property
    def _kinds(self) -> dict[str, str]:
        """Kinds that were seen or are well known, by every spelling that kubectl takes."""
        kinds = {seen.read.kind for seen in self.view.observations}
        kinds |= {obj.ref.kind for kind in list(kinds) for obj in self.view.objects(kind)[:1]}
        found: dict[str, str] = {}
        for kind in kinds:
            low = kind.lower()
            plural = (
                low[:-1] + "ies"
                if low.endswith("y")
                else low + ("es" if low.endswith(("s", "x", "ch")) else "s")
            )
            found |= {low: kind, plural: kind}
        for custom in TABLE:
            found |= {custom.kind.lower(): custom.kind, custom.plural: custom.kind}
        return found

    def kind(self, word: str) -> str | None:
        """The kind that a word of a command means, `deployments.apps` and `po` too."""
        plain = word.partition(".")[0].lower()
        return kind_named(plain) or self._kinds.get(plain)

    # ---- objects

    def problem_of_namespace(self, name: str) -> str:
        if not name or HOLE in name or name in self.names.namespaces or name in ("default", "kube-system"):
            return ""
        if isinstance(self.view.get(resource("Namespace", "", name)), Present):
            return ""
        return f"there is no namespace {name}"

    def problem_of(self, kind: str, namespace: str, name: str, group: str = "") -> str:
        """Why an object cannot be named; empty if it is there, or something that was read speaks of it."""
        if HOLE in name or kind == "Namespace":
            return self.problem_of_namespace(name) if kind == "Namespace" else ""
        version = f"{group}/v1" if group else ""
        info = kind_info(kind, version)
        namespaced = info.namespaced if info is not None else bool(namespace)
        ref = resource(kind, (namespace or "default") if namespaced else "", name, version)
        state = self.view.get(ref)
        if isinstance(state, Present):
            return ""
        if not namespace and namespaced and self._elsewhere(kind, name):
            return f"it names no namespace for {kind} {name}"
        if isinstance(state, Absent):
            return f"there is no {ref}"
        return "" if self._is_told(ref) else f"nothing that was read shows {ref}"

    def _elsewhere(self, kind: str, name: str) -> bool:
        return any(obj.name == name for obj in self.view.objects(kind))

    def _is_told(self, ref: Resource) -> bool:
        """Whether an object that was read refers to another: a Secret is never read, an owner may not be."""
        places = self.names.places.get(ref.name.lower(), frozenset())
        if ref.kind != "Secret" and ref.namespace.lower() in places:
            return True
        return (ref.namespace, ref.name) in self._values

    @cached_property
    def _values(self) -> frozenset[tuple[str, str]]:
        """Every short value of every object with the namespace of the object that holds it."""
        found: set[tuple[str, str]] = set()
        kinds = sorted({seen.read.kind for seen in self.view.observations})
        objects = [obj for kind in kinds for obj in self.view.objects(kind)]
        for obj in objects[:MAX_OBJECTS]:
            for leaf in leaves(obj.raw):
                if isinstance(leaf.value, str) and len(leaf.value) < 254 and " " not in leaf.value:
                    found.add((obj.namespace, leaf.value))
            if obj.ref.kind == "Event":  # messages quote names: secret "x" not found
                words = obj.text("message").replace('"', " ").replace("'", " ").split()
                found |= {(obj.namespace, word.strip(".,:;")) for word in words}
        return frozenset(found)

    # ---- what belongs to objects

    def containers(self, kind: str, namespace: str, name: str) -> frozenset[str]:
        """The containers of a pod or of a workload's template; empty if they were not read."""
        obj = self.view.find(resource(kind, namespace or "default", name))
        return frozenset(str(c.get("name")) for c in _specs(obj)) if obj is not None else frozenset()

    @cached_property
    def _repositories(self) -> frozenset[str]:
        kinds = ("Pod", *sorted(WORKLOADS))
        objects = [obj for kind in kinds for obj in self.view.objects(kind)[:MAX_OBJECTS]]
        return frozenset(_repository(str(c.get("image") or "")) for obj in objects for c in _specs(obj))

    def problem_of_image(self, image: str) -> str:
        """Images come from repositories that are in use here, or are ones that people debug with."""
        found = _repository(image)
        if HOLE in found or found in self._repositories or found in _KNOWN_IMAGES:
            return ""
        registries = {each.partition("/")[0] for each in self._repositories if "/" in each}
        own = "/" in found and "." in found.partition("/")[0] and found.partition("/")[0] in registries
        return "" if own else f"nothing here uses an image of {found}"

    def is_host(self, host: str) -> bool:
        """Whether a host is a Service, a pod or a node of this cluster, or a registry in use."""
        labels = host.removesuffix(".").removesuffix(".cluster.local").removesuffix(".svc").split(".")
        if len(labels) in (1, 2):
            spaces = self.names.places.get(labels[0], frozenset())
            if spaces and (len(labels) == 1 or labels[1] in spaces):
                return True
        if any(each.partition("/")[0] == host for each in self._repositories):
            return True
        return host in ("index.docker.io", "registry-1.docker.io", "docker.io") or host in self._addresses

    @cached_property
    def _addresses(self) -> frozenset[str]:
        found = {obj.text("status", "podIP") for obj in self.view.objects("Pod")}
        found |= {obj.text("spec", "clusterIP") for obj in self.view.objects("Service")}
        found |= {
            str(a.get("address")) for n in self.view.objects("Node") for a in n.items("status", "addresses")
        }
        return frozenset(found - {"", "None"})

    def releases(self, annotation: str, label: str = "") -> frozenset[str]:
        """The names of what writes the objects that were read, by an annotation or a label of theirs."""
        kinds = sorted({seen.read.kind for seen in self.view.observations})
        objects = [obj for kind in kinds for obj in self.view.objects(kind)[:MAX_OBJECTS]]
        found = {obj.annotations.get(annotation, "") for obj in objects}
        found |= {obj.labels.get(label, "") for obj in objects} if label else set()
        return frozenset(found - {""})


def group_of(word: str) -> str:
    """The API group in `kustomizations.kustomize.toolkit.fluxcd.io` or `deployments.v1.apps`."""
    group = word.partition(".")[2]
    return re.sub(r"^v\d\w*\.?", "", group)


def _specs(obj: Obj) -> Iterable[dict[str, object]]:
    """The containers of a pod or a template."""
    for path in (
        ("spec",),
        ("spec", "template", "spec"),
        ("spec", "jobTemplate", "spec", "template", "spec"),
    ):
        for field in ("initContainers", "containers", "ephemeralContainers"):
            yield from obj.items(*path, field)


def _repository(image: str) -> str:
    """An image's name without tag and digest, Docker Hub's own prefixes left out."""
    plain = image.partition("@")[0]
    head, slash, last = plain.rpartition("/")
    plain = f"{head}{slash}{last.partition(':')[0]}"
    return plain.removeprefix("docker.io/").removeprefix("library/")
