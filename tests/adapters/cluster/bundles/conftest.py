"""A recorded cluster laid out as each of the tools would have written it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kubetriage.adapters.cluster.snapshot.manifests import objects as objects_in
from kubetriage.adapters.cluster.snapshot.store import object_files
from kubetriage.adapters.cluster.snapshot.yaml_text import yaml_text
from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.language import Language
from kubetriage.domain.resource import KINDS
from kubetriage.evals.cells import Cell, CellKey, CellOutcome, Strategy
from kubetriage.evals.endpoints import Endpoints
from kubetriage.evals.runs.attempt import attempt
from kubetriage.evals.scenario import Scenario
from kubetriage.evals.strategies.made import Task

Object = dict[str, Any]
DIGEST = "registry-example-com-tools-must-gather-sha256-" + "0123456789abcdef" * 4


class Cluster(NamedTuple):
    """What there is to dump."""

    objects: list[Object]
    logs: dict[tuple[str, str, str, bool], str]
    """By namespace, pod, container, and whether it is of the run before."""

    @property
    def namespaces(self) -> list[str]:
        named = {o["metadata"]["name"] for o in self.objects if o["kind"] == "Namespace"}
        used = {o["metadata"].get("namespace", "") for o in self.objects}
        return sorted((named | used | {"default", "kube-node-lease", "kube-system"}) - {""})

    def of(self, kind: str, namespace: str = "") -> list[Object]:
        """Objects of a built-in kind, without what lists leave out of their items."""
        group = KINDS[kind].api_version.rpartition("/")[0]
        return [
            {key: value for key, value in o.items() if key not in ("apiVersion", "kind")}
            for o in self.objects
            if o["kind"] == kind
            and o["apiVersion"].rpartition("/")[0] == group
            and o["metadata"].get("namespace", "") == namespace
        ]

    def listed(self, kind: str, namespace: str = "", *, named: bool = False) -> Object:
        items = self.of(kind, namespace)
        version = KINDS[kind].api_version
        if named:
            items = [{"apiVersion": version, "kind": kind, **item} for item in items]
        return {
            "kind": f"{kind}List",
            "apiVersion": version,
            "metadata": {"resourceVersion": "1234"},
            "items": items,
        }

    @property
    def custom(self) -> list[Object]:
        return [o for o in self.objects if o["kind"] not in KINDS]


def cluster_of(snapshot: Path) -> Cluster:
    """The objects and logs of a snapshot folder."""
    found = [obj for file in object_files(snapshot) for obj, _ in objects_in(file)]
    logs = {}
    for file in sorted((snapshot / "logs").rglob("*.log")):
        namespace, pod, name = file.relative_to(snapshot / "logs").parts
        container = name.removesuffix(".log").removesuffix(".previous")
        logs[namespace, pod, container, name.endswith(".previous.log")] = file.read_text(encoding="utf-8")
    return Cluster(found, logs)


def _put(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    elif path.suffix == ".json":
        path.write_text(json.dumps(content, indent=4), encoding="utf-8")
    else:
        path.write_text(yaml_text(content), encoding="utf-8")


# --- kubectl cluster-info dump --------------------------------------------------------------------

DUMPED = {
    "events": "Event", "replication-controllers": "ReplicationController", "services": "Service",
    "daemonsets": "DaemonSet", "deployments": "Deployment", "replicasets": "ReplicaSet", "pods": "Pod",
}  # fmt: skip


def _containers(pod: Object) -> Iterator[str]:
    for key in ("initContainers", "containers"):
        yield from (c["name"] for c in pod.get("spec", {}).get(key) or ())


def _marked(cluster: Cluster, namespace: str, pod: Object) -> str:
    name, text = pod["metadata"]["name"], ""
    for container in _containers(pod):
        mark = f"logs for container {container} of pod {namespace}/{name} ====\n"
        log = cluster.logs.get((namespace, name, container, False))
        if log is None:
            log = f'Request log error: container "{container}" in pod "{name}" is waiting to start\n'
        text += f"==== START {mark}{log}==== END {mark}"
    return text


def as_cluster_info(cluster: Cluster, target: Path, suffix: str = ".json") -> Path:
    """As `kubectl cluster-info dump -A --output-directory` has it."""
    _put(target / f"nodes{suffix}", cluster.listed("Node"))
    for namespace in cluster.namespaces:
        for file, kind in DUMPED.items():
            content = cluster.listed(kind, namespace)
            # One printer prints all files: from the second on it puts a separator before a document.
            text = json.dumps(content, indent=4) if suffix == ".json" else "---\n" + yaml_text(content)
            _put(target / namespace / f"{file}{suffix}", text)
        for pod in cluster.of("Pod", namespace):
            name = pod["metadata"]["name"]
            _put(target / namespace / name / "logs.txt", _marked(cluster, namespace, pod))
    return target


def as_printed(cluster: Cluster, target: Path, namespaces: Iterable[str], suffix: str = ".json") -> Path:
    """As `kubectl cluster-info dump --namespaces …` prints it."""

    def text(content: Object) -> str:
        return json.dumps(content, indent=4) + "\n" if suffix == ".json" else yaml_text(content)

    between = "" if suffix == ".json" else "---\n"
    parts = [text(cluster.listed("Node"))]
    for namespace in namespaces:
        parts += [between + text(cluster.listed(kind, namespace)) for kind in DUMPED.values()]
        parts += [_marked(cluster, namespace, pod) for pod in cluster.of("Pod", namespace)]
    _put(target, "".join(parts))
    return target


# --- oc adm must-gather ---------------------------------------------------------------------------

INSPECTED = (
    "Pod", "Service", "ReplicationController", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet",
    "HorizontalPodAutoscaler", "Job", "CronJob", "ConfigMap", "Event", "Endpoints", "EndpointSlice",
    "NetworkPolicy", "PersistentVolumeClaim", "PodDisruptionBudget", "Secret", "Ingress",
)  # fmt: skip
WHOLE = (
    "APIService", "CertificateSigningRequest", "Node", "StorageClass", "PersistentVolume",
    "VolumeAttachment", "CSIDriver", "CSINode",
)  # fmt: skip


def _stamped(text: str) -> str:
    stamp = "2026-01-02T03:04:05.123456789Z "
    return "".join(stamp + line for line in text.splitlines(keepends=True))


def as_must_gather(cluster: Cluster, target: Path, suffix: str = ".yaml") -> Path:
    """As `oc adm must-gather` has it, with the namespaces of the scenario among those it inspects."""
    root = target / DIGEST
    _put(root / "version", "openshift/must-gather\n4.19.0-202601010000.p0\n")
    _put(target / "event-filter.html", "<html></html>")
    for namespace in cluster.namespaces:
        folder = root / "namespaces" / namespace
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        known = [
            o for o in cluster.objects if o["kind"] == "Namespace" and o["metadata"]["name"] == namespace
        ]
        _put(folder / f"{namespace}.yaml", (known or [space])[0])
        for kind in INSPECTED:
            group = KINDS[kind].api_version.rpartition("/")[0] or "core"
            _put(folder / group / f"{KINDS[kind].plural}.yaml", cluster.listed(kind, namespace, named=True))
        for pod in cluster.of("Pod", namespace):
            name = pod["metadata"]["name"]
            _put(folder / "pods" / name / f"{name}.yaml", {"apiVersion": "v1", "kind": "Pod", **pod})
    for kind in WHOLE:
        group = KINDS[kind].api_version.rpartition("/")[0] or "core"
        for obj in cluster.of(kind):
            path = root / "cluster-scoped-resources" / group / KINDS[kind].plural
            whole = {"apiVersion": KINDS[kind].api_version, "kind": kind, **obj}
            _put(path / f"{obj['metadata']['name']}.yaml", whole)
    for obj in cluster.custom:
        group, _ = obj["apiVersion"].split("/")
        scope = ("namespaces", obj["metadata"]["namespace"]) if "namespace" in obj["metadata"] else (
            "cluster-scoped-resources",)  # fmt: skip
        path = root.joinpath(*scope, group, f"{obj['kind'].lower()}s")
        _put(path / f"{obj['metadata']['name']}.yaml", obj)
    for (namespace, name, container, previous), log in cluster.logs.items():
        folder = root / "namespaces" / namespace / "pods" / name / container / container / "logs"
        _put(folder / ("previous.log" if previous else "current.log"), _stamped(log))
    return target


# --- Troubleshoot ---------------------------------------------------------------------------------

CLUSTER_SCOPED = {
    "namespaces": "Namespace", "storage-classes": "StorageClass", "ingress-classes": "IngressClass",
    "priorityclasses": "PriorityClass", "custom-resource-definitions": "CustomResourceDefinition",
    "nodes": "Node", "pvs": "PersistentVolume", "clusterroles": "ClusterRole",
    "clusterrolebindings": "ClusterRoleBinding", "volumeattachments": "VolumeAttachment",
    "certificatesigningrequests": "CertificateSigningRequest",
    "validating-webhook-configurations": "ValidatingWebhookConfiguration",
    "mutating-webhook-configurations": "MutatingWebhookConfiguration",
}  # fmt: skip
NAMESPACED = {
    "pods": "Pod", "pod-disruption-budgets": "PodDisruptionBudget", "services": "Service",
    "deployments": "Deployment", "replicasets": "ReplicaSet", "statefulsets": "StatefulSet",
    "daemonsets": "DaemonSet", "jobs": "Job", "cronjobs": "CronJob", "ingress": "Ingress",
    "network-policy": "NetworkPolicy", "resource-quota": "ResourceQuota", "limitranges": "LimitRange",
    "events": "Event", "pvcs": "PersistentVolumeClaim", "roles": "Role", "rolebindings": "RoleBinding",
    "endpoints": "Endpoints", "endpointslices": "EndpointSlice", "serviceaccounts": "ServiceAccount",
    "leases": "Lease", "configmaps": "ConfigMap",
}  # fmt: skip


def as_support_bundle(cluster: Cluster, target: Path, suffix: str = ".json") -> Path:
    """As the collectors `clusterResources` and `logs` of Troubleshoot have it."""
    root = target / "support-bundle-2026-01-02T03_04_05"
    _put(root / "version.yaml", "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\n")
    _put(root / "analysis.json", [])
    _put(root / "cluster-info" / "cluster_version.json", {"info": {}, "string": "v1.33.1"})
    resources = root / "cluster-resources"
    for file, kind in CLUSTER_SCOPED.items():
        _put(resources / f"{file}.json", cluster.listed(kind, named=True))
    for file, kind in NAMESPACED.items():
        for namespace in cluster.namespaces:
            _put(resources / file / f"{namespace}.json", cluster.listed(kind, namespace, named=True))
    _put(resources / "pods-errors.json", "null")
    _put(resources / "custom-resources" / "custom-resources-errors.json", {})
    arrays: dict[Path, list[Object]] = {}
    for obj in cluster.custom:
        name = f"{obj['kind'].lower()}s.{obj['apiVersion'].split('/')[0]}"
        place = Path(name, obj["metadata"]["namespace"]) if "namespace" in obj["metadata"] else Path(name)
        arrays.setdefault(resources / "custom-resources" / place, []).append(obj)
    for path, array in arrays.items():
        _put(path.parent / f"{path.name}.json", array)
        path.with_name(f"{path.name}.yaml").symlink_to(f"{path.name}.json")
    for (namespace, pod, container, previous), log in cluster.logs.items():
        file = f"{container}{'-previous' if previous else ''}.log"
        path = resources / "pods" / "logs" / namespace / pod / file
        _put(path, log)
        link = root / "app-logs" / pod / file
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(path)
    return target


Exporter = Callable[..., Path]


@pytest.fixture
def cluster_from() -> Callable[[Path], Cluster]:
    """Reads a snapshot folder."""
    return cluster_of


@pytest.fixture
def exporters() -> dict[str, Exporter]:
    """Writes a cluster as each format has it, by the format's name."""
    return {
        "cluster-info-dump": as_cluster_info,
        "must-gather": as_must_gather,
        "support-bundle": as_support_bundle,
    }


@pytest.fixture
def printed() -> Exporter:
    """Writes what `kubectl cluster-info dump` prints."""
    return as_printed


@pytest.fixture
def diagnosed() -> Callable[[Scenario], Awaitable[Cell]]:
    """Diagnoses a scenario by the rules, as a cell of a run; it must come to a verdict."""

    async def diagnose(scenario: Scenario) -> Cell:
        key, settings = CellKey(scenario=scenario.name, strategy=Strategy.RULES), Settings()
        task = Task(key, scenario, settings, Language.EN, timeout=60, said=[])
        async with Endpoints(settings) as endpoints:
            cell = (await attempt(task, endpoints, waited=False)).cell
        assert cell.outcome is not CellOutcome.COULD_NOT_RUN, cell.why
        return cell

    return diagnose
