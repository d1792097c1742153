"""Alerts as Prometheus and Alertmanager send them, with the labels that rules and exporters leave on them."""

from __future__ import annotations

from kubetriage.domain.fingerprint import fingerprint
from kubetriage.evals.builders.clock import Clock
from kubetriage.evals.builders.identity import Json

_EXPORTER = {
    "endpoint": "http",
    "instance": "10.244.1.12:8080",
    "job": "kube-state-metrics",
    "service": "kube-state-metrics",
}
NEVER = "0001-01-01T00:00:00Z"
"""`endsAt` of an alert that fires."""


def alert(
    name: str,
    labels: dict[str, str],
    clock: Clock,
    *,
    since: str,
    summary: str,
    description: str,
    severity: str = "warning",
    resolved: str = "",
) -> Json:
    """One alert in Alertmanager's form, firing since `since` ago, or `resolved` as long ago as that says."""
    every = dict(sorted({"alertname": name, "severity": severity, **labels}.items()))
    return {
        "status": "resolved" if resolved else "firing",
        "labels": every,
        "annotations": {"description": description, "summary": summary},
        "startsAt": clock.ago(since),
        "endsAt": clock.ago(resolved) if resolved else NEVER,
        "generatorURL": "http://prometheus.monitoring.svc:9090/graph?g0.expr=&g0.tab=1",
        "fingerprint": fingerprint(every),
    }


def exported(labels: dict[str, str], exporter: str = "") -> dict[str, str]:
    """Labels as kube-state-metrics gives them; with an `exporter` pod, where its own labels stay too.

    Prometheus keeps the target's `pod`, `container` and `namespace` on series that have none of their own.
    """
    own = {"container": "kube-state-metrics", "namespace": "monitoring", "pod": exporter} if exporter else {}
    return {**own, **_EXPORTER, "prometheus": "monitoring/k8s", **labels}


def renamed(labels: dict[str, str], exporter: str) -> dict[str, str]:
    """The same where Prometheus does not honor the exporter's labels: the subject's are `exported_…`."""
    clashing = {"container", "namespace", "pod"}
    kept = {f"exported_{key}" if key in clashing else key: value for key, value in labels.items()}
    return exported(kept, exporter)


def webhook(alerts: list[Json], *, receiver: str = "triage") -> Json:
    """Alertmanager's webhook body (version 4) for a group by alertname and namespace."""
    first = alerts[0]["labels"]
    group = {key: first[key] for key in ("alertname", "namespace") if key in first}
    common = {
        part: {
            key: value
            for key, value in alerts[0][part].items()
            if all(one[part].get(key) == value for one in alerts)
        }
        for part in ("labels", "annotations")
    }
    matchers = ", ".join(f'{key}="{value}"' for key, value in group.items())
    firing = any(one["status"] == "firing" for one in alerts)
    return {
        "receiver": receiver,
        "status": "firing" if firing else "resolved",
        "alerts": alerts,
        "groupLabels": group,
        "commonLabels": common["labels"],
        "commonAnnotations": common["annotations"],
        "externalURL": "http://alertmanager.monitoring.svc:9093",
        "version": "4",
        "groupKey": f"{{}}:{{{matchers}}}",
        "truncatedAlerts": 0,
    }


def crash_looping(pod: Json, container: str, clock: Clock, *, since: str, exporter: str = "") -> Json:
    """KubePodCrashLooping of kubernetes-mixin (`for: 15m`)."""
    ns, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    labels = {
        "container": container,
        "namespace": ns,
        "pod": name,
        "reason": "CrashLoopBackOff",
        "uid": pod["metadata"]["uid"],
    }
    return alert(
        "KubePodCrashLooping",
        exported(labels, exporter),
        clock,
        since=since,
        summary="Pod is crash looping.",
        description=f'Pod {ns}/{name} ({container}) is in waiting state (reason: "CrashLoopBackOff").',
    )


def not_ready(pod: Json, clock: Clock, *, since: str, resolved: str = "") -> Json:
    """KubePodNotReady of kubernetes-mixin (`for: 15m`), summed over namespace and pod."""
    ns, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    return alert(
        "KubePodNotReady",
        {"namespace": ns, "pod": name, "prometheus": "monitoring/k8s"},
        clock,
        since=since,
        resolved=resolved,
        summary="Pod has been in a non-ready state for more than 15 minutes.",
        description=f"Pod {ns}/{name} has been in a non-ready state for longer than 15 minutes.",
    )


def container_waiting(pod: Json, container: str, reason: str, clock: Clock, *, since: str) -> Json:
    """KubeContainerWaiting of kubernetes-mixin (`for: 1h`)."""
    ns, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    labels = {"container": container, "namespace": ns, "pod": name, "reason": reason}
    return alert(
        "KubeContainerWaiting",
        exported(labels),
        clock,
        since=since,
        summary="Pod container waiting longer than 1 hour",
        description=f"pod/{name} in namespace {ns} on container {container} has been in waiting state for "
        f'longer than 1 hour. (reason: "{reason}").',
    )


def replicas_mismatch(name: str, ns: str, clock: Clock, *, since: str, exporter: str = "") -> Json:
    """KubeDeploymentReplicasMismatch of kubernetes-mixin (`for: 15m`)."""
    return alert(
        "KubeDeploymentReplicasMismatch",
        exported({"deployment": name, "namespace": ns}, exporter),
        clock,
        since=since,
        summary="Deployment has not matched the expected number of replicas.",
        description=f"Deployment {ns}/{name} has not matched the expected number of replicas for longer than "
        "15 minutes.",
    )


def rollout_stuck(name: str, ns: str, clock: Clock, *, since: str) -> Json:
    """KubeDeploymentRolloutStuck of kubernetes-mixin (`for: 15m`)."""
    return alert(
        "KubeDeploymentRolloutStuck",
        exported({"condition": "Progressing", "deployment": name, "namespace": ns, "status": "false"}),
        clock,
        since=since,
        summary="Deployment rollout is not progressing.",
        description=f"Rollout of deployment {ns}/{name} is not progressing for longer than 15 minutes.",
    )


def job_failed(name: str, ns: str, clock: Clock, *, since: str) -> Json:
    """KubeJobFailed of kubernetes-mixin (`for: 15m`)."""
    return alert(
        "KubeJobFailed",
        exported({"condition": "true", "job_name": name, "namespace": ns}),
        clock,
        since=since,
        summary="Job failed to complete.",
        description=f"Job {ns}/{name} failed to complete. "
        "Removing failed job after investigation should clear this alert.",
    )


def node_not_ready(node: str, clock: Clock, *, since: str, exporter: str) -> Json:
    """KubeNodeNotReady of kubernetes-mixin (`for: 15m`); its namespace and pod are the exporter's."""
    return alert(
        "KubeNodeNotReady",
        exported({"condition": "Ready", "node": node, "status": "true"}, exporter),
        clock,
        since=since,
        summary="Node is not ready.",
        description=f"{node} has been unready for more than 15 minutes.",
    )
