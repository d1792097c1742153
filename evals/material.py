"""What a scenario shows to whoever diagnoses it: its alert, its objects, its logs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from kubetriage.adapters.cluster.snapshot.manifests import objects
from kubetriage.adapters.cluster.snapshot.scope import MANIFEST, Scope, read_manifest, read_scope
from kubetriage.adapters.cluster.snapshot.store import LOGS, identity, object_files
from kubetriage.adapters.cluster.snapshot.versions import current
from kubetriage.domain.alert import Alert
from kubetriage.domain.resource import KINDS
from kubetriage.evals.scenario import Named, Scenario


class Material:
    """One scenario, read."""

    def __init__(
        self, scenario: Scenario, alerts: Sequence[Alert], found: Sequence[dict[str, Any]], scope: Scope
    ) -> None:
        self.scenario = scenario
        self.alerts = alerts
        """Of the first incident in its alert file; empty if that holds none."""
        self.objects = found
        """In the order of the files, as the snapshot serves them."""
        self.scope = scope
        self.places = {(kind, namespace, name) for _, kind, namespace, name in map(identity, found)}
        self.places |= {("Namespace", "", namespace) for _, namespace, _ in self.places if namespace}

    def holds(self, one: Named) -> bool:
        """Whether the object is recorded."""
        return (one.kind, one.namespace, one.name) in self.places

    def gap(self, one: Named) -> bool:
        """Whether nobody can know from this snapshot if the object exists."""
        info = KINDS.get(one.kind)
        namespaced = info.namespaced if info is not None else bool(one.namespace)
        return self.scope.refuses(one.kind, one.namespace, one.name, namespaced=namespaced) or bool(
            self.scope.gap(one.kind, one.namespace, one.name, namespaced=namespaced)
        )

    @cached_property
    def text(self) -> str:
        """Everything that can be read, in lower case."""
        parts = [json.dumps(obj, ensure_ascii=False) for obj in self.objects]
        parts += [alert.model_dump_json() for alert in self.alerts]
        parts += [file.read_text(encoding="utf-8", errors="replace") for file in self._files()]
        return "\n".join(parts).lower()

    def _files(self) -> Iterator[Path]:
        folder = self.scenario.snapshot
        yield from sorted((folder / LOGS).rglob("*.log"))
        yield from sorted((folder / "metrics").glob("*.json"))


def material_of(scenario: Scenario, alerts: Sequence[Alert]) -> Material:
    """Raises `BadSnapshot`."""
    path = scenario.snapshot
    found = [current(obj) for file in object_files(path) for obj, _ in objects(file)]
    return Material(scenario, alerts, found, read_scope(path / MANIFEST, read_manifest(path)))
