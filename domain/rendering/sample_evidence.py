"""What the sample report was made from: its alert and its evidence.

The event texts are those of external-provisioner 3.x with the Tencent CBS driver and of kube-scheduler 1.2x.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kubetriage.domain.report import ReportAlert, ReportEvidence, ReportResource

_FIRED = datetime(2026, 3, 2, 3, 5, 30, tzinfo=UTC)
READ_AT = datetime(2026, 3, 2, 3, 13, 28, tzinfo=UTC)
_CLUSTER = "prod-guangzhou"
NAMESPACE = "aiops"
POD_NAME = "test-deployment-6db6fb878d-mgzzn"

_REFUSAL = (
    'failed to provision volume with StorageClass "cbs": rpc error: code = InvalidArgument '
    "desc = disk size is invalid. Must in [10, 32000]"
)
_UNSCHEDULABLE = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims."


def sample_resource(kind: str, name: str, namespace: str = NAMESPACE) -> ReportResource:
    return ReportResource(kind=kind, namespace=namespace, name=name, cluster=_CLUSTER)


def sample_alert() -> ReportAlert:
    return ReportAlert(
        name="Pod状态异常",
        status="firing",
        severity="warning",
        labels={
            "alertname": "Pod状态异常",
            "severity": "warning",
            "cluster": _CLUSTER,
            "namespace": NAMESPACE,
            "pod": POD_NAME,
        },
        annotations={
            "summary": "Pod 状态异常超过 5 分钟",
            "description": f"命名空间 {NAMESPACE} 的 Pod {POD_NAME} 处于 Pending 状态超过 5 分钟",
            "runbook_url": "https://runbooks.example.com/pod-pending",
        },
        starts_at=_FIRED,
        fingerprint="5f0c3a9be1d24786",
        source="alertmanager",
    )


def sample_evidence() -> tuple[ReportEvidence, ...]:
    claim = {"namespace": NAMESPACE, "name": "test-data"}
    return (
        _got("E1", "Deployment", "apps/v1", "test-deployment", _DEPLOYMENT),
        _got("E2", "Pod", "v1", POD_NAME, _POD_STATUS),
        ReportEvidence(
            id="E3",
            resource=sample_resource("Event", "test-data.18b2f0c64e0a7f11"),
            tool="resources_list",
            arguments={
                "apiVersion": "v1",
                "kind": "Event",
                "namespace": NAMESPACE,
                "fieldSelector": f"involvedObject.name={claim['name']}",
            },
            at=READ_AT,
            excerpt=f"type: Warning\nreason: ProvisioningFailed\ncount: 9\nmessage: '{_REFUSAL}'",
        ),
        _got("E4", "PersistentVolumeClaim", "v1", "test-data", _CLAIM),
        _got("E5", "StorageClass", "storage.k8s.io/v1", "cbs", _CLASS, namespace=""),
    )


def _got(
    ident: str, kind: str, api: str, name: str, excerpt: str, namespace: str = NAMESPACE
) -> ReportEvidence:
    arguments: dict[str, Any] = {"apiVersion": api, "kind": kind, "name": name}
    if namespace:
        arguments["namespace"] = namespace
    resource = sample_resource(kind, name, namespace)
    return ReportEvidence(
        id=ident, resource=resource, tool="resources_get", arguments=arguments, at=READ_AT, excerpt=excerpt
    )


_DEPLOYMENT = """\
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: test
        image: noimage
      volumes:
      - name: data
        persistentVolumeClaim: {claimName: test-data}
status:
  replicas: 1
  unavailableReplicas: 1"""

_POD_STATUS = f"""\
status:
  phase: Pending
  conditions:
  - type: PodScheduled
    status: "False"
    reason: Unschedulable
    message: '{_UNSCHEDULABLE}'"""

_CLAIM = """\
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: cbs
  resources: {requests: {storage: 5Gi}}
status: {phase: Pending}"""

_CLASS = """\
provisioner: com.tencent.cloud.csi.cbs
reclaimPolicy: Delete
volumeBindingMode: Immediate"""
