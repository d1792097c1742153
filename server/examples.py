"""Bodies that the API's description shows."""

from __future__ import annotations

from typing import Any, Final

BARE: Final[dict[str, Any]] = {
    "labels": {
        "alertname": "KubePodCrashLooping",
        "namespace": "shop",
        "pod": "checkout-5d9c7b6f4-x2x7k",
        "severity": "warning",
    },
    "annotations": {"summary": "Pod shop/checkout-5d9c7b6f4-x2x7k restarts again and again."},
}
ALERTMANAGER: Final[dict[str, Any]] = {
    "version": "4",
    "groupKey": '{}:{alertname="KubePodCrashLooping", namespace="shop"}',
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "triage",
    "groupLabels": {"alertname": "KubePodCrashLooping", "namespace": "shop"},
    "commonLabels": BARE["labels"],
    "commonAnnotations": BARE["annotations"],
    "externalURL": "http://alertmanager.example:9093",
    "alerts": [
        {
            "status": "firing",
            **BARE,
            "startsAt": "2025-03-04T10:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.example:9090/graph",
            "fingerprint": "5f9d0c7c2a1b3e4d",
        }
    ],
}
PROMETHEUS: Final[list[dict[str, Any]]] = [
    {
        **BARE,
        "startsAt": "2025-03-04T10:00:00Z",
        "endsAt": "2025-03-04T10:04:00Z",
        "generatorURL": "http://prometheus.example:9090/graph",
    }
]
TEXT: Final = "[FIRING] KubePodCrashLooping: Pod shop/checkout-5d9c7b6f4-x2x7k restarts again and again."
