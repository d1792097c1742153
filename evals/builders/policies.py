"""NetworkPolicies, disruption budgets and priorities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.objects import made


def peers(*labels: Mapping[str, str], ports: Iterable[int] = (), namespaces: Json | None = None) -> Json:
    """One rule of a NetworkPolicy: these pods (and, with `namespaces`, those of namespaces so labelled)."""
    said = [{"podSelector": {"matchLabels": dict(one)}} for one in labels]
    if namespaces is not None:
        said.append({"namespaceSelector": {"matchLabels": dict(namespaces)}})
    return {"peers": said, "ports": [{"port": port, "protocol": "TCP"} for port in ports]}


def network_policy(
    name: str,
    ns: str,
    created: str,
    *,
    pods: Mapping[str, str] | None = None,
    ingress: Iterable[Json] | None = None,
    egress: Iterable[Json] | None = None,
) -> Json:
    """A NetworkPolicy for `pods` (all of the namespace when empty); a direction that is given is isolated."""
    spec: Json = {"podSelector": {"matchLabels": dict(pods)} if pods else {}, "policyTypes": []}
    for kind, rules, key in (("Ingress", ingress, "from"), ("Egress", egress, "to")):
        if rules is not None:
            spec["policyTypes"].append(kind)
            if said := [_rule(one, key) for one in rules]:
                spec[kind.lower()] = said
    return made("networking.k8s.io/v1", "NetworkPolicy", name, ns, created, generation=1, spec=spec)


def _rule(peers_: Json, key: str) -> Json:
    made: Json = {key: peers_["peers"]} if peers_["peers"] else {}
    return made | ({"ports": peers_["ports"]} if peers_["ports"] else {})


def disruption_budget(
    name: str,
    ns: str,
    created: str,
    *,
    pods: Mapping[str, str],
    healthy: int,
    expected: int,
    at_least: int | str,
    desired: int,
    changed: str,
) -> Json:
    """A PodDisruptionBudget with `minAvailable`, of which `desired` pods follow."""
    allowed = max(0, healthy - desired)
    condition = {
        "lastTransitionTime": changed,
        "message": "",
        "observedGeneration": 1,
        "reason": "SufficientPods" if allowed else "InsufficientPods",
        "status": "True" if allowed else "False",
        "type": "DisruptionAllowed",
    }
    return made(
        "policy/v1",
        "PodDisruptionBudget",
        name,
        ns,
        created,
        generation=1,
        spec={"minAvailable": at_least, "selector": {"matchLabels": dict(pods)}},
        status={
            "conditions": [condition],
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "disruptionsAllowed": allowed,
            "expectedPods": expected,
            "observedGeneration": 1,
        },
    )


def priority_class(name: str, created: str, value: int, description: str = "") -> Json:
    return made(
        "scheduling.k8s.io/v1",
        "PriorityClass",
        name,
        "",
        created,
        generation=1,
        value=value,
        description=description,
        globalDefault=False,
        preemptionPolicy="PreemptLowerPriority",
    )
