"""What differs between two pod templates, field by field.

Lists whose items have a name (containers, variables, volumes) are compared by name, so that an item that only
moved is no difference. What the API server or a controller writes by itself (hashes, defaults that stand on
both sides) is none either.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from kubetriage.domain.kube import quantity

Path = tuple[str, ...]

RESTARTED = ("annotations", "kubectl.kubernetes.io/restartedAt")
"""What `kubectl rollout restart` writes into a template."""
_HASHES = ("pod-template-hash", "controller-revision-hash", "pod-template-generation")


class Difference(NamedTuple):
    """One field that is not the same in two templates."""

    path: Path
    """`("containers", "app", "env", "DB_HOST")`: list items by their name."""
    before: str | None
    """The value as shown to people, one line; None if there was none."""
    after: str | None


def template_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What differs between two pod templates (`metadata` and `spec`), what matters most first."""
    found = _compared((), _tree(before), _tree(after))
    return sorted(found, key=lambda d: (_rank(d.path), d.path))


_RANKS = (
    ("image",), ("command", "args"), ("env", "envFrom"), ("resources",),
    ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle"), ("ports",),
    ("volumes", "volumeMounts", "volumeDevices"), ("securityContext",),
    ("serviceAccountName", "imagePullSecrets"),
    ("nodeSelector", "affinity", "tolerations", "topologySpreadConstraints", "nodeName", "schedulerName",
     "priorityClassName"),
)  # fmt: skip
"""Fields in the order in which they are suspected."""


def _rank(path: Path) -> int:
    if path[0] in ("labels", "annotations"):
        return len(_RANKS) + 1
    field = path[2] if path[0] in _CONTAINERS and len(path) > 2 else path[0]
    if field in _CONTAINERS:
        return 0  # a whole container came or went
    return next((i for i, fields in enumerate(_RANKS) if field in fields), len(_RANKS))


def _compared(path: Path, before: Any, after: Any) -> Iterator[Difference]:
    if _is_collection(path):  # told item by item, also where there were none
        before, after = before or {}, after or {}
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            yield from _compared((*path, key), before.get(key), after.get(key))
    elif not _equal(path, before, after):
        yield Difference(path, _shown(path, before), _shown(path, after))


_OF_TEMPLATE = ("containers", "initContainers", "volumes", "labels", "annotations", "nodeSelector")
_INSIDE = ("env", "envFrom", "volumeMounts")


def _is_collection(path: Path) -> bool:
    if len(path) == 3:
        return path[0] in _CONTAINERS and path[2] in _INSIDE
    return len(path) == 1 and path[0] in _OF_TEMPLATE


def _equal(path: Path, before: Any, after: Any) -> bool:
    if before == after:
        return True
    if "resources" not in path or not isinstance(before, str) or not isinstance(after, str):
        return False
    left, right = quantity(before), quantity(after)  # `1` and `1000m` are one amount
    return left is not None and left == right


# ---- a template as a tree of named parts

_CONTAINERS = ("containers", "initContainers")


def _tree(template: Mapping[str, Any]) -> dict[str, Any]:
    spec, meta = _dict(template.get("spec")), _dict(template.get("metadata"))
    tree = {key: _plain(value) for key, value in spec.items() if key not in _NAMED and key != "$patch"}
    tree["tolerations"] = " ".join(_toleration(item) for item in _dicts(spec.get("tolerations")))
    tree.pop("serviceAccount", None)  # the old name of serviceAccountName, always beside it
    for key, shown in _NAMED.items():
        tree[key] = {str(item.get("name") or ""): shown(item) for item in _dicts(spec.get(key))}
    tree["labels"] = {k: v for k, v in _dict(meta.get("labels")).items() if k not in _HASHES}
    tree["annotations"] = dict(_dict(meta.get("annotations")))
    return {key: value for key, value in tree.items() if value not in ({}, [], None, "")}


def _container(spec: Mapping[str, Any]) -> dict[str, Any]:
    made = {key: _plain(value) for key, value in spec.items() if key not in _OF_CONTAINER and key != "name"}
    made |= {key: shown(_dicts(spec.get(key))) for key, shown in _OF_CONTAINER.items()}
    return {key: value for key, value in made.items() if value not in ({}, [], None, "")}


def _variables(items: list[Mapping[str, Any]]) -> dict[str, str]:
    return {str(item.get("name") or ""): _variable(item) for item in items}


def _variable(item: Mapping[str, Any]) -> str:
    source = _dict(item.get("valueFrom"))
    for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
        ref = _dict(source.get(field))
        if ref:
            return f"{kind} {ref.get('name')} key {ref.get('key')}"
    return _json(source) if source else str(item.get("value") or "")


def _sources(items: list[Mapping[str, Any]]) -> dict[str, str]:
    found = {}
    for item in items:
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            name = _dict(item.get(field)).get("name")
            if name:
                found[f"{kind} {name}"] = f"{kind} {name}"
    return found


def _ports(items: list[Mapping[str, Any]]) -> str:
    shown = [f"{item.get('containerPort')}/{item.get('protocol') or 'TCP'}" for item in items]
    return " ".join(
        f"{port} ({item['name']})" if item.get("name") else port
        for port, item in zip(shown, items, strict=True)
    )


def _mounts(items: list[Mapping[str, Any]]) -> dict[str, str]:
    return {str(item.get("mountPath") or ""): _mount(item) for item in items}


def _mount(item: Mapping[str, Any]) -> str:
    below = f"/{item['subPath']}" if item.get("subPath") else ""
    return f"{item.get('name')}{below}" + (" (read-only)" if item.get("readOnly") else "")


_SOURCES = (
    ("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName"),
    ("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"), ("hostPath", "hostPath", "path"),
)  # fmt: skip


def _volume(item: Mapping[str, Any]) -> str:
    for field, kind, name in _SOURCES:
        source = dict(_dict(item.get(field)))
        if source.get(name):
            rest = {k: v for k, v in source.items() if k not in (name, "defaultMode", "type") and v != ""}
            return f"{kind} {source[name]}" + (f" {_json(rest)}" if rest else "")
    return _json({key: value for key, value in item.items() if key != "name"})


def _toleration(item: Mapping[str, Any]) -> str:
    """`key=value:Effect`, as `kubectl taint` writes taints."""
    value = f"={item['value']}" if item.get("value") else ""
    effect = f":{item['effect']}" if item.get("effect") else ""
    seconds = f" for {item['tolerationSeconds']} s" if item.get("tolerationSeconds") is not None else ""
    return f"{item.get('key') or '*'}{value}{effect}{seconds}"


_NAMED: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "containers": _container,
    "initContainers": _container,
    "volumes": _volume,
}
_OF_CONTAINER: dict[str, Callable[[list[Mapping[str, Any]]], Any]] = {
    "env": _variables,
    "envFrom": _sources,
    "ports": _ports,
    "volumeMounts": _mounts,
}


def _plain(value: Any) -> Any:
    """Mappings stay trees; anything else becomes one value."""
    if isinstance(value, Mapping):
        inner = {str(key): _plain(part) for key, part in value.items()}
        return {key: part for key, part in inner.items() if part not in ({}, None, "")}
    if isinstance(value, list):
        return " ".join(str(part) if not isinstance(part, (dict, list)) else _json(part) for part in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


# ---- values as people read them


def _shown(path: Path, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        return str(value)
    if len(path) == 2 and path[0] in _CONTAINERS:
        return f"image {value.get('image')}"
    if path[-1].endswith("Probe"):
        return _probe(value)
    return _json(value)


def _probe(value: Mapping[str, Any]) -> str:
    for how in ("httpGet", "tcpSocket", "grpc", "exec"):
        asked = value.get(how)
        if isinstance(asked, Mapping):
            port = f" :{asked['port']}" if "port" in asked else ""
            return (
                f"{how}{port}{asked.get('path') or ''}{' ' + asked['command'] if 'command' in asked else ''}"
            )
    return _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
