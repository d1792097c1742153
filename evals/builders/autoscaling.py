"""HorizontalPodAutoscalers in the states that their controller writes, and KEDA's ScaledObjects."""

from __future__ import annotations

from collections.abc import Mapping

from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.objects import made, owner_reference
from kubetriage.evals.builders.texts import entry
from kubetriage.evals.builders.world import World

_USUAL = {"AbleToScale": "hpa-able", "ScalingActive": "hpa-active", "ScalingLimited": "hpa-within"}
_TRUE = frozenset({"hpa-able", "hpa-got-scale", "hpa-active", "hpa-too-many"})


def scaler(
    world: World,
    name: str,
    ns: str,
    *,
    target: str,
    low: int = 2,
    high: int = 10,
    now: int = 2,
    desired: int | None = None,
    goal: int = 70,
    usage: int | None = 40,
    says: Mapping[str, str] | None = None,
    fields: Mapping[str, str] | None = None,
    since: str = "40d",
    age: str = "40d",
    owner: Json | None = None,
) -> Json:
    """An HPA on CPU for Deployment `target`; goal and usage in percent of the requests.

    `says` maps a condition's type to the name of its text (an empty one leaves the condition out), filled in
    with `fields`; these conditions last changed `since` ago.
    """
    texts = {key: text for key, text in {**_USUAL, **(says or {})}.items() if text}
    conditions = [
        {
            "lastTransitionTime": world.clock.ago(since if key in (says or {}) else age),
            "message": world.say(text, **(fields or {})),
            "reason": entry(text).reason,
            "status": "True" if text in _TRUE else "False",
            "type": key,
        }
        for key, text in texts.items()
    ]
    status: Json = {
        "conditions": conditions,
        "currentReplicas": now,
        "desiredReplicas": now if desired is None else desired,
    }
    status["currentMetrics"] = None
    if usage is not None:
        current = {"averageUtilization": usage, "averageValue": f"{usage}m"}
        status["currentMetrics"] = [{"resource": {"current": current, "name": "cpu"}, "type": "Resource"}]
    return world.add(
        made(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            name,
            ns,
            world.clock.ago(age),
            owner=owner_reference(owner) if owner else None,
            spec={
                "maxReplicas": high,
                "metrics": [
                    {
                        "resource": {
                            "name": "cpu",
                            "target": {"averageUtilization": goal, "type": "Utilization"},
                        },
                        "type": "Resource",
                    }
                ],
                "minReplicas": low,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target},
            },
            status=status,
        )
    )


def scaler_alert_labels(name: str, ns: str) -> dict[str, str]:
    """The subject of kube-state-metrics' series of an HPA."""
    return {"horizontalpodautoscaler": name, "namespace": ns}
