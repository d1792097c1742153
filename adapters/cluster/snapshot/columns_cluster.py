"""Table columns of configuration, storage, policies and nodes (`pkg/printers/internalversion`, 1.33)."""

from __future__ import annotations

from datetime import datetime

from kubetriage.adapters.cluster.snapshot.printing import (
    AGE,
    NAME,
    Column,
    Object,
    age,
    at,
    count,
    joined,
    value,
)

_ACCESS_MODES = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}
_CREATED = Column("Created At", value("metadata.creationTimestamp"))


def _event_object(event: Object, _: datetime) -> str:
    about = event.get("involvedObject") or event.get("regarding") or {}
    return f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}"


def _event_last(event: Object, now: datetime) -> str:
    last = (
        at(event, "series.lastObservedTime")
        or event.get("lastTimestamp")
        or event.get("deprecatedLastTimestamp")
    )
    return age(last, now) if last else _event_first(event, now)


def _event_first(event: Object, now: datetime) -> str:
    first = event.get("firstTimestamp") or event.get("deprecatedFirstTimestamp") or event.get("eventTime")
    return age(first, now)


def _event_source(event: Object, _: datetime) -> str:
    source = event.get("source") or event.get("deprecatedSource") or {}
    component = event.get("reportingComponent") or event.get("reportingController")
    parts = (source.get("component") or component, source.get("host") or event.get("reportingInstance"))
    return ", ".join(part for part in parts if part)


def _node_status(node: Object, _: datetime) -> str:
    conditions = {c.get("type"): c.get("status") for c in at(node, "status.conditions", ())}
    ready = conditions.get("Ready")
    shown = "Unknown" if ready is None else "Ready" if ready == "True" else "NotReady"
    return shown + (",SchedulingDisabled" if at(node, "spec.unschedulable") else "")


def _node_roles(node: Object, _: datetime) -> str:
    prefix = "node-role.kubernetes.io/"
    labels = at(node, "metadata.labels", {})
    roles = {key.removeprefix(prefix) for key in labels if key.startswith(prefix)}
    roles |= {labels["kubernetes.io/role"]} if labels.get("kubernetes.io/role") else set()
    return joined(sorted(role for role in roles if role))


def _node_address(kind: str, node: Object) -> str:
    return next((a["address"] for a in at(node, "status.addresses", ()) if a.get("type") == kind), "<none>")


def _access(obj: Object, _: datetime) -> str:
    modes = at(obj, "status.accessModes") or at(obj, "spec.accessModes", ())
    return joined((_ACCESS_MODES.get(mode, mode) for mode in modes), empty="")


def _claim_volume(claim: Object, field: str) -> str:
    """A claim shows capacity and modes only once it is bound."""
    if not at(claim, "spec.volumeName"):
        return ""
    return _access(claim, datetime.min) if field == "modes" else str(at(claim, "status.capacity.storage", ""))


def _claim_phase(obj: Object, _: datetime) -> str:
    return "Terminating" if at(obj, "metadata.deletionTimestamp") else str(at(obj, "status.phase", ""))


def _volume_claim(volume: Object, _: datetime) -> str:
    claim = at(volume, "spec.claimRef")
    return f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else ""


def _quota(kind: str, quota: Object) -> str:
    hard, used = at(quota, "status.hard", {}), at(quota, "status.used", {})
    chosen = [key for key in sorted(hard) if key.startswith("limits.") is (kind == "limit")]
    return ", ".join(f"{key}: {used.get(key, 0)}/{hard[key]}" for key in chosen)


def _hpa_targets(hpa: Object, _: datetime) -> str:
    now = {_metric_key(m): m for m in at(hpa, "status.currentMetrics", ())}
    shown = []
    for metric in at(hpa, "spec.metrics", ()):
        body = metric.get(str(metric.get("type", ""))[:1].lower() + str(metric.get("type", ""))[1:]) or {}
        have = now.get(_metric_key(metric), {})
        current = next((v.get("current") or {} for v in have.values() if isinstance(v, dict)), {})
        target = body.get("target") or {}
        unit = "%" if "averageUtilization" in target else ""
        wanted = target.get("averageUtilization") or target.get("averageValue") or target.get("value")
        got = current.get("averageUtilization") or current.get("averageValue") or current.get("value")
        name = f"{body['name']}: " if metric.get("type") in ("Resource", "ContainerResource") else ""
        shown.append(f"{name}{'<unknown>' if got is None else str(got) + unit}/{wanted}{unit}")
    return ", ".join(shown[:2]) + (f" + {len(shown) - 2} more..." if len(shown) > 2 else "") or "<none>"


def _metric_key(metric: Object) -> tuple[str, str]:
    kind = str(metric.get("type", ""))
    body = metric.get(kind[:1].lower() + kind[1:]) or {}
    return kind, str(body.get("name") or at(body, "metric.name", ""))


def _condition(kind: str, obj: Object) -> str:
    for condition in at(obj, "status.conditions", ()):
        if condition.get("type") == kind:
            reason = condition.get("reason")
            status = str(condition.get("status", ""))
            return f"{status} ({reason})" if status == "False" and reason else status
    return "Unknown"


def _csr_condition(csr: Object, _: datetime) -> str:
    kinds = [c.get("type", "") for c in at(csr, "status.conditions", ())]
    shown = [kind for kind in ("Approved", "Denied", "Failed") if kind in kinds] or ["Pending"]
    return ",".join(shown + (["Issued"] if at(csr, "status.certificate") else []))


def _default_class(key: str, obj: Object) -> str:
    marked = at(obj, "metadata.annotations", {}).get(key) == "true"
    return str(at(obj, "metadata.name", "")) + (" (default)" if marked else "")


_SC_DEFAULT = "storageclass.kubernetes.io/is-default-class"

_BINDING = (NAME, Column("Role", lambda o, _: f"{at(o, 'roleRef.kind')}/{at(o, 'roleRef.name')}"), AGE)
_WEBHOOKS = (NAME, Column("Webhooks", count("webhooks"), type="integer"), AGE)

CLUSTER_COLUMNS: dict[tuple[str, str], tuple[Column, ...]] = {
    ("", "ConfigMap"): (
        NAME,
        Column("Data", lambda o, _: len(at(o, "data", ())) + len(at(o, "binaryData", ())), type="integer"),
        AGE,
    ),
    ("", "Secret"): (
        NAME,
        Column("Type", value("type", "Opaque")),
        Column("Data", count("data"), type="integer"),
        AGE,
    ),
    ("", "ServiceAccount"): (NAME, Column("Secrets", count("secrets"), type="integer"), AGE),
    ("", "Namespace"): (NAME, Column("Status", value("status.phase", "")), AGE),
    ("", "Node"): (
        NAME,
        Column("Status", _node_status),
        Column("Roles", _node_roles),
        AGE,
        Column("Version", value("status.nodeInfo.kubeletVersion", "")),
        Column("Internal-IP", lambda o, _: _node_address("InternalIP", o), wide=True),
        Column("External-IP", lambda o, _: _node_address("ExternalIP", o), wide=True),
        Column("OS-Image", value("status.nodeInfo.osImage", "<unknown>"), wide=True),
        Column("Kernel-Version", value("status.nodeInfo.kernelVersion", "<unknown>"), wide=True),
        Column("Container-Runtime", value("status.nodeInfo.containerRuntimeVersion", "<unknown>"), wide=True),
    ),
    ("", "PersistentVolume"): (
        NAME,
        Column("Capacity", value("spec.capacity.storage", "")),
        Column("Access Modes", _access),
        Column("Reclaim Policy", value("spec.persistentVolumeReclaimPolicy", "")),
        Column("Status", _claim_phase),
        Column("Claim", _volume_claim),
        Column("StorageClass", value("spec.storageClassName", "")),
        Column("VolumeAttributesClass", value("spec.volumeAttributesClassName", "<unset>")),
        Column("Reason", value("status.reason", "")),
        AGE,
        Column("VolumeMode", value("spec.volumeMode", "<unset>"), wide=True),
    ),
    ("", "PersistentVolumeClaim"): (
        NAME,
        Column("Status", _claim_phase),
        Column("Volume", value("spec.volumeName", "")),
        Column("Capacity", lambda o, _: _claim_volume(o, "capacity")),
        Column("Access Modes", lambda o, _: _claim_volume(o, "modes")),
        Column("StorageClass", value("spec.storageClassName", "")),
        Column("VolumeAttributesClass", value("spec.volumeAttributesClassName", "<unset>")),
        AGE,
        Column("VolumeMode", value("spec.volumeMode", "<unset>"), wide=True),
    ),
    ("", "ResourceQuota"): (
        NAME,
        Column("Request", lambda o, _: _quota("request", o)),
        Column("Limit", lambda o, _: _quota("limit", o)),
        AGE,
    ),
    ("", "LimitRange"): (NAME, _CREATED),
    ("", "Event"): (
        Column("Last Seen", _event_last),
        Column("Type", value("type", "")),
        Column("Reason", value("reason", "")),
        Column("Object", _event_object),
        Column("Subobject", value("involvedObject.fieldPath", ""), wide=True),
        Column("Source", _event_source, wide=True),
        Column("Message", lambda o, _: str(o.get("message") or o.get("note") or "").strip()),
        Column("First Seen", _event_first, wide=True),
        Column(
            "Count",
            lambda o, _: at(o, "series.count") or at(o, "count") or at(o, "deprecatedCount", 1),
            wide=True,
        ),
        Column("Name", value("metadata.name"), wide=True),
    ),
    ("autoscaling", "HorizontalPodAutoscaler"): (
        NAME,
        Column(
            "Reference",
            lambda o, _: f"{at(o, 'spec.scaleTargetRef.kind')}/{at(o, 'spec.scaleTargetRef.name')}",
        ),
        Column("Targets", _hpa_targets),
        Column("MinPods", value("spec.minReplicas", "<unset>")),
        Column("MaxPods", value("spec.maxReplicas", 0), type="integer"),
        Column("Replicas", value("status.currentReplicas", 0), type="integer"),
        AGE,
    ),
    ("policy", "PodDisruptionBudget"): (
        NAME,
        Column("Min Available", value("spec.minAvailable", "N/A")),
        Column("Max Unavailable", value("spec.maxUnavailable", "N/A")),
        Column("Allowed Disruptions", value("status.disruptionsAllowed", 0), type="integer"),
        AGE,
    ),
    ("storage.k8s.io", "StorageClass"): (
        Column("Name", lambda o, _: _default_class(_SC_DEFAULT, o)),
        Column("Provisioner", value("provisioner", "")),
        Column("ReclaimPolicy", value("reclaimPolicy", "Delete")),
        Column("VolumeBindingMode", value("volumeBindingMode", "Immediate")),
        Column("AllowVolumeExpansion", lambda o, _: str(at(o, "allowVolumeExpansion", False)).lower()),
        AGE,
    ),
    ("storage.k8s.io", "VolumeAttachment"): (
        NAME,
        Column("Attacher", value("spec.attacher", "")),
        Column("PV", value("spec.source.persistentVolumeName", "")),
        Column("Node", value("spec.nodeName", "")),
        Column("Attached", lambda o, _: str(at(o, "status.attached", False)).lower()),
        AGE,
    ),
    ("storage.k8s.io", "CSINode"): (NAME, Column("Drivers", count("spec.drivers"), type="integer"), AGE),
    ("scheduling.k8s.io", "PriorityClass"): (
        NAME,
        Column("Value", value("value", 0), type="integer"),
        Column("Global-Default", lambda o, _: str(at(o, "globalDefault", False)).lower()),
        AGE,
        Column("PreemptionPolicy", value("preemptionPolicy", "PreemptLowerPriority")),
    ),
    ("coordination.k8s.io", "Lease"): (NAME, Column("Holder", value("spec.holderIdentity", "")), AGE),
    ("rbac.authorization.k8s.io", "Role"): (NAME, _CREATED),
    ("rbac.authorization.k8s.io", "ClusterRole"): (NAME, _CREATED),
    ("rbac.authorization.k8s.io", "RoleBinding"): _BINDING,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _BINDING,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): _WEBHOOKS,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): _WEBHOOKS,
    ("certificates.k8s.io", "CertificateSigningRequest"): (
        NAME,
        AGE,
        Column("SignerName", value("spec.signerName")),
        Column("Requestor", value("spec.username", "")),
        Column("Condition", _csr_condition),
    ),
    ("apiregistration.k8s.io", "APIService"): (
        NAME,
        Column(
            "Service",
            lambda o, _: (
                f"{at(o, 'spec.service.namespace')}/{at(o, 'spec.service.name')}"
                if at(o, "spec.service")
                else "Local"
            ),
        ),
        Column("Available", lambda o, _: _condition("Available", o)),
        AGE,
    ),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (NAME, _CREATED),
}
