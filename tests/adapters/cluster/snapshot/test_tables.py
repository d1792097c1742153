"""Table cells are what the API server prints for kubectl."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.adapters.cluster.snapshot.printing import age, human_duration
from kubetriage.adapters.cluster.snapshot.served_kinds import ServedKind, built_in_kinds
from kubetriage.adapters.cluster.snapshot.tables import columns_of, table
from kubetriage.adapters.cluster.snapshot.top_text import node_usage, pod_usage, quantity

NOW = datetime(2025, 3, 4, 10, tzinfo=UTC)


def cells(kind: tuple[str, str], obj: dict[str, Any]) -> dict[str, Any]:
    """Cells by column name of an object, which is given a name."""
    made = {"metadata": {"name": "a"} | obj.pop("metadata", {})} | obj
    shown = table(built_in_kinds()[kind], [made], NOW, metadata={})
    names = [column["name"] for column in shown["columnDefinitions"]]
    return dict(zip(names, shown["rows"][0]["cells"], strict=True))


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "<invalid>"),
        (-0.5, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (125, "2m5s"),
        (599, "9m59s"),
        (600, "10m"),
        (10799, "179m"),
        (10800, "3h"),
        (11400, "3h10m"),
        (28799, "7h59m"),
        (28800, "8h"),
        (172799, "47h"),
        (172800, "2d"),
        (180000, "2d2h"),
        (691200, "8d"),
        (63071999, "729d"),
        (63072000, "2y"),
        (63158400, "2y1d"),
        (252288000, "8y"),
    ],
)
def test_durations(seconds: float, shown: str) -> None:
    """Durations get coarser as they get longer, at kubectl's own borders."""
    assert human_duration(seconds) == shown


def test_an_age_that_is_not_known() -> None:
    """An object without a creation time, or with a wrong one, has an unknown age."""
    assert age(None, NOW) == age("yesterday", NOW) == "<unknown>"


def state(name: str = "c", **more: Any) -> dict[str, Any]:
    return {"name": name, "restartCount": 0, "state": {}} | more


READY = state(ready=True, state={"running": {}})


@pytest.mark.parametrize(
    ("pod", "shown"),
    [
        ({"status": {"phase": "Pending"}}, "Pending"),
        ({}, "Unknown"),
        ({"status": {"phase": "Failed", "reason": "Evicted"}}, "Evicted"),
        ({"status": {"phase": "Running", "containerStatuses": [READY]}}, "Running"),
        (
            {"status": {"containerStatuses": [state(state={"waiting": {"reason": "ErrImagePull"}})]}},
            "ErrImagePull",
        ),
        (
            {"status": {"containerStatuses": [state(state={"terminated": {"reason": "OOMKilled"}})]}},
            "OOMKilled",
        ),
        ({"status": {"containerStatuses": [state(state={"terminated": {"exitCode": 3}})]}}, "ExitCode:3"),
        ({"status": {"containerStatuses": [state(state={"terminated": {"signal": 9}})]}}, "Signal:9"),
        (
            {"status": {"containerStatuses": [state(state={"terminated": {"reason": "Completed"}}), READY]}},
            "NotReady",
        ),
        (
            {"metadata": {"deletionTimestamp": "2025-03-04T09:00:00Z"}, "status": {"phase": "Running"}},
            "Terminating",
        ),
        (
            {"status": {"conditions": [{"type": "PodScheduled", "reason": "SchedulingGated"}]}},
            "SchedulingGated",
        ),
        (
            {
                "spec": {"initContainers": [{"name": "i"}, {"name": "j"}]},
                "status": {"initContainerStatuses": [state("i", state={"running": {}})]},
            },
            "Init:0/2",
        ),
        (
            {
                "spec": {"initContainers": [{"name": "i"}]},
                "status": {
                    "initContainerStatuses": [state("i", state={"waiting": {"reason": "CrashLoopBackOff"}})]
                },
            },
            "Init:CrashLoopBackOff",
        ),
        (
            {
                "spec": {"initContainers": [{"name": "i"}]},
                "status": {"initContainerStatuses": [state("i", state={"terminated": {"exitCode": 2}})]},
            },
            "Init:ExitCode:2",
        ),
    ],
)
def test_pod_status(pod: dict[str, Any], shown: str) -> None:
    """STATUS is the most telling of phase, reason, and the states of init and other containers."""
    assert cells(("", "Pod"), dict(pod))["Status"] == shown


def test_restarts_say_when() -> None:
    """RESTARTS sums all containers and tells how long ago the last one ended."""
    ended = {"terminated": {"finishedAt": "2025-03-04T09:58:00Z"}}
    statuses = [state(restartCount=2, lastState=ended), state(restartCount=1)]
    assert cells(("", "Pod"), {"status": {"containerStatuses": statuses}})["Restarts"] == "3 (2m ago)"


def test_sidecars_count_as_containers() -> None:
    """An init container that restarts always is one of the pod's running containers."""
    spec = {"containers": [{"name": "c"}], "initContainers": [{"name": "s", "restartPolicy": "Always"}]}
    status = {"containerStatuses": [READY], "initContainerStatuses": [state("s", ready=True, started=True)]}
    assert cells(("", "Pod"), {"spec": spec, "status": status})["Ready"] == "2/2"


@pytest.mark.parametrize(
    ("kind", "obj", "column", "shown"),
    [
        (("", "Node"), {"spec": {"unschedulable": True}}, "Status", "Unknown,SchedulingDisabled"),
        (("", "Node"), {"metadata": {"labels": {"node-role.kubernetes.io/worker": ""}}}, "Roles", "worker"),
        (("", "Service"), {"spec": {"ports": [{"port": 80, "nodePort": 30080}]}}, "Port(s)", "80:30080/TCP"),
        (("", "Service"), {"spec": {"type": "LoadBalancer"}}, "External-IP", "<pending>"),
        (
            ("", "Endpoints"),
            {"subsets": [{"addresses": [{"ip": "1.1.1.1"}], "ports": [{"port": 8}]}]},
            "Endpoints",
            "1.1.1.1:8",
        ),
        (
            ("", "PersistentVolumeClaim"),
            {"spec": {"accessModes": ["ReadWriteOnce"]}, "status": {"phase": "Pending"}},
            "Access Modes",
            "",
        ),
        (
            ("", "ResourceQuota"),
            {"status": {"hard": {"pods": "4", "limits.cpu": "2"}, "used": {"pods": "3"}}},
            "Request",
            "pods: 3/4",
        ),
        (
            ("batch", "Job"),
            {"status": {"conditions": [{"type": "Failed", "status": "True"}]}},
            "Status",
            "Failed",
        ),
        (("batch", "Job"), {"spec": {"completions": 3}, "status": {"succeeded": 1}}, "Completions", "1/3"),
        (
            ("autoscaling", "HorizontalPodAutoscaler"),
            {
                "spec": {
                    "metrics": [
                        {
                            "type": "Resource",
                            "resource": {"name": "cpu", "target": {"averageUtilization": 80}},
                        }
                    ]
                }
            },
            "Targets",
            "cpu: <unknown>/80%",
        ),
        (
            ("apiregistration.k8s.io", "APIService"),
            {
                "status": {
                    "conditions": [{"type": "Available", "status": "False", "reason": "MissingEndpoints"}]
                }
            },
            "Available",
            "False (MissingEndpoints)",
        ),
        (
            ("storage.k8s.io", "StorageClass"),
            {"metadata": {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}},
            "Name",
            "a (default)",
        ),
        (
            ("networking.k8s.io", "NetworkPolicy"),
            {
                "spec": {
                    "podSelector": {
                        "matchExpressions": [{"key": "a", "operator": "In", "values": ["b", "c"]}]
                    }
                }
            },
            "Pod-Selector",
            "a in (b,c)",
        ),
    ],
)
def test_cells(kind: tuple[str, str], obj: dict[str, Any], column: str, shown: str) -> None:
    """Cells whose value isn't just a field of the object."""
    assert cells(kind, dict(obj))[column] == shown


def test_every_kind_prints_an_object_without_fields() -> None:
    """No column of any kind needs a field that an object may lack."""
    rows = {key: cells(key, {}) for key in built_in_kinds()}
    assert all(row.get("Name", "a") == "a" for row in rows.values())


def test_columns_of_a_custom_resource() -> None:
    """A definition's printer columns are shown: plain paths, filters, indexes and dates."""
    columns = [
        {"name": "Phase", "type": "string", "jsonPath": ".status.phase"},
        {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
        {"name": "First", "type": "integer", "jsonPath": ".spec.sizes[0]", "priority": 1},
        {"name": "Started", "type": "date", "jsonPath": ".status.start"},
        {"name": "Dotted", "type": "string", "jsonPath": r".metadata.labels.x\.test/on"},
    ]
    versions = [{"name": "v1", "additionalPrinterColumns": columns}]
    kind = ServedKind("x.test", "Gear", "gears", True, ["v1"], definition={"spec": {"versions": versions}})
    ready = {
        "conditions": [{"type": "A"}, {"type": "Ready", "status": "True"}],
        "start": "2025-03-04T09:00:00Z",
    }
    gear = {
        "metadata": {"name": "g", "labels": {"x.test/on": "yes"}},
        "spec": {"sizes": [7]},
        "status": ready | {"phase": "Up"},
    }
    shown = table(kind, [gear, {"metadata": {"name": "h"}}], NOW, metadata={})
    assert [row["cells"] for row in shown["rows"]] == [
        ["g", "Up", "True", 7, "60m", "yes"],
        ["h", *[None] * 5],
    ]
    assert [c.name for c in columns_of(ServedKind("y.test", "Cog", "cogs", True))] == ["Name", "Age"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("100m", "0.1"),
        ("1", "1"),
        ("12345678n", "0.012345678"),
        ("1Ki", "1024"),
        ("1.5Gi", "1610612736"),
        ("2k", "2000"),
        ("1e3", "1000"),
        ("1E", "1000000000000000000"),
        ("x", "0"),
        ("", "0"),
        (None, "0"),
        ("1.2.3", "0"),
    ],
)
def test_quantities(text: Any, number: str) -> None:
    """Quantities with any suffix; 0 for what isn't one."""
    assert float(quantity(text)) == float(number)


def test_usage_of_nothing_is_nothing() -> None:
    """Without metrics the tables of `top` are empty, as that server leaves them."""
    assert pod_usage([]) == node_usage([], [{"metadata": {"name": "n"}}]) == ""
