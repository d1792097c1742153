"""Differences between two pod templates."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubetriage.domain.template_diff import template_differences

Raw = dict[str, Any]


def template(**spec: Any) -> Raw:
    made: Raw = {
        "metadata": {"labels": {"app": "web", "pod-template-hash": "5d9c"}, "creationTimestamp": None},
        "spec": {
            "containers": [
                {
                    "name": "app",
                    "image": "registry.example.com/web:1",
                    "env": [
                        {"name": "HOST", "value": "db"},
                        {"name": "USER", "valueFrom": {"secretKeyRef": {"name": "db", "key": "user"}}},
                    ],
                    "resources": {"limits": {"memory": "512Mi", "cpu": "1"}},
                    "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 10},
                    "ports": [{"containerPort": 8080, "protocol": "TCP"}],
                },
                {"name": "proxy", "image": "registry.example.com/proxy:1"},
            ],
            "volumes": [{"name": "data", "emptyDir": {}}],
            "serviceAccountName": "web",
            "serviceAccount": "web",
        },
    }
    made["spec"] |= spec
    return made


def shown(before: Raw, after: Raw) -> list[tuple[str, str | None, str | None]]:
    return [(".".join(d.path), d.before, d.after) for d in template_differences(before, after)]


def changed(**fields: Any) -> Raw:
    """The template with fields of its first container changed."""
    made = template()
    made["spec"]["containers"][0] |= fields
    return made


def test_equal_templates() -> None:
    """The hash that a controller adds and the order of named items are no difference."""
    other = deepcopy(template())
    other["metadata"]["labels"]["pod-template-hash"] = "77fa"
    other["spec"]["containers"].reverse()
    other["spec"]["containers"][1]["env"].reverse()
    assert shown(template(), other) == []


@pytest.mark.parametrize(
    ("fields", "path", "before", "after"),
    [
        (
            {"image": "registry.example.com/web:2"},
            "image",
            "registry.example.com/web:1",
            "registry.example.com/web:2",
        ),
        ({"command": ["run", "--fast"]}, "command", None, "run --fast"),
        (
            {"resources": {"limits": {"memory": "64Mi", "cpu": "1"}}},
            "resources.limits.memory",
            "512Mi",
            "64Mi",
        ),
        (
            {"readinessProbe": {"httpGet": {"path": "/ready", "port": 9090}, "periodSeconds": 10}},
            "readinessProbe.httpGet.port",
            "8080",
            "9090",
        ),
        ({"livenessProbe": {"httpGet": {"path": "/x", "port": 1}}}, "livenessProbe", None, "httpGet :1/x"),
        ({"ports": [{"containerPort": 90, "name": "http"}]}, "ports", "8080/TCP", "90/TCP (http)"),
        (
            {"volumeMounts": [{"name": "data", "mountPath": "/d", "readOnly": True}]},
            "volumeMounts./d",
            None,
            "data (read-only)",
        ),
        ({"envFrom": [{"configMapRef": {"name": "s"}}]}, "envFrom.ConfigMap s", None, "ConfigMap s"),
        ({"securityContext": {"runAsUser": 0}}, "securityContext", None, '{"runAsUser":"0"}'),
    ],
)
def test_container_fields(fields: Raw, path: str, before: str | None, after: str | None) -> None:
    """Each field of a container is told by its path, with both values as people write them."""
    assert shown(template(), changed(**fields)) == [(f"containers.app.{path}", before, after)]


def test_env_by_name() -> None:
    """Variables are told one by one: changed, added, removed, and by what a reference refers to."""
    env = [
        {"name": "HOST", "value": "db2"},
        {"name": "KEY", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
    ]
    assert shown(template(), changed(env=env)) == [
        ("containers.app.env.HOST", "db", "db2"),
        ("containers.app.env.KEY", None, "ConfigMap c key k"),
        ("containers.app.env.USER", "Secret db key user", None),
    ]


def test_equal_amounts() -> None:
    """`1` and `1000m` are one amount of CPU."""
    limits = {"limits": {"memory": "512Mi", "cpu": "1000m"}}
    assert shown(template(), changed(resources=limits)) == []


def test_pod_fields() -> None:
    """Volumes, account, node selector, tolerations and annotations are told, the most suspect first."""
    after = template(
        volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "c"}}],
        serviceAccountName="robot",
        serviceAccount="robot",
        nodeSelector={"disk": "ssd"},
        tolerations=[{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
    )
    after["metadata"]["annotations"] = {"checksum/config": "ab12"}
    assert shown(template(), after) == [
        ("volumes.data", '{"emptyDir":{}}', "PersistentVolumeClaim c"),
        ("serviceAccountName", "web", "robot"),
        ("nodeSelector.disk", None, "ssd"),
        ("tolerations", None, "gpu:NoSchedule"),
        ("annotations.checksum/config", None, "ab12"),
    ]


def test_container_added() -> None:
    """A container that came or went is one difference, told before all others."""
    after = template()
    after["spec"]["containers"].append({"name": "log", "image": "l:1"})
    after["spec"]["containers"][0]["env"] = []
    first = shown(template(), after)[0]
    assert first == ("containers.log", None, "image l:1")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "env", "containers", "volumes", "ports", "image", "resources", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["metadata", "spec"]), anything),
    st.dictionaries(st.sampled_from(["metadata", "spec"]), anything),
)
def test_hostile_templates(before: Raw, after: Raw) -> None:
    """Whatever stands in a template, it is compared without an error, and with itself there is no difference."""
    assert template_differences(before, before) == []
    assert all(d.path and d.before != d.after for d in template_differences(before, after))
