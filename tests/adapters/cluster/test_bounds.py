"""Answers are kept small, from the least useful part on, and what was left out is said."""

from __future__ import annotations

import json
from typing import Any

from kubetriage.adapters.cluster.bounds import VALUE, bound_log, bound_objects


def pod(name: str, *, ready: bool = True, note: str = "", env: int = 0) -> dict[str, Any]:
    container = {
        "name": "c",
        "image": "i:1",
        "env": [{"name": f"E{n}", "value": "x" * 50} for n in range(env)],
    }
    metadata = {"name": name, "annotations": {"note": note}, "managedFields": [{"manager": "kubelet"}]}
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    status = {"phase": "Running", "conditions": conditions}
    return {"kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}, "status": status}


def bounded(objects: list[dict[str, Any]], limit: int) -> tuple[list[dict[str, Any]], str]:
    return bound_objects(objects, len(json.dumps(objects)), limit)


def test_small_answers_lose_their_managed_fields_only() -> None:
    """Within the limit only the write times of fields go, without a word; the input is not changed."""
    original = pod("a", note="kept", env=1)
    (kept,), cut = bounded([original], 10_000)
    assert "managedFields" not in kept["metadata"]
    assert kept["metadata"]["annotations"] == {"note": "kept"}
    assert cut == ""
    assert "managedFields" in original["metadata"]


def test_long_values_go_first() -> None:
    """One huge value is shortened rather than anything else left out."""
    (kept,), cut = bounded([pod("a", note="x" * (VALUE * 2), env=1)], VALUE + 3_000)
    assert kept["metadata"]["annotations"]["note"].endswith(f"… ({VALUE} more characters)")
    assert kept["spec"]["containers"][0]["env"]
    assert "long values" in cut


def test_environments_go_before_objects() -> None:
    """All objects stay, with image and status, where leaving out their environments is enough."""
    kept, cut = bounded([pod(f"p{n}", env=50) for n in range(20)], 20_000)
    assert len(kept) == 20
    assert kept[0]["spec"]["containers"] == [{"name": "c", "image": "i:1"}]
    assert "environments" in cut


def test_healthy_objects_go_before_troubled_ones() -> None:
    """Where objects must go, the ones in trouble stay, in their order, and the number left out is said."""
    objects = [pod(f"p{n}", ready=n % 10 != 3) for n in range(100)]
    kept, cut = bounded(objects, 4_000)
    names = [obj["metadata"]["name"] for obj in kept]
    assert {f"p{n}" for n in range(3, 100, 10)} <= set(names)
    assert names == sorted(names, key=lambda name: int(name[1:]))
    assert cut.startswith(f"{100 - len(kept)} of 100 objects were left out")


def test_logs_keep_their_last_lines() -> None:
    """The last lines stay whole; with and without a newline at the end."""
    assert bound_log("a\nb\nc\n", 2) == ("b\nc\n", "1 lines before its last 2 were left out")
    assert bound_log("a\nb\nc", 2) == ("b\nc", "1 lines before its last 2 were left out")
    assert bound_log("a\nb\n", 2) == ("a\nb\n", "")
    assert bound_log("", 2) == ("", "")


def test_logs_are_bounded_in_characters_too() -> None:
    """Few but long lines are cut at a line's beginning; one line longer than all is cut inside."""
    text, cut = bound_log("x" * 50 + "\n" + "y" * 50 + "\n", 10, limit=60)
    assert text == "y" * 50 + "\n"
    assert cut == "51 characters from its beginning were left out"
    assert bound_log("x" * 100, 10, limit=60)[0] == "x" * 60


def test_a_configmap_keeps_when_it_was_written() -> None:
    """By whom and when, and not which fields: nothing else says that it was changed."""
    entry = {"manager": "kubectl-edit", "operation": "Update", "time": "2027-01-01T00:00:00Z"}
    fields = {"fieldsType": "FieldsV1", "fieldsV1": {"f:data": {"f:url": {}}}}
    found = {
        "kind": "ConfigMap",
        "metadata": {"name": "c", "managedFields": [entry | fields, {"manager": "x"}]},
    }
    (kept,), cut = bounded([found], 10_000)
    assert kept["metadata"]["managedFields"] == [entry]
    assert cut == ""
