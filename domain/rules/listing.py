"""Commands that list objects, given only where there is something to show."""

from __future__ import annotations

import shlex

from kubetriage.domain.finding import Command
from kubetriage.domain.resource import KINDS
from kubetriage.domain.rules.remedies import read
from kubetriage.domain.view import ClusterView


def list_kind(view: ClusterView, kind: str, namespace: str = "", flags: str = "") -> list[Command]:
    """`kubectl get <kind>` in one namespace (or of a cluster-scoped kind), if any was seen there."""
    info = KINDS.get(kind)
    if info is None or not view.objects(kind, namespace if info.namespaced else None):
        return []
    where = f" -n {shlex.quote(namespace)}" if info.namespaced else ""
    return [read(f"kubectl get {info.plural}{where}{f' {flags}' if flags else ''}")]


def list_on_node(view: ClusterView, node: str) -> list[Command]:
    """The pods of a node, if any was seen on it."""
    if not view.pods_on(node):
        return []
    return [read(f"kubectl get pods -A -o wide --field-selector spec.nodeName={shlex.quote(node)}")]


def list_endpoints(view: ClusterView, namespace: str, service: str) -> list[Command]:
    """The EndpointSlices of a Service, if any was seen."""
    label = "kubernetes.io/service-name"
    if not any(s.labels.get(label) == service for s in view.objects("EndpointSlice", namespace)):
        return []
    return [read(f"kubectl get endpointslices -n {shlex.quote(namespace)} -l {label}={shlex.quote(service)}")]
