"""Which object an alert is about, from its name and labels alone.

The order: the table's kind and its label; labels that name one kind; the object that an event names; a Pod
that isn't the exporter; the Pods' owner; a Node; a Service; the alert's own words. The `pod` label is often
that of kube-state-metrics or node-exporter, which were scraped: their triage would be about the wrong thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from kubetriage.domain.alert import Alert, Subject, SubjectScope
from kubetriage.domain.alert_table import AlertRow, row_of
from kubetriage.domain.resource import KINDS, Resource, kind_info, resource
from kubetriage.domain.subject_custom import perhaps_named, surely_named
from kubetriage.domain.subject_labels import (
    APP,
    CLUSTER,
    CLUSTER_DNS,
    KIND_LABELS,
    NODE,
    NODE_LAST,
    OBJECT_LABELS,
    OWNER_LABELS,
    POD,
    Found,
    SubjectLabels,
    is_address,
    is_name,
)
from kubetriage.domain.subject_text import cluster_in, kind_called, mentions, namespace_of

_CONTROL_PLANE_JOBS = frozenset(
    [
        "apiserver",
        "kube-apiserver",
        "kubernetes-apiservers",
        "etcd",
        "kube-etcd",
        "kube-scheduler",
        "kube-controller-manager",
    ]
)


BY_HOST = "a host name"
"""How `why` ends where an Ingress is known by a host that it may serve, not by its name."""

BY_NAME = "asked for by name"
"""`why` where there is no alert: somebody asked for the resource."""


class _Candidate(NamedTuple):
    kind: str
    name: str
    why: str
    namespace: str = ""
    container: str = ""


_API_SERVICE = re.compile(r"^v\d+((alpha|beta)\d+)?\.[a-z0-9-]+(\.[a-z0-9-]+)+$")
"""An APIService is named `<version>.<group>`; nothing else is named so."""


def subject_of(alert: Alert) -> Subject:
    """The object that an alert means, or why it cannot be known. Nothing is looked up: it may be gone by now.

    A namespaced `resource` has an empty namespace when neither labels nor texts say it.
    """
    row = row_of(alert.labels.get("alertname", "")) or row_of(alert.name)
    labels = SubjectLabels(alert.labels)
    if row and row.triage is SubjectScope.SKIP:
        return _subject(alert, row, labels, None, SubjectScope.SKIP)
    found = next(_candidates(alert, row, labels), None)
    if row and row.triage is SubjectScope.MONITORING:
        return _subject(alert, row, labels, found, SubjectScope.MONITORING)
    if row and row.triage is SubjectScope.CLUSTER:
        own = (row.kind, "Pod") if row.kind == "Etcd" else (row.kind,)
        about_object = found is not None and found.kind in own and found.kind in KINDS
        kept = found if about_object else None
        return _subject(alert, row, labels, kept, SubjectScope.RESOURCE if kept else SubjectScope.CLUSTER)
    if found and _is_api_server(found, labels):  # its namespace holds nothing of the control plane
        return _subject(alert, row, labels, None, SubjectScope.CLUSTER).model_copy(update={"namespace": ""})
    if found:
        return _subject(alert, row, labels, found, SubjectScope.RESOURCE)
    if labels.raw("job").lower() in _CONTROL_PLANE_JOBS:
        return _subject(alert, row, labels, None, SubjectScope.CLUSTER)
    return _subject(alert, row, labels, None, SubjectScope.LOST)


def _is_api_server(found: _Candidate, labels: SubjectLabels) -> bool:
    """Whether it is the API server's own Service, which selects no pods: the control plane serves it."""
    namespace = found.namespace or labels.raw("namespace")
    return (found.kind, found.name) == ("Service", "kubernetes") and namespace == "default"


def _candidates(alert: Alert, row: AlertRow | None, labels: SubjectLabels) -> Iterator[_Candidate]:
    """What the alert may be about, the most certain first."""
    if row:
        yield from _by_table(row, labels)
    if row is None or row.triage in (SubjectScope.RESOURCE, SubjectScope.MONITORING):
        if row is None or row.triage is SubjectScope.RESOURCE:
            yield from _by_kind_label(labels)
            yield from _by_pair(labels, OBJECT_LABELS)
            for one in surely_named(labels, alert.annotations.values()):
                yield _Candidate(one.kind, one.name, f"label {one.label}")
            named = labels.own(("name",))
            if named and _API_SERVICE.match(named.value):
                yield _Candidate("APIService", named.value, f"label {named.label}")
        yield from _by_probed_address(labels)
        yield from _by_mesh(labels)
        yield from _by_pod(labels)
        if row is None or row.triage is SubjectScope.RESOURCE:
            yield from _by_owner_node_or_service(labels)
            for one in perhaps_named(labels):
                yield _Candidate(one.kind, one.name, f"label {one.label}")
            yield from _by_text(alert, row, labels)
    if row is None or row.kind == "Pod":
        target = labels.pod_address()
        if target and labels.raw("job").lower() not in _CONTROL_PLANE_JOBS:
            yield _Candidate("Pod", target.value, f"label {target.label}, an address")


def _by_table(row: AlertRow, labels: SubjectLabels) -> Iterator[_Candidate]:
    why = f"table:{row.alertname} label "
    if row.kind in ("Pod", "Etcd"):  # etcd is scraped by its static pods
        yield from _by_pod(labels, why)
    elif row.kind == "Node":
        found = labels.node() or labels.any_instance() or labels.own(NODE_LAST)
        if found:
            yield _Candidate("Node", found.value, why + found.label)
    elif row.kind in ("Service", "MonitoringStack") and "service" in row.resource_labels:
        # Here the scraped Service is what the alert is about, so exporters aren't left out.
        service = labels.first(("service",))
        if service and is_name(service.value):
            namespace = labels.first(("namespace",))
            yield _Candidate(
                "Service", service.value, why + service.label, namespace.value if namespace else ""
            )
    elif row.kind == "APIService":
        found = labels.own(("name",))
        if found:
            yield _Candidate("APIService", found.value, why + found.label)
    elif row.kind in KIND_LABELS:
        names = KIND_LABELS[row.kind]
        if row.kind == "Job" and labels.from_kube_state_metrics and labels.raw("exportedjob"):
            names = (*names, "job")  # kube-state-metrics 1.x calls the Job `job`, so it collides
        found = labels.own(names)
        if found:
            yield _Candidate(row.kind, found.value, why + found.label)


def _by_kind_label(labels: SubjectLabels) -> Iterator[_Candidate]:
    pod = labels.own(POD)
    for kind, names in KIND_LABELS.items():
        found = labels.own(names)
        if not found:
            continue
        # Flink and others call jobs of their own `job_name`; of a Kubernetes Job kube-state-metrics tells.
        foreign = kind == "Job" and not labels.from_kube_state_metrics and pod is not None
        if not foreign:
            yield _Candidate(kind, found.value, f"label {found.label}")


def _by_pair(labels: SubjectLabels, pairs: tuple[tuple[str, str], ...]) -> Iterator[_Candidate]:
    """Objects that one label gives the kind of and another the name."""
    for kind_label, name_label in pairs:
        kind = kind_called(labels.raw(f"exported{kind_label}") or labels.raw(kind_label))
        found = labels.own((name_label,))
        if kind and found:
            yield _Candidate(kind, found.value, f"labels {kind_label} and {found.label}")


def _by_pod(labels: SubjectLabels, why: str = "label ") -> Iterator[_Candidate]:
    for name in POD:
        found = labels.own((name,))
        if found and not labels.is_exporters_pod(found):
            yield _Candidate("Pod", found.value, why + found.label, container=labels.container(found))
            return


def _by_probed_address(labels: SubjectLabels) -> Iterator[_Candidate]:
    """What a prober asks: a Service by its cluster DNS name, else whatever an Ingress serves at that host."""
    probed = labels.probed_host()
    if not probed:
        return
    service = CLUSTER_DNS.fullmatch(probed.value)
    if service:
        yield _Candidate("Service", service["name"], f"label {probed.label}", service["namespace"])
    elif "." in probed.value and not is_address(probed.value):
        yield _Candidate("Ingress", probed.value, f"label {probed.label}, {BY_HOST}")


def _by_mesh(labels: SubjectLabels) -> Iterator[_Candidate]:
    """Whose calls Istio's proxies measured; the pod is the proxy that did, which may be the caller's."""
    where = labels.raw("destinationservicenamespace") or labels.raw("destinationworkloadnamespace")
    for label, kind in (("destinationservicename", "Service"), ("destinationworkload", "Deployment")):
        named = labels.own((label,))
        if named and is_name(where) and named.value != "unknown":
            yield _Candidate(kind, named.value, f"label {named.label}", where)


def _by_owner_node_or_service(labels: SubjectLabels) -> Iterator[_Candidate]:
    yield from _by_pair(labels, OWNER_LABELS)
    node = labels.own(NODE) or labels.node_address()
    if node:
        yield _Candidate("Node", node.value, f"label {node.label}")
    service = labels.service()
    if service:
        yield _Candidate("Service", service.value, f"label {service.label}")
    guessed: Found | None = labels.own(("workload", "workloadname", *APP))
    if guessed and labels.namespace() and not labels.is_exporters_pod(guessed):
        yield _Candidate("Deployment", guessed.value, f"label {guessed.label}, kind guessed")


def _by_text(alert: Alert, row: AlertRow | None, labels: SubjectLabels) -> Iterator[_Candidate]:
    """Objects in the annotations; those of the table's kind come first, the exporter's own never."""
    found = [
        mention
        for mention in mentions(alert.annotations.values())
        if not (mention.kind == "Pod" and labels.is_exporters_pod(Found(mention.name, "pod")))
        and not (mention.kind == "Job" and labels.is_scrape_job(mention.namespace, mention.name))
    ]
    if row:
        found.sort(key=lambda mention: mention.kind != row.kind)
    for mention in found:
        yield _Candidate(mention.kind, mention.name, f"text: {mention.quote}", mention.namespace)


def _subject(
    alert: Alert, row: AlertRow | None, labels: SubjectLabels, found: _Candidate | None, scope: SubjectScope
) -> Subject:
    cluster = labels.first(CLUSTER)
    texts = tuple(alert.annotations.values())
    cluster_name = cluster.value if cluster else (cluster_in(texts) if alert.source == "text" else "")
    namespace = "" if scope is SubjectScope.SKIP else _namespace(found, labels, texts)
    target: Resource | None = None
    if found:
        target = resource(found.kind, namespace, found.name, cluster=cluster_name)
        namespace = target.namespace
    return Subject(
        scope=scope,
        resource=target,
        namespace=namespace,
        container=found.container if found else "",
        cluster=cluster_name,
        why=found.why if found else (f"table:{row.alertname}" if row else ""),
        lost_because=_lost_because(row, labels, namespace) if scope is SubjectScope.LOST else "",
        title_zh=row.title_zh if row else "",
        typical_causes=row.typical_causes if row else (),
    )


def _namespace(found: _Candidate | None, labels: SubjectLabels, texts: tuple[str, ...]) -> str:
    if found and found.namespace:
        return found.namespace
    if found and found.why.endswith(BY_HOST):
        return ""  # the label's is the prober's
    namespace = labels.namespace()
    if found is None and labels.exporters_pod() and not labels.collided:
        return ""  # the namespace is most likely the exporter's: nothing says where to look
    info = kind_info(found.kind) if found else None
    if namespace or (info is not None and not info.namespaced):
        return namespace
    return namespace_of(found.name if found else "", texts)


def _lost_because(row: AlertRow | None, labels: SubjectLabels, namespace: str) -> str:
    if not namespace and (labels.exporters_pod() or labels.from_kube_state_metrics):
        return "exporter-only"
    return "aggregated" if row or namespace or labels.raw("job") else "no-labels"
