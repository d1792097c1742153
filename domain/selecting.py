"""Label selectors, as workloads, Services and policies carry them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kubetriage.domain.kube import Obj


def selector_of(workload: Obj) -> str:
    """`spec.selector` as a label selector of the API; empty if it has none."""
    chosen = workload.mapping("spec", "selector")
    pairs = chosen.get("matchLabels") if "matchLabels" in chosen or "matchExpressions" in chosen else chosen
    parts = [f"{k}={v}" for k, v in sorted(pairs.items())] if isinstance(pairs, dict) else []
    for rule in workload.items("spec", "selector", "matchExpressions"):
        key, values = rule.get("key"), ",".join(_values(rule))
        operator = rule.get("operator")
        if operator in ("In", "NotIn"):
            parts.append(f"{key} {'in' if operator == 'In' else 'notin'} ({values})")
        elif operator in ("Exists", "DoesNotExist"):
            parts.append(f"{'' if operator == 'Exists' else '!'}{key}")
    return ",".join(parts)


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector, or a plain map of labels, selects these labels; an empty one selects none."""
    plain = "matchLabels" not in selector and "matchExpressions" not in selector
    pairs = selector if plain else selector.get("matchLabels")
    rules = None if plain else selector.get("matchExpressions")
    pairs = pairs if isinstance(pairs, Mapping) else {}
    rules = [rule for rule in rules if isinstance(rule, Mapping)] if isinstance(rules, list) else []
    if not pairs and not rules:
        return False
    if any(labels.get(str(k)) != str(v) for k, v in pairs.items()):
        return False
    return all(_holds(rule, labels) for rule in rules)


def _holds(rule: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = str(rule.get("key")), _values(rule)
    match rule.get("operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False


def _values(rule: Mapping[str, Any]) -> list[str]:
    values = rule.get("values")
    return [str(value) for value in values] if isinstance(values, list) else []
