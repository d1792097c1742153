"""Containers that the runtime refuses: profiles by name, keys that a subPath misses, remedies that fit."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Finding
from kubetriage.domain.rules.command import cannot_start

POD = "Pod shop/app-1"
MOUNT = (
    'OCI runtime create failed: error mounting "/var/lib/kubelet/pods/5a/volume-subpaths/conf/app/0" to rootfs '
    'at "/etc/app/config.yaml": not a directory: Are you trying to mount a directory onto a file'
)


def refused(k8s: Any, view_of: Any, message: str, objects: Any = (), **spec: Any) -> Finding:
    waits = k8s.waiting("CreateContainerError", message)
    own = {key: spec.pop(key) for key in ("securityContext", "volumeMounts") if key in spec}
    pod = k8s.pod(POD, k8s.container(state=waits, **own), owner="Deployment shop/app", **spec)
    (one,) = k8s.findings(list(cannot_start(view_of([pod, k8s.deployment(), *objects], POD))))
    return one  # type: ignore[no-any-return]


def test_profiles_by_name(view_of: Any, k8s: Any) -> None:
    """The profile is the one the container asks for, in its field or in the annotation of before 1.30."""
    asked = {"appArmorProfile": {"type": "Localhost", "localhostProfile": "deny-write"}}
    one = refused(k8s, view_of, "apparmor profile not found deny-write", securityContext=asked)
    assert "AppArmor profile deny-write cannot be applied on node n1" in one.statement.en
    assert "command" not in one.remedies[0].title.en
    noted = {"annotations": {"container.apparmor.security.beta.kubernetes.io/app": "localhost/deny-write"}}
    one = refused(k8s, view_of, "apparmor profile not found deny-write", metadata=noted)
    assert "AppArmor profile deny-write" in one.statement.en


def test_seccomp_of_the_pod(view_of: Any, k8s: Any) -> None:
    """A profile that the pod asks for holds for its containers."""
    asked = {"seccompProfile": {"type": "Localhost", "localhostProfile": "audit.json"}}
    waits = k8s.waiting("CreateContainerError", 'cannot load seccomp profile "/x/audit.json"')
    pod = k8s.pod(POD, k8s.container(state=waits), securityContext=asked)
    (one,) = k8s.findings(list(cannot_start(view_of([pod], POD))))
    assert "seccomp profile audit.json" in one.statement.en


def test_sub_path_without_its_key(view_of: Any, k8s: Any) -> None:
    """A subPath that the ConfigMap has no key for is made a directory, which fits no file."""
    mounts = [{"name": "conf", "mountPath": "/etc/app/config.yaml", "subPath": "config.yaml"}]
    volumes = [{"name": "conf", "configMap": {"name": "conf"}}]
    held = k8s.obj("ConfigMap shop/conf", data={"app.yaml": "a: 1"})
    one = refused(k8s, view_of, MOUNT, [held], volumeMounts=mounts, volumes=volumes)
    assert "ConfigMap conf has no key config.yaml, but app.yaml" in one.statement.en
    assert "volume mounts" in one.remedies[0].title.en
    one = refused(k8s, view_of, MOUNT, volumeMounts=mounts, volumes=volumes)
    assert "has no key" not in one.statement.en


def test_a_name_that_is_reserved(view_of: Any, k8s: Any) -> None:
    """The id of the container that holds the name hides what was said before it."""
    words = f'failed to reserve container name "app_a_0": name "app_a_0" is reserved for "{"4f2c" * 16}"'
    one = refused(k8s, view_of, words)
    assert (
        str(one.culprit) == "Node n1"
        and "is reserved" in one.statement.en
        and "4f2c4f2c" not in one.statement.en
    )
