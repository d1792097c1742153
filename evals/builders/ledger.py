"""What a world is made of: its clock and versions, its objects, events and logs, and the snapshot's files."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from kubetriage.evals.builders.clock import Clock
from kubetriage.evals.builders.events import event
from kubetriage.evals.builders.identity import Json, full_image, hexadecimal
from kubetriage.evals.builders.texts import entry, say

try:
    from yaml import CSafeDumper as Dumper
except ImportError:  # PyYAML without libyaml: the same text, slower
    from yaml import SafeDumper as Dumper  # type: ignore[assignment]

_ORDER = ("Namespace", "Node", "StorageClass", "PersistentVolume")
"""Kinds that come first in the file; Events come last."""

_PARTS_OF_KUBERNETES = frozenset(
    {
        "apiserver",
        "attachdetach-controller",
        "cronjob-controller",
        "daemonset-controller",
        "default-scheduler",
        "deployment-controller",
        "horizontal-pod-autoscaler",
        "job-controller",
        "kubelet",
        "node-controller",
        "persistentvolume-controller",
        "replicaset-controller",
        "statefulset-controller",
        "taint-controller",
    }
)


class Ledger:
    """Objects in the order they were added, with the words that this cluster's versions write."""

    def __init__(
        self, time: str, *, kubernetes: str = "1.31.4", runtime: str = "containerd://1.7.22"
    ) -> None:
        self.clock = Clock(time)
        self.kubernetes = kubernetes
        self.runtime = runtime
        self.versions = {"external-provisioner": "3.6.4", "csi.example.com": "1.0"}
        self.objects: list[Json] = []
        self._added = 0
        self.events: list[Json] = []
        self.logs: dict[str, str] = {}
        self.answers: list[Json] = []
        """Recorded answers of a Prometheus."""
        self.scope: dict[str, list[str]] = {}
        """What of the cluster was recorded or may be read (`scope` of snapshot.yaml); empty: all of it."""

    def add(self, obj: Json) -> Json:
        """Keep an object and give it its resourceVersion."""
        key = _key(obj)
        if any(_key(other) == key for other in self.objects):
            raise ValueError(f"{' '.join(key)} is there already")
        obj["metadata"]["resourceVersion"] = str(1840200 + 137 * self._added)
        self._added += 1
        self.objects.append(obj)
        return obj

    def remove(self, obj: Json) -> None:
        """Take an object out again: it was deleted, or is to be made in another way."""
        self.objects.remove(obj)

    def get(self, kind: str, name: str, namespace: str = "") -> Json:
        """The object of that name; KeyError when there is none."""
        for obj in self.objects:
            if _key(obj) == (kind, namespace, name):
                return obj
        raise KeyError(f"{kind} {namespace}/{name}")

    def of_kind(self, kind: str) -> list[Json]:
        return [obj for obj in self.objects if obj["kind"] == kind]

    def say(self, name: str, /, **values: object) -> str:
        """A text of the table as this cluster's version of its component words it."""
        component = entry(name).component
        if component in _PARTS_OF_KUBERNETES:
            version = self.kubernetes
        elif self.runtime.startswith(f"{component}://"):
            version = self.runtime.partition("://")[2]
        else:
            version = self.versions.get(component, "")
        return say(name, version, **values)

    def pull_error(self, what: str, image: str, **values: object) -> str:
        """What the runtime says when an image cannot be pulled: `not-found`, `denied`, `unreachable`, …"""
        full = full_image(image)
        name, _, tag = full.rpartition(":")
        registry, _, path = name.partition("/")
        host = "registry-1.docker.io" if registry == "docker.io" else registry
        places = {"registry": host, "path": path, "tag": tag, "full": full, "name": full}
        component = self.runtime.partition("://")[0]
        return self.say(f"{component}.pull-{what}", repository=path, **places, **values)

    def start_error(self, what: str, command: str, container: str = "") -> str:
        """What the runtime says when it cannot start a container: `executable-not-found`, …"""
        component = self.runtime.partition("://")[0]
        return self.say(f"{component}.{what}", command=command, container=container)

    def event(
        self,
        obj: Json,
        text: str,
        /,
        *,
        last: str,
        first: str = "",
        count: int = 1,
        container: str = "",
        init: bool = False,
        component: str = "",
        combined: bool = False,
        **values: object,
    ) -> Json:
        """Record an event on `obj` with a text of the table; `container` is the pod's that it is about."""
        known = entry(text)
        source = component or known.component
        message = self.say(text, **({"container": container} if container else {}), **values)
        if combined:
            message = say("combined", message=message)
        fields = "initContainers" if init else "containers"
        host = ""
        if source == "kubelet":
            host = obj["metadata"]["name"] if obj["kind"] == "Node" else obj["spec"]["nodeName"]
        made = event(
            obj,
            known,
            message,
            self.clock,
            count=count,
            first=first or last,
            last=last,
            field=f"spec.{fields}{{{container}}}" if container else "",
            component=source,
            host=host,
        )
        made["metadata"]["resourceVersion"] = str(1899000 + len(self.events))
        made["metadata"]["uid"] = _event_uid(made)
        self.events.append(made)
        return made

    def log(self, pod: Json, container: str, text: str, *, previous: bool = False) -> None:
        """Record the log of a container's current or previous run; an empty text is an empty log."""
        meta = pod["metadata"]
        end = ".previous.log" if previous else ".log"
        self.logs[f"logs/{meta['namespace']}/{meta['name']}/{container}{end}"] = text

    def complete(self) -> list[Json]:
        """All objects, also those that controllers derive from the others, in the order of the file."""
        every = sorted(self.objects, key=_place) + self.events
        return [obj for obj in every if self._recorded(obj)]

    def _recorded(self, obj: Json) -> bool:
        """Whether an object lies within the snapshot's scope; what is only unreadable is recorded."""
        meta, within = obj["metadata"], self.scope.get("namespaces")
        place = meta["name"] if obj["kind"] == "Namespace" else meta.get("namespace", "")
        kinds = self.scope.get("kinds")
        return (not place or within is None or place in within) and (kinds is None or obj["kind"] in kinds)

    def files(self) -> dict[str, str]:
        """The snapshot: relative path to text."""
        body = yaml.dump_all(self.complete(), Dumper=Dumper, allow_unicode=True, width=100_000)
        scope = {"scope": self.scope} if self.scope else {}
        head = yaml.dump({"time": str(self.clock), **scope}, Dumper=Dumper, sort_keys=False)
        told = json.dumps(self.answers, indent=1, ensure_ascii=False) + "\n"
        measured = {"metrics/prometheus.json": told} if self.answers else {}
        return {"snapshot.yaml": head, "cluster.yaml": body, **measured, **dict(sorted(self.logs.items()))}

    def write(self, folder: Path) -> None:
        """Write the snapshot into `folder`."""
        for name, text in self.files().items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def _key(obj: Json) -> tuple[str, str, str]:
    return obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _place(obj: Json) -> tuple[int, str, str, str]:
    kind, namespace, name = _key(obj)
    return (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), namespace, kind, name)


def _event_uid(made: Json) -> str:
    digits = hexadecimal(32, "event", made["metadata"]["namespace"], made["metadata"]["name"])
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
