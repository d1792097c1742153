"""Posts of Alertmanager in any number: pods of a few Deployments that crash."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

CAUSES = 40


def alert_of(number: int, cluster: str, causes: int = CAUSES) -> dict[str, Any]:
    """One of as many alerts as are wanted; what has the same remainder has the same cause."""
    team = f"team-{number % causes:02}"
    pod = f"checkout-6d9c7f8b5d-{number:05}"
    reason = f'Pod {team}/{pod} (app) is in waiting state (reason: "CrashLoopBackOff").'
    return {
        "status": "firing",
        "labels": {
            "alertname": "KubePodCrashLooping",
            "cluster": cluster,
            "container": "app",
            "job": "kube-state-metrics",
            "namespace": team,
            "pod": pod,
            "reason": "CrashLoopBackOff",
            "severity": "warning",
            "uid": f"5b1d3c1e-0000-4000-8000-{number:012}",
        },
        "annotations": {"description": reason, "summary": "Pod is crash looping."},
        "startsAt": datetime.now(UTC).isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.monitoring.svc:9090/graph?g0.expr=kube_pod_waiting&g0.tab=1",
        "fingerprint": f"{number:016x}",
    }


def post_of(numbers: Iterable[int], cluster: str = "one", causes: int = CAUSES) -> bytes:
    """The body of one post with these alerts."""
    group = {"alertname": "KubePodCrashLooping"}
    document = {
        "receiver": "triage",
        "status": "firing",
        "alerts": [alert_of(number, cluster, causes) for number in numbers],
        "groupLabels": group,
        "commonLabels": group,
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.monitoring.svc:9093",
        "version": "4",
        "groupKey": '{}:{alertname="KubePodCrashLooping"}',
        "truncatedAlerts": 0,
    }
    return json.dumps(document, separators=(",", ":")).encode()
