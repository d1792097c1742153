"""An alert's labels asked by meaning, with the scrape target's own labels told from the series'.

A Prometheus series of kube-state-metrics has labels of two origins: those of the object (`deployment`, and
`namespace`, `pod`, `container` where the series has them) and those of the target that was scraped, which is
the exporter. Where both want the same name, the object's goes to `exported_<name>`, unless `honor_labels` is
set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import NamedTuple

from kubetriage.domain.workload_names import workload_name

KIND_LABELS: dict[str, tuple[str, ...]] = {
    "PersistentVolumeClaim": ("persistentvolumeclaim", "pvc", "pvcname", "claimname", "k8spvcname"),
    "HorizontalPodAutoscaler": ("horizontalpodautoscaler", "hpa", "hpaname", "k8shpaname"),
    "PodDisruptionBudget": ("poddisruptionbudget", "pdb"),
    "Job": ("jobname", "k8sjobname", "kubernetesjobname"),
    "CronJob": ("cronjob", "cronjobname", "k8scronjobname"),
    "Deployment": ("deployment", "deploymentname", "k8sdeploymentname", "kubernetesdeployment"),
    "StatefulSet": ("statefulset", "statefulsetname", "k8sstatefulsetname"),
    "DaemonSet": ("daemonset", "daemonsetname", "k8sdaemonsetname"),
    "ReplicaSet": ("replicaset", "replicasetname", "k8sreplicasetname"),
    "Ingress": ("ingress", "ingressname"),
    "ResourceQuota": ("resourcequota", "resourcequotaname"),
    "ReplicationController": ("replicationcontroller",),
    "PersistentVolume": ("persistentvolume", "pvname"),
    "StorageClass": ("storageclass",),
}
"""Labels that name an object of one kind, in the order in which they are believed; without `_` and case."""

POD = ("pod", "podname", "k8spod", "k8spodname", "kubernetespod", "kubernetespodname", "kubernetespodid")
NODE = ("node", "nodename", "k8snode", "k8snodename")
NODE_LAST = ("kubernetesnode", "kubernetesnodename", "kubernetesiohostname", "hostname", "host", "nodeip")
CONTAINER = ("container", "containername", "k8scontainer", "k8scontainername", "kubernetescontainername")
NAMESPACE = (
    "namespace",
    "namespacename",
    "podnamespace",
    "k8snamespace",
    "k8snamespacename",
    "k8sns",
    "ns",
    "kubernetesnamespace",
    "kubernetesnamespacename",
)
SERVICE = ("service", "servicename", "k8sservice", "k8sservicename", "svc", "kubernetesservice")
CLUSTER = (
    "cluster",
    "clustername",
    "k8scluster",
    "k8sclustername",
    "kubernetescluster",
    "kubernetesclustername",
    "clusterdisplayname",
    "clusterid",
    "k8sclusterid",
    "tkeclusterinstanceid",
)
OWNER_LABELS = (
    ("workloadtype", "workload"),
    ("workloadkind", "workloadname"),
    ("workloadtype", "workloadname"),
    ("createdbykind", "createdbyname"),
    ("ownerkind", "ownername"),
)
"""Kind and name of what owns the Pods: from the mixins' recording rules, kube_pod_info, kube_pod_owner."""

OBJECT_LABELS = (
    ("involvedobjectkind", "involvedobjectname"),
    ("aliyunarmsinvolvedobjectkind", "aliyunarmsinvolvedobjectname"),
    ("objectkind", "objectname"),
    ("resourcekind", "resourcename"),
    ("customresourcekind", "name"),
    ("kind", "name"),
)
"""Pairs of kind and name of the object itself, as event exporters give them."""

APP = ("app", "appname", "application", "applicationname", "labelapp", "k8sapp", "appkubernetesioname")

_TARGET_LABELS = frozenset({"pod", "container", "namespace", "service", "endpoint"})
"""What Prometheus Operator puts on every series: where one collides, all plain ones are the target's."""

_EXPORTERS = re.compile(
    r"kube-state-metrics|node-?exporter|blackbox-?exporter|pushgateway|cadvisor|event-exporter|eventrouter"
)
_KUBELET_JOBS = re.compile(r"kubelet|cadvisor")
_NODE_JOBS = re.compile(r"node-?exporter|kubelet|cadvisor|kubernetes-nodes|kube-proxy")
CLUSTER_DNS = re.compile(
    r"(?P<name>[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)\.(?P<namespace>[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)\.svc(?:\..+)?"
)
"""The DNS name of a Service: `name.namespace.svc`, with or without the cluster's domain."""
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")
_NOT_NAMES = frozenset({"none", "null", "unknown", "n/a", "-"})


class Found(NamedTuple):
    value: str
    label: str
    """The label's name as it was written."""


def _normal(name: str) -> str:
    return name.lower().replace("_", "").replace(".", "").replace("-", "").replace("/", "")


class SubjectLabels:
    """The labels of one alert, normalised: `pod_name`, `podName` and `k8s.pod.name` are found alike."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels: dict[str, Found] = {}
        for name in sorted(labels, key=lambda name: (name != name.lower(), name)):
            if labels[name]:
                self._labels.setdefault(_normal(name), Found(labels[name], name))
        self.collided = any(f"exported{name}" in self._labels for name in _TARGET_LABELS)
        """Whether the target's labels took the plain names, so that the object's own are `exported_…`."""
        jobs = " ".join(f"{self.raw('job')} {self.raw('exportedjob')}".split()).lower()
        self.from_kubelet = bool(_KUBELET_JOBS.search(jobs))
        self.from_node_exporter = bool(_NODE_JOBS.search(jobs))
        target = f"{jobs} {self.raw('container')} {self.raw('service')}".lower()
        self.from_kube_state_metrics = "kube-state-metrics" in target
        self._target = target
        self._operators_target = "endpoint" in self._labels or bool(_EXPORTERS.search(self.raw("container")))

    def raw(self, name: str) -> str:
        found = self._labels.get(name)
        return found.value.strip() if found else ""

    def first(self, names: Iterable[str]) -> Found | None:
        """The first label with a value, whoever it is from."""
        return next((self._labels[name] for name in names if name in self._labels), None)

    def own(self, names: Iterable[str]) -> Found | None:
        """The first label that is the object's own and can be an object's name, `exported_` first."""
        for name in names:
            candidates = [f"exported{name}"]
            if not self._is_targets(name):
                candidates.append(name)
            for candidate in candidates:
                found = self._labels.get(candidate)
                if found and is_name(found.value):
                    return found
        return None

    def _is_targets(self, name: str) -> bool:
        if not self.collided:
            return False
        if name == "node":  # the Node that kube-state-metrics runs on, where the scrape job adds it
            return self.from_kube_state_metrics
        if name in ("pod", "container"):
            # The kubelet's target is a Node; one found through a Service's annotations has no pod label.
            annotated = self.from_kube_state_metrics and not self._operators_target
            return not (self.from_kubelet or annotated)
        return name in _TARGET_LABELS

    def is_exporters_pod(self, found: Found) -> bool:
        """Whether this pod is the exporter that was scraped, not the one the alert is about.

        A series about a Pod carries the Pod's `uid`; with one, and nothing exported, kube-state-metrics talks
        of its own Pod. Other exporters count only where the job, container or service names them, too.
        """
        if found.label.startswith("exported"):
            return False
        owner = workload_name("Pod", found.value)
        if _EXPORTERS.search(owner):
            return self.collided or "uid" not in self._labels
        if self.from_kube_state_metrics and not self.collided:
            return False  # that one was scraped, and tells of this pod
        return owner.endswith("exporter") and ("exporter" in self._target or owner in self._target)

    def exporters_pod(self) -> Found | None:
        """The label that names the exporter's own Pod, if there is one."""
        for name in POD:
            found = self._labels.get(name)
            if found and (self._is_targets(name) or self.is_exporters_pod(found)):
                return found
        return None

    def container(self, pod: Found) -> str:
        """The container that goes with this pod label; empty if only the exporter's is left."""
        for name in CONTAINER:
            found = self._labels.get(f"exported{name}")
            if not found and not self._is_targets(name):
                found = self._labels.get(name)
            if found and found.value != "POD":
                of_exporter = _EXPORTERS.search(found.value) and not _EXPORTERS.search(pod.value)
                return "" if of_exporter else found.value
        return ""

    def namespace(self) -> str:
        """The object's namespace; empty where the plain label is the exporter's or not a namespace at all."""
        found = self.own(NAMESPACE)
        return found.value if found else ""

    def service(self) -> Found | None:
        """The Service the alert is about; never the one an exporter was scraped through."""
        found = self.own(SERVICE)
        if not found:
            return None
        scraped = not found.label.startswith("exported") and (
            self.from_kube_state_metrics
            or self.from_kubelet
            or bool(_EXPORTERS.search(found.value))
            or found.value.endswith("exporter")
        )
        return None if scraped else found

    def node(self) -> Found | None:
        """A label that names a Node."""
        return self.own(NODE)

    def node_address(self) -> Found | None:
        """`instance` of the jobs that run one target a node: a Node's name or address, the port cut off."""
        found = self._labels.get("instance")
        if not found or not self.from_node_exporter or self.from_kube_state_metrics:
            return None
        return host_of(found)

    def any_instance(self) -> Found | None:
        """`instance` of an alert that is known to be about a node, whatever its job is called."""
        found = self._labels.get("instance")
        return host_of(found) if found and not self.from_kube_state_metrics else None

    def probed_host(self) -> Found | None:
        """The host that a prober (blackbox exporter) asks, in lower case: its `instance` is the target."""
        found = self._labels.get("instance")
        if not found:
            return None
        url = re.match(r"https?://(?:[^/@\s]*@)?(?P<host>[^/:?#\s]+)", found.value.strip(), re.IGNORECASE)
        if url:
            return Found(url["host"].lower().rstrip("."), found.label)
        return host_of(found) if "blackbox" in self._target else None

    def pod_address(self) -> Found | None:
        """`instance` that is an address: of the Pod that was scraped, unless an exporter tells of others."""
        found = self._labels.get("instance")
        told_by_exporter = self.from_kube_state_metrics or self.from_node_exporter or self.from_kubelet
        if not found or told_by_exporter or self.exporters_pod() or _EXPORTERS.search(self._target):
            return None
        host = host_of(found)
        return host if host and is_address(host.value) else None

    def is_scrape_job(self, namespace: str, name: str) -> bool:
        """Whether this is Prometheus' `job`, a scrape configuration, which may be called `namespace/name`."""
        return self.raw("job") in (name, f"{namespace}/{name}")


def is_address(value: str) -> bool:
    """Whether it is an IP address."""
    try:
        return bool(ip_address(value))
    except ValueError:
        return False


def host_of(found: Found) -> Found | None:
    """`10.0.0.11:9100` → `10.0.0.11`; None for what is neither a host name nor an address."""
    value = found.value.strip()
    bracketed = re.fullmatch(r"\[([0-9a-fA-F:.]+)\](?::\d+)?", value)
    if bracketed:
        return Found(bracketed[1].lower(), found.label)
    host = re.sub(r":\d+$", "", value).lower() if value.count(":") == 1 else value.lower()
    return Found(host, found.label) if is_name(host) or re.fullmatch(r"[0-9a-f:]+", host) else None


def is_name(value: str) -> bool:
    """Whether Kubernetes could call an object so (RFC 1123 subdomain); `qce/tke` and `Pod A` are no names."""
    return bool(_NAME.fullmatch(value)) and value not in _NOT_NAMES
