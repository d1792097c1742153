"""What a pod's spec refers to by name: ConfigMaps and Secrets, whole or by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from kubetriage.domain.kube import Obj
from kubetriage.domain.resource import Resource, resource


class ConfigRef(NamedTuple):
    """One reference from a pod to a ConfigMap or Secret."""

    ref: Resource
    key: str
    """The key that is asked for; empty when the whole object is."""
    optional: bool
    """Whether the pod starts without it."""
    container: str
    """The container it is for; empty for a volume."""
    how: str
    """The place in the spec: `env DB_HOST`, `envFrom`, `volume config`, `imagePullSecrets`."""

    @property
    def volume(self) -> bool:
        return self.how.startswith("volume ")


_ENV_SOURCES = (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret"))
_FROM_SOURCES = (("configMapRef", "ConfigMap"), ("secretRef", "Secret"))


def config_refs(pod: Obj) -> list[ConfigRef]:
    """All references to ConfigMaps and Secrets, in the order of the spec.

    The CA bundle that every pod gets projected (`kube-root-ca.crt`) is left out: it is the cluster's own.
    """
    found = [*_of_volumes(pod)]
    for part in ("initContainers", "containers"):
        for spec in pod.items("spec", part):
            found += _of_container(pod.namespace, spec)
    for secret in pod.items("spec", "imagePullSecrets"):
        if secret.get("name"):
            ref = resource("Secret", pod.namespace, str(secret["name"]))
            found.append(ConfigRef(ref, "", True, "", "imagePullSecrets"))
    return [one for one in found if one.ref.name != "kube-root-ca.crt"]


def _of_container(namespace: str, spec: Mapping[str, Any]) -> Iterator[ConfigRef]:
    container = str(spec.get("name") or "")
    for env in _dicts(spec.get("env")):
        for field, kind in _ENV_SOURCES:
            source = _dict(_dict(env.get("valueFrom")).get(field))
            if source.get("name"):
                ref = resource(kind, namespace, str(source["name"]))
                key, optional = str(source.get("key") or ""), bool(source.get("optional"))
                yield ConfigRef(ref, key, optional, container, f"env {env.get('name')}")
    for entry in _dicts(spec.get("envFrom")):
        for field, kind in _FROM_SOURCES:
            source = _dict(entry.get(field))
            if source.get("name"):
                ref = resource(kind, namespace, str(source["name"]))
                yield ConfigRef(ref, "", bool(source.get("optional")), container, "envFrom")


def _of_volumes(pod: Obj) -> Iterator[ConfigRef]:
    for volume in pod.items("spec", "volumes"):
        how = f"volume {volume.get('name')}"
        sources = [volume, *_dicts(_dict(volume.get("projected")).get("sources"))]
        for source in sources:
            for field, kind, name_field in (
                ("configMap", "ConfigMap", "name"),
                ("secret", "Secret", "secretName"),
            ):
                given = _dict(source.get(field))
                name = given.get(name_field) or given.get("name")
                if not name:
                    continue
                ref, optional = resource(kind, pod.namespace, str(name)), bool(given.get("optional"))
                keys = [str(item["key"]) for item in _dicts(given.get("items")) if item.get("key")]
                for key in keys or [""]:
                    yield ConfigRef(ref, key, optional, "", how)


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
