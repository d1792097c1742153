"""domain.rules.heap_room: heaps that a container's memory limit has no room for."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.rules.oom import oom_killed

POD = "Pod shop/app-1"


def _found(
    k8s: Any, view_of: Any, env: dict[str, str], *, limit: str = "1Gi", command: list[str] | None = None
) -> Any:
    made = k8s.container(
        state=k8s.waiting("CrashLoopBackOff"), last=k8s.ended(137, "OOMKilled"), restarts=4,
        resources={"limits": {"memory": limit}}, env=[{"name": k, "value": v} for k, v in env.items()],
        command=command or [],
    )  # fmt: skip
    (found,) = k8s.findings(oom_killed(view_of([k8s.pod(POD, made, phase="Running")], POD)))
    return found


@pytest.mark.parametrize(
    ("env", "setting"),
    [
        ({"JAVA_TOOL_OPTIONS": "-Xms512m -Xmx2g -XX:+UseG1GC"}, "-Xmx2g (JAVA_TOOL_OPTIONS)"),
        ({"JAVA_OPTS": "-XX:MaxHeapSize=2048m"}, "-XX:MaxHeapSize=2048m (JAVA_OPTS)"),
        ({"NODE_OPTIONS": "--max-old-space-size=4096"}, "--max-old-space-size=4096 (NODE_OPTIONS)"),
        ({"GOMEMLIMIT": "2GiB"}, "GOMEMLIMIT=2GiB"),
    ],
)
def test_a_heap_above_the_limit(k8s: Any, view_of: Any, env: dict[str, str], setting: str) -> None:
    """What a runtime may take as heap alone is more than the container may use."""
    found = _found(k8s, view_of, env)
    assert f"{setting} lets its heap alone grow past that" in found.statement.en
    assert "允许仅堆内存就超过该上限" in found.statement.zh
    assert setting.partition(" ")[0] in found.remedies[0].title.en


def test_a_heap_on_the_command_line(k8s: Any, view_of: Any) -> None:
    """Flags stand in the command as well; of two the last counts."""
    found = _found(k8s, view_of, {}, command=["java", "-Xmx256m", "-Xmx3g", "-jar", "app.jar"])
    assert "-Xmx3g lets its heap alone" in found.statement.en


def test_a_heap_that_leaves_too_little(k8s: Any, view_of: Any) -> None:
    """A runtime needs memory outside its heap too."""
    found = _found(k8s, view_of, {"JAVA_OPTS": "-XX:MaxRAMPercentage=90.0"})
    assert "90% of that" in found.statement.en and "90%" in found.statement.zh


@pytest.mark.parametrize("env", [{"JAVA_OPTS": "-Xmx512m"}, {"JAVA_OPTS": "-Xms512m"}, {"OTHER": "x"}])
def test_a_heap_that_fits(k8s: Any, view_of: Any, env: dict[str, str]) -> None:
    """A heap well below the limit is not why it is reached."""
    found = _found(k8s, view_of, env)
    assert "heap" not in found.statement.en and "Xm" not in found.statement.en
